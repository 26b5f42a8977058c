"""How fast a value changes, as a value of its own for rules. Pure.

From one value to the newest that is a minute older at least, so that neither noise nor the steps of
a coarse sensor make a change of what stands still. Where a value between them is not known, nobody
knows how fast it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.rules.valid_time import Sample

MINUTE = 60_000  # ms
RATES = {"temperature_rate": "temperature"}
"""Names of rates, each with the value whose change it is; in its unit per minute."""

Trail = tuple[Sample, ...]
"""The samples from which the next rate is taken: of the last minute, and the one before them."""


def followed(trail: Trail, sample: Sample, reach: int | None) -> tuple[Trail, Sample]:
    """Return the trail with one more sample, and the rate at it, per minute.

    A value holds for `reach` ms; behind a longer gap all begins anew.
    """
    lost = bool(trail) and reach is not None and sample.at - trail[-1].at > reach
    if lost or sample.value is None or sample.floor:
        trail = ()
    if sample.value is None or sample.floor:
        return (), Sample(sample.at, None)
    before = tuple(each for each in trail if each.at < sample.at)
    older = [each for each in before if sample.at - each.at >= MINUTE]
    kept = (*older[-1:], *(each for each in before if sample.at - each.at < MINUTE), sample)
    if not older:
        return kept, Sample(sample.at, None)
    base = older[-1]
    minutes = (sample.at - base.at) / MINUTE
    return kept, Sample(sample.at, (sample.value - (base.value or 0.0)) / minutes)


def rates(samples: Sequence[Sample], reach: int | None) -> Iterator[Sample]:
    """Yield the rate at each of the samples, from the first one on of which there is one."""
    trail: Trail = ()
    begun = False
    for sample in samples:
        trail, rate = followed(trail, sample, reach)
        begun = begun or rate.value is not None
        if begun:
            yield rate
