"""Tags in the reports of a reader (RO_ACCESS_REPORT; LLRP 1.0.1, §14.2.3). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from drivers.gs1.pc_word import LARGEST_EPC, WORD, PcWord
from drivers.rfid.llrp.elements import Element
from drivers.rfid.llrp.layouts import Bits

CENTI = 100  # Impinj's peak RSSI is in hundredths of a dBm
PHASE_STEPS, CIRCLE = 4096, 360.0  # Impinj's phase angle counts 4096ths of a circle
BYTE = 8  # bits


class Scale(StrEnum):
    """Which of its clocks a reader's timestamp is of."""

    UTC = "UTC"
    UPTIME = "Uptime"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment in microseconds of one of the reader's clocks."""

    scale: Scale
    microseconds: int


@dataclass(frozen=True, slots=True)
class TagReport:
    """One tag on one antenna, as the reader heard it since its last report; None: not reported.

    `bits` is how many of `epc` count; None stands for all.
    """

    epc: bytes
    antenna: int | None
    rssi: float | None
    first: Stamp | None
    last: Stamp | None
    count: int
    pc: int | None
    tid: bytes | None
    phase: float | None
    bits: int | None = None


def tag_reports(message: Element) -> Iterator[TagReport]:
    """Yield the tags of a report; entries that name no EPC are left out."""
    for entry in message.all("TagReportData"):
        report = tag_report(entry)
        if report is not None:
            yield report


def is_epc_length(bits: int, pc: int | None) -> bool:
    """Whether a tag can have an EPC of so many bits, and by its PC word has it, where that is told.

    An EPC is 1 to 31 words; the PC word counts extended PC words, too (Gen2 §6.3.2.1.2.2).
    """
    length, part = divmod(bits, BYTE)
    if part or length % WORD or not 0 < length <= LARGEST_EPC:
        return False
    if pc is None:
        return True
    word = PcWord(pc)
    longest = length + (2 * WORD if word.extended else 0)
    return length <= word.epc_bytes <= longest


def stamp(parts: dict[str, Element], prefix: str) -> Stamp | None:
    """Return the moment `prefix` (`FirstSeenTimestamp` …; empty for an event's), UTC before uptime.

    `parts` are the parameters by name.
    """
    utc = parts.get(f"{prefix}UTC" if prefix else "UTCTimestamp")
    if utc is not None:
        return Stamp(Scale.UTC, utc.number("microseconds"))
    uptime = parts.get(f"{prefix}Uptime")
    return None if uptime is None else Stamp(Scale.UPTIME, uptime.number("microseconds"))


def tag_report(entry: Element) -> TagReport | None:
    """Return the tag of an entry of a report; None where it names no EPC."""
    parts = {part.name: part for part in entry.children}
    epc = parts.get("EPC-96") or parts.get("EPCData")
    if epc is None:
        return None
    value = epc.values["epc"]
    phase = _number(parts, "ImpinjRFPhaseAngle", "angle")
    first = stamp(parts, "FirstSeenTimestamp")
    return TagReport(
        epc=epc.data("epc"),
        antenna=_number(parts, "AntennaID", "id"),
        rssi=_rssi(parts),
        first=first,
        last=stamp(parts, "LastSeenTimestamp") or first,
        count=max(1, _number(parts, "TagSeenCount", "count") or 1),
        pc=_number(parts, "C1G2PC", "pc"),
        tid=_tid(parts),
        phase=None if phase is None else phase % PHASE_STEPS * CIRCLE / PHASE_STEPS,
        bits=value.count if isinstance(value, Bits) else None,
    )


def _number(parts: dict[str, Element], name: str, field: str) -> int | None:
    part = parts.get(name)
    return None if part is None else part.number(field)


def _rssi(parts: dict[str, Element]) -> float | None:
    """Return dBm; Impinj's own parameter has a finer scale than the standard's."""
    fine = _number(parts, "ImpinjPeakRSSI", "centi_dbm")
    return fine / CENTI if fine is not None else _number(parts, "PeakRSSI", "dbm")


def _tid(parts: dict[str, Element]) -> bytes | None:
    """Return the TID: Impinj's own parameter, or the words that our read operation brought."""
    own = parts.get("ImpinjSerializedTID")
    if own is not None:
        return _words(own.numbers("tid")) or None
    read = parts.get("C1G2ReadOpSpecResult")
    if read is None or read.number("result"):
        return None
    return _words(read.numbers("data")) or None


def _words(words: tuple[int, ...]) -> bytes:
    return b"".join(word.to_bytes(WORD) for word in words)
