"""Reads of tags on their way to records: only what changes is recorded, and how much was read.

`TagWatch` is asked by the collectors for each reading; its `run` is a task. What is present
outlives a restart: a small snapshot says what was where up to a record, the records after it the
rest.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent.clock.clock import Clock
from agent.dock.goods_identity import of_uri
from agent.journal.journal import Journal
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from agent.journal.thread import JournalThread
from agent.observe.boxes import AROUND, BoxWatch, Scan
from agent.observe.clones import CloneWatch, Suspicion
from agent.observe.homes import Homes
from agent.observe.points import PointKind, PointMap, ReadPoint
from agent.observe.presence import ENTER, KIND, LEAVE, Presence, contents_digest
from agent.observe.tags import Change, Read, TagStates
from drivers.driver import Timing
from drivers.reading import Quality, Reading
from evidence.leaf import Record, RecordValue
from foundation.durable import WriteFailed, write_file

if TYPE_CHECKING:
    from agent.intake.neighbours import Neighbours
    from agent.observe.box_check import BoxCheck

log = logging.getLogger(__name__)

FILE_NAME = "presence.json"
RAW_READS = 4096  # newest reads kept in memory for diagnosis: ten seconds of a busy portal, 1 MB
TICK = 0.25  # s; a gate's round: departures are seen within one window plus one round
COUNT_EVERY = 600.0  # s between `tag-count` records of a read point where anything was read
SNAPSHOT_EVERY = 3600.0  # s; the card is written anew once an hour at most
REPLAY_MOST = 200_000  # records, 5 s of a Pi: more than a snapshot's hour brings
BROKEN = ("broken", "on", "open")
"""What an `input` says while something stands in a light beam."""

BELIEVED = (Quality.OK, Quality.SUSPECT)
"""Reads that count: of a suspect one the moment is doubtful, as its reader's clock was set. Or its
EPC is, and then it does not."""

BOX, MISPLACED = "box-check", "misplaced"

_MS = 1000.0


class TagWatch:
    """Follows the tags at all configured read points.

    `gathered` says of a device how many seconds of reads it tells at once. `blind` tells whether a
    device does not read now; set once the collectors are there. `neighbours` are the site's other
    gateways, where some are configured.
    """

    def __init__(
        self,
        points: Sequence[ReadPoint],
        device_points: dict[str, str],
        recorder: Recorder,
        clock: Clock,
        timing: Timing,
        state_dir: Path,
        gathered: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.points = {point.name: point for point in points}
        self._map = PointMap(points, device_points)
        self._beams = {device: point for point in points for device in point.beams}
        self._recorder = recorder
        self._clock = clock
        self._timing = timing
        self._path = state_dir / FILE_NAME
        self._states = TagStates(gathered=gathered)
        self._late = max(gathered.values(), default=0.0)
        self._boxes = BoxWatch()
        self._clones = CloneWatch()
        self._homes = Homes(points)
        self._inherited = asyncio.Event()
        self._thread: JournalThread | None = None
        self.presence = Presence()
        self.blind: Callable[[str], bool] = lambda device: False
        self.neighbours: Neighbours | None = None
        self.raw: deque[tuple[str, Read]] = deque(maxlen=RAW_READS)

    async def take(self, reading: Reading) -> bool:
        """Note a reading; return whether changes and counts stand for it, instead of a record."""
        await self._inherited.wait()
        if reading.kind == "input":
            self._beam(reading)
            return False
        if reading.kind == "barcode":
            self._scan(reading)
            return False
        if reading.kind != "tag" or not _counts(reading):
            return False
        read = read_of(reading)
        said = _text(reading.fields.get("read_point"))
        point = self._map.at(reading.device, read.antenna, said)
        if point is None or not read.epc:
            return False
        self.raw.append((point.name, read))
        await self._suspect(point, read)
        await self._note_all(self._states.take(point, read))
        return not point.raw and reading.quality is Quality.OK

    def _scan(self, reading: Reading) -> None:
        """Note what is printed on a box, where boxes pass one by one."""
        point = self._map.of_device(reading.device)
        link = _text(reading.fields.get("uri"))
        if point is not None and point.single and link and reading.quality is Quality.OK:
            self._boxes.scan(Scan(point.name, reading.device, link, reading.monotonic))

    async def _compare(self, now: float) -> None:
        """Hold the scans whose tags are known by now against them."""
        due = self._boxes.due(now, self._late)
        if not due:
            return
        from agent.observe.box_check import box_check  # noqa: PLC0415  2 MB that few gateways need

        for scan in due:
            reads = self._states.near(scan.point, scan.at - AROUND, scan.at + AROUND)
            checked = box_check(scan, reads)
            await self._recorder.note(
                BOX,
                box_values(checked),
                device=scan.device,
                quality=Quality.SUSPECT if checked.differs else Quality.OK,
            )

    def _beam(self, reading: Reading) -> None:
        """Note a broken light beam; an input of a device with several is `device:port`."""
        if reading.fields.get("state") not in BROKEN:
            return
        for beam in (reading.device, f"{reading.device}:{_whole(reading.fields.get('port'), 0)}"):
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
                    "tag-suspect", values, device=read.device, quality=Quality.SUSPECT
                )

    async def _note_all(self, changes: Iterable[Change]) -> None:
        for change in changes:
            values = change_values(change)
            values["at_ms"] = self._clock.stamp(change.at).wall_ms
            await self._recorder.note(KIND, values, device=change.read.device)
            if self.neighbours is not None:
                self.neighbours.tell(change)
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
        if rival is None and self.neighbours is not None:
            return self.neighbours.where(epc)
        return rival

    async def run(self) -> None:
        """Look for tags that are gone, count, and keep the snapshot, for ever."""
        try:
            await self._watch()
        finally:
            self.save()

    async def _watch(self) -> None:
        counted = saved = self._timing.monotonic()
        while True:
            now = self._timing.monotonic()
            await self._compare(now)  # before tags that are gone are forgotten
            await self._note_all(self._states.check(now, self.blind))
            if now - counted >= COUNT_EVERY:
                counted = now
                await self._count()
            if now - saved >= SNAPSHOT_EVERY:
                saved = now
                await self._save_aside()
            await self._timing.sleep(TICK)

    async def _count(self) -> None:
        for name, counters in self._states.counters.items():
            if not counters.reads:
                continue
            epcs = self._states.present(name)
            values: dict[str, RecordValue] = {
                "read_point": name,
                "present": len(epcs),
                "reads": counters.reads,
                "entered": counters.entered,
                "left": counters.left,
                "strays": counters.strays,
                "untracked": counters.untracked,
            }
            if self.points[name].kind is PointKind.SHELF:
                values["contents"] = contents_digest(epcs)
            await self._recorder.note("tag-count", values)
        self._states.counters.clear()

    async def inherited(self) -> None:
        """Return once what was present before the restart is known."""
        await self._inherited.wait()

    async def inherit(self, journal: Journal, thread: JournalThread) -> None:
        """Take over what was present when the run before ended; then follow the records.

        Reads wait until this is done, so that no tag enters twice.
        """
        if self._inherited.is_set():
            return
        self.presence = load(self._path)
        count = await thread.run(journal.count)
        if self.presence.upto > count:  # of another journal: a factory reset kept the file
            self.presence = Presence()
        self.presence.upto = max(self.presence.upto, count - REPLAY_MOST)
        await replay(journal, thread, self.presence.upto, self.committed)
        self._recorder.listen(self.committed)
        self._thread = thread
        now = self._timing.monotonic()
        for tag in self.presence:
            if tag.point in self.points:
                read = Read(tag.epc, tag.device, 0, now, now, 0, uri=tag.uri, tid=tag.tid)
                self._states.resume(self.points[tag.point], read)
        self._inherited.set()

    def committed(self, records: Sequence[Record]) -> None:
        """Fold durable records in, each once."""
        for record in records:
            if record.number >= self.presence.upto:
                self.presence.apply(record)

    async def _save_aside(self) -> None:
        assert self._thread is not None, "`inherit` comes before `run`"
        await self._thread.run(self._write, json.dumps(self.presence.to_json()))

    def save(self) -> None:
        """Write the snapshot; without it the next start reads more records, that is all."""
        self._write(json.dumps(self.presence.to_json()))

    def _write(self, plain: str) -> None:
        try:
            write_file(self._path, plain.encode(), mode=0o600)
        except WriteFailed as error:
            log.warning("the snapshot of what is present was not written: %s", error)


def load(path: Path) -> Presence:
    """Return the snapshot at `path`; an empty one where it is missing or damaged."""
    try:
        return Presence.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Presence()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s is unreadable (%s): the records are read from the first on", path, error)
        return Presence()


def _counts(reading: Reading) -> bool:
    """Whether a read says which tag is there; one whose EPC is doubtful tells its length."""
    return reading.quality in BELIEVED and reading.fields.get("epc_bits") is None


def read_of(reading: Reading) -> Read:
    """Return a reading of kind `tag` as a read; what is missing or of a wrong type is nothing."""
    fields = reading.fields
    rssi = fields.get("rssi")
    earlier = _whole(fields.get("first_seen"), 0) / _MS
    return Read(
        epc=_text(fields.get("epc")).upper(),
        device=reading.device,
        antenna=_whole(fields.get("antenna"), 1),
        first=reading.monotonic - max(0.0, earlier),
        last=reading.monotonic,
        count=max(1, _whole(fields.get("count"), 1)),
        rssi=float(rssi) if isinstance(rssi, int | float) else None,
        uri=_text(fields.get("uri")),
        tid=_text(fields.get("tid")).upper(),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) else default


def change_values(change: Change) -> dict[str, RecordValue]:
    """Return the fields of a `tag-state` record, but for its moment."""
    read = change.read
    optional: dict[str, RecordValue | None] = {
        "uri": read.uri or None,
        "tid": read.tid or None,
        "rssi": None if change.rssi is None else round(change.rssi),
        "from": change.other if change.entered and change.other else None,
        "to": change.other if not change.entered and change.other else None,
        "dwell_ms": None if change.entered else round(change.dwell * _MS),
        "direction": change.direction or None,
        "stray": 1 if change.stray else None,
    }
    values: dict[str, RecordValue] = {
        "state": ENTER if change.entered else LEAVE,
        "read_point": change.point,
        "epc": read.epc,
        "antenna": read.antenna,
        "reads": change.reads,
    }
    return values | {name: value for name, value in optional.items() if value is not None}


def box_values(checked: BoxCheck) -> dict[str, RecordValue]:
    """Return the fields of a `box-check` record."""
    values: dict[str, RecordValue] = {
        "read_point": checked.scan.point,
        "verdict": str(checked.comparison.verdict),
        "text": checked.comparison.detail,
        "barcode": checked.scan.link,
    }
    read = checked.read
    if read is not None:
        named = {"epc": read.epc, "uri": read.uri, "tid": read.tid}
        values |= {name: value for name, value in named.items() if value}
    return values


def misplaced_values(change: Change, gtin: str, homes: Sequence[str]) -> dict[str, RecordValue]:
    """Return the fields of a `misplaced` record."""
    values: dict[str, RecordValue] = {
        "read_point": change.point,
        "epc": change.read.epc,
        "gtin": gtin,
        "home": ", ".join(homes),
    }
    return values | ({"uri": change.read.uri} if change.read.uri else {})


def suspicion_values(suspicion: Suspicion, read: Read, point: str) -> dict[str, RecordValue]:
    """Return the fields of a `tag-suspect` record."""
    values: dict[str, RecordValue] = {
        "epc": suspicion.epc,
        "cause": suspicion.cause,
        "now": suspicion.now,
        "read_point": point,
        "text": suspicion.text,
    }
    if suspicion.before:
        values["before"] = suspicion.before
    if read.uri:
        values["uri"] = read.uri
    return values
