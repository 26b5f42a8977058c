"""A journal at work in a folder, telling what it acknowledged: `python -m hil.power_cut.workload`.

Everything follows from a seed: records, sizes of commits, seals, confirmations and restarts. Each
acknowledgement is one JSON line written to the file `acks` in the same folder, so that the recorder
puts it into one order with the writes and flushes.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch
from agent.journal.batches import Connect, connect
from agent.journal.erasure_rule import Rule
from agent.journal.journal import BatchState, Confirmation
from agent.journal.places import FILE_NAME
from agent.journal.ring_block import BLOCK_BYTES
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from evidence.leaf import Record
from foundation.durable import Disk

ACKS = "acks"
EPOCH = bytes(range(16))
RING_BYTES = 48 * BLOCK_BYTES  # small, so that it comes round many times
STEPS = 120

_AUTHOR = Author(
    "urn:uuid:00000000-0000-4000-8000-000000000000",
    EPOCH,
    FileKey(ec.derive_private_key(1, ec.SECP256R1())),
)
_WALL_MS = 1_790_000_000_000  # an autumn day of 2026


def record(seed: int, number: int) -> Record:
    """Return record `number` of the workload `seed`; one in a hundred is larger than a block."""
    noise = random.Random(seed * 1_000_003 + number)
    size = 6000 if noise.randrange(100) == 0 else noise.randint(1, 60)
    values: dict[str, int | str | bytes] = {"temperature": number, "text": noise.randbytes(size)}
    kind = ERASED_KIND if number % 3 == 0 else "temperature"
    return Record(number, "cold-1", kind, 1, number, _WALL_MS + number, "gnss", 100, "ok", values)


@lru_cache(maxsize=16_384)
def leaf(seed: int, number: int) -> bytes:
    """Return the bytes of `record`: what a check compares with, cut after cut."""
    return record(seed, number).to_bytes()


class ForgetfulDisk(Disk):
    """Leaves every tenth fdatasync out: the control that the campaign must catch."""

    def __init__(self) -> None:
        self._flushes = 0

    def fdatasync(self, fd: int) -> None:
        """Flush, but for every tenth time."""
        self._flushes += 1
        if self._flushes % 10:
            super().fdatasync(fd)


def forgetful_connect(path: Path) -> sqlite3.Connection:
    """Open the batches with synchronous NORMAL: the other control."""
    connection = connect(path)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


ERASED_KIND = "position"
_RULE = Rule("position", frozenset({ERASED_KIND}), 30)
_DUE_MS = _WALL_MS + 10**9  # all records are of before

HONEST, ERASING = "honest", "erasing"
CONTROLS: dict[str, tuple[type[Disk], Connect]] = {
    HONEST: (Disk, connect),
    ERASING: (Disk, connect),
    "skip-flushes": (ForgetfulDisk, connect),
    "sqlite-normal": (Disk, forgetful_connect),
}


class Workload:
    """One gateway's journal, driven by a seed; `acknowledge` gets what is durable."""

    def __init__(self, folder: Path, seed: int, control: str) -> None:
        self._path = folder / FILE_NAME
        self._seed = seed
        self._rng = random.Random(seed)
        disk, self._connect = CONTROLS[control]
        self._disk = disk()
        self._erases = control == ERASING
        self._acks = os.open(folder / ACKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._journal = self._open()
        self._deferred = 0  # batches below were proven, which the next write makes durable

    def _open(self) -> RingJournal:
        return RingJournal(
            self._path,
            EPOCH,
            RING_BYTES,
            connect=self._connect,
            disk=self._disk,
            erases=self._erases,
        )

    def _acknowledge(self, **facts: object) -> None:
        os.write(self._acks, json.dumps(facts).encode() + b"\n")

    def run(self) -> None:
        """Make all steps."""
        steps: list[Callable[[], None]] = [self.commit, self.seal, self.confirm, self.restart]
        weights = [70, 15, 12, 3]
        if self._erases:
            steps.append(self.erase)
            weights.append(15)
        for _ in range(STEPS):
            (step,) = self._rng.choices(steps, weights)
            if self._journal.crowded():
                step = self.seal
            step()
        self._journal.close()
        os.close(self._acks)

    def commit(self) -> None:
        """Commit some records, mostly one block's worth."""
        first = self._journal.next_number()
        count = self._rng.choice((1, 3, 20, 20, 20, 150))
        self._journal.commit([record(self._seed, n) for n in range(first, first + count)])
        self._acknowledge(records=first + count)

    def seal(self) -> None:
        """Seal some of the unsealed records."""
        place = Place.after(self._journal.head())
        leaves = self._journal.leaves(place.first, self._rng.choice((64, 256, 1024)))
        if not leaves:
            return
        seed = self._rng.randbytes(32)
        self._journal.seal(build_batch(_AUTHOR, place, leaves, seed, 0, urgent=False))
        self._acknowledge(batches=place.seq + 1)
        self._took_along()

    def confirm(self) -> None:
        """Note that a node has what is sealed, then that it is proven."""
        sealed = [batch.seq for batch in self._journal.pending(BatchState.SEALED, 8)]
        accepted = [batch.seq for batch in self._journal.pending(BatchState.ACCEPTED, 8)]
        if sealed:
            self._journal.set_accepted(sealed, 1)
            self._acknowledge(accepted=max(sealed) + 1)
            self._took_along()
        if accepted:
            proofs = [Confirmation(seq, seq + 1, b"receipt" * 60, 7) for seq in accepted]
            deferred = accepted[0] % 2 == 1  # some wait for the next write, some do not
            self._journal.set_confirmed(proofs, b"checkpoint" * 40, 2, deferred=deferred)
            self._deferred = max(accepted) + 1
            if not deferred:
                self._took_along()

    def _took_along(self) -> None:
        """Acknowledge what was deferred: a transaction after it is durable."""
        if self._deferred:
            self._acknowledge(confirmed=self._deferred)
            self._deferred = 0

    def erase(self) -> None:
        """Have a node sign for what is proven, erase all of a kind in it, and leave no copy."""
        owed = self._journal.custody_owed(-1, 64)
        self._journal.set_custody(dict.fromkeys(owed, b"custody"))
        while self._journal.erase(_RULE, _DUE_MS, _DUE_MS) is not None:
            pass
        while self._journal.wipe():
            pass
        rows = self._journal.batches(0, 1 << 30)
        upto = next((row.batch.first for row in rows if row.batch.body), 0)
        self._acknowledge(erased=upto)

    def restart(self) -> None:
        """Close in order and open again."""
        self._journal.close()
        self._journal = self._open()


def main() -> None:
    """Run the workload FOLDER SEED CONTROL."""
    folder, seed, control = sys.argv[1:]
    Workload(Path(folder), int(seed), control).run()


if __name__ == "__main__":
    main()
