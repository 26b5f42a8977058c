"""Why bytes come from a receiver and no position: what was seen, and what to do next. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from drivers.cause import DeviceCause
from drivers.errors import BadFrame
from drivers.gnss import causes
from drivers.gnss.binary import protocols
from drivers.gnss.decode import Observation, decode
from drivers.gnss.epoch import POSITION
from drivers.gnss.sentences import split

SAMPLE = 8192  # bytes that are looked at; a second at 115200 baud and less

SHORTEST_NOISE = 20  # bytes; the end of a sentence that began before may hold anything
TEXT_SHARE = 0.75  # printable bytes; at another rate a UART makes about a third of them

_WITHOUT_CHECKSUM = re.compile(rb"\$[A-Z]{5},[\x20-\x29\x2b-\x7e]*\r?\n")
_BEGUN = re.compile(rb"\$[A-Z]{5},")
_PRINTABLE = re.compile(rb"[\x20-\x7e\r\n]")


class Finding(Enum):
    """What came."""

    NOISE = auto()  # nothing that can be read: perhaps another baud rate
    TEXT = auto()  # something else than a receiver
    DAMAGED = auto()
    WITHOUT_CHECKSUM = auto()
    NO_POSITION = auto()
    UNREADABLE = auto()
    FROZEN = auto()


class Diagnosis(NamedTuple):
    """`seen` completes "the receiver at PORT …"; `cause` is the row that says what to do."""

    finding: Finding
    seen: str
    cause: DeviceCause


def diagnose(sample: bytes) -> Diagnosis:
    """Return what to say of the newest bytes of a port, of which no new position came."""
    sentences = split(sample).sentences
    binary = protocols(sample)
    if sentences:
        return _of_sentences(sentences, binary)
    if binary:
        seen = f"sends {' and '.join(binary)}, no NMEA"
        return Diagnosis(Finding.NO_POSITION, seen, causes.BINARY)
    if _WITHOUT_CHECKSUM.search(sample):
        return Diagnosis(
            Finding.WITHOUT_CHECKSUM,
            "sends NMEA without checksums, where damage would pass for a position",
            causes.NO_CHECKSUM,
        )
    if _BEGUN.search(sample):
        return Diagnosis(
            Finding.DAMAGED,
            "sends NMEA sentences that are all damaged",
            causes.DAMAGED,
        )
    if len(_PRINTABLE.findall(sample)) >= TEXT_SHARE * len(sample):
        other = causes.NOT_A_RECEIVER.of(port="this")
        return Diagnosis(Finding.TEXT, "sends text that is no NMEA", other)
    return Diagnosis(Finding.NOISE, "sends bytes that are no NMEA", causes.NOISE)


def is_noise(sample: bytes) -> bool:
    """Whether another baud rate may help."""
    return len(sample) >= SHORTEST_NOISE and diagnose(sample).finding is Finding.NOISE


def _of_sentences(sentences: Sequence[str], binary: list[str]) -> Diagnosis:
    placed = [each for each in sentences if each[2:5] in POSITION and each[:1] != "P"]
    if not placed:
        names = ", ".join([*binary, *sorted({_name(each) for each in sentences})])
        seen = f"sends {names}, no sentence with a position"
        return Diagnosis(Finding.NO_POSITION, seen, causes.NO_SENTENCE)
    told = list(_readable(placed))
    if not told:
        names = ", ".join(sorted({_name(each) for each in placed}))
        return Diagnosis(
            Finding.UNREADABLE,
            f"sends {names} with fields that cannot be read",
            causes.UNREADABLE,
        )
    return Diagnosis(Finding.FROZEN, f"repeats {_clock(told[-1].time)}", causes.FROZEN)


def _readable(sentences: Sequence[str]) -> Iterator[Observation]:
    for sentence in sentences:
        try:
            observation = decode(sentence)
        except BadFrame:
            continue
        if observation is not None:
            yield observation


def _name(sentence: str) -> str:
    """Return a sentence's formatter, or the address of a proprietary one."""
    address = sentence.partition(",")[0][:8]
    return address if address.startswith("P") else address[2:]


def _clock(time: int | None) -> str:
    if time is None:
        return "what it said before"
    seconds = time // 1_000_000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02} UTC"
