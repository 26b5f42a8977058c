"""Units, udev rules and the scripts beside them, without root."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from contents import FOLDERS

from agent.config.settings import load
from agent.enrolment.preparation import Place, config_text
from agent.enrolment.seed import read_seed
from agent.update.trial import DEADLINE_S
from drivers import catalog
from tests.agent.enrolment.door import make_door

ROOT = Path(__file__).parents[2]
LIBEXEC = ROOT / "provisioning" / "libexec"
UNITS = sorted((ROOT / "systemd").rglob("*.service"))
RULES = (ROOT / "systemd" / "70-tallyman.rules").read_text()

HARDENING = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
    "ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectControlGroups=yes",
    "RestrictSUIDSGID=yes", "RestrictNamespaces=yes", "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "LimitCORE=0",
}  # fmt: skip

OF_ROOT = {"tallyman-update", "tallyman-degraded"}
"""The versions belong to root, so that the agent cannot change its own code; and systemd mounts and
restarts for nobody else."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_every_unit_is_confined_and_none_runs_as_root(unit):
    lines = set(unit.read_text().splitlines())
    assert lines >= HARDENING
    (user,) = [line for line in lines if line.startswith("User=")]
    users = (ROOT / "systemd/tallyman.sysusers").read_text()
    assert user == "User=root" if unit.stem in OF_ROOT else user.removeprefix("User=") in users
    assert any(line.startswith("MemoryMax=") for line in lines)
    assert any(line.startswith("CapabilityBoundingSet=") for line in lines)


def test_what_a_unit_keeps_is_there_at_boot_and_lasts_though_the_root_is_read_only():
    kept = {
        name
        for unit in UNITS
        for name in re.findall(r"^StateDirectory=(.+)$", unit.read_text(), re.MULTILINE)
    }
    assert kept >= {"tallyman-notify", "tallyman-zigbee"}
    made = (ROOT / "systemd/tallyman.tmpfiles").read_text()
    fstab = (ROOT / "provisioning/image/fstab").read_text()
    built = (ROOT / "provisioning/build-image").read_text()
    for name in kept:
        assert f"var/lib/{name}/" in FOLDERS
        assert f"d /var/lib/{name} 0700 {name} " in made
    for name in kept - {"tallyman-ledger"}:  # the image is a gateway's, a node has a machine
        folder = name.removeprefix("tallyman-")
        assert re.search(rf"^/data/{folder} +/var/lib/{name} ", fstab, re.MULTILINE), name
        assert f'"$data"/{folder} ' in built


def test_users_have_no_password_and_no_shell():
    """sysusers.d(5): a `u` line without a sixth field gets nologin, and `u` is always locked."""
    for line in (ROOT / "systemd/tallyman.sysusers").read_text().splitlines():
        if line.startswith("u "):
            assert len(shlex.split(line)) == 5


def test_agent_is_closed_but_for_its_devices():
    lines = (ROOT / "systemd/tallyman.service").read_text().splitlines()
    assert "DevicePolicy=closed" in lines
    assert "CapabilityBoundingSet=" in lines
    allowed = [line for line in lines if line.startswith("DeviceAllow=")]
    assert all(re.fullmatch(r"DeviceAllow=char-\w+ rw", line) for line in allowed)


def test_a_wrong_configuration_is_not_tried_again():
    for name in (
        "tallyman",
        "tallyman-enrol",
        "tallyman-ledger",
        "tallyman-notify",
        "tallyman-zigbee",
    ):
        lines = (ROOT / f"systemd/{name}.service").read_text().splitlines()
        assert {"Restart=on-failure", "RestartPreventExitStatus=2"} <= set(lines)
        assert "StartLimitIntervalSec=0" in lines


def test_no_first_boot_is_too_slow():
    """A unit that does its work once ends when it is done, however slow the card (systemd.service(5):
    such a unit has no limit of its own); a red unit would be all that a limit brings."""
    units = [*UNITS, *(ROOT / "provisioning/image/overlay").rglob("*.service")]
    once = [text for unit in units if "Type=oneshot" in (text := unit.read_text())]
    assert len(once) >= 4
    for text in once:
        assert set(re.findall(r"^TimeoutStartSec=(.*)$", text, re.MULTILINE)) <= {"infinity"}


def test_a_start_of_the_agent_may_be_slow_and_one_that_hangs_ends_before_its_trial():
    """An emulated card on a machine with other work took over 90 s, and was begun again for ever."""
    text = (ROOT / "systemd/tallyman.service").read_text()
    (limit,) = re.findall(r"^TimeoutStartSec=(\d+)$", text, re.MULTILINE)
    assert 300 <= int(limit) < DEADLINE_S


def test_rules_are_lines_of_keys_operators_and_values():
    token = re.compile(r'(\w+|(ENV|ATTRS?)\{[\w/]+\})(==|!=|=|\+=)"[^"]*"')
    for line in RULES.splitlines():
        if line and not line.startswith("#"):
            for part in re.split(r",\s+", line):
                assert token.fullmatch(part), part
    labels = set(re.findall(r'LABEL="(\w+)"', RULES))
    assert set(re.findall(r'GOTO="(\w+)"', RULES)) == labels


def role(tmp_path, text, serial, port):
    path = tmp_path / "roles"
    path.write_text(text)
    done = subprocess.run(
        [LIBEXEC / "device-role", path, serial, port], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


ROLES = """
# role  by      value
gnss    serial  GPS0001
uhf     port    platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3:1.0   # left, below
zigbee  serial  a b
../etc  serial  BAD
modem   serial  *
"""


@pytest.mark.parametrize(
    ("serial", "port", "wanted"),
    [
        ("GPS0001", "", "gnss"),
        ("GPS0001", "somewhere", "gnss"),
        ("", "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3:1.0", "uhf"),
        ("GPS0002", "platform-x", None),
        ("", "", None),
        ("a", "", None),
        ("BAD", "", None),
        ("anything", "", None),
        ("*", "", "modem"),
        ("$(touch x)", "`id`", None),
    ],
)
def test_roles_by_serial_number_or_port(tmp_path, serial, port, wanted):
    assert role(tmp_path, ROLES, serial, port) == wanted


def test_no_list_gives_no_role(tmp_path):
    command = [LIBEXEC / "device-role", tmp_path / "none", "GPS0001", "x"]
    assert subprocess.run(command, check=False).returncode == 1


@pytest.fixture
def seeded(tmp_path):
    door = make_door(tmp_path)
    door.write_seed()
    return door


def connect(seed, folder):
    command = [LIBEXEC / "modem-connection", seed, folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_modem_connection_has_the_seeds_access_point(seeded, tmp_path):
    folder = tmp_path / "connections"
    folder.mkdir()
    for ends in (b"\n", b"\r\n"):
        seeded.seed.write_bytes(seeded.seed.read_bytes().replace(b"\n", ends))
        assert connect(seeded.seed, folder).returncode == 0
        (made,) = folder.iterdir()
        assert "\napn=internet\n" in made.read_text()
        assert made.stat().st_mode & 0o777 == 0o600


def test_no_access_point_no_connection(seeded, tmp_path):
    folder = tmp_path / "connections"
    folder.mkdir()
    text = seeded.seed.read_text()
    for apn in ("", 'apn = "x; reboot"', 'apn = "a\\nb"'):
        seeded.seed.write_text(text.replace('apn = "internet"', apn))
        assert connect(seeded.seed, folder).returncode == 0
    assert connect(tmp_path / "none", folder).returncode == 0
    assert list(folder.iterdir()) == []


def test_without_networkmanager_the_person_is_told(seeded, tmp_path):
    said = connect(seeded.seed, tmp_path / "none")
    assert (said.returncode, "APN internet" in said.stderr) == (0, True)


@pytest.mark.parametrize("profile", ["truck", "warehouse"])
def test_our_profiles_make_configurations(seeded, profile):
    text = seeded.seed.read_text().replace('profile = "truck"', f'profile = "{profile}"')
    seeded.seed.write_text(text)
    place = Place(seeded.config, Path("/var/lib/tallyman"), [ROOT / "provisioning/profiles"])
    seeded.config.parent.mkdir()
    seeded.config.write_text(config_text(read_seed(seeded.seed), place))
    config = load(seeded.config, catalog)
    assert config.devices
    ports = [str(device.options["port"]) for device in config.devices if "port" in device.options]
    roles = {Path(port).name for port in ports}
    assert all(port.startswith("/dev/tallyman/") for port in ports)
    assert roles <= {"gnss", "uhf", "zigbee", "modem"}


def test_data_partition_is_awaited_aloud(tmp_path):
    """The script mounts, says so and starts the agent; the commands are stand-ins."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, body in (
        ("mountpoint", f"test -e {tmp_path}/card"),
        ("sleep", f"touch {tmp_path}/card"),
        ("systemd-notify", "exit 0"),
        ("systemctl", f'echo "$@" >> {tmp_path}/asked'),
    ):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    done = subprocess.run(
        [shutil.which("sh"), LIBEXEC / "await-data", "/data"],
        env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<2>DEGRADED: /data is not mounted: nothing is recorded")
    assert "tallyman.service" in (tmp_path / "asked").read_text().splitlines()[-1]
    (folder / "mountpoint").write_text("#!/bin/sh\nexit 1\n")
    subprocess.run(
        [shutil.which("sh"), LIBEXEC / "await-data", "/data"],
        env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, check=False,
    )  # fmt: skip
    assert (tmp_path / "asked").read_text().endswith("--no-block reboot\n")


def test_first_boot_waits_for_the_seeds_partition():
    """fstab mounts it with `nofail`: nothing else would wait for it, and the agent would not start."""
    lines = (ROOT / "systemd/tallyman-firstboot.service").read_text().splitlines()
    assert "After=boot-firmware.mount" in lines
    assert "RequiresMountsFor=/var/lib/tallyman" in lines
    assert "Before=tallyman.service" in lines
