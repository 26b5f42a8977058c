"""A network's book on disk, in two generations: the file, and the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.errors import DeviceFault
from drivers.zigbee.causes import BOOK_LOST
from drivers.zigbee.host.book import Book, Damaged, decode, encode, newest
from foundation.durable import move_file, write_file


class BookLost(DeviceFault):
    """No generation of a book can be read, and there was one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A book as it was found, None where there never was one; `note` says what had to be done."""

    book: Book | None
    note: str = ""


class BookFile:
    """The book at `path`; its generation before has the suffix `.before`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = path.with_name(path.name + ".before")

    def load(self) -> Loaded:
        """Return the newest generation that is whole; a damaged one is kept aside.

        BookLost where there are generations, and none is whole.
        """
        there = [path for path in (self.path, self.before) if path.exists()]
        if not there:
            return Loaded(None)
        book, troubles = newest(map(_content, there))
        if book is None:
            said = "; ".join(f"{path}: {each}" for path, each in zip(there, troubles, strict=True))
            raise BookLost(f"the network's book cannot be read: {said}", cause=BOOK_LOST)
        return self._restored(book, there[0], troubles[0]) if troubles else Loaded(book)

    def _restored(self, book: Book, path: Path, trouble: str) -> Loaded:
        aside = path.with_name(path.name + ".damaged")
        path.replace(aside)
        self.save(book)
        note = f"{path} was damaged ({trouble}): the one before it serves, {aside} keeps it"
        return Loaded(book, note)

    def save(self, book: Book) -> None:
        """Write a book; the one before it stays. WriteFailed leaves what was there."""
        data = encode(book)
        try:
            old = self.path.read_bytes()
        except OSError:
            old = b""
        if old == data:
            return
        if _is_whole(old):
            write_file(self.before, old)
        write_file(self.path, data)

    def set_aside(self, suffix: str) -> None:
        """Keep what is there under another name, as another network takes its place."""
        for path in (self.path, self.before):
            if path.exists():
                move_file(path, path.with_name(path.name + suffix))


def _content(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def _is_whole(data: bytes) -> bool:
    try:
        decode(data)
    except Damaged:
        return False
    return True
