"""A gateway that wrote for a while and died: its state folder, and what it had acknowledged."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from agent.chain.building import Author, Place, build_batch
from agent.journal.journal import Confirmation
from agent.journal.places import FILE_NAME
from agent.journal.ring_block import MIN_BYTES
from agent.journal.ring_journal import RingJournal
from agent.signing.identity import Identity, load_or_make
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys
from evidence.leaf import Record

PER_BATCH = 64
NOTE = b"note"


def record(number: int) -> Record:
    at = 1_790_000_000_000 + 500 * number
    values: dict[str, int | str | bytes] = {"temperature": 431 + number * number % 97}
    return Record(number, "cargo", "temperature", 1, 500 * number, at, "gnss", 500, "ok", values)


@dataclass(frozen=True)
class DeadGateway:
    """`sealed` batches of PER_BATCH records, then `loose` records in the ring only."""

    folder: Path
    identity: Identity
    sealed: int
    loose: int

    @property
    def first_loose(self) -> int:
        return self.sealed * PER_BATCH

    @property
    def database(self) -> Path:
        return self.folder / FILE_NAME

    @property
    def ring(self) -> Path:
        return self.folder / "journal.ring"

    def leaf(self, number: int) -> bytes:
        return record(number).to_bytes()


def die(folder: Path, sealed: int = 12, loose: int = 40, *, log: bool = False) -> DeadGateway:
    """Write a journal; `log` leaves the write-ahead log as a power cut does."""
    folder.mkdir(parents=True)
    identity, keys = load_or_make(folder, os.urandom), Keys.load_or_make(folder, KeyStore())
    author = Author(identity.gateway, identity.epoch, keys.statement)
    journal = RingJournal(folder / FILE_NAME, identity.epoch, MIN_BYTES)
    place = Place.after(None)
    for seq in range(sealed):
        records = [record(seq * PER_BATCH + index) for index in range(PER_BATCH)]
        journal.commit(records)
        leaves = [item.to_bytes() for item in records]
        batch = build_batch(author, place, leaves, os.urandom(32), 1, urgent=False)
        journal.seal(batch)
        place = Place.after(batch)
    journal.set_accepted([0, 1], 1)
    journal.set_confirmed([Confirmation(0, 1, b"receipt", 2)], NOTE, 2)
    for number in range(sealed * PER_BATCH, sealed * PER_BATCH + loose):
        journal.commit([record(number)])
    if log:
        kept = {name: (folder / name).read_bytes() for name in (f"{FILE_NAME}-wal", FILE_NAME)}
        journal.close()
        for name, data in kept.items():
            (folder / name).write_bytes(data)
    else:
        journal.close()
    return DeadGateway(folder, identity, sealed, loose)


def zero(path: Path, offset: int, length: int) -> None:
    """Put zeros over a part of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes(length))


def flip(path: Path, *offsets: int) -> None:
    """Flip a bit of some bytes."""
    with path.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 0x10]))
