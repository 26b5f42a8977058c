"""What lies where in the packages, taken from this source and the locked wheels."""

from __future__ import annotations

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


def tree_of(found: Found) -> dict[str, Entry]:
    """Return what was found by its path; TwoFiles where two have the same."""
    tree: dict[str, Entry] = {}
    for path, entry in found:
        if path in tree:
            raise TwoFiles(f"two packages have the file {path}")
        tree[path] = entry
    return tree


def agent_tree(arch: str, pip: Sequence[str]) -> Found:
    """Yield everything of the package `tallyman` but its pages for people."""
    yield from library(arch, pip)
    yield from programs()
    yield from units()
    for folder in FOLDERS:
        yield folder, Entry()


def library(arch: str, pip: Sequence[str]) -> Found:
    """Yield the wheels' and our own modules. Byte code is made where they are installed."""
    for wheel in wheels(ROOT / "requirements/run.txt", arch, ROOT / "build/wheels", pip):
        for name, data in unpacked(wheel):
            if not name.startswith(TOO_BIG_FOR_DEVICES):
                yield f"{LIB}/{name}", Entry(data)
    for top in OURS:
        for path in files_below(ROOT / top):
            yield f"{LIB}/{path.relative_to(ROOT)}", Entry(path.read_bytes())


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


def files_below(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without caches."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in paths if "__pycache__" not in path.parts]
