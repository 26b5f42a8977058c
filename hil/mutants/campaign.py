"""Damaged streams by the thousand through the real codecs and drivers of readers and modems."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.errors import BadFrame
from drivers.modem.answer import Model
from drivers.modem.lines import LONGEST, LONGEST_FRAME
from drivers.reading import Quality, Reading
from drivers.rfid.llrp.elements import read_body
from drivers.rfid.llrp.reports import tag_reports
from foundation.printing import say
from hil.emulators.llrp.reader import REPORT
from hil.mutants import llrp_streams, modem_streams, module_streams
from hil.mutants.damage import damaged
from hil.mutants.module_streams import Stream
from hil.rig.replay import replay
from hil.rig.replay_modem import Lines

HANG_S = 10.0  # of a stream that takes milliseconds
MOST_READINGS = 1000  # of a stream that has five tags
ROOM_BYTES = 16_000_000  # that a process may grow by over thousands of streams
WARM_SHARE = 10  # a tenth of the streams come before memory is looked at

Try = Callable[[random.Random], tuple[int, str]]
"""Sends one damaged stream through; returns how many readings came of it, and what may not be."""


class Hang(BaseException):
    """A stream took much too long: nothing that is tested may catch this."""


@dataclass(slots=True)
class Outcome:
    """What came of some streams; `failures` are what may not be."""

    streams: int = 0
    read: int = 0
    worst_s: float = 0.0
    grown_bytes: int = 0
    failures: list[str] = field(default_factory=list)


def campaign(attempt: Try, streams: int, seed: int) -> Outcome:
    """Send `streams` through, each drawn from a seed of its own, and see that nothing breaks."""
    outcome = Outcome(streams)
    warm = _resident()
    for number in range(streams):
        if number == streams // WARM_SHARE:
            warm = _resident()
        _one(attempt, f"{seed}-{number}", outcome)
    outcome.grown_bytes = _resident() - warm
    if outcome.grown_bytes > ROOM_BYTES:
        outcome.failures.append(f"the process has grown by {outcome.grown_bytes} bytes")
    return outcome


def _one(attempt: Try, seed: str, outcome: Outcome) -> None:
    begin, through = time.monotonic(), False
    try:
        with _within(HANG_S):
            readings, wrong = attempt(random.Random(seed))
        through = True
    finally:
        if not through:
            say(f"broken by the stream of seed {seed}:", flush=True)
    outcome.read += readings > 0
    outcome.worst_s = max(outcome.worst_s, time.monotonic() - begin)
    if readings > MOST_READINGS:
        wrong = f"{readings} readings"
    if wrong:
        outcome.failures.append(f"seed {seed}: {wrong}")


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def hang(*_: Any) -> None:
        raise Hang(f"not done in {seconds:g} s")

    before = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def llrp_codec(folder: Path | None = None) -> Try:
    """Messages of LLRP through the codec alone, and those of the real readers in `folder`."""
    known = llrp_streams.bodies(random.Random(0), folder)

    def attempt(rng: random.Random) -> tuple[int, str]:
        type_, body = rng.choice(known)
        try:
            message, _ = read_body(type_, damaged(body, rng))
        except BadFrame:
            return 0, ""
        return sum(1 for _ in tag_reports(message)) or 1, ""

    return attempt


def llrp(folder: Path | None = None) -> Try:
    """What an LLRP reader says through its driver, with the real reports in `folder`."""
    known = llrp_streams.bodies(random.Random(0), folder)
    reports = [body for type_, body in known if type_ == REPORT]

    def attempt(rng: random.Random) -> tuple[int, str]:
        capture = damaged(llrp_streams.session(rng, reports), rng)
        return len(_replayed("rfid.llrp", capture)), ""

    return attempt


def module(kind: str, make: Callable[[random.Random], Stream]) -> Try:
    """What a serial module says through its driver; a tag that is called good was sent."""

    def attempt(rng: random.Random) -> tuple[int, str]:
        sent, epcs = make(rng)
        readings = _replayed(kind, damaged(sent, rng))
        good = {str(one.fields["epc"]) for one in readings if one.quality is Quality.OK}
        invented = sorted(good - epcs)
        return len(readings), f"nobody sent {invented}, and they are called ok" if invented else ""

    return attempt


def modem() -> Try:
    """What a modem says on its AT port, through the parsers of its lines."""

    def attempt(rng: random.Random) -> tuple[int, str]:
        read = Lines(rng.choice([None, *Model]))
        sent, size, told = damaged(modem_streams.stream(rng), rng), rng.randint(1, 64), 0
        for at in range(0, len(sent), size):
            told += sum(1 for _ in read.lines(sent[at : at + size]))
            if read.waiting > LONGEST + LONGEST_FRAME:
                return told, f"{read.waiting} bytes wait for their end"
        return told, ""

    return attempt


def _replayed(kind: str, capture: bytes) -> list[Reading]:
    async def all_of_it() -> list[Reading]:
        return [reading async for reading in replay(kind, "mutant", capture)]

    return asyncio.run(all_of_it())


MODULES: dict[str, Callable[[random.Random], Stream]] = {
    "rfid.m100": module_streams.m100_stream,
    "rfid.mercury": module_streams.mercury_stream,
}
