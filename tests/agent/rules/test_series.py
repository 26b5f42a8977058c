"""Series as loggers and spreadsheets write them."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from agent.rules.series import read_series

MINUTE = 60_000
START = 1_792_887_600_000  # 2026-10-25T00:20:00Z, by `date -u -d 2026-10-25T00:20 +%s`
EXPECTED = [(START, 5.5), (START + MINUTE, 6.25)]


def values(data, *zone):
    found = read_series(data if isinstance(data, bytes) else data.encode(), *zone)
    assert found.mistakes == []
    return [(sample.at, sample.value) for sample in found.samples]


def complaints(data):
    return read_series(data if isinstance(data, bytes) else data.encode()).mistakes


@pytest.mark.parametrize(
    "text",
    [
        "time,value\n2026-10-25T00:20:00Z,5.5\n2026-10-25T00:21:00Z,6.25\n",
        "time,value\r\n2026-10-25T00:20:00Z,5.5\r\n2026-10-25T00:21:00Z,6.25",
        "\ufefftime,value\n2026-10-25T00:20:00Z,5.5\n\n2026-10-25T00:21:00Z,6.25\n",
        "time;value\n2026-10-25 00:20:00Z;5,5\n2026-10-25 00:21:00Z;6,25\n",
        'time,value\n2026-10-25T00:20:00Z,"5,5"\n2026-10-25T00:21:00Z,"6,25"\n',
        "Time\tValue\n2026-10-25T00:20:00+00:00\t5.5\n2026-10-25T00:21:00Z\t+6.25\n",
        "value,quality,time\n5.5,ok,2026-10-25T02:20:00+02:00\n6.25,,2026-10-25T01:21:00+01:00\n",
        "time,value\n2026-10-25T00:21:00Z,6.25\n2026-10-25T00:20:00Z,5.5\n",
        "time,value\n2026-10-25T00:20:00Z,5.5\n2026-10-25T00:21:00Z,6.25\n2026-10-25T00:20Z,5.5\n",
    ],
    ids=["plain", "dos", "bom", "semicolons", "quotes", "tabs", "offsets", "unsorted", "twice"],
)
def test_one_series_in_many_spellings(text):
    assert values(text) == EXPECTED


def test_utf16_as_spreadsheets_save_it():
    assert values("time,value\n2026-10-25T00:20:00Z,5.5\n".encode("utf-16")) == EXPECTED[:1]


def test_the_hour_that_clocks_repeat_is_two_hours_in_its_zone():
    text = "time,value\n" + "".join(
        f"2026-10-25T{hour}:{minute},5\n"
        for hour, minute in [("01", 30), ("02", 0), ("02", 30), ("02", "00"), ("02", 30), ("03", 0)]
    ).replace(":0,", ":00,")
    moments = [at for at, _ in values(text, ZoneInfo("Europe/Rome"))]
    assert [(b - a) // MINUTE for a, b in pairwise(moments)] == [30] * 5


@pytest.mark.parametrize("word", ["corrupt", "no-answer", "suspect", "stuck", "what is that"])
def test_a_value_of_any_other_quality_is_unknown(word):
    assert values(f"time,value,quality\n2026-10-25T00:20:00Z,5.5,{word}\n") == [(START, None)]


@pytest.mark.parametrize("nothing", ["", "NaN", "n/a", "---", "null"])
def test_what_loggers_write_for_no_value_is_unknown(nothing):
    assert values(f"time,value\n2026-10-25T00:20:00Z,{nothing}\n") == [(START, None)]


def test_two_values_for_one_moment_are_both_doubtful():
    found = read_series(b"time,value\n2026-10-25T00:20:00Z,5.5\n2026-10-25T00:20:00Z,9\n")
    assert [(each.at, each.value) for each in found.samples] == [(START, None)]
    assert found.contradictions == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("\n\n", 1, "empty"),
        ("time,value\n", 0, "no values"),
        ("2026-10-25T00:20:00Z,5.5\n", 1, "unknown column"),
        ("time,valeu\n2026-10-25T00:20:00Z,5\n", 1, "did you mean 'value'"),
        ("time,value,time\n", 1, "twice"),
        ("time\n2026-10-25T00:20:00Z\n", 1, "'value' is missing"),
        ("time,value\n2026-10-25T00:20:00Z,warm\n", 2, "not a number"),
        ("time,value\n2026-10-25T00:20:00Z,1_0\n", 2, "not a number"),
        ("time,value\n2026-10-25T00:20:00Z,1e999\n", 2, "too large"),
        ("time,value\n2026-10-25T00:20:00Z,5,5\n", 2, "semicolons"),
        ("time,value\n\n25.10.2026 00:20,5\n", 3, "not a time"),
        ("time,value\n1792887600,5\n", 2, "not a time"),
        (b"time,value\n2026-10-25T00:20:00Z,5\xb0\n", 1, "UTF-8"),
        (b"\x00\x01\x02", 1, "unknown column"),
    ],
)
def test_a_doubtful_file_is_refused_by_its_line(text, line, said):
    ((found, told),) = complaints(text)
    assert found == line
    assert said in told


def test_what_is_odd_of_a_whole_file_is_told_beside_its_values():
    plain = read_series(b"time,value\n2026-10-25T00:20:00Z,5\n2026-10-25T00:21:00Z,6\n")
    assert (plain.naive, plain.unsorted, plain.contradictions) == (False, False, 0)
    odd = read_series(b"time,value\n2026-10-25T00:21:00,6\n2026-10-25T00:20:00,5\n")
    assert (odd.naive, odd.unsorted) == (True, True)
    twice = b"time,value\n2026-10-25T00:20:00Z,5\n2026-10-25T00:20:00Z,5\n2026-10-25T00:20:00Z,\n"
    same = read_series(twice)
    assert (same.contradictions, [each.value for each in same.samples]) == (0, [5.0])


@pytest.mark.parametrize(
    ("quality", "value", "floor"),
    [("ok", 5.5, False), ("MANUAL", 5.5, False), ("uncalibrated", 5.5, False), ("", 5.5, False),
     ("saturated", 5.5, True), ("undersampled", 5.5, True), ("suspect", None, False)],
)  # fmt: skip
def test_a_quality_says_what_its_value_is_worth(quality, value, floor):
    found = read_series(f"time,value,quality\n2026-10-25T00:20:00Z,5.5,{quality}\n".encode())
    assert [(each.value, each.floor) for each in found.samples] == [(value, floor)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("+6", 6.0), ("-6", -6.0), ("\u22126,5", -6.5), (".5", 0.5), ("5.", 5.0), ("1e2", 100.0),
     ("1E-2", 0.01)],
)  # fmt: skip
def test_numbers_as_loggers_write_them(text, value):
    assert values(f"time;value\n2026-10-25T00:20:00Z;{text}\n") == [(START, value)]


def test_each_mistake_is_told_with_its_own_line_and_the_rest_is_read():
    text = "\n\ntime,value\n\nnow,5\n2026-10-25T00:20:00Z,warm\n2026-10-25T00:21:00Z,6,7\n"
    found = read_series((text + "2026-10-25T00:21:00Z,6.25\n").encode())
    assert found.mistakes == [
        (5, "'now' is not a time: write it as 2026-10-25T02:30:00+01:00"),
        (6, "'warm' is not a number; leave the value empty where there is none"),
        (7, "it has 3 fields, not 2; a value with a comma needs quotes, or semicolons between"),
    ]
    assert [(each.at, each.value) for each in found.samples] == EXPECTED[1:]
    (wide,) = complaints(f"time,value\n{'5' * 131_073}\n")  # more than the reader of CSV takes
    assert wide == (2, "not a line of CSV: field larger than field limit (131072)")
    (long,) = complaints(f"time,value\n{'x' * 99},5\n")
    assert long[1].startswith(f"{'x' * 40!r} is not a time")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("time,valeu", "unknown column 'valeu': did you mean 'value'?"),
        ("time,value,colour", "unknown column 'colour': the columns are time, value and perhaps"),
        ("time,time,value", "the column 'time' is there twice"),
        ("value", "the column 'time' is missing: the first line must be time,value"),
        ("time,quality", "the column 'value' is missing: the first line must be time,value"),
    ],
)
def test_a_head_line_that_cannot_be_used(head, said):
    ((line, told),) = complaints(f"{head}\n")
    assert line == 1
    assert told.startswith(said)
