"""What lies where in the packages, taken from this source and the locked wheels."""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from debian_archive import FILE_MODE, PROGRAM_MODE, Entry
from saying import FAILED, Trouble
from wheelhouse import unpacked, wheels

ROOT = Path(__file__).resolve().parents[1]
LIB = "opt/tallyman/lib"
UNITS = "usr/lib/systemd/system"
OURS = ("agent", "drivers", "evidence", "foundation", "ledger")
"""The packages of this source that go onto devices; `hil` stays with its makers."""

TOO_BIG_FOR_DEVICES = ("zmq/tests/",)
"""Parts of wheels that only their makers need."""

FOLDERS = (
    "etc/tallyman/",
    "var/lib/tallyman/",
    "var/lib/tallyman-update/",
    "var/lib/tallyman-ledger/",
    "var/lib/tallyman-notify/",
    "var/lib/tallyman-zigbee/",
)
"""A read-only root cannot make them at boot; whose they are, tmpfiles.d says."""

Found = Iterator[tuple[str, Entry]]


class TwoFiles(Trouble):
    """Two packages bring the same file: one would hide the other."""

    advice = "tell who maintains the lock: one of the packages must go"
    code = FAILED


def agent_tree(arch: str, pip: Sequence[str], compiler: str, epoch: int) -> Found:
    """Yield everything of the package `tallyman`."""
    yield from library(arch, pip, compiler)
    yield from programs()
    yield from units()
    for folder in FOLDERS:
        yield folder, Entry()
    yield "usr/share/doc/tallyman/copyright", Entry(copyright_text())
    changes = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), 9, mtime=epoch)
    yield "usr/share/doc/tallyman/changelog.gz", Entry(changes)


def library(arch: str, pip: Sequence[str], compiler: str) -> Found:
    """Yield the wheels' and our own modules, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        for wheel in wheels(ROOT / "requirements/run.txt", arch, ROOT / "build/wheels", pip):
            for name, data in unpacked(wheel):
                if not name.startswith(TOO_BIG_FOR_DEVICES):
                    put(stage / LIB / name, data)
        for top in OURS:
            for path in files_below(ROOT / top):
                put(stage / LIB / path.relative_to(ROOT), path.read_bytes())
        compile_all(compiler, stage)
        for path in files_below(stage, byte_code=True):
            yield str(path.relative_to(stage)), Entry(path.read_bytes())


def programs() -> Found:
    """Yield what is started, and the profiles."""
    for source, target, mode in (
        ("launchers", "opt/tallyman/bin", PROGRAM_MODE),
        ("libexec", "opt/tallyman/libexec", PROGRAM_MODE),
        ("profiles", "opt/tallyman/share/profiles", FILE_MODE),
    ):
        for path in files_below(ROOT / "provisioning" / source):
            yield f"{target}/{path.name}", Entry(path.read_bytes(), mode)
    for name in ("tallyman", "tallyman-ledger", "tallyman-notify"):
        yield f"usr/bin/{name}", Entry(link=f"/opt/tallyman/bin/{name}")


def units() -> Found:
    """Yield what systemd and udev read."""
    source = ROOT / "systemd"
    for unit in sorted(source.glob("*.service")):
        yield f"{UNITS}/{unit.name}", Entry(unit.read_bytes())
    for kind in ("sysusers", "tmpfiles", "modules-load"):
        data = (source / f"tallyman.{kind}").read_bytes()
        yield f"usr/lib/{kind}.d/tallyman.conf", Entry(data)
    rules = "70-tallyman.rules"
    yield f"usr/lib/udev/rules.d/{rules}", Entry((source / rules).read_bytes())


def appliance_tree() -> Found:
    """Yield everything of the package `tallyman-appliance`."""
    source = ROOT / "systemd/appliance"
    places = {
        "50-tallyman-journald.conf": ["usr/lib/systemd/journald.conf.d/50-tallyman.conf"],
        "50-tallyman-watchdog.conf": ["usr/lib/systemd/system.conf.d/50-tallyman.conf"],
        "50-tallyman-panic.conf": ["usr/lib/sysctl.d/50-tallyman.conf"],
        "50-tallyman-network.conf": ["usr/lib/sysctl.d/50-tallyman-network.conf"],
        "50-tallyman-emergency.conf": [f"{UNITS}/emergency.service.d/50-tallyman.conf"],
        "50-data-partition.conf": [
            f"{UNITS}/{unit}.service.d/50-data-partition.conf"
            for unit in ("tallyman", "tallyman-firstboot", "tallyman-enrol")
        ],
        "tallyman-degraded.service": [f"{UNITS}/tallyman-degraded.service"],
    }
    for name, targets in places.items():
        for target in targets:
            yield target, Entry((source / name).read_bytes())
    wanted = f"{UNITS}/multi-user.target.wants/tallyman-degraded.service"
    yield wanted, Entry(link="../tallyman-degraded.service")
    yield "usr/share/doc/tallyman-appliance/copyright", Entry(copyright_text())


def copyright_text() -> bytes:
    """Return the licence and whose work else is inside."""
    return (ROOT / "NOTICE").read_bytes() + b"\n" + (ROOT / "LICENSE").read_bytes()


def put(path: Path, data: bytes) -> None:
    """Write a file that nothing has written before."""
    if path.exists():
        raise TwoFiles(f"two packages have the file {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def files_below(folder: Path, *, byte_code: bool = False) -> list[Path]:
    """Return the files below a folder, sorted; caches only where asked for."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in paths if byte_code or "__pycache__" not in path.parts]


def compile_all(python: str, stage: Path) -> None:
    """Compile byte code that is never compared with its source: the root may be read-only.

    Paths in it are those of the device; the hash seed fixes the order of sets in it.
    """
    command = [
        python, "-m", "compileall", "-q", "-f", "-j1", "--invalidation-mode",
        "unchecked-hash", "-s", str(stage), "-p", "/", str(stage / LIB),
    ]  # fmt: skip
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"})
