"""What several reports of one tag make together, and how much of them is kept."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from drivers.rfid.llrp import sightings
from drivers.rfid.llrp.sightings import MOST, MOST_BYTES, Sighting, Sightings

ONE = Sighting(
    epc=b"\x30" * 12, antenna=1, tid=None, first=10.0, last=10.5, rssi=-60.0, count=2, pc=0x3000,
    phase=10.0, timed=True, utc=datetime(2027, 1, 1, tzinfo=UTC),
)  # fmt: skip


def joined(**more):
    first = dataclasses.replace(ONE)
    first.join(dataclasses.replace(ONE, **more))
    return dataclasses.asdict(first) | {"count": None}


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        ({}, {}),
        ({"last": 11.0, "phase": 20.0, "utc": None}, {"last": 11.0, "phase": 20.0, "utc": None}),
        ({"last": 11.0, "phase": None}, {"last": 11.0}),
        ({"last": 10.5, "phase": 20.0}, {"phase": 20.0}),
        ({"last": 10.4, "phase": 20.0, "utc": None}, {}),
        ({"first": 9.0}, {"first": 9.0}),
        ({"rssi": -50.0}, {"rssi": -50.0}),
        ({"rssi": -70.0}, {}),
        ({"rssi": None}, {}),
        ({"pc": 0x3400}, {}),
        ({"pc": 0x2800, "epc_bits": 96}, {"pc": 0x2800, "epc_bits": 96}),
        ({"timed": False}, {"timed": False}),
    ],
)
def test_what_two_reports_of_one_tag_make_together(other, changed):
    assert joined(**other) == dataclasses.asdict(ONE) | {"count": None} | changed


def test_what_the_first_report_lacked_comes_from_the_second():
    first = dataclasses.replace(ONE, rssi=None, pc=None, phase=None)
    first.join(dataclasses.replace(ONE, count=5))
    assert first == dataclasses.replace(ONE, count=7)


def test_how_much_is_kept_before_it_must_go(monkeypatch):
    assert (MOST, MOST_BYTES) == (20_000, 4_000_000)
    monkeypatch.setattr(sightings, "MOST", 100)
    many = Sightings()
    for number in range(100):
        assert not many.full
        many.add(dataclasses.replace(ONE, epc=number.to_bytes(12)))
    assert many.full
    assert len(many) == len(many.drain()) == 100
    assert not many.full
    large = Sightings()
    large.add(dataclasses.replace(ONE, epc=bytes(MOST_BYTES - 3), tid=b"\1\2"))
    assert not large.full
    large.add(dataclasses.replace(ONE, epc=b"\1"))
    assert large.full
