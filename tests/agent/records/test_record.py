"""Readings to records and back; nothing a device sends raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Stamp
from agent.records.convert import LARGEST, MAX_BYTES, MAX_TEXT, from_event, from_reading, natural
from agent.records.registry import KINDS
from agent.records.sentences import sentence
from drivers.kind import FieldType
from drivers.reading import Quality, Reading
from evidence.leaf import Record
from tests.agent.fakes import reading

STAMP = Stamp(3, 100_000, 1_790_000_000_000, "gnss", 1000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

values = (
    st.none()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=64)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.booleans()
)
field_names = st.sampled_from(
    [*sorted({field.name for kind in KINDS.values() for field in kind.fields}), "surprise"]
)


def test_temperature_is_scaled_to_hundredths():
    record = from_reading(reading(temperature=4.31, humidity=45.2), 7, STAMP)
    assert record.values == {"temperature": 431, "humidity": 4520}
    assert natural(record) == {"temperature": 4.31, "humidity": 45.2}
    assert sentence(record) == "4.31 °C, 45.20 % relative humidity"
    assert (record.number, record.boot, record.clock_source) == (7, 3, "gnss")


def test_unobserved_fields_are_left_out():
    record = from_reading(reading(temperature=-0.5, humidity=None), 0, STAMP)
    assert record.values == {"temperature": -50}
    assert sentence(record) == "-0.50 °C"


def test_a_position_keeps_seven_decimals_and_the_receivers_utc():
    utc = datetime(2026, 11, 22, 6, 33, 16, 500_000, UTC)
    record = from_reading(
        reading("gnss", "position", utc=utc, lat=51.9244201, lon=-4.4777326, speed=13.9, fix="3d"),
        0,
        STAMP,
    )
    assert record.values["lat"] == 519244201
    assert record.values["lon"] == -44777326
    assert natural(record)["lat"] == 51.9244201
    assert natural(record)["utc_ms"] == "2026-11-22T06:33:16.500Z"
    assert sentence(record) == "at 51.9244201°, -4.4777326°, 13.90 m/s, fix 3d"


def test_a_position_without_fix_says_so_and_that_there_is_no_data():
    record = from_reading(
        reading("gnss", "position", quality=Quality.NO_ANSWER, lat=None, lon=None, fix="none"),
        0,
        STAMP,
    )
    assert sentence(record) == "fix none (no data)"


def test_a_doubtful_position_says_why():
    fields = {"lat": 48.1173, "lon": 11.5, "altitude": 545.4, "hdop": 25.0, "fix": "3d"}
    doubtful = reading("gnss", "position", quality=Quality.SUSPECT, problem="HDOP 25", **fields)
    assert sentence(from_reading(doubtful, 0, STAMP)) == (
        "at 48.1173000°, 11.5000000°, HDOP 25.00, fix 3d, altitude 545.40 m: HDOP 25 (suspect)"
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf, "warm", b"\x01", 1e300, 2**80])
def test_what_cannot_be_scaled_is_kept_as_text_and_suspect(bad):
    record = from_reading(reading(temperature=bad, humidity=45.2), 0, STAMP)
    assert record.quality == "suspect"
    assert record.values["temperature"] == str(bad)
    assert record.values["humidity"] == 4520
    assert Record.from_bytes(record.to_bytes()) == record


def test_a_worse_mark_of_the_driver_stays():
    record = from_reading(reading(quality=Quality.CORRUPT, temperature=math.nan), 0, STAMP)
    assert record.quality == "corrupt"


def test_a_time_without_zone_is_not_guessed():
    utc = datetime(2026, 11, 22, 6, 33, 16)  # noqa: DTZ001  that is the fault
    record = from_reading(reading("gnss", "position", utc=utc, lat=1.0, lon=2.0), 0, STAMP)
    assert record.quality == "suspect"
    assert record.values["utc_ms"] == "2026-11-22 06:33:16"


def test_text_from_a_device_is_bounded_and_encodable():
    record = from_reading(reading("r", "tag", epc="\udcff" * 5, uri="x" * 5000), 0, STAMP)
    assert record.values["epc"] == "\\udcff" * 5
    assert record.values["uri"] == "x" * MAX_TEXT
    assert record.quality == "suspect"
    Record.from_bytes(record.to_bytes())


def test_what_is_as_long_or_large_as_a_record_holds_is_kept_whole_and_good():
    held = {"uri": "x" * 1024, "epc": "e"}
    record = from_reading(reading("r", "tag", **held), 0, STAMP)
    assert (record.values, record.quality) == (held, "ok")
    longer = from_reading(reading("r", "tag", uri="x" * 1025), 0, STAMP)
    assert (longer.values, longer.quality) == ({"uri": "x" * 1024}, "suspect")

    wave = from_reading(reading("a", "shock", waveform=b"\x80" * 65_536), 0, STAMP)
    assert (wave.values, wave.quality) == ({"waveform": b"\x80" * 65_536}, "ok")
    longer = from_reading(reading("a", "shock", waveform=b"\x80" * (MAX_BYTES + 1)), 0, STAMP)
    assert longer.values == {"waveform": str(b"\x80" * 300)[:MAX_TEXT]}
    assert longer.quality == "suspect"


@pytest.mark.parametrize("largest", [2**63 - 1, 1 - 2**63])
def test_a_whole_number_of_64_bits_is_held_and_one_more_is_not(largest):
    """docs/PROTOCOL.md: a column of a batch holds no more than that, and no -2^63."""
    beyond = largest + (1 if largest > 0 else -1)
    for kind, field, quality in (
        ("tag-state", "reads", "ok"), ("position", "utc_ms", "ok"), ("ph-value", "level", "suspect"),
    ):  # fmt: skip
        record = from_reading(reading("x", kind, **{field: largest}), 0, STAMP)
        assert (record.values, record.quality) == ({field: largest}, quality)
        record = from_reading(reading("x", kind, **{field: beyond}), 0, STAMP)
        assert (record.values, record.quality) == ({field: str(beyond)}, "suspect")
    assert abs(largest) == LARGEST


def test_only_a_kind_that_has_a_field_for_it_keeps_the_devices_utc():
    utc = datetime(2026, 11, 22, 6, 33, 16, 500_000, UTC)
    record = from_reading(reading(utc=utc, temperature=4.31), 0, STAMP)
    assert (record.values, record.quality) == ({"temperature": 431}, "ok")
    said = from_reading(reading("gnss", "position", utc=utc, utc_ms=7, lat=1.0), 0, STAMP)
    assert (said.values, said.quality) == ({"utc_ms": 7, "lat": 10_000_000}, "ok")
    silent = from_reading(reading("gnss", "position", lat=1.0), 0, STAMP)
    assert (silent.values, silent.quality) == ({"lat": 10_000_000}, "ok")


def test_an_unknown_field_of_bytes_is_kept_and_read_as_hexadecimal():
    record = from_reading(reading("x", "ph-value", raw=b"\x01\xff", at=EPOCH), 0, STAMP)
    assert record.values == {"raw": b"\x01\xff", "at": "1970-01-01T00:00:00+00:00"}
    assert natural(record) == {"raw": "01ff", "at": "1970-01-01T00:00:00+00:00"}


def test_whole_numbers_are_read_as_they_stand_and_moments_as_utc():
    gap = {"state": "open", "from_ms": 1_790_000_000_001, "duration_ms": -5}
    assert natural(from_event("gap", gap, 0, STAMP)) == {
        "state": "open",
        "from_ms": "2026-09-21T14:13:20.001Z",
        "duration_ms": -5,
    }
    assert isinstance(natural(from_event("gap", {"duration_ms": 5}, 0, STAMP))["duration_ms"], int)
    beyond = natural(from_event("gap", {"from_ms": LARGEST}, 0, STAMP))
    assert beyond == {"from_ms": "9223372036854775807 ms"}


def test_an_unknown_kind_is_kept_in_its_natural_unit_and_suspect():
    record = from_reading(reading("x", "ph-value", level=7.25, count=3, note="a\x1b[2Jb"), 0, STAMP)
    assert record.values == {"level": "7.25", "count": 3, "note": "a\x1b[2Jb"}
    assert record.quality == "suspect"
    empty = from_reading(Reading("x", "ph-value", {"level": None}, 1.0), 0, STAMP)
    assert (empty.values, empty.quality) == ({}, "suspect")


def test_an_unknown_field_is_kept_in_its_natural_unit_and_suspect():
    record = from_reading(reading(temperature=4.31, co2=612.2512345), 0, STAMP)
    assert record.values == {"temperature": 431, "co2": "612.2512345"}
    assert record.quality == "suspect"
    corrupt = from_reading(reading(quality=Quality.CORRUPT, temperature=4.31, co2=9.0), 0, STAMP)
    assert corrupt.quality == "corrupt"


def test_an_event_that_the_registry_does_not_know_is_suspect():
    known = {"state": "running", "detail": "it reads"}
    assert from_event("device", known, 0, STAMP).quality == "ok"
    assert from_event("device", {"state": "running", "mood": "good"}, 0, STAMP).quality == "suspect"
    assert from_event("mystery", {}, 0, STAMP).quality == "suspect"
    every = {field.name: 1 for field in KINDS["device"].fields}
    assert from_event("device", every, 0, STAMP).quality == "ok"
    manual = from_event("mystery", {"a": 1}, 0, STAMP, quality=Quality.MANUAL)
    assert manual.quality == "manual"


@given(
    kind=st.sampled_from([*KINDS, "unheard-of"]),
    fields=st.dictionaries(field_names, values, max_size=8),
    quality=st.sampled_from(Quality),
    utc=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)),
)
def test_no_reading_is_refused_and_every_record_survives_its_bytes(kind, fields, quality, utc):
    record = from_reading(Reading("d", kind, fields, 1.0, quality, utc), 5, STAMP)
    again = Record.from_bytes(record.to_bytes())
    assert again == record
    assert set(record.values) >= {name for name, value in fields.items() if value is not None}
    text = sentence(again)
    assert text
    assert text.isprintable()
    assert all(isinstance(value, int | float | str) for value in natural(again).values())


@given(st.sampled_from(sorted(KINDS)), st.integers(-(2**60), 2**60))
def test_any_stored_number_prints(kind, number):
    fields = {
        field.name: number
        for field in KINDS[kind].fields
        if field.type in (FieldType.NUMBER, FieldType.TIME)
    }
    record = from_event(kind, fields, 0, STAMP)
    assert sentence(record)
    assert natural(record).keys() == fields.keys()
