"""Reads of tags on their way to readings: one for each tag and antenna in a report interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drivers.rfid.llrp.reports import Stamp, TagReport

MOST = 20_000  # tags and antennas; a field of view has some hundred, a sick reader invents them
MOST_BYTES = 4_000_000  # of EPCs and TIDs: MOST of 96 bits each are a tenth of it

Key = tuple[int | None, bytes, bytes | None]
Last = tuple[Stamp | None, Stamp | None, int]


@dataclass(slots=True)
class Sighting:
    """What was heard of one tag on one antenna; times are monotonic seconds.

    `timed` is whether the reader's timestamps made sense; otherwise the times are of arrival. `utc`
    is what the reader said of `last`. `epc_bits` is the EPC's length where no tag has such a one or
    its PC word says another; else None.
    """

    epc: bytes
    antenna: int | None
    tid: bytes | None
    first: float
    last: float
    rssi: float | None
    count: int
    pc: int | None
    phase: float | None
    timed: bool
    utc: datetime | None
    epc_bits: int | None = None

    def join(self, other: Sighting) -> None:
        """Take in what `other`, of the same tag and antenna, has heard."""
        if other.last >= self.last:
            self.phase = self.phase if other.phase is None else other.phase
            self.utc = other.utc
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        if other.rssi is not None:
            self.rssi = other.rssi if self.rssi is None else max(self.rssi, other.rssi)
        self.count += other.count
        if self.pc is None or other.epc_bits is not None:
            self.pc, self.epc_bits = other.pc, other.epc_bits
        self.timed = self.timed and other.timed


class Sightings:
    """The tags of one report interval."""

    def __init__(self) -> None:
        self._seen: dict[Key, Sighting] = {}
        self._bytes = 0
        self._reported: dict[Key, Last] = {}
        self._reported_before: dict[Key, Last] = {}

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def full(self) -> bool:
        """Whether no more should be taken before what is here was drained."""
        return len(self._seen) >= MOST or self._bytes >= MOST_BYTES

    def is_repeated(self, report: TagReport) -> bool:
        """Note a report; True when the reader sent the very same one lately."""
        if report.first is None:
            return False
        key = report.antenna, report.epc, report.tid
        last = report.first, report.last, report.count
        if last in (self._reported.get(key), self._reported_before.get(key)):
            return True
        self._reported[key] = last
        return False

    def add(self, sighting: Sighting) -> None:
        """Take in a sighting."""
        key = sighting.antenna, sighting.epc, sighting.tid
        if key in self._seen:
            self._seen[key].join(sighting)
        else:
            self._seen[key] = sighting
            self._bytes += len(sighting.epc) + len(sighting.tid or b"")

    def drain(self) -> list[Sighting]:
        """Return all sightings and begin anew; reads without TID join the tag they can only be."""
        seen, self._seen, self._bytes = self._seen, {}, 0
        self._reported_before, self._reported = self._reported, {}
        owners = _owners(seen)
        for antenna, epc in owners:
            nameless = seen.pop((antenna, epc, None), None)
            if nameless is not None:
                _adopt(seen, owners[antenna, epc], nameless)
        return list(seen.values())


def _owners(seen: dict[Key, Sighting]) -> dict[tuple[int | None, bytes], list[Sighting]]:
    """Return the sightings with a TID by antenna and EPC."""
    owners: dict[tuple[int | None, bytes], list[Sighting]] = {}
    for (antenna, epc, tid), sighting in seen.items():
        if tid is not None:
            owners.setdefault((antenna, epc), []).append(sighting)
    return owners


def _adopt(seen: dict[Key, Sighting], owners: list[Sighting], nameless: Sighting) -> None:
    if len(owners) == 1:
        owners[0].join(nameless)
    else:  # two tags with one EPC: nobody knows whose reads these were
        seen[nameless.antenna, nameless.epc, None] = nameless
