"""Records in words; and a second printer, which has docs/protocol/kinds.json alone, says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Stamp
from agent.records.convert import LARGEST, from_event, from_reading
from agent.records.registry import KINDS
from agent.records.sentences import sentence
from drivers.reading import Quality, Reading
from evidence.leaf import Record
from tests.agent.fakes import reading
from tests.independent.bundle import Unreadable, read_bundle
from tests.independent.check import whole
from tests.independent.reasons import Refused
from tests.independent.records import read_record
from tests.independent.sentences import Printer

VECTORS = Path(__file__).parents[2] / "vectors"
STAMP = Stamp(3, 100_000, 1_790_000_000_000, "gnss", 1000)
PRINTER = Printer()


def said(kind, quality=Quality.OK, **values) -> str:
    return sentence(Record(0, "d", kind, *STAMP, quality, values))


def test_empty_records_say_why():
    no_answer = Reading("cold-1", "temperature", {"temperature": None}, 1.0, Quality.NO_ANSWER)
    assert sentence(from_reading(no_answer, 0, STAMP)) == "no data"
    assert said("temperature") == "temperature"


def test_bad_quality_is_said():
    record = from_reading(reading(quality=Quality.SATURATED, temperature=125.0), 0, STAMP)
    assert sentence(record) == (
        "125.00 °C (at the end of the measuring range: the true value is larger)"
    )


def test_the_length_of_a_doubtful_epc_is_said():
    assert said("tag", Quality.SUSPECT, epc="80", epc_bits=1, rssi=-50) == (
        "tag, EPC 80 of 1 bits, -50 dBm (suspect)"
    )


def test_a_field_that_this_version_does_not_know_is_printed_and_said_to_be_so():
    record = from_reading(reading(temperature=4.31, humidity=60.0, co2=612.5), 0, STAMP)
    assert sentence(record) == (
        "4.31 °C, 60.00 % relative humidity; unknown to this version: co2 612.5 (suspect)"
    )
    assert said("position", dop=3) == "unknown to this version: dop 3"
    assert said("boot", version="9", raw=b"\x01\xff", cause="x") == (
        "Tallyman 9 started: x; unknown to this version: raw 01ff"
    )


def test_a_kind_that_this_version_does_not_know_is_printed_and_said_to_be_so():
    assert said("ph-value", level=72, note="a\x1b[2J", id=4) == (
        "kind ph-value, unknown to this version: id 4, note a\N{REPLACEMENT CHARACTER}[2J, level 72"
    )
    assert said("ph-value", Quality.NO_ANSWER) == "kind ph-value, unknown to this version (no data)"


def test_a_part_in_brackets_is_printed_only_when_all_its_fields_were_observed():
    assert said("position", speed=1390, lat=1) == "13.90 m/s"
    assert said("position", lat=1) == "position"
    assert said("clock", new_source="gnss", old_source="none", bound_ms=20) == (
        "clock source now gnss (was none), moved by unknown, right within 20 ms"
    )


@pytest.mark.parametrize(
    ("ms", "printed"),
    [
        (0, "0 ms"),
        (-999, "-999 ms"),
        (1000, "1.000 s"),
        (-9993, "-9.993 s"),
        (59_999, "59.999 s"),
        (60_000, "1 min 0 s"),
        (185_999, "3 min 5 s"),
        (3_599_999, "59 min 59 s"),
        (-3_600_000, "-1 h 0 min"),
        (86_399_990, "23 h 59 min"),
        (86_400_000, "1 day 0 h"),
        (-90_000_000, "-1 day 1 h"),
        (31_557_599_999, "365 days 5 h"),
        (31_557_600_000, "1 year 0 days"),
        (31_644_000_000, "1 year 1 day"),
        (-378_000_000_001, "-11 years 357 days"),  # 4375 days: 11 · 365.25 and 357.25
    ],
)
def test_milliseconds_are_said_in_the_units_that_people_count_in(ms, printed):
    text = said("clock", new_source="gnss", old_source="none", offset_ms=ms)
    assert text == f"clock source now gnss (was none), moved by {printed}"
    assert said("shock", peak=1000, duration=2000000) == "shock of 10.00 g for 20000.00 ms"


@pytest.mark.parametrize(
    ("lat", "printed"),
    [(0, "0.0000000°"), (-3, "-0.0000003°"), (-(2**63 - 1), "-922337203685.4775807°")],
)
def test_every_digit_of_a_number_is_printed(lat, printed):
    assert said("position", lat=lat, lon=0) == f"at {printed}, 0.0000000°"


def test_no_part_of_a_record_steers_a_terminal():
    steer = "\x1b[2J\n\N{RIGHT-TO-LEFT OVERRIDE}"
    for record in (
        Record(0, "d", steer, *STAMP, "ok", {}),
        Record(0, "d", "temperature", *STAMP, steer, {"temperature": 1}),
        Record(0, "d", "temperature", *STAMP, "ok", {steer: steer}),
    ):
        assert sentence(record).isprintable()


def both_say(data: bytes) -> tuple[str, str]:
    return sentence(Record.from_bytes(data)), PRINTER.sentence(read_record(data))


def published_records() -> list[bytes]:
    """All records of the vectors that can be read."""
    found = [bytes.fromhex(record) for each in cases("body") for record in records_of(each)]
    found += [whole(each) for each in cases("leaf") if each["verdict"] == "accepted"]
    for each in (*cases("bundle"), *cases("several")):
        try:
            bundle = read_bundle(whole(each))
        except Unreadable:
            continue
        found += [one.record for shown in bundle.batches for one in shown.records]
    return list(filter(readable, dict.fromkeys(found)))


def cases(family: str):
    return json.loads((VECTORS / f"{family}.json").read_text())["cases"]


def records_of(case) -> list[str]:
    return case["values"]["records"] if case["verdict"] == "accepted" else []


def readable(data: bytes) -> bool:
    try:
        read_record(data)
    except Refused:
        return False
    return True


def test_a_second_printer_says_the_same_of_the_published_records():
    records = published_records()
    assert len(records) > 100
    for ours, theirs in map(both_say, records):
        assert ours == theirs


def parts_of(names: list[str]) -> list[list[str]]:
    """Each name alone, all but each, and all."""
    return [
        *([each] for each in names),
        *([n for n in names if n != each] for each in names),
        names,
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_printer_says_the_same_of_every_part_of_every_kind(kind):
    sample = {"number": -70, "text": ", a", "bytes": b"\xfe", "time": -1}
    fields = {field.name: sample[field.type] for field in KINDS[kind].fields}
    for names in parts_of(list(fields)):
        values = {name: fields[name] for name in names}
        ours, theirs = both_say(from_event(kind, values, 0, STAMP).to_bytes())
        assert ours == theirs


integers = st.integers(-LARGEST, LARGEST) | st.integers(-(10**15), 10**15)
stored = integers | st.text(max_size=20) | st.binary(max_size=8)
known_fields = sorted({field.name for kind in KINDS.values() for field in kind.fields})
names = st.sampled_from(known_fields) | st.text(max_size=8)


@st.composite
def records(draw) -> bytes:
    kind = draw(st.sampled_from([*KINDS, "unheard-of"]) | st.text(max_size=8))
    own = [field.name for field in KINDS[kind].fields] if kind in KINDS else []
    values = draw(st.dictionaries(st.sampled_from(own), stored)) if own else {}
    values |= draw(st.dictionaries(names, stored, max_size=2))
    quality = draw(st.sampled_from(list(Quality)) | st.text(max_size=8))
    return Record(0, "d", kind, *STAMP, quality, values).to_bytes()


@given(records())
def test_a_second_printer_says_the_same_of_any_record(data):
    ours, theirs = both_say(data)
    assert ours == theirs


@given(st.integers(-(10**15), 10**15))
def test_a_second_printer_says_the_same_of_any_moment(ms):
    ours, theirs = both_say(
        from_event("gap", {"state": "open", "from_ms": ms}, 0, STAMP).to_bytes()
    )
    assert ours == theirs


@given(integers | st.integers(-(10**5), 10**5))
def test_a_second_printer_says_the_same_of_any_duration(ms):
    ours, theirs = both_say(from_event("gap", {"duration_ms": ms}, 0, STAMP).to_bytes())
    assert ours == theirs
