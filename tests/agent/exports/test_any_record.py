"""Whatever a record holds: each form is made, each record is told of or counted, none invented."""

from __future__ import annotations

import random

import pytest

from agent.dock.history import packed
from agent.epcis.validator import problems
from agent.exports.forms import FORMS, Asked
from agent.exports.shown import Batch, moment_of
from agent.records.registry import KINDS
from drivers.kind import FieldType
from evidence.leaf import Record
from tests.agent.dock.goods import APPLE, P1
from tests.agent.exports.days import CRATE
from tests.evidence.building import ISSUER, NOON, record

SEED, RECORDS = 1, 1500
TEXTS = (
    "", "in", "out", "enter", "accepted", "temperature above 8 °C", "\x1b[2J\n", "é" * 300, CRATE, APPLE,
    "urn:epc:id:sgtin:1", "https://id.gs1.org/01/1", "https://[", "E280", "%", '"', "=1+1", "match",
)  # fmt: skip
NUMBERS = (0, 1, -1, 431, 2**31, 2**63 - 1, -(2**63) + 1)
BYTES = (b"", b"\x00", b"\xff" * 32, packed([P1]))
QUALITIES = ("ok", "corrupt", "uncalibrated", "of another version", "\x1b", "é é")


def value(chance: random.Random, wanted: FieldType):
    """Return a value for a field, now and then of another type than its kind says."""
    of = {FieldType.TEXT: TEXTS, FieldType.BYTES: BYTES}.get(wanted, NUMBERS)
    return chance.choice(of if chance.random() > 0.05 else chance.choice((TEXTS, NUMBERS, BYTES)))


def anything(chance: random.Random, number: int) -> Record:
    kind = chance.choice([*KINDS.values()])
    fields = [field for field in kind.fields if chance.random() < 0.8]
    made = {field.name: value(chance, field.type) for field in fields}
    if "check" in made:
        made["check"] = f"R-{number % 40}"
    times = (NOON * 1000, 0, -1, 2**62, -(2**62), 253_402_300_799_999, -62_135_596_800_000)
    return record(
        number,
        chance.choice((kind.name, kind.name, kind.name, "kind of another version")),
        values=made,
        device=chance.choice(("cold-1", "Kühlraum 1", "\x1b[2J", "")),
        quality=chance.choice(("ok", "ok", "ok", *QUALITIES)),
        wall_ms=chance.choice((NOON * 1000 + number, NOON * 1000 + number, *times)),
        clock_bound_ms=chance.choice((40, 40, 40, None)),
    )


@pytest.fixture(scope="module")
def batches():
    chance = random.Random(SEED)
    records = [anything(chance, number) for number in range(RECORDS)]
    parts = [records[at : at + 25] for at in range(0, RECORDS, 25)]
    return [
        Batch(
            chance.choice((ISSUER, "\x1b", "")),
            b"e" * 16,
            bytes([at] * 32),
            len(part) + at % 3,
            tuple(part),
        )
        for at, part in enumerate(parts)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_anything(batches, form):
    made = FORMS[form](batches, Asked(moment_of(0)))
    assert made.data
    hidden = sum(each.hidden for each in batches)
    assert made.left.to_json()["the bundle hides it"] == hidden
    if form == "epcis":
        assert list(problems(made.document)) == []
        assert made.count > 20
        for event in made.document["epcisBody"]["eventList"]:
            assert event["eventTime"][:4] in {"2026", "1970", "1969", "9999", "0001"}
    if form == "senml":
        assert FORMS[form](batches, Asked(moment_of(0), cbor=True)).count == made.count > 100
