"""What a Pi's firmware and the kernel read from the card, which no emulator tries."""

from __future__ import annotations

import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "provisioning/image"
BUILD = (ROOT / "provisioning/build-image").read_text()

BCM2835_WDT_S = 15
"""The longest that Linux's driver of the Pi's watchdog counts (drivers/watchdog/bcm2835_wdt.c)."""

OVERLAYS_OF_DEBIAN = {"pi4-spidev", "hifiberry-dac"}
"""What trixie's raspi-firmware puts on the card; its device trees take no dtparam."""

OF_A_PI = {"raspi-firmware", "firmware-brcm80211", "wireless-regdb"}
"""What only a Pi's card has beside its kernel."""

CONFIG_LINE = re.compile(r"\[\w+\]|(\w+)=(\S+)|initramfs \S+ followkernel")


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_config_names_only_what_the_card_has():
    settings = [CONFIG_LINE.fullmatch(line) for line in lines(IMAGE / "config.txt")]
    assert all(settings)
    values = {match[1]: match[2] for match in settings if match and match[1]}
    assert values["arm_64bit"] == values["upstream_kernel"] == "1"
    assert values["dtoverlay"] in OVERLAYS_OF_DEBIAN
    assert "dtparam" not in values
    for name in (values["kernel"], "initrd.img"):
        assert f'"$work/firmware/{name}"' in BUILD
    assert "initramfs initrd.img followkernel" in lines(IMAGE / "config.txt")


def test_command_line_is_one_line_and_finds_a_root_that_is_not_written():
    (line,) = lines(IMAGE / "cmdline.txt")
    words = line.split()
    assert {"root=PARTUUID=@DISK@-02", "ro", "rootwait"} <= set(words)
    assert [word for word in words if word.startswith("console=")][-1].startswith("console=ttyS1")


def test_no_mount_but_the_root_holds_a_boot_up():
    for line in lines(IMAGE / "fstab"):
        source, target, kind, options = line.split()[:4]
        assert target == "/" or kind == "tmpfs" or "nofail" in options.split(",")
        if source.startswith("/data/"):
            assert f'"$data"{source.removeprefix("/data")}' in BUILD, "nothing is there to bind"


def test_watchdogs_count_what_the_hardware_can():
    text = (ROOT / "systemd/appliance/50-tallyman-watchdog.conf").read_text()
    seconds = [int(each) for each in re.findall(r"WatchdogSec=(\d+)s$", text, re.MULTILINE)]
    assert len(seconds) == 2
    assert max(seconds) < BCM2835_WDT_S


def test_any_ethernet_adapter_asks_for_an_address_for_ever():
    folder = "usr/lib/NetworkManager/system-connections"
    profile = ConfigParser()
    profile.read(IMAGE / "overlay" / folder / "tallyman-wired.nmconnection")
    assert not {"interface-name", "mac-address"} & set(profile["connection"])
    assert profile["connection"]["multi-connect"] == "3", "only one adapter would have it"
    assert profile["connection"]["autoconnect-retries"] == "0", "it would end after four times"
    assert profile["ipv4"]["dhcp-timeout"] == str(2**31 - 1), "it would end after 45 s"
    assert f'chmod 600 "$root"/{folder}/*' in BUILD, "NetworkManager reads no others"


def debian(*lists):
    return [name for each in lists for name in lines(IMAGE / each)]


def test_cards_of_both_architectures_differ_in_kernel_and_start_files_alone():
    both = debian("packages")
    assert set(debian("packages.arm64")) == {"linux-image-arm64", *OF_A_PI}
    assert debian("packages.amd64") == ["linux-image-amd64"]
    assert len({*both, *debian("packages.arm64", "packages.amd64")}) == len(both) + 5
    assert not [name for name in both if name.startswith("linux-image")]


def base(tmp_path, *words):
    """What build-base says where nothing is cached."""
    command = [ROOT / "provisioning/build-base", "--cache", tmp_path, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("words", "arch"), [([], "arm64"), (["--arch", "amd64"], "amd64")])
def test_a_base_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path, words, arch):
    said = base(tmp_path, "--only-cached", *words)
    assert (said.returncode, said.stdout) == (1, "")
    assert f"no base of {arch} in {tmp_path}: run" in said.stderr
    assert f"build-base --arch {arch} once" in said.stderr


@pytest.mark.parametrize("script", ["build-base", "build-image"])
def test_another_architecture_is_refused_by_name(tmp_path, script):
    words = [] if script == "build-base" else ["--profile", "truck"]
    command = [ROOT / "provisioning" / script, *words, "--arch", "armhf"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode != 0
    assert "there is no card for armhf" in said.stderr
    assert "name arm64 or amd64" in said.stderr
