"""The file that a salvage makes: signed batches unchanged, and unsigned records beside them.

docs/PROTOCOL.md, "Salvage archive", has the format. It proves nothing by itself: whoever reads it
checks every signature again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agent.salvage.life import Batch, Life
from evidence import cbor
from evidence.cbor import Value
from evidence.errors import MalformedError
from evidence.merkle import HASH_BYTES
from evidence.shape import as_array, as_bytes, as_text, as_uint
from evidence.statement import EPOCH_BYTES

HEAD = cbor.encode(("tallyman-salvage", 1))
"""The file's first item: its name and version."""

HEAD_WITH_CUTS = cbor.encode(("tallyman-salvage", 2))
"""Of an archive that has what is left of cut bodies; one without is of version 1."""

HEADS = (HEAD, HEAD_WITH_CUTS)
_LIFE, _BATCH, _RECORD, _NOTE, _CUT = range(5)
_CLOSING_BYTES = 2 + HASH_BYTES


@dataclass(frozen=True, slots=True)
class Archive:
    """Epochs of a dead gateway, and the checkpoint notes that its receipts lead to."""

    lives: tuple[Life, ...]
    notes: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the file."""
        cut = any(batch.cut for life in self.lives for batch in life.batches)
        head = HEAD_WITH_CUTS if cut else HEAD
        content = head + b"".join(map(cbor.encode, self._items()))
        return content + cbor.encode(hashlib.sha256(content).digest())

    def _items(self) -> Iterator[Value]:
        for note in self.notes:
            yield (_NOTE, note)
        for life in self.lives:
            yield (_LIFE, life.issuer, life.epoch)
            for batch in life.batches:
                yield (_BATCH, batch.statement, batch.body, batch.receipt)
                if batch.cut:
                    yield (_CUT, batch.cut)
            for number, leaf in life.records.items():
                yield (_RECORD, number, leaf)


def parse_archive(data: bytes) -> Archive:
    """Read an archive; MalformedError for anything else. Nothing in it is believed yet."""
    content = data[:-_CLOSING_BYTES]
    if not content.startswith(HEADS):
        raise MalformedError("salvage", "the file is not a salvage archive of a known version")
    if data[-_CLOSING_BYTES:] != cbor.encode(hashlib.sha256(content).digest()):
        raise MalformedError("salvage-digest", "the archive is cut short or altered")
    reader = _Reader(with_cuts=content.startswith(HEAD_WITH_CUTS))
    for item in _items(content):
        reader.take(as_array(item, "item"))
    return reader.archive()


def _items(content: bytes) -> Iterator[Value]:
    at = len(HEAD)
    while at < len(content):
        end = cbor.end_of_first(content, at)
        yield cbor.decode(content[at:end])
        at = end


@dataclass(slots=True)
class _Reader:
    with_cuts: bool
    lives: list[tuple[str, bytes, list[Batch], dict[int, bytes]]] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)

    def take(self, item: tuple[Value, ...]) -> None:
        match item:
            case (kind, bytes(note)) if kind == _NOTE:
                self.notes.append(note)
            case (kind, issuer, epoch) if kind == _LIFE:
                named = as_text(issuer, "issuer"), as_bytes(epoch, "epoch", EPOCH_BYTES)
                self.lives.append((*named, [], {}))
            case (kind, *parts) if kind == _BATCH and self.lives:
                names = ("statement", "body", "receipt")
                fields = zip(as_array(tuple(parts), "batch", len(names)), names, strict=True)
                self.lives[-1][2].append(Batch(*(as_bytes(*field) for field in fields)))
            case (kind, bytes(cut)) if kind == _CUT and self._takes_cut():
                self.lives[-1][2][-1] = replace(self.lives[-1][2][-1], cut=cut)
            case (kind, number, leaf) if kind == _RECORD and self.lives:
                self.lives[-1][3][as_uint(number, "number")] = as_bytes(leaf, "record")
            case _:
                raise MalformedError("salvage", "an item that no archive of this version has")

    def _takes_cut(self) -> bool:
        return self.with_cuts and bool(self.lives) and bool(self.lives[-1][2])

    def archive(self) -> Archive:
        lives = (
            Life(issuer, epoch, tuple(batches), records)
            for issuer, epoch, batches, records in self.lives
        )
        return Archive(tuple(lives), tuple(self.notes))
