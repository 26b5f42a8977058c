"""The image: a released file, plain or packed, held against its published hash once a session."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from flashing.errors import ImageWrong

CHUNK = 4 * 1024 * 1024
"""Bytes written at a time: a multiple of what cards erase at once."""

Progress = Callable[[str, int, int], None]
"""Is told a phase, the bytes done and the bytes in all."""

_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----\r?\n[A-Za-z0-9+/=:, -]{16}")
_OVERLAP = 128
"""Longer than the start of a key, which may lie across two chunks."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was read whole: the bytes a card gets, and their SHA-256."""

    path: Path
    size: int
    sha256: str

    def chunks(self) -> Iterator[bytes]:
        """Yield what a card gets."""
        with _open(self.path) as file:
            while chunk := file.read(CHUNK):
                yield chunk


def read_image(path: Path, expected: str | None, progress: Progress) -> Image:
    """Read the image once, whole; ImageWrong where it is not what was published.

    `expected` is the SHA-256 of the file; without it IMAGE.sha256 beside it must say (sha256sum's
    form). An image with a private key in it is refused: keys are made on the device.
    """
    wanted = expected or _published(path)
    packed = hashlib.sha256()
    total = path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            packed.update(chunk)
            progress("hashing", file.tell(), total)
    if packed.hexdigest() != wanted.lower():
        raise ImageWrong(
            f"{path} has the SHA-256 {packed.hexdigest()}, published is {wanted.lower()}: "
            "fetch it again, and do not use this one"
        )
    return _content(path, progress)


def _content(path: Path, progress: Progress) -> Image:
    content, size, tail = hashlib.sha256(), 0, b""
    try:
        with _open(path) as file:
            while chunk := file.read(CHUNK):
                content.update(chunk)
                size += len(chunk)
                if _PRIVATE_KEY.search(tail + chunk):
                    raise ImageWrong(f"{path} holds a private key: every card would have it")
                tail = chunk[-_OVERLAP:]
                progress("reading", size, size)
    except (lzma.LZMAError, EOFError, gzip.BadGzipFile) as error:
        raise ImageWrong(f"{path} cannot be unpacked: {error}") from error
    return Image(path, size, content.hexdigest())


def _published(path: Path) -> str:
    beside = path.with_name(f"{path.name}.sha256")
    try:
        words = beside.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        raise ImageWrong(
            f"nothing says what {path} should be: put {beside.name} beside it or give --sha256"
        ) from None
    if not words or not re.fullmatch(r"[0-9a-fA-F]{64}", words[0]):
        raise ImageWrong(f"{beside} holds no SHA-256")
    return words[0]


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".xz":
        return cast("BinaryIO", lzma.open(path))
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path))
    if path.suffix == ".zst":
        raise ImageWrong(f"{path}: unpack it first, zstd -d {path.name}")
    return path.open("rb")
