"""Whether the gateway's own judgement comes to the truth that a generator wrote down."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.rules import shipped
from agent.rules.plausibility import doubts
from agent.rules.profile import MINUTE
from agent.rules.valid_time import Sample
from agent.rules.verdict import judged
from drivers.reading import Reading
from drivers.sensors.adxl375_codec import ADXL375
from drivers.sensors.sample_stream import Fetched, SampleStream
from hil.goods.cold_day import ColdDay, Told
from hil.goods.contradictions import Contradiction
from hil.goods.impacts import Impact, samples

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
RATE = 3200.0  # Hz, of an ADXL375 on SPI
PIECE = 36  # values: twelve samples a look
THRESHOLD = 10.0  # g
NEAR = 0.02  # share by which a pulse's figures may be off
SAME = 0.001  # °C


def cold_day_mistakes(day: ColdDay) -> Iterator[str]:
    """Yield where the profile's verdict differs from the truth."""
    at = [Sample(minute * MINUTE, celsius) for minute, celsius in day.values]
    verdict = judged(shipped.find("2-8", Path()), "temperature", at, MINUTE)
    found = {
        Told(each.rule.name, str(each.state), each.start / MINUTE, each.end / MINUTE)
        for each in verdict.stretches
    }
    for told in sorted(found ^ set(day.truth())):
        side = "missing" if told not in found else "not so"
        yield f"{side}: {told.rule} {told.state} from minute {told.start:g} to {told.end:g}"
    if verdict.mkt is None or abs(verdict.mkt - day.mkt()) > SAME:
        yield f"a mean kinetic temperature of {verdict.mkt}, not {day.mkt():.3f}"


def impact_mistakes(impact: Impact, seed: int) -> Iterator[str]:
    """Yield where a shock's record differs from its physics."""
    scale = ADXL375.scale
    values = list(samples(impact, RATE, scale.digit, random.Random(f"{seed} {impact.what}")))
    stream = SampleStream("pallet", scale, RATE, 0.0, THRESHOLD)
    told: list[Reading] = []
    for end in range(PIECE, len(values) + PIECE, PIECE):
        piece = values[end - PIECE : end]
        told += stream.told(Fetched(piece, lost=False, at=min(end, len(values)) / 3 / RATE))
    if len(told) != 1:
        yield f"{len(told)} shocks, not 1"
        return
    shock, wanted = told[0], {"peak": impact.peak, "delta_v": impact.delta_v}
    wanted |= {"fit_peak": impact.peak, "fit_duration": impact.milliseconds}
    for name, value in wanted.items():
        found = shock.fields.get(name)
        if not isinstance(found, float) or abs(found - value) > NEAR * value:
            yield f"{name} {found!r}, not {value:.2f}, and {shock.quality}"


def contradiction_mistakes(each: Contradiction) -> Iterator[str]:
    """Yield a doubt that must not be, or one that is missing."""
    series = [[Sample(*value) for value in values] for values in (each.values, each.beside)]
    found = {doubt.what for doubt in doubts(*series)}
    if each.doubts and not each.doubts & found:
        yield f"no doubt of {' or '.join(sorted(each.doubts))}"
    if not each.doubts and found:
        yield f"doubts of {', '.join(sorted(found))}, and all was well"


def csv_of(values: list[tuple[int, float]], unit: timedelta) -> str:
    """Return a series for `tallyman profile try`; moments are in `unit` since BEGAN."""
    rows = (f"{(BEGAN + at * unit).isoformat()},{value:.2f}\n" for at, value in values)
    return "time,value\n" + "".join(rows)
