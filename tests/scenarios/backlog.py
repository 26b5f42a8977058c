"""The drain of days of sealed batches: alarms first, as the node's own store saw them arrive.

`python -m tests.scenarios.backlog` does it with three days: 4,320 batches of 256 records.
`python -m tests.scenarios.backlog --days 30` says how many bytes so many days without a link take.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.chain.building import Author, Place, build_batch
from agent.journal.places import FILE_NAME
from agent.journal.ring_block import DEFAULT_BYTES
from agent.journal.ring_journal import RingJournal
from agent.signing.identity import load_or_make
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys
from evidence.leaf import Record
from hil.budgets.device_bytes import PER_SECOND, Load
from hil.power_cut.campaign import SCRATCH
from tests.scenarios.outage import GROWTH_KIB, Field, field

RECORDS = 256
"""In a batch: the default seal."""

THREE_DAYS = 3 * 24 * 60
"""Batches sealed each minute."""

HOUR_S, DAY_S = 3600, 86_400
MEGA = 1_000_000
NEVER = 1 << 30  # batches until one is confirmed: there is no link

ALARM_EVERY = 97
START_MS = 1_790_000_000_000

# The trigger numbers the bodies as they become durable at the node; its program knows nothing of it.
ARRIVALS = """
CREATE TABLE arrivals (place INTEGER PRIMARY KEY AUTOINCREMENT, idx INTEGER NOT NULL);
CREATE TRIGGER arrival AFTER INSERT ON bodies
BEGIN INSERT INTO arrivals (idx) VALUES (new.idx); END;
"""


def record(number: int) -> Record:
    """A reading of a truck: one in four is a position, the others are temperatures."""
    place: dict[str, int | str | bytes] = {
        "lat": 452_000_000 + 37 * number, "lon": 76_000_000 + 61 * number, "satellites": 9
    }  # fmt: skip
    climate: dict[str, int | str | bytes] = {"temperature": 431 + number % 17}
    kind, values = ("temperature", climate) if number % 4 else ("position", place)
    at = 234 * number
    return Record(number, kind, kind, 1, at, START_MS + at, "gnss", 500, "ok", values)


def fill(world: Field, batches: int) -> list[int]:
    """Seal a backlog into the gateway's journal; return the seqs of its alarms."""
    state = world.gateway.folder / "state"
    identity, keys = load_or_make(state, os.urandom), Keys.load_or_make(state, KeyStore())
    author = Author(identity.gateway, identity.epoch, keys.statement)
    place, alarms = Place.after(None), []
    with closing(RingJournal(state / FILE_NAME, identity.epoch)) as journal:
        for seq in range(batches):
            records = [record(RECORDS * seq + index) for index in range(RECORDS)]
            leaves = [item.to_bytes() for item in records]
            urgent = seq % ALARM_EVERY == ALARM_EVERY // 2
            alarms += [seq] if urgent else []
            now = START_MS // 1000
            batch = build_batch(author, place, leaves, os.urandom(32), now, urgent=urgent)
            journal.commit(records)
            journal.seal(batch)
            place = Place.after(batch)
    return alarms


@dataclass(frozen=True, slots=True)
class Drained:
    """What a drain measured."""

    batches: int
    seconds: float
    growth_kib: int


def drain(world: Field, batches: int) -> Drained:
    """Fill, start, drain; AssertionError where the order, the count or the memory is wrong."""
    ledger = world.consortium.path(world.consortium.sequencer, "ledger.db")
    with closing(sqlite3.connect(ledger)) as database:
        database.executescript(ARRIVALS)
    alarms = fill(world, batches)
    world.link.cut()
    world.start_agent()
    world.until("the agent runs", lambda journal: journal["unsealed"] == 0)
    resident = world.memory_kib()
    started = time.monotonic()
    world.link.heal()
    world.delivered()
    seconds, growth = time.monotonic() - started, world.memory_kib() - resident
    arrived = [int(str(seq)) for (seq,) in world.query(
        "SELECT seq FROM arrivals JOIN entries USING (idx) ORDER BY place"
    )]  # fmt: skip
    check_order(arrived, alarms, batches)
    assert growth < GROWTH_KIB, f"memory grew by {growth} KiB"
    return Drained(batches, seconds, growth)


def check_order(arrived: Sequence[int], alarms: Sequence[int], batches: int) -> None:
    """Alarms (and what the agent's own start sealed at once), then the rest, oldest first."""
    assert len(set(arrived)) == len(arrived), "a body came twice"
    assert set(arrived) >= set(range(batches))
    rest = [seq for seq in arrived if seq < batches and seq not in set(alarms)]
    assert rest == sorted(rest), "the backlog is out of order"
    assert [seq for seq in arrived if seq in set(alarms)] == list(alarms)
    assert arrived.index(alarms[-1]) < arrived.index(rest[0]), "an alarm waited for the backlog"


@dataclass(frozen=True, slots=True)
class Offline:
    """What `seconds` of readings without a link took: batches grow, ring and log do not."""

    seconds: int
    batches: int
    archive: int
    fixed: int

    def bytes_for(self, days: int) -> int:
        """Return what so many days take."""
        return self.fixed + self.archive * days * DAY_S // self.seconds


def offline(seconds: int) -> Offline:
    """Record and seal so many seconds of readings, as fast as may be, into a journal of its own."""
    with tempfile.TemporaryDirectory(prefix="tallyman-days-", dir=SCRATCH) as name:
        folder = Path(name)
        load = Load(folder, states=NEVER)
        for _ in range(seconds):
            load.second()
        log = sum(path.stat().st_size for path in folder.glob(f"{FILE_NAME}-*"))
        load.close()
        archive = (folder / FILE_NAME).stat().st_size
        return Offline(seconds, load.seals, archive, log + DEFAULT_BYTES)


def tell_days(days: int, hours: int) -> None:
    """Measure and print what days without a link take."""
    found = offline(hours * HOUR_S)
    print(
        f"measured {hours} h at {PER_SECOND} readings/s: {found.batches} batches, "
        f"{found.archive / MEGA:.1f} MB; ring and log {found.fixed / MEGA:.1f} MB\n"
        f"{days} days offline: {found.bytes_for(days) / MEGA:.0f} MB, "
        f"{found.bytes_for(days) / (days * DAY_S * PER_SECOND):.1f} bytes a reading"
    )


def main() -> int:
    """Do it in full and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=THREE_DAYS)
    parser.add_argument("--days", type=int, metavar="N", help="measure the room of N days instead")
    parser.add_argument("--hours", type=int, default=24, metavar="N", help="of one day (24)")
    args = parser.parse_args()
    if args.days is not None:
        tell_days(args.days, args.hours)
        return 0
    with tempfile.TemporaryDirectory() as folder, field(Path(folder), rate=0) as world:
        drained = drain(world, args.batches)
    print(
        f"{drained.batches} batches of {RECORDS} records: alarms first, each body once; "
        f"{drained.seconds:.1f} s; memory grew by {drained.growth_kib / 1024:.1f} MiB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
