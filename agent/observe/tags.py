"""From reads of tags to what happened: a tag entered a read point, left it, or moved on. Pure.

A tag is at a read point in one of these states:

    absent --read--> glimpsed --enough reads--> present --window without a read--> absent
                        | window over: a stray            | read better elsewhere: moved

A thing is in one place: a tag is present at one read point of a gateway at a time. A second point
that reads it takes it over when it reads it clearly stronger, or when the window of the first is
over; until then its reads are remembered, not believed.
Moments are seconds of the monotonic clock.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType

from agent.observe.points import ReadPoint, Side
from agent.observe.portal import Track, by_beams, decide
from agent.observe.smoothing import ReadRate
from foundation.dataclass import dataclass

MOST_TAGS = 20_000
"""Tags followed at once, about 10 MB; a warehouse door sees hundreds. More are counted, not lost
silently."""

MARGIN = 6.0  # dB; twice the distance, and more than the usual fading of a tag at rest
LEVEL_WEIGHT = 0.25  # of a new read in the running mean of the signal strength
UNKNOWN_LEVEL = -60.0  # dBm; where a reader reports no strength, none decides
BLIND_AGAIN = 1.0  # s between two looks whether a reader is back
BEAMS_KEPT = 64  # newest breaks of one point's beams


@dataclass(frozen=True, slots=True)
class Read:
    """One or several reads of a tag by one antenna, from `first` to `last`."""

    epc: str
    device: str
    antenna: int
    first: float
    last: float
    count: int = 1
    rssi: float | None = None
    uri: str = ""
    tid: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A tag entered or left a read point. `at` is its first or last read there.

    `other` is the point it came from or went to. `stray`: what was taken for an entry was a read
    through the wall from that other point. `direction` is empty where a point has no two sides.
    """

    entered: bool
    point: str
    read: Read
    at: float
    dwell: float = 0.0
    reads: int = 0
    rssi: float | None = None
    other: str = ""
    stray: bool = False
    direction: str = ""


@dataclass(slots=True)
class Counters:
    """What one read point did, between two `tag-count` records."""

    reads: int = 0
    entered: int = 0
    left: int = 0
    strays: int = 0
    untracked: int = 0


@dataclass(slots=True)
class _Sighting:
    """One tag at one read point."""

    point: ReadPoint
    read: Read
    first: float
    last: float
    marked: float  # up to here rounds are counted
    excused: float  # until then its reader was blind, or it has just been taken over
    serial: int
    level: float
    peak: float | None
    good: int = 0  # reads that are no strays by strength
    total: int = 0
    present: bool = False
    rate: ReadRate = field(default_factory=ReadRate)
    track: Track = field(default_factory=Track)

    @property
    def window(self) -> float:
        """Seconds without a read after which the tag is gone."""
        point = self.point
        return point.round * self.rate.missed(point.round, point.missed)

    def add(self, read: Read) -> None:
        """Note one more report."""
        self.last = max(self.last, read.last)
        rounds = round((read.last - self.marked) / self.point.round)
        if rounds > 0:
            self.rate.add(rounds, read.count)
            self.marked = read.last
        self.total += read.count
        if read.rssi is not None:
            self.level += LEVEL_WEIGHT * (read.rssi - self.level)
            self.peak = read.rssi if self.peak is None else max(self.peak, read.rssi)
        if read.rssi is None or read.rssi >= self.point.rssi_floor:
            self.good += read.count
        if read.tid and not self.read.tid:
            self.read = read

    def note_side(self, read: Read) -> None:
        """Note on which side of a portal it was read."""
        side = self.point.sides.get((read.device, read.antenna))
        if side is not None:
            self.track.add(side, read.first, read.last, read.count)


Key = tuple[str, str]
"""EPC and name of a read point."""


class TagStates:
    """All tags at all read points of one gateway.

    `gathered` says of a device how many seconds of reads it tells at once: so old may its newest
    word be while the tag is still read.
    """

    def __init__(
        self, most: int = MOST_TAGS, gathered: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        self._most = most
        self._gathered = gathered
        self._sightings: dict[Key, _Sighting] = {}
        self._holders: dict[str, str] = {}
        self._challengers: dict[str, str] = {}
        self._due: list[tuple[float, int, Key]] = []  # a heap: one entry a sighting, may be early
        self._serials = itertools.count()
        self._beams: dict[str, list[tuple[float, Side]]] = {}
        self.counters: dict[str, Counters] = {}

    def take(self, point: ReadPoint, read: Read) -> list[Change]:
        """Note a read at `point`; return what follows from it, in order."""
        counters = self._counters(point.name)
        counters.reads += read.count
        key = (read.epc, point.name)
        sighting = self._sightings.get(key)
        if sighting is None:
            if len(self._sightings) >= self._most:
                counters.untracked += 1
                return []
            sighting = self._begin(key, point, read)
        sighting.add(read)
        sighting.note_side(read)
        if sighting.present or sighting.good < point.reads:
            return []
        return list(self._claim(key, sighting))

    def _counters(self, point: str) -> Counters:
        return self.counters.setdefault(point, Counters())

    def _begin(self, key: Key, point: ReadPoint, read: Read) -> _Sighting:
        level = UNKNOWN_LEVEL if read.rssi is None else read.rssi
        serial = next(self._serials)
        sighting = _Sighting(
            point, read, read.first, read.last, read.last, read.last, serial, level, read.rssi
        )
        self._sightings[key] = sighting
        heapq.heappush(self._due, (read.last + sighting.window, serial, key))
        return sighting

    def _claim(self, key: Key, sighting: _Sighting) -> Iterator[Change]:
        """Make the tag present, if no other point has the better claim."""
        epc, name = key
        holder = self._holders.get(epc)
        if holder is None:
            yield self._enter(key, sighting)
            return
        held = self._sightings[epc, holder]
        if sighting.level <= held.level + MARGIN:
            self._challengers[epc] = name
            return
        brief = held.last - held.first <= held.window
        yield self._leave((epc, holder), held, other=name, stray=brief)
        yield self._enter(key, sighting, other=holder)

    def _enter(self, key: Key, sighting: _Sighting, other: str = "") -> Change:
        epc, name = key
        sighting.present = True
        self._holders[epc] = name
        self._counters(name).entered += 1
        return Change(
            entered=True,
            point=name,
            read=sighting.read,
            at=sighting.first,
            reads=sighting.total,
            rssi=sighting.peak,
            other=other,
        )

    def _leave(
        self, key: Key, sighting: _Sighting, other: str = "", *, stray: bool = False
    ) -> Change:
        epc, name = key
        del self._sightings[key]
        del self._holders[epc]
        self._challengers.pop(epc, None)
        self._counters(name).left += 1
        return Change(
            entered=False,
            point=name,
            read=sighting.read,
            at=sighting.last,
            dwell=sighting.last - sighting.first,
            reads=sighting.total,
            rssi=sighting.peak,
            other=other,
            stray=stray,
            direction=self._direction(sighting),
        )

    def _direction(self, sighting: _Sighting) -> str:
        point = sighting.point
        if not point.two_sided:
            return ""
        beams = by_beams(self._breaks(point.name), sighting.first, sighting.last)
        return str(decide(sighting.track.direction(), beams))

    def _breaks(self, point: str) -> list[tuple[float, Side]]:
        return self._beams.get(point, [])

    def take_counters(self) -> dict[str, Counters]:
        """Return what each read point did since the last time; from now on it is counted anew."""
        taken, self.counters = self.counters, {}
        return taken

    def beam(self, point: ReadPoint, beam: str, at: float) -> None:
        """Note that a light beam of `point` was broken."""
        breaks = self._beams.setdefault(point.name, [])
        breaks.append((at, point.beams[beam]))
        del breaks[:-BEAMS_KEPT]

    def check(
        self, now: float, blind: Callable[[str], bool] = lambda device: False
    ) -> list[Change]:
        """Return the tags that are gone by now; forget strays.

        A reader that does not run says nothing of the tags before it: while it is `blind` they
        stay, and their windows begin anew when it is back.
        """
        changes: list[Change] = []
        while self._due and self._due[0][0] < now:
            _, serial, key = heapq.heappop(self._due)
            sighting = self._sightings.get(key)
            if sighting is None or sighting.serial != serial:
                continue
            if blind(sighting.read.device):
                sighting.excused = sighting.marked = now
                heapq.heappush(self._due, (now + BLIND_AGAIN, serial, key))
                continue
            late = self._gathered.get(sighting.read.device, 0.0)
            due = max(sighting.last, sighting.excused) + sighting.window + late
            if due >= now:
                heapq.heappush(self._due, (due, serial, key))
            elif sighting.present:
                changes += self._gone(key, sighting)
            else:
                self._counters(key[1]).strays += sighting.total
                del self._sightings[key]
        return changes

    def _gone(self, key: Key, sighting: _Sighting) -> Iterator[Change]:
        """Let a tag leave; where another point went on reading it, it moved there."""
        epc, name = key
        other = self._challengers.get(epc, "")
        challenger = self._sightings.get((epc, other))
        if challenger is None or challenger.last <= sighting.last:
            yield self._leave(key, sighting)
            return
        yield self._leave(key, sighting, other)
        yield self._enter((epc, other), challenger, other=name)

    def resume(self, point: ReadPoint, read: Read) -> None:
        """Take over a tag that was present when the run before ended: its window begins anew."""
        key = (read.epc, point.name)
        if read.epc in self._holders or len(self._sightings) >= self._most:
            return
        self._begin(key, point, read).present = True
        self._holders[read.epc] = point.name

    def near(self, point: str, first: float, last: float) -> list[Read]:
        """Return the tags present at a read point that were read between two moments."""
        found = (self._sightings[epc, point] for epc in self.present(point))
        return [each.read for each in found if each.first <= last and each.last >= first]

    def present(self, point: str) -> list[str]:
        """Return the EPCs present at a read point, sorted."""
        return sorted(epc for epc, holder in self._holders.items() if holder == point)

    def rival(self, epc: str, point: str) -> tuple[str, float] | None:
        """Return where else the tag is present now and how strong, for a hint to a person."""
        holder = self._holders.get(epc)
        if holder is None or holder == point:
            return None
        return holder, self._sightings[epc, holder].level
