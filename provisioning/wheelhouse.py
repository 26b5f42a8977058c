"""The locked wheels of another architecture: fetched once, held against the lock each time."""

from __future__ import annotations

import hashlib
import re
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from saying import CANNOT, FAILED, Trouble

PYTHON_VERSION = "3.13"
"""Of Debian trixie and of Raspberry Pi OS on it."""

MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
"""Debian's name of an architecture, and the wheels'."""

GLIBCS = ("2_34", "2_28", "2_17", "2014")
"""manylinux platforms that trixie's glibc 2.41 runs, newest first (PEP 600; 2014 is 2_17)."""

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_STAMP = "complete"


class WheelsMissing(Trouble):
    """The wheels cannot be had here and now."""

    advice = "look at the network, or at pip's words above"
    code = CANNOT


class WrongWheel(Trouble):
    """A wheel is not what was locked."""

    code = FAILED


def wheels(lock: Path, arch: str, cache: Path, pip: Sequence[str]) -> list[Path]:
    """Return the wheels of `lock` for Debian's `arch`, from `cache` or through pip."""
    folder = cache / arch
    allowed = set(_HASH.findall(lock.read_text()))
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / _STAMP
    if not stamp.exists() or stamp.read_text() != wanted:
        _fetch(lock, arch, folder, pip)
        stamp.write_text(wanted)
    found = sorted(folder.glob("*.whl"))
    for wheel in found:
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in allowed:
            raise WrongWheel(
                f"{wheel} is not what {lock} locks", advice=f"remove {folder}, then try again"
            )
    return found


def unpacked(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of what a wheel puts on sys.path (PEP 427); its scripts stay away."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            top, _, rest = name.partition("/")
            if name.endswith("/"):
                continue
            if not top.endswith(".data"):
                yield name, archive.read(name)
            elif rest.startswith(("purelib/", "platlib/")):
                yield rest.partition("/")[2], archive.read(name)


def _fetch(lock: Path, arch: str, folder: Path, pip: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.whl"), folder / _STAMP):
        old.unlink(missing_ok=True)
    platforms = [f"--platform=manylinux{each}_{MACHINES[arch]}" for each in _platforms()]
    command = [
        *pip, "download", "--quiet", "--disable-pip-version-check", "--require-hashes",
        "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON_VERSION}",
        *platforms, f"--dest={folder}", f"--requirement={lock}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WheelsMissing(f"pip found no wheels for {arch}:\n{done.stderr.strip()[-1000:]}")


def _platforms() -> Iterator[str]:
    for glibc in GLIBCS:
        yield glibc if "_" not in glibc else f"_{glibc}"
