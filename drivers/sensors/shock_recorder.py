"""Shocks in a stream of samples, and what was felt around them. Pure.

A shock is told as soon as its pulse is over. What was felt from some seconds before it to some
seconds after the last one follows in parts, so that no part is too long for a record. Samples that
were lost keep their place, so that the time of the others is right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drivers.sensors.shock_reading import Raw

BEFORE, AFTER = 0.02, 0.08  # s of a shock's own samples, from its first one above the threshold on
AXES = 3
SAMPLE_LENGTH = 2 * AXES  # bytes
PART_SAMPLES = 8000  # 48,000 bytes: a record holds 64 KiB (evidence.leaf)
LOST = (-32768, -32768, -32768)  # stands for a sample that was lost; no part gives it
LONGEST = 30.0  # s after its first shock at which a recording ends, however many follow
ALLOWED = 300.0  # s that may be recorded in an hour: a crate that rattles must not fill the disk
HOUR = 3600.0  # s


@dataclass(frozen=True, slots=True)
class Impact:
    """A shock's own samples in digits, the first `resting` of them from before it.

    `at` is the monotonic moment of the first one beyond the threshold. `data` are they as a record
    has them, with those that were lost; `whole`: none was just before it.
    """

    at: float
    samples: list[Raw]
    resting: int
    data: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Samples around the shock that was `at`; `begin` in s against it, `data` as a record has it.

    `number` counts from 1; with the `last` one the recording ends.
    """

    at: float
    number: int
    begin: float
    data: bytes
    last: bool


@dataclass(slots=True)
class Recording:
    """One under way: its first shock's moment and place, and the samples that are to come."""

    at: float
    first: int
    begin: int  # place of the next sample to tell of
    end: int  # place behind the last one
    told: int = 0


class ShockRecorder:
    """Takes samples piece by piece; `threshold` in digits, `keep` in s before and after a shock.

    Places count samples from the start on.
    """

    def __init__(self, threshold: int, rate: float, keep: float) -> None:
        self._threshold = threshold
        self._rate = rate
        self._keep = round(keep * rate)
        self._ring = bytearray()  # the newest samples, as records have them
        self._end = 0  # place behind the newest
        self._at = 0.0  # monotonic moment of the newest
        self._shock: int | None = None  # place of a shock whose pulse goes on
        self._deaf_until = 0
        self._lost = False  # samples before the next one
        self._recording: Recording | None = None
        self._free_from = 0  # place up to which recordings have told all
        self._allowed = ALLOWED * rate  # samples
        self.left_out = 0  # shocks around which nothing was kept: too many within an hour

    def add(self, values: Sequence[int], at: float, rate: float) -> Iterator[Impact | Part]:
        """Take samples: x, y and z of each, in digits, the newest of the moment `at`.

        `rate` is the one at which they come, as far as is known by now.
        """
        count = len(values) // AXES
        if self._lost:
            yield from self._fill(round((at - self._at) * rate) - count)
        before = self._end
        self._ring += struct.pack(f">{len(values)}h", *values)
        self._end += count
        self._at, self._rate = at, rate
        self._allow(count)
        if self._shock is None:
            self._shock = self._first_beyond(values, before)
        yield from self._impacts()
        yield from self._parts()
        self._trim()

    def gap(self) -> None:
        """Note that samples are lost before the next one."""
        self._lost = self._end > 0

    def _fill(self, missing: int) -> Iterator[Impact | Part]:
        """Let so many lost samples keep their place; where they are too many, begin anew."""
        self._lost = False
        if missing <= PART_SAMPLES:
            self._ring += struct.pack(">hhh", *LOST) * max(1, missing)
            self._end += max(1, missing)
        else:
            yield from self.rest()

    def rest(self) -> Iterator[Impact | Part]:
        """Tell of what there is, and begin anew: nothing comes behind it for long, or ever."""
        if self._shock is not None:
            yield self._impact(self._shock, self._end)
        if self._recording is not None:
            self._recording.end = self._end
            yield from self._parts()
        self._shock = None
        self._ring.clear()
        self._free_from = self._deaf_until = self._end

    def _allow(self, samples: int) -> None:
        most = ALLOWED * self._rate
        self._allowed = min(most, self._allowed + samples * ALLOWED / HOUR)

    def _first_beyond(self, values: Sequence[int], place: int) -> int | None:
        """Return the place of the first sample beyond the threshold; the first value's is given."""
        most = self._threshold
        if max(values, default=0) <= most and min(values, default=0) >= -most:
            return None
        for n in range(max(0, self._deaf_until - place), len(values) // AXES):
            sample = tuple(values[n * AXES : (n + 1) * AXES])
            if sample != LOST and max(map(abs, sample)) > most:
                return place + n
        return None

    def _impacts(self) -> Iterator[Impact]:
        """Yield the shocks whose pulse is over, and find those behind them."""
        after = round(AFTER * self._rate)
        while self._shock is not None and self._end >= self._shock + after:
            end = self._shock + after
            yield self._impact(self._shock, end)
            self._deaf_until = end
            behind = self._data(end, self._end)
            values = struct.unpack(f">{len(behind) // 2}h", behind)
            self._shock = self._first_beyond(values, end)

    def _impact(self, place: int, end: int) -> Impact:
        begin = max(self._start, place - round(BEFORE * self._rate))
        at = self._moment(place)
        self._record(place, at)
        data = self._data(begin, end)
        samples = [(x, y, z) for x, y, z in struct.iter_unpack(">hhh", data)]
        before, pulse = samples[: place - begin], samples[place - begin :]
        rest = [each for each in before if each != LOST]
        if LOST in pulse:
            pulse = pulse[: pulse.index(LOST)]
        whole = bool(before) and before[-1] != LOST
        return Impact(at, [*rest, *pulse], max(1, len(rest) // 2), data, whole)

    def _record(self, place: int, at: float) -> None:
        """Begin a recording around a shock, or let the one under way go on."""
        end = place + self._keep
        if self._recording is not None:
            latest = self._recording.first + round(LONGEST * self._rate)
            self._recording.end = max(self._recording.end, min(end, latest))
        elif self._keep and self._allowed >= 2 * self._keep:
            begin = max(self._start, self._free_from, place - self._keep)
            self._recording = Recording(at, place, begin, end)
        elif self._keep:
            self.left_out += 1

    def _parts(self) -> Iterator[Part]:
        """Yield what of a recording is long enough, or its end."""
        while (recording := self._recording) is not None:
            end = min(recording.end, recording.begin + PART_SAMPLES)
            if self._end < end:
                return
            yield self._part(recording, end)

    def _part(self, recording: Recording, end: int) -> Part:
        data = self._data(recording.begin, end)
        begin = self._moment(recording.begin) - recording.at
        recording.told += 1
        self._allowed -= end - recording.begin
        recording.begin = self._free_from = end
        last = end >= recording.end
        if last:
            self._recording = None
        return Part(recording.at, recording.told, begin, data, last)

    @property
    def _start(self) -> int:
        """Place of the oldest sample in the ring."""
        return self._end - len(self._ring) // SAMPLE_LENGTH

    def _moment(self, place: int) -> float:
        return self._at - (self._end - 1 - place) / self._rate

    def _data(self, begin: int, end: int) -> bytes:
        first = begin - self._start
        return bytes(self._ring[first * SAMPLE_LENGTH : (end - self._start) * SAMPLE_LENGTH])

    def _trim(self) -> None:
        """Forget samples that nobody will ask for."""
        oldest = self._end - max(self._keep, round(BEFORE * self._rate))
        if self._shock is not None:
            oldest = min(oldest, self._shock - max(self._keep, round(BEFORE * self._rate)))
        if self._recording is not None:
            oldest = min(oldest, self._recording.begin)
        del self._ring[: max(0, oldest - self._start) * SAMPLE_LENGTH]
