"""`python -m hil device-bytes`: what the journal writes to a real ext4, counted by the kernel.

A journal on an ext4 of its own, on a loop device, takes 20 readings a second in commits of a second
for as long as is asked, in real time, as ext4 writes its journal every 5 s. Needs root.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch
from agent.journal.journal import Confirmation
from agent.journal.places import FILE_NAME
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from evidence.leaf import Record
from foundation.printing import say

HELP = "count what the journal writes to a real ext4; needs root"

PER_SECOND = 20
BATCH = 256
TAGS = 40  # on a pallet or two in the field
IMAGE_BYTES = 256 * 1024 * 1024
SECTOR = 512  # the unit of /sys/block/*/stat, whatever the device's own
STAT_SECTORS_WRITTEN, STAT_FLUSHES = 6, 15  # kernel: Documentation/block/stat.rst, from 0
WARM_UP = 4000  # commits before counting: until the write-ahead log was full once and has its size
RECEIPT_BYTES, CHECKPOINT_BYTES = 600, 900  # as in a log of some thousand entries, four witnesses


@dataclass(frozen=True, slots=True)
class Written:
    """What a device was given to do."""

    sectors: int
    flushes: int

    @classmethod
    def now(cls, device: str) -> Written:
        """Read the kernel's counters of a block device."""
        fields = Path(f"/sys/block/{Path(device).name}/stat").read_text().split()
        return cls(int(fields[STAT_SECTORS_WRITTEN]), int(fields[STAT_FLUSHES]))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--seconds", type=int, default=120, metavar="N", help="how long (120)")
    parser.add_argument("--states", type=int, default=8, metavar="N", help="batches a confirmation")


def run(args: argparse.Namespace) -> int:
    """Measure, and print bytes and flushes a reading and a commit."""
    with mounted() as (device, folder):
        load = Load(folder, args.states)
        for _ in range(WARM_UP):
            load.second()
        os.sync()
        before, commits, seals = Written.now(device), load.commits, load.seals
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < args.seconds:
            load.second()
            time.sleep(max(0.0, 1.0 - (time.monotonic() - begin - now)))
        os.sync()
        after = Written.now(device)
        load.close()
    commits, seals = load.commits - commits, load.seals - seals
    size = (after.sectors - before.sectors) * SECTOR
    flushes = after.flushes - before.flushes
    say(f"commits        {commits} of {PER_SECOND} readings, {seals} batches sealed")
    say(f"device bytes   {size}: {size / commits / PER_SECOND:.0f} a reading")
    say(f"flushes        {flushes}: {flushes / commits:.2f} a commit")
    return 0


@contextmanager
def mounted(options: str = "noatime") -> Iterator[tuple[str, Path]]:
    """Mount a new ext4 with the blocks of a card; yield its device and folder."""
    with tempfile.TemporaryDirectory(prefix="tallyman-ext4-") as name:
        image, folder = Path(name) / "image", Path(name) / "mount"
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        command("mkfs.ext4", "-q", "-b", "4096", str(image))
        device = command("losetup", "--find", "--show", str(image)).strip()
        try:
            command("mount", "-o", options, device, str(folder))
            try:
                yield device, folder
            finally:
                command("umount", str(folder))
        finally:
            command("losetup", "--detach", device)


def command(*argv: str) -> str:
    """Run a program of the system; return what it printed."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout  # noqa: S603


class Load:
    """The journal and what feeds it."""

    def __init__(self, folder: Path, states: int) -> None:
        epoch = bytes(range(16))
        self._journal = RingJournal(folder / FILE_NAME, epoch)
        signer = FileKey(ec.generate_private_key(ec.SECP256R1()))
        self._author = Author("urn:uuid:00000000-0000-4000-8000-000000000000", epoch, signer)
        self._rng = random.Random(1)
        self._tags = [self._rng.randbytes(12) for _ in range(TAGS)]
        self._states = states
        self._place = Place.after(None)
        self._unproven: list[int] = []
        self.commits = self.seals = 0

    def second(self) -> None:
        """Take one second's readings; seal and confirm what is due."""
        first = self._journal.next_number()
        self._journal.commit([self._reading(n) for n in range(first, first + PER_SECOND)])
        self.commits += 1
        leaves = self._journal.leaves(self._place.first, BATCH)
        if len(leaves) == BATCH:
            self._seal(leaves)

    def _seal(self, leaves: list[bytes]) -> None:
        seed = self._rng.randbytes(32)
        batch = build_batch(self._author, self._place, leaves, seed, 0, urgent=False)
        self._journal.seal(batch)
        self._place = Place.after(batch)
        self.seals += 1
        self._unproven.append(batch.seq)
        if len(self._unproven) == self._states:
            receipt = self._rng.randbytes(RECEIPT_BYTES)
            proofs = [Confirmation(seq, seq, receipt, batch.seq) for seq in self._unproven]
            note = self._rng.randbytes(CHECKPOINT_BYTES)
            self._journal.set_confirmed(proofs, note, 1, deferred=True)  # as the agent does
            self._unproven = []

    def _reading(self, number: int) -> Record:
        """Return a temperature, a tag or a position, with the noise that real ones have."""
        at = number * 50
        noise = self._rng.randint
        kinds: dict[str, dict[str, int | str | bytes]] = {
            "temperature": {"temperature": 400 + noise(-9, 9)},
            "tag": {"epc": self._rng.choice(self._tags), "rssi": -480 - noise(0, 99)},
            "position": {"lat": 450_000_000 + number, "lon": 76_000_000 - number},
        }
        kind = self._rng.choice(list(kinds))
        wall = 1_790_000_000_000 + at
        return Record(number, kind, kind, 3, at, wall, "gnss", 1000, "ok", kinds[kind])

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()
