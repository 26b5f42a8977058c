"""Where each receiver was, as far as its positions are to be believed. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from agent.renderer.plot import runs_of
from agent.report.series import unknown_in
from agent.rules.valid_time import Sample
from agent.shipments.dating import Dating
from agent.shipments.route import POSITION, Fix, fix_of
from agent.shipments.voices import Voices
from evidence.leaf import Record


@dataclass(frozen=True, slots=True)
class Way:
    """The positions of one receiver with their moments, ms of UTC; `runs` have no hole in them."""

    device: str
    fixes: Sequence[tuple[int, Fix]]
    runs: Sequence[Sequence[Fix]]
    unknown_ms: int

    def before(self, moment: int) -> tuple[int, Fix] | None:
        """Return the last position at or before a moment, with its own."""
        index = bisect_right(self.fixes, moment, key=lambda each: each[0])
        return self.fixes[index - 1] if index else None


def ways_of(
    records: Sequence[Record], dating: Dating, voices: Voices, span: tuple[int, int]
) -> Iterator[Way]:
    """Yield the way of each receiver that has a position to believe, by name."""
    positions = sorted((r for r in records if r.kind == POSITION), key=lambda each: each.device)
    for device, own in groupby(positions, key=lambda each: each.device):
        told = [(at, fix_of(record)) for record in own if (at := dating.of(record)) is not None]
        told.sort(key=lambda each: each[0])
        fixes = [(at, fix) for at, fix in told if fix is not None]
        if fixes:
            yield _way(device, told, fixes, voices.reach(device, POSITION), span)


def _way(
    device: str,
    told: Sequence[tuple[int, Fix | None]],
    fixes: Sequence[tuple[int, Fix]],
    reach: int,
    span: tuple[int, int],
) -> Way:
    samples = [Sample(at, None if fix is None else 1.0) for at, fix in told]
    unknown = unknown_in(samples, span, reach)
    runs = runs_of([(at, number) for number, (at, _) in enumerate(fixes)], unknown)
    return Way(
        device,
        fixes,
        [[fixes[round(number)][1] for _, number in run] for run in runs],
        sum(until - since for since, until in unknown),
    )
