"""Whatever a gateway signed makes a page: values of every size and type, clocks that jump, holes."""

from __future__ import annotations

import random

import pytest

from agent.records.registry import KINDS
from agent.renderer.catalogue import words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from agent.report.page import page
from drivers.kind import FieldType
from evidence.verify import verify_bundle
from tests.agent.report import trip
from tests.agent.report.reading import read
from tests.evidence.building import World, record

OFTEN = (
    "temperature", "position", "shock", "excursion", "alarm", "gap", "input", "shipment", "profile",
    "dock-check", "custody", "override",
)  # fmt: skip
KINDS_OF_BUNDLES = [name for name in KINDS if name != "attachment"]  # its envelope must be one
NUMBERS = (0, 1, -1, 2**62, -(2**62), 2**31, 10**9, -(10**12), 431, trip.START)
WORDS = (
    "ok", "excursion", "alarm", "unknown", "open", "closed", "started", "ended", "WB-7", "2-8", "",
    "cargo", "temperature above 8 °C", "peak above 1e3 g", "temperature above 1e999 °C",
)  # fmt: skip
BYTES = (b"", b"abcdef", bytes(32), bytes(range(60)))
QUALITIES = ("ok", "ok", "ok", "no-answer", "suspect", "saturated", "of a later version")
MAKERS = {FieldType.TEXT: WORDS, FieldType.BYTES: BYTES}


def values_of(chance, kind):
    values = {}
    for each in KINDS[kind].fields:
        if chance.random() < 0.65:
            values[each.name] = chance.choice(MAKERS.get(each.type, NUMBERS))
        if chance.random() < 0.03:
            values[each.name] = chance.choice(("text", 5, b"x"))  # of a type that it has not
    return values


def records_of(chance, count):
    boot, monotonic, wall = 1, 0, trip.START
    made = []
    for number in range(count):
        boot += chance.random() < 0.05
        monotonic += chance.choice((0, 1, 1000, 60_000, 10**9))
        wall += chance.choice((0, 1, 1000, 60_000, -3_600_000, 10**8))
        kind = chance.choice(OFTEN if chance.random() < 0.6 else KINDS_OF_BUNDLES)
        made.append(
            record(
                number,
                kind,
                device=chance.choice(("cargo", "wall", "gateway")),
                boot=boot,
                monotonic_ms=monotonic,
                wall_ms=wall if chance.random() < 0.97 else chance.choice((0, 2**60, -(2**60))),
                clock_bound_ms=chance.choice((None, 40, 40, 40)),
                quality=chance.choice(QUALITIES),
                values=values_of(chance, kind),
            )
        )
    return made


@pytest.mark.parametrize("seed", range(24))
def test_any_records_make_a_page(seed):
    chance = random.Random(seed)
    world = World()
    made = records_of(chance, chance.choice((1, 2, 5, 40)))
    for first in range(0, len(made), 10):
        world.seal(made[first : first + 10])
    batches = [
        world.bundled(each)
        if chance.random() < 0.8 or len(each.records) < 2
        else world.in_part(each, range(0, len(each.records), 2))
        for each in world.sealed
    ]
    report = verify_bundle(world.bundle(batches).to_bytes(), world.policy())
    assert report.outcome == 0
    root = read(page(Case(report, "any.bundle", "", b"", words_of("en"), Zone())))
    assert root.all("h2")[-1].text == "Words", "all of it is there"
