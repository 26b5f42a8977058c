"""Debian packages (deb(5)) as a function of their content: sorted, owned by root, at a fixed time.

Python's own tar and xz writers do it on any system, the same way each time; dpkg-deb is not needed.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

FILE_MODE, PROGRAM_MODE, FOLDER_MODE, LINK_MODE = 0o644, 0o755, 0o755, 0o777

XZ_PRESET = 6
"""The package travels over a SIM card, so its size counts more than the builder's seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file's bytes and mode, or where a symbolic link points."""

    data: bytes = b""
    mode: int = FILE_MODE
    link: str = ""


Tree = Mapping[str, Entry]
"""Entries by their path from the root, without a leading slash. Folders follow from them; a path
that ends with a slash is a folder with nothing in it."""


def package(control: Tree, data: Tree, epoch: int) -> bytes:
    """Return the package; `epoch` is the time of everything in it, in UTC seconds."""
    members = (
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", _tar_xz(control, epoch)),
        ("data.tar.xz", _tar_xz(data, epoch)),
    )
    return b"!<arch>\n" + b"".join(_member(name, content, epoch) for name, content in members)


def md5sums(data: Tree) -> bytes:
    """Return the control file that `dpkg --verify` compares with."""
    lines = (
        f"{hashlib.md5(entry.data, usedforsecurity=False).hexdigest()}  {path}\n"
        for path, entry in sorted(data.items())
        if not entry.link and not path.endswith("/")
    )
    return "".join(lines).encode()


def installed_kib(data: Tree) -> int:
    """Return Installed-Size as Debian Policy 5.6.20 counts it."""
    return sum(-(-len(entry.data) // 1024) for entry in data.values()) + len(_folders(data))


def _member(name: str, content: bytes, epoch: int) -> bytes:
    """Return one member of an ar archive (ar(5)); members start at even offsets."""
    header = f"{name:<16}{epoch:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)


def _tar_xz(tree: Tree, epoch: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        files = {path: entry for path, entry in tree.items() if not path.endswith("/")}
        for path in sorted({*files, *_folders(tree)}):
            entry = files.get(path)
            info = _info(path, entry, epoch)
            tar.addfile(info, io.BytesIO(entry.data if entry is not None else b""))
    return lzma.compress(buffer.getvalue(), preset=XZ_PRESET)


def _info(path: str, entry: Entry | None, epoch: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f"./{path}" if path else ".")
    info.mtime, info.uname, info.gname = epoch, "root", "root"
    if entry is None:
        info.type, info.mode = tarfile.DIRTYPE, FOLDER_MODE
    elif entry.link:
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, LINK_MODE, entry.link
    else:
        info.size, info.mode = len(entry.data), entry.mode
    return info


def _folders(tree: Tree) -> set[str]:
    """Return every folder above an entry, and the root itself as ""."""
    folders = {""}
    for path in tree:
        parts = path.split("/")[:-1]
        folders |= {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return folders
