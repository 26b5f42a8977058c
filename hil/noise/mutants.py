"""Sentences as no receiver should send them, each with a right checksum, into the real driver."""

from __future__ import annotations

import asyncio
import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from drivers.errors import LinkLost
from hil.emulators.serial.nmea_encoder import sentence
from hil.noise.driven import Talker, readings

FORMS = (
    "GPGGA,101112.00,4807.03800,N,01131.00000,E,1,08,0.90,545.4,M,46.9,M,,",
    "GPRMC,101112.00,A,4807.03800,N,01131.00000,E,22.4,84.4,291126,003.1,W,A,V",
    "GNGNS,101112.00,4807.03800,N,01131.00000,E,AAD,12,0.9,545.4,46.9,,,S",
    "GPGLL,4807.03800,N,01131.00000,E,101112.00,A,A",
    "GPVTG,84.4,T,81.3,M,22.4,N,41.5,K,A",
    "GNGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.5,0.9,1.1,1",
    "GPGSV,2,1,08,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45,1",
    "GPZDA,101112.00,29,11,2026,00,00",
    "GPGGA,,,,,,0,,,,,,,,",
    "GPRMC,,V,,,,,,,,,,N",
)
"""One of each type that the driver reads, and what comes without a fix."""

STRANGE = (
    "", "-", "-1", "-0.0", "0", "9" * 30, "1e308", "1_2", "nan", "inf", "0x10", " 1", "+1", "1.2.3",
    "3000000000", "235960", "240000", "310226", "000000", "9060.000", "00000.000", "18000.001",
    "A", "V", "N", "S", "U", "É", "\x00", "\x7f", "%s", "*", "$", ",", "\r", "\n",
)  # fmt: skip
"""Fields that parsers have tripped over."""

TOO_LONG = 1.0  # s of one mutant: a hang


@dataclass(slots=True)
class Outcome:
    """What the driver made of them."""

    fed: int = 0
    positions: int = 0
    slowest_s: float = 0.0
    grown_mib: float = 0.0
    broke: list[str] = field(default_factory=list)


def sentences(captures: Path | None) -> list[str]:
    """Return what is mutated: real sentences where there is a folder of captures, and FORMS."""
    files = sorted(captures.glob("*.log")) if captures is not None else []
    lines = (line for file in files for line in file.read_bytes().splitlines())
    found = {line[1:].partition(b"*")[0] for line in lines if line[:1] == b"$"}
    return [*FORMS, *sorted(text.decode("ascii", "replace") for text in found)]


def mutants(base: Sequence[str], rng: random.Random) -> Iterator[bytes]:
    """Yield mutants for ever."""
    while True:
        text = rng.choice(base)
        for _ in range(rng.randint(1, 3)):
            text = rng.choice(MUTATIONS)(text, base, rng)
        yield sentence(text.encode("ascii", "replace").decode("ascii"))


def _other_field(text: str, base: Sequence[str], rng: random.Random) -> str:
    parts = text.split(",")
    parts[rng.randrange(len(parts))] = rng.choice(STRANGE)
    return ",".join(parts)


def _field_of_another(text: str, base: Sequence[str], rng: random.Random) -> str:
    parts, others = text.split(","), rng.choice(base).split(",")
    parts[rng.randrange(len(parts))] = rng.choice(others)
    return ",".join(parts)


def _fewer_or_more_fields(text: str, base: Sequence[str], rng: random.Random) -> str:
    parts = text.split(",")
    at = rng.randrange(len(parts))
    return ",".join(parts[:at] + parts[at + 1 :] if rng.random() < 1 / 2 else [*parts, *parts[at:]])


def _other_character(text: str, base: Sequence[str], rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + chr(rng.randrange(0x20, 0x7F)) + text[at + rng.randint(0, 1) :]


def _glued(text: str, base: Sequence[str], rng: random.Random) -> str:
    other = rng.choice(base)
    return text[: rng.randrange(len(text) + 1)] + other[rng.randrange(len(other) + 1) :]


MUTATIONS: Sequence[Callable[[str, Sequence[str], random.Random], str]] = (
    _other_field,
    _field_of_another,
    _fewer_or_more_fields,
    _other_character,
    _glued,
)


class Feed(Talker):
    """A port that gives one mutant at each read, and keeps how long each took."""

    def __init__(self, found: Iterator[bytes], outcome: Outcome) -> None:
        self._found = found
        self._outcome = outcome
        self._given = time.process_time()
        self.last = b""

    async def read(self, within: float) -> bytes:
        """Return the next mutant; the driver is done with the one before."""
        now = time.process_time()
        if self.last:
            self._outcome.slowest_s = max(self._outcome.slowest_s, now - self._given)
        self.last = next(self._found, b"")
        if not self.last:
            raise LinkLost("no more mutants")
        self._outcome.fed += 1
        self._given = time.process_time()
        return self.last

    def monotonic(self) -> float:
        """No time passes: no mutant is silence."""
        return 0.0


async def feed(base: Sequence[str], count: int, seed: int) -> Outcome:
    """Feed `count` mutants of `base`; where one ends the driver, another driver goes on."""
    outcome = Outcome()
    port = Feed(islice(mutants(base, random.Random(seed)), count), outcome)
    before = _mib()
    while outcome.fed < count:
        driver = asyncio.ensure_future(_drain(port, outcome))
        await asyncio.wait([driver])
        if (error := driver.exception()) is not None:
            outcome.broke.append(f"{type(error).__name__}: {error}: {port.last!r}")
            port.last = b""
    outcome.grown_mib = _mib() - before
    return outcome


async def _drain(port: Feed, outcome: Outcome) -> None:
    async for _ in readings(port):
        outcome.positions += 1


def _mib() -> float:
    """Return the most memory that this process has used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
