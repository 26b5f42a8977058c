"""C2SP checkpoints (c2sp.org/tlog-checkpoint): origin, size and root, signed and cosigned."""

from __future__ import annotations

import base64

from evidence.errors import MalformedError
from evidence.merkle import HASH_BYTES, MAX_SIZE
from evidence.note import Note, decode_base64, parse_note
from foundation.dataclass import dataclass

_MIN_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, number of entries, and root."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """Return the note body."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read a note body; extension lines are signed with it and otherwise ignored."""
        *lines, rest = text.split("\n")
        if len(lines) < _MIN_LINES or not all(lines) or rest:
            raise MalformedError("checkpoint-form", "a checkpoint is origin, size and root")
        origin, size, root = lines[:_MIN_LINES]
        if not (size.isascii() and size.isdigit()) or str(int(size[:20])) != size:
            raise MalformedError("checkpoint-size", f"{size[:20]!r} is no size")
        if int(size) > MAX_SIZE:
            raise MalformedError("checkpoint-size", f"{size} is no size of a log")
        digest = decode_base64(root, "root")
        if len(digest) != HASH_BYTES:
            raise MalformedError("checkpoint-root", f"{len(digest)} bytes are no root")
        return cls(origin, int(size), digest)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note it came in; nothing in it is believed yet."""

    checkpoint: Checkpoint
    note: Note

    def to_bytes(self) -> bytes:
        """Return the note's bytes."""
        return self.note.to_text().encode()


def parse_checkpoint(data: bytes) -> SignedCheckpoint:
    """Read a checkpoint note; signatures are a separate step, with a policy."""
    note = parse_note(data)
    return SignedCheckpoint(Checkpoint.from_text(note.text), note)
