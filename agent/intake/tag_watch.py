"""Reads of tags on their way to records: only what changes is recorded, and how much was read.

`TagWatch` is asked by the collectors for each reading; its `run` is a task. What is present
outlives a restart: its book knows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent.clock.clock import Clock
from agent.dock.goods_identity import of_uri
from agent.intake.box_belt import BoxBelt
from agent.intake.health_board import HealthBoard
from agent.intake.tag_values import (
    change_values,
    count_values,
    misplaced_values,
    read_of,
    suspicion_values,
    text,
    whole,
)
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from agent.observe.clones import CloneWatch
from agent.observe.homes import Homes
from agent.observe.points import PointMap, ReadPoint
from agent.observe.presence import KIND, Presence
from agent.observe.tags import Change, Read, TagStates
from drivers.driver import Timing
from drivers.reading import Quality, Reading

if TYPE_CHECKING:
    from agent.intake.neighbours import Neighbours

FILE_NAME = "presence.json"
REPLAY_MOST = 200_000  # records, 5 s of a Pi: more than a snapshot's hour brings
RAW_READS = 4096  # newest reads kept in memory for diagnosis: ten seconds of a busy portal, 1 MB
TICK = 0.25  # s; a gate's round: departures are seen within one window plus one round
COUNT_EVERY = 600.0  # s between `tag-count` records of a read point where anything was read
SAVE_EVERY = 3600.0  # s; the card is written anew once an hour at most
BROKEN = ("broken", "on", "open")
"""What an `input` says while something stands in a light beam."""

BELIEVED = (Quality.OK, Quality.SUSPECT)
"""Reads that count: of a suspect one the moment is doubtful, as its reader's clock was set. Or its
EPC is, and then it does not."""

MISPLACED, SUSPECT, COUNT = "misplaced", "tag-suspect", "tag-count"


def presence_book(state_dir: Path, recorder: Recorder, journal: AsyncJournal) -> KeptBook[Presence]:
    """Return the book of what is where."""
    path = state_dir / FILE_NAME
    return KeptBook(path, Presence, recorder, journal, replay_most=REPLAY_MOST)


class TagWatch:
    """Follows the tags at all configured read points.

    `gathered` says of a device how many seconds of reads it tells at once. `neighbours` are the
    site's other gateways, where some are configured.
    """

    def __init__(
        self,
        points: PointMap,
        book: KeptBook[Presence],
        board: HealthBoard,
        recorder: Recorder,
        clock: Clock,
        timing: Timing,
        *,
        gathered: Mapping[str, float] = MappingProxyType({}),
        neighbours: Neighbours | None = None,
    ) -> None:
        self.points = points.by_name
        self._map = points
        self._book = book
        self._board = board
        self._recorder = recorder
        self._clock = clock
        self._timing = timing
        self._neighbours = neighbours
        self._beams = {device: point for point in self.points.values() for device in point.beams}
        self._states = TagStates(gathered=gathered)
        late = max(gathered.values(), default=0.0)
        self._belt = BoxBelt(points, self._states, recorder, late)
        self._clones = CloneWatch()
        self._homes = Homes(self.points.values())
        self._inherited = asyncio.Event()
        self.raw: deque[tuple[str, Read]] = deque(maxlen=RAW_READS)

    @property
    def presence(self) -> Presence:
        """What is where, as the records say."""
        return self._book.content

    async def take(self, reading: Reading) -> bool:
        """Note a reading; return whether changes and counts stand for it, instead of a record."""
        await self._inherited.wait()
        if reading.kind == "input":
            self._beam(reading)
            return False
        if reading.kind == "barcode":
            self._belt.scan(reading)
            return False
        if reading.kind != "tag" or not _counts(reading):
            return False
        read = read_of(reading)
        said = text(reading.fields.get("read_point"))
        point = self._map.at(reading.device, read.antenna, said)
        if point is None or not read.epc:
            return False
        self.raw.append((point.name, read))
        await self._suspect(point, read)
        await self._note_all(self._states.take(point, read))
        return not point.raw and reading.quality is Quality.OK

    def _beam(self, reading: Reading) -> None:
        """Note a broken light beam; an input of a device with several is `device:port`."""
        if reading.fields.get("state") not in BROKEN:
            return
        for beam in (reading.device, f"{reading.device}:{whole(reading.fields.get('port'), 0)}"):
            point = self._beams.get(beam)
            if point is not None:
                self._states.beam(point, beam, reading.monotonic)

    async def _suspect(self, point: ReadPoint, read: Read) -> None:
        found = [self._clones.chip(read.epc, read.tid)]
        if read.rssi is None or read.rssi >= point.rssi_floor:
            found.append(self._clones.place(read.epc, point.name, read.last, point.apart))
        for suspicion in found:
            if suspicion is not None:
                values = suspicion_values(suspicion, read, point.name)
                await self._recorder.note(
                    SUSPECT, values, device=read.device, quality=Quality.SUSPECT
                )

    async def _note_all(self, changes: Iterable[Change]) -> None:
        for change in changes:
            values = change_values(change, self._clock.stamp(change.at).wall_ms)
            await self._recorder.note(KIND, values, device=change.read.device)
            if self._neighbours is not None:
                self._neighbours.tell(change)
            await self._misplaced(change)

    async def _misplaced(self, change: Change) -> None:
        """Tell of goods that came to rest on a shelf where they do not belong."""
        gtin = of_uri(change.read.uri, change.read.epc).gtin
        if not change.entered or not gtin:
            return
        homes = self._homes.astray(gtin, self.points[change.point])
        if homes:
            values = misplaced_values(change, gtin, homes)
            await self._recorder.note(MISPLACED, values, device=change.read.device)

    def rival(self, epc: str, point: str) -> tuple[str, float] | None:
        """Return where else a tag is read, and how strong: here, or as a neighbour says."""
        rival = self._states.rival(epc, point)
        if rival is None and self._neighbours is not None:
            return self._neighbours.where(epc)
        return rival

    async def run(self) -> None:
        """Take over what was present, then look for tags that are gone, and count, for ever."""
        await self._inherit()
        try:
            await self._watch()
        finally:
            await self._book.save()

    async def inherited(self) -> None:
        """Return once what was present before the restart is known."""
        await self._inherited.wait()

    async def _inherit(self) -> None:
        """Go on where the run before ended; reads wait until then, so that no tag enters twice."""
        if self._inherited.is_set():
            return
        await self._book.open()
        now = self._timing.monotonic()
        for tag in self.presence:
            if tag.point in self.points:
                read = Read(tag.epc, tag.device, 0, now, now, 0, uri=tag.uri, tid=tag.tid)
                self._states.resume(self.points[tag.point], read)
        self._inherited.set()

    async def _watch(self) -> None:
        counted = saved = self._timing.monotonic()
        while True:
            now = self._timing.monotonic()
            await self._belt.compare(now)  # before tags that are gone are forgotten
            await self._note_all(self._states.check(now, self._board.blind))
            if now - counted >= COUNT_EVERY:
                counted = now
                await self._count()
            if now - saved >= SAVE_EVERY:
                saved = now
                await self._book.save()
            await self._timing.sleep(TICK)

    async def _count(self) -> None:
        for name, counters in self._states.take_counters().items():
            if counters.reads:
                values = count_values(self.points[name], counters, self._states.present(name))
                await self._recorder.note(COUNT, values)


def _counts(reading: Reading) -> bool:
    """Whether a read says which tag is there; one whose EPC is doubtful tells its length."""
    return reading.quality in BELIEVED and reading.fields.get("epc_bits") is None
