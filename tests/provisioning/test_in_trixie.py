"""The package in Debian trixie, with its Python, dpkg and systemd. `make package-test` asks for it.

The root is made once, of Debian's packages, and kept in build/: half a minute and the network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from contents import ROOT

from tests.provisioning.dpkg_machine import ALL, CHOSEN, ORDERS, WISHES, Machine, round_trip

ARCHIVE = ROOT / "build/trixie.tar"
KEYRING = Path("/usr/share/keyrings/debian-archive-trixie-stable.gpg")
BESIDE = "python3,systemd,udev,init-system-helpers,libstdc++6"
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_OFFLINE": "1", "LC_ALL": "C.UTF-8"}
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
LIBRARY = "opt/tallyman/lib"

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("PACKAGE_TEST"), reason="takes two minutes: make package-test"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a root"),
    pytest.mark.skipif(ARCH is None, reason="there are no packages for this machine"),
    pytest.mark.skipif(
        not shutil.which("mmdebstrap"), reason="needs mmdebstrap: apt install mmdebstrap"
    ),
]


def archive() -> Path:
    """Return a tar of the root; skip where Debian cannot be reached, but not in CI."""
    if not ARCHIVE.exists():
        ARCHIVE.parent.mkdir(exist_ok=True)
        new = ARCHIVE.with_suffix(".new")
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
        command += [f"--keyring={KEYRING}", f"--include={BESIDE}", "trixie", str(new)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            give_up(f"no root of trixie can be made here: {done.stderr.strip()[-300:]}")
        new.rename(ARCHIVE)
    return ARCHIVE


class Trixie(Machine):
    """A root of trixie; what runs in it sees no network and no process of ours."""

    def __init__(self, root: Path) -> None:
        self._enter = [
            "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", f"--root={root}",
            "--mount-proc", "env", "-i", *(f"{key}={value}" for key, value in ENVIRON.items()),
        ]  # fmt: skip
        systemctl = [*self._enter, "systemctl", "--root=/"]
        super().__init__(root, [*self._enter, "dpkg"], systemctl, "/tmp", root / "tmp")

    def run(self, *words: str) -> str:
        done = subprocess.run([*self._enter, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def trixie(tmp_path_factory):
    root = tmp_path_factory.mktemp("trixie")
    subprocess.run(["tar", "-xf", archive(), "-C", root, "--numeric-owner"], check=True)
    yield Trixie(root)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def installed(trixie, packages):
    """The real package."""
    (package,) = (packages / ARCH).glob(f"tallyman_*_{ARCH}.deb")
    shutil.copy(package, trixie.root / "tmp/tallyman.deb")
    trixie.dpkg("--install", "/tmp/tallyman.deb")
    yield trixie
    trixie.dpkg("--purge", "tallyman")


@pytest.mark.parametrize("steps", ORDERS, ids=" ".join)
@pytest.mark.parametrize("wish", WISHES)
def test_units_end_as_the_administrator_left_them(trixie, wish, steps):
    round_trip(trixie, wish, steps)
    trixie.systemctl("unmask", f"{CHOSEN}.service")
    trixie.take("purge")


def test_programs_start_and_say_what_they_are(installed):
    assert installed.run("tallyman", "--version").startswith("tallyman ")
    for name in ("tallyman", "tallyman-ledger", "tallyman-notify"):
        assert "exit codes: 0" in installed.run(name, "--help")
    assert "exit codes: 0" in installed.run("/opt/tallyman/bin/tallyman-zigbee", "--help")
    assert installed.run("dpkg", "--verify", "tallyman") == ""


def test_every_module_is_compiled_and_never_compared_with_its_source(installed):
    sources = list((installed.root / LIBRARY).rglob("*.py"))
    assert len(sources) > 300
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags == 0b01, source  # PEP 552: hash-based, not checked
        assert f"/{source.relative_to(installed.root)}".encode() in compiled.read_bytes()


def test_compiled_again_it_is_the_same(installed):
    """A card's image is a function of its packages."""
    library = installed.root / LIBRARY
    before = {path: path.read_bytes() for path in library.rglob("*.pyc")}
    installed.dpkg("--install", "/tmp/tallyman.deb")
    assert {path: path.read_bytes() for path in library.rglob("*.pyc")} == before


def test_what_is_removed_is_gone_and_comes_back_enabled(installed):
    installed.take("remove")
    assert not (installed.root / "opt/tallyman").exists()
    assert (installed.root / "opt").is_dir(), "the system's own folder"
    installed.dpkg("--install", "/tmp/tallyman.deb")
    assert installed.states() == ALL
