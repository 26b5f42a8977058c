"""What one sensor said of one value over time, and when nobody knows. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.rules.sources import SOURCES
from agent.rules.valid_time import Sample, Span, spans
from agent.rules.watched import sample_of, tells_of
from agent.shipments.dating import Dating
from agent.shipments.voices import Voices
from drivers.kinds import KINDS
from evidence.leaf import Record

KIND = "temperature"
"""The kind whose records tell of the air or the goods over time."""


@dataclass(frozen=True, slots=True)
class Series:
    """One value of one device between `start` and `end`, ms of UTC.

    `lowest` and `highest` are of all values that are believed, of those without a moment as well.
    A value holds for `reach` ms at most; `unknown` is the time in which none does. `doubted` counts
    records whose value is not to be believed, `undated` those that nobody can date; `interval` (ms)
    is the time between two values, None of a single one.
    """

    device: str
    field: str
    samples: Sequence[Sample]
    unknown: Sequence[tuple[int, int]]
    reach: int
    interval: int | None
    doubted: int
    undated: int
    lowest: float | None
    highest: float | None

    @property
    def unit(self) -> str:
        """The unit of its values."""
        found = KINDS[KIND].field(self.field)
        return "" if found is None else found.unit

    @property
    def decimals(self) -> int:
        """The decimals that a record keeps."""
        found = KINDS[KIND].field(self.field)
        return 0 if found is None else -found.scale

    @property
    def at_least(self) -> bool:
        """Whether a value stands at the end of the measuring range: the true one is larger."""
        return any(each.floor for each in self.samples)

    @property
    def points(self) -> list[tuple[int, float]]:
        """The values that are believed, with their moments, in the order of time."""
        return [(each.at, each.value) for each in self.samples if each.value is not None]

    @property
    def unknown_ms(self) -> int:
        """How long nobody knows the value, in all."""
        return sum(end - start for start, end in self.unknown)

    def known_between(self, start: int, end: int) -> list[float]:
        """Return the values that held at some moment between two, ms."""
        first = bisect_right(self.samples, start, key=lambda each: each.at)
        held = self.samples[first - 1 : first] if first else ()
        before = [each for each in held if each.at + self.reach > start]
        last = bisect_right(self.samples, end, key=lambda each: each.at)
        found = (*before, *self.samples[first:last])
        return [each.value for each in found if each.value is not None]


def series_of(
    records: Sequence[Record], dating: Dating, voices: Voices, span: tuple[int, int]
) -> Iterator[Series]:
    """Yield each value of each device that has one, in the order of their names."""
    by_device = defaultdict[str, list[Record]](list)
    for record in records:
        if record.kind == KIND:
            by_device[record.device].append(record)
    for device, own in sorted(by_device.items()):
        for field in SOURCES[KIND]:
            if any(field in record.values for record in own):
                yield _series(device, field, own, dating, voices, span)
        if not any(record.values for record in own):
            yield _series(device, SOURCES[KIND][0], own, dating, voices, span)


def _series(
    device: str,
    field: str,
    records: Sequence[Record],
    dating: Dating,
    voices: Voices,
    span: tuple[int, int],
) -> Series:
    telling = [record for record in records if tells_of(record, field)]
    dated = [(dating.of(record), record) for record in telling]
    samples = [sample_of(record, field, at) for at, record in dated if at is not None]
    samples.sort(key=lambda each: each.at)
    told = [sample_of(record, field, 0).value for record in telling]
    values = [value for value in told if value is not None]
    return Series(
        device,
        field,
        samples,
        unknown_in(samples, span, voices.reach(device, KIND)),
        voices.reach(device, KIND),
        voices.interval(device, KIND),
        doubted=sum(sample.value is None for sample in samples),
        undated=sum(at is None for at, _ in dated),
        lowest=min(values, default=None),
        highest=max(values, default=None),
    )


def unknown_in(
    samples: Sequence[Sample], span: tuple[int, int], reach: int
) -> tuple[tuple[int, int], ...]:
    """Return when nobody knows the value that samples tell, between two moments."""
    found = _covered(samples, *span, reach)
    return tuple((each.start, each.end) for each in found if each.value is None)


def _covered(samples: Sequence[Sample], start: int, end: int, reach: int) -> Iterator[Span]:
    """Yield the spans from `start` to `end`; before the first value nobody knows it."""
    moments = [*(each.at for each in samples), end]
    if start < moments[0]:
        yield Span(start, moments[0], None)
    for sample, until in zip(samples, moments[1:], strict=True):
        yield from (each for each in spans(sample, until, reach) if each.start < each.end)
