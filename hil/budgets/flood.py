"""400 reads a second from 32 antennas, from LLRP bytes to durable tag states, by a turned clock.

The reader is fed: its bytes come as fast as the agent takes them, and each piece turns the clock
by what it stands for. Some tags are carried from antenna to antenna, so it is known which states
must change, and when.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.clock.clock import Clock
from agent.config.read_points import READ_POINT
from agent.dock.history import Opened
from agent.dock.notice import Item, Notice, Unit
from agent.dock.session import Session as Check
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch, presence_book
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.observe.points import PointMap, ReadPoint, read_point
from drivers.catalog import check_options
from drivers.driver import Host
from drivers.errors import LinkLost
from drivers.rfid.llrp.reader import LlrpReader as Driver
from drivers.rfid.llrp.settings import Settings
from evidence.leaf import Record
from foundation.notify import Progress
from foundation.options import settings_of
from hil.budgets.row import Row
from hil.emulators.llrp.desk import Session
from hil.emulators.llrp.field import Field, Tag, some_tags
from hil.emulators.llrp.protocol import message, requests, tlv, tv
from hil.emulators.llrp.reader import CONNECTED, RELEASE, REPORT, LlrpReader, attempt

ANTENNAS, TAGS = 32, 320
RATE, READ_RATE = 400, 0.65
ROUND = 0.52  # s in which the reader tries each tag once at this rate
CARRIED = 5  # of the tags, one in so many is carried to another antenna in mid-run
STEP = 0.05  # s between pieces
SLICES = 5
SETTLE = 30.0  # s at the end without tags, in which all of them must be seen to leave
SEED = 9
WALL_MS = 1_790_000_000_000  # the turned clock's beginning, a moment in 2026
PATIENCE_S = 900.0  # s; a flood that does not end is a fault of its own
IMPINJ = 25882


@dataclass(frozen=True, slots=True)
class Flood:
    """What ten minutes of it cost. `missed` and `invented` are state changes.

    `cpu` are the shares of one core in each of SLICES equal parts, the reader's side included;
    bytes are those of records before they are packed.
    """

    seconds: float
    reads: int
    changes: int
    missed: int
    invented: int
    records: int
    record_bytes: int
    cpu: Sequence[float]
    grown_bytes: int


REST_S = 0.001
"""In each second: a loop that never rests keeps the journal's thread from the interpreter's lock,
and minutes were turned before a first commit came back."""


class TurnedClock:
    """Time that stands still until it is turned; the machine's clocks for `Clock`, too."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        """See `Timing`."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """See `Timing`."""
        await self._sleeper(seconds)

    def call_later(self, seconds: float, call: Callable[[], None]) -> asyncio.Future[None]:
        """See `Timing`."""
        future = self._sleeper(seconds)
        future.add_done_callback(lambda done: None if done.cancelled() else call())
        return future

    def _sleeper(self, seconds: float) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, future))
        return future

    async def turn(self, seconds: float) -> None:
        """Let `seconds` pass."""
        before = int(self.now)
        self.now += seconds
        due = [future for at, future in self._sleepers if at <= self.now]
        self._sleepers = [one for one in self._sleepers if one[0] > self.now and not one[1].done()]
        for future in due:
            if not future.done():
                future.set_result(None)
        await asyncio.sleep(REST_S if int(self.now) > before else 0)

    def wall_offset_ms(self) -> int:
        """See `SystemClock`."""
        return WALL_MS

    def ntp_bound_ms(self) -> int | None:
        """See `SystemClock`."""
        return 20

    def has_rtc(self) -> bool:
        """See `SystemClock`."""
        return False


class FedReader:
    """A link to a reader that answers requests, then reports what its field holds."""

    def __init__(self, clock: TurnedClock, tags: Sequence[Tag], seconds: float) -> None:
        self._clock = clock
        self._steps = round(seconds / STEP)
        reader = LlrpReader(tags=0)
        self._desk, self._session = reader.desk, Session()
        self._answers = [reader.notification(attempt(CONNECTED))]
        self._began = time.clock_gettime(time.CLOCK_REALTIME)
        rng = random.Random(SEED)
        self._field = Field(tags, read_rate=READ_RATE, noise=2.0, rng=rng)
        self._all = frozenset(range(1, ANTENNAS + 1))
        self._asked = asyncio.Event()
        self.reads = 0

    async def read(self, within: float) -> bytes:
        """See `Link`."""
        del within
        while not self._answers and not self._inventories():
            self._asked.clear()
            await self._asked.wait()
        if self._answers:
            return self._answers.pop(0)
        if not self._steps:
            raise LinkLost("the end")
        await self._clock.turn(STEP)
        self._steps -= 1
        return b"".join(self._reports()) or message(62, 1)

    def _inventories(self) -> bool:
        spec = self._desk.inventory.rospec
        return spec is not None and bool(spec.state)

    def _reports(self) -> list[bytes]:
        heard = list(self._field.rounds(round(RATE / READ_RATE * STEP), self._clock.now, self._all))
        self.reads += len(heard)
        moment = round((self._began + self._clock.now) * 1e6)
        return [report(one.tag.epc, one.antenna, one.rssi, moment) for one in heard]

    async def write(self, data: bytes, within: float) -> None:
        """See `Link`."""
        del within
        for request in requests(data)[0]:
            if request.type not in {RELEASE, 72}:
                self._answers.append(self._desk.answer(self._session, request))
        self._asked.set()

    def close(self) -> None:
        """See `Link`."""


def report(epc: bytes, antenna: int, rssi: float, moment: int) -> bytes:
    """Return RO_ACCESS_REPORT with one read, as an R420 sends it."""
    body = bytes([0x8D]) + epc + tv(1, "H", antenna) + tv(6, "b", round(rssi))
    body += tv(2, "Q", moment) + tv(4, "Q", moment) + tv(8, "H", 1) + tv(12, "H", 0x3000)
    body += tlv(1023, struct.pack(">IIh", IMPINJ, 57, round(rssi * 100)))
    return message(REPORT, 1, tlv(240, body))


def carried(seconds: float) -> tuple[list[Tag], dict[str, list[str]]]:
    """Return the tags of a run of `seconds`, and by EPC the changes that must be recorded."""
    rng = random.Random(SEED)
    tags: list[Tag] = []
    truth: dict[str, list[str]] = {}
    for number, one in enumerate(some_tags(TAGS, ANTENNAS, rng)):
        (antenna,) = one.antennas
        stops = [antenna]
        if number % CARRIED == 0:
            stops.append(antenna % ANTENNAS + 1)
        start, end = rng.uniform(0, seconds / 10), seconds - SETTLE
        turn = rng.uniform(0.3, 0.6) * end
        times = [start, *([turn] if len(stops) > 1 else []), end]
        for stop, enter, leave in zip(stops, times, times[1:], strict=False):
            tags.append(Tag(one.epc, (stop,), one.rssi, enter, leave, one.tid, one.pc))
        names = [f"{state} shelf {stop}" for stop in stops for state in ("enter", "leave")]
        truth[one.epc.hex().upper()] = names
    return tags, truth


def points() -> list[ReadPoint]:
    """Return a read point for each antenna."""
    defaults = {key.name: key.default for key in READ_POINT}
    return [
        read_point(
            defaults
            | {"name": f"shelf {antenna}", "antennas": f"shelves:{antenna}", "round": ROUND}
        )
        for antenna in range(1, ANTENNAS + 1)
    ]


def check_of(tags: Sequence[Tag]) -> Check:
    """Return a check that is open at the first shelf all the while, of as many pieces as tags."""
    item = Item("00614141812345", len(tags))
    notice = Notice("N1", "json", bytes(32), (Unit("", (item,)),))
    return Check(Opened("R-1", notice.number, "", "shelf 1", 0), notice, (), ())


@dataclass(slots=True)
class Seen:
    """What became durable. `changes` by EPC are there from the start, so that what is noted here
    takes little part in the memory that is measured.
    """

    records: int = 0
    bytes: int = 0
    changes: dict[str, list[str]] = field(default_factory=dict)

    def committed(self, records: Sequence[Record]) -> None:
        """Note durable records."""
        for record in records:
            self.records += 1
            self.bytes += len(record.to_bytes())
            if record.kind == "tag-state":
                values = record.values
                change = sys.intern(f"{values['state']!s} {values['read_point']!s}")
                self.changes.setdefault(str(values["epc"]), []).append(change)


class Slices:
    """What each equal part of the turned clock's time cost, as a share of one core."""

    def __init__(self, length: float) -> None:
        self._length = length
        self._since = time.process_time()
        self.shares: list[float] = []

    def pass_by(self, now: float) -> None:
        """Close the part that ends at `now`."""
        if now >= self._length * (len(self.shares) + 1):
            spent = time.process_time()
            self.shares.append((spent - self._since) / self._length)
            self._since = spent


async def flood(folder: Path, seconds: float) -> Flood:
    """Let `seconds` of reads pass through driver, tag watch and recorder; `folder` is empty."""
    clock = TurnedClock()
    tags, truth = carried(seconds)
    seen = Seen(changes={epc: [] for epc in truth})
    link = FedReader(clock, tags, seconds)
    journal = await AsyncJournal.open(RingJournal, folder / "journal.ring", bytes(16), 1 << 26)
    stamps = Clock(clock, 1)
    recorder = Recorder(journal, stamps, clock, Progress(clock.monotonic), window=1.0)
    await recorder.open()
    recorder.listen(seen.committed)
    recorder.listen(check_of(tags).apply_all)
    chosen = settings_of(Settings, check_options("rfid.llrp", {"address": "reader"}))
    gathered = {"shelves": chosen.report_interval}
    book = presence_book(folder, recorder, journal)
    where = PointMap(points(), {})
    watch = TagWatch(where, book, HealthBoard(), recorder, stamps, clock, gathered=gathered)

    async def connect() -> FedReader:
        return link

    driver = Driver("shelves", chosen, Host(clock), connect)
    tasks = [asyncio.create_task(run()) for run in (recorder.run, watch.run)]
    early, slices = 0, Slices((seconds - SETTLE) / SLICES)
    async with asyncio.timeout(PATIENCE_S), driver, aclosing(driver.readings()) as readings:
        async for reading in readings:
            if not await watch.take(reading):
                await recorder.take(reading)
            if not early and clock.now > seconds / 4:
                early = resident()
            slices.pass_by(clock.now)
            if clock.now >= seconds - SETTLE:
                break
    grown = resident() - early
    while clock.now < seconds:
        await clock.turn(STEP)
        await asyncio.sleep(0)
    await recorder.flush()
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await journal.close()
    return told(truth, seen, link.reads, seconds, slices.shares, grown)


def told(
    truth: dict[str, list[str]],
    seen: Seen,
    reads: int,
    seconds: float,
    shares: Sequence[float],
    grown: int,
) -> Flood:
    """Hold what was recorded against what happened."""
    wrong = [epc for epc, changes in truth.items() if seen.changes.get(epc) != changes]
    missed = sum(max(1, len(truth[epc]) - len(seen.changes.get(epc, []))) for epc in wrong)
    known = sum(map(len, truth.values()))
    found = sum(map(len, seen.changes.values()))
    return Flood(
        seconds=seconds,
        reads=reads,
        changes=known,
        missed=missed,
        invented=max(0, found - known),
        records=seen.records,
        record_bytes=seen.bytes,
        cpu=shares,
        grown_bytes=grown,
    )


def resident() -> int:
    """Return the bytes this process has in memory."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


GROWN_KB = 200
"""Some pages of the allocator; 240,000 reads that left a byte each would be 240."""

FLOOD_S = 600.0 + SETTLE  # ten minutes of reads, and the time in which all tags must leave


def flood_rows(folder: Path) -> Iterator[Row]:
    """Yield what ten minutes of 400 tag reads a second cost, and what came of them."""
    folder.mkdir()
    found = asyncio.run(flood(folder, FLOOD_S))
    yield Row.of(
        f"400 tag reads/s on {ANTENNAS} antennas, % of a core",
        [100 * share for share in found.cpu],
        60,
        f"{found.reads} reads",
        "the reader's own side is counted, too",
    )
    yield Row(
        "memory grown in those ten minutes, kB",
        found.grown_bytes / 1000,
        GROWN_KB,
        "from their first quarter on, with a check open",
        "a few pages of the allocator; reads leave nothing",
    )
    yield Row(
        "bytes recorded of those ten minutes, kB",
        found.record_bytes / 1000,
        None,
        f"{found.records} records before packing; no read is one",
    )
    missed = found.missed + found.invented
    yield Row(
        "state changes missed or invented of those",
        missed,
        None,
        f"{found.changes} in all; none may",
    )
