"""From a reader's tag reports to readings: on our clock, each tag once a report interval."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from drivers.driver import Health
from drivers.gs1.epc import EpcError, decode
from drivers.gs1.pc_word import PcWord
from drivers.reading import FieldValue, Quality, Reading
from drivers.rfid.llrp.reader_clock import MICROSECONDS, ReaderClock, utc
from drivers.rfid.llrp.reports import BYTE, Scale, TagReport, is_epc_length
from drivers.rfid.llrp.settings import Settings
from drivers.rfid.llrp.sightings import Sighting, Sightings

LONGEST_STAY = 86_400.0  # s between first and last in one report; more is a clock that was set
SHORTEST_TEXT = 24  # bytes of a 96-bit EPC in hexadecimal
MOST_URIS = 10_000  # remembered, as the same tags are read over and over
MILLISECONDS = 1000.0  # in a second

FIELDS = ("epc", "uri", "tid", "pc", "antenna", "read_point", "rssi", "count", "first_seen")


class Tags:
    """The tags of one report interval of the reader `name`; its clock is learned from them."""

    def __init__(self, name: str, chosen: Settings, health: Health) -> None:
        self._name = name
        self._settings = chosen
        self._health = health
        self._sightings = Sightings()
        self._uris: dict[tuple[bytes, int | None], str | None] = {}
        self.clock = ReaderClock()

    def __len__(self) -> int:
        return len(self._sightings)

    @property
    def full(self) -> bool:
        """Whether no more should be taken before what is here was drained."""
        return self._sightings.full

    def take(self, report: TagReport, arrival: float) -> None:
        """Note a report that came at `arrival` (monotonic)."""
        if self._sightings.is_repeated(report):
            self._health.count("repeated reports")
        else:
            self._health.count("reads", report.count)
            self._sightings.add(self._sighting(report, arrival))

    def drain(self) -> Iterator[Reading]:
        """Begin anew; return one reading for each tag and antenna, made when it is asked for."""
        return map(self._reading, self._sightings.drain())

    def nothing(self, now: float) -> Reading:
        """Return the reading that says that no tag was heard."""
        return Reading(self._name, "tag", dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)

    def _sighting(self, report: TagReport, arrival: float) -> Sighting:
        """Return a report on our clock; its own times where they make sense."""
        first = last = arrival
        timed = True
        if report.last is not None:
            timed = self.clock.learn(report.last, arrival)
            stay = _stay(report)
            timed = timed and 0.0 <= stay <= LONGEST_STAY
            if timed:
                last = self.clock.monotonic(report.last, arrival)
                first = last - stay
        epc, epc_bits = self._believed(report)
        return Sighting(
            epc=epc,
            antenna=report.antenna,
            tid=report.tid,
            first=first,
            last=last,
            rssi=report.rssi,
            count=report.count,
            pc=report.pc,
            phase=report.phase,
            timed=timed,
            utc=utc(report.last) if report.last and report.last.scale is Scale.UTC else None,
            epc_bits=epc_bits,
        )

    def _believed(self, report: TagReport) -> tuple[bytes, int | None]:
        """Return the EPC, and how many bits it has where that can not be right."""
        given = len(report.epc) * BYTE if report.bits is None else report.bits
        epc = self._plain(report.epc)
        if is_epc_length(given, report.pc):
            return epc, None
        if epc is not report.epc and is_epc_length(len(epc) * BYTE, report.pc):
            return epc, None
        self._health.count("doubtful EPCs")
        return epc, given

    def _plain(self, epc: bytes) -> bytes:
        """Undo what some Zebra firmware does: an EPC sent as its own hexadecimal text."""
        if len(epc) < SHORTEST_TEXT:
            return epc
        with contextlib.suppress(ValueError):
            inner = bytes.fromhex(epc.decode("ascii"))
            if _uri(inner, None) is not None:
                self._health.count("double-encoded EPCs")
                return inner
        return epc

    def _reading(self, heard: Sighting) -> Reading:
        fields: dict[str, FieldValue] = {
            "epc": heard.epc.hex().upper(),
            "uri": None if heard.epc_bits is not None else self._known_uri(heard.epc, heard.pc),
            "tid": None if heard.tid is None else heard.tid.hex().upper(),
            "pc": heard.pc,
            "antenna": heard.antenna,
            "read_point": self._settings.antennas.get(heard.antenna or 0) or None,
            "rssi": heard.rssi,
            "count": heard.count,
            "first_seen": (heard.last - heard.first) * MILLISECONDS,
        }
        if self._settings.phase:
            fields["phase"] = heard.phase
        if self._settings.reader_utc:
            fields["reader_utc"] = heard.utc
        if heard.epc_bits is not None:
            fields["epc_bits"] = heard.epc_bits
        quality = Quality.OK if heard.timed and heard.epc_bits is None else Quality.SUSPECT
        return Reading(self._name, "tag", fields, heard.last, quality)

    def _known_uri(self, epc: bytes, pc: int | None) -> str | None:
        key = epc, pc
        if key not in self._uris:
            if len(self._uris) >= MOST_URIS:
                self._uris.clear()
            self._uris[key] = _uri(epc, pc)
        return self._uris[key]


def _stay(report: TagReport) -> float:
    """Return the seconds between first and last, by the reader's clock."""
    first, last = report.first, report.last
    if first is None or last is None or first.scale is not last.scale:
        return 0.0
    return (last.microseconds - first.microseconds) / MICROSECONDS


def _uri(epc: bytes, pc: int | None) -> str | None:
    if pc is not None and not PcWord(pc).is_gs1:
        return None
    try:
        return decode(epc).uri
    except EpcError:
        return None
