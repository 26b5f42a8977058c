"""The forms of single values and of objects: what is taken, what is refused, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent.epcis.formats import (
    is_hexadecimal,
    is_moment,
    is_offset,
    is_other_measurement,
    is_other_uri,
    is_uom,
    is_uri,
    is_version,
    moment,
)
from agent.epcis.shape import (
    Members,
    anything,
    either,
    form,
    is_number,
    is_object,
    is_text,
    listed,
    word,
)

TEXT = form(is_text, "text")


def told(check, value, where="a"):
    return [str(each) for each in check(value, where)]


@pytest.mark.parametrize(
    ("holds", "good", "bad"),
    [
        (is_uri, ["urn:x:y", "https://a.b/c?d#e", "ex:a", "http://u@h:80/p/%41"],
         ["", "no uri", "a b:c", "1a:b", "https://a b", 7, None, "ex:", "urn:%4"]),
        (is_other_uri, ["https://example.com/step", "ex:step"],
         ["urn:epcglobal:cbv:bizstep:shipping", "https://ns.gs1.org/cbv/BizStep-x", "x", 7]),
        (is_other_measurement, ["https://example.com/m", "urn:x:y"],
         ["https://gs1.org/voc/Temperature", "http://www.gs1.org/voc/Speed", "x", 7]),
        (is_moment,
         ["2026-09-21T14:13:20Z", "2026-09-21T14:13:20.123456789+02:00", "2024-02-29T00:00:00-23:59"],
         ["2026-09-21T14:13:20", "2026-09-21 14:13:20Z", "2026-02-29T00:00:00Z",
          "2026-09-21T24:00:00Z", "2026-09-21T14:13:60Z", "2026-09-21T14:13:20+24:00",
          "2026-09-21T14:13:20+01:60", 7]),
        (is_offset, ["+00:00", "-13:59", "+14:00"], ["+14:01", "00:00", "+1:00", "+09:60", 7]),
        (is_uom, ["CEL", "A93", "KG"], ["K", "cel", "CELS", "", 7]),
        (is_hexadecimal, ["0aF", "0"], ["", "0g", 7]),
        (is_version, ["2", "2.0.1"], ["2.", ".2", "v2", "", 2]),
        (is_text, ["", "a"], [7, None]),
        (is_number, [0, -1.5], [True, False, "1", None, float("nan"), float("inf")]),
        (is_object, [{}], [[], "x"]),
    ],
)  # fmt: skip
def test_which_values_have_a_form(holds, good, bad):
    assert [each for each in good if holds(each) is not True] == []
    assert [each for each in bad if holds(each) is not False] == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-09-21T14:13:20Z", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        ("2026-09-21T14:13:20.1234569Z", datetime(2026, 9, 21, 14, 13, 20, 123456, tzinfo=UTC)),
        ("2026-09-21T14:13:20.5-03:30",
         datetime(2026, 9, 21, 14, 13, 20, 500000, timezone(-timedelta(hours=3, minutes=30)))),
    ],
)  # fmt: skip
def test_a_moment_is_read_to_the_microsecond_with_its_offset(text, at):
    assert moment(text) == at
    assert moment(text).utcoffset() == at.utcoffset()


def test_a_wrong_value_is_told_with_where_it_is_and_no_more_of_it_than_fits():
    assert told(TEXT, 7) == ["a: 7 is no text"]
    assert told(TEXT, 7, "") == ["7 is no text"]
    assert told(TEXT, "x") == []
    assert told(form(is_object, "object"), "x" * 58) == [f"a: '{'x' * 58}' is no object"]
    assert told(form(is_object, "object"), "x" * 59) == [f"a: '{'x' * 59}… is no object"]


def test_a_word_is_one_of_some_or_a_uri_where_that_may_be():
    closed = word({"out", "in"}, "direction")
    assert [told(closed, each) for each in ("out", "up", 7, "ex:up")] == [
        [], ["a: 'up' is no direction"], ["a: 7 is no direction"], ["a: 'ex:up' is no direction"],
    ]  # fmt: skip
    assert told(word({"out"}, "direction", is_uri), "ex:up") == []
    assert told(word({"out"}, "direction", is_uri), "up") == ["a: 'up' is no direction"]


def test_a_list_has_enough_items_each_as_it_must_be():
    assert told(listed(TEXT), []) == []
    assert told(listed(TEXT), "x") == ["a: 'x' is no list"]
    assert told(listed(TEXT, least=2), ["x"]) == ["a: it has 1 items, and needs 2"]
    assert told(listed(TEXT, least=1), ["x"]) == []
    assert told(listed(TEXT), ["x", 7, "x"]) == ["a/1: 7 is no text"]
    assert told(listed(TEXT, unique=True), ["x", "y", "x"]) == ["a: it has an item twice"]
    assert told(listed(TEXT, unique=True), ["x", "y"]) == []


def test_an_object_has_what_it_must_have_and_own_members_by_uri_alone():
    members = Members({"name": TEXT, "more": anything}, required=("name",))
    assert told(members, {"name": "x", "more": 7, "ex:own": 7}) == []
    assert told(members, [], "b") == ["b: [] is no object"]
    assert told(members, {"more": None}, "b") == ["b: name is missing"]
    assert told(members, {"name": 7}, "b") == ["b/name: 7 is no text"]
    assert told(members, {"name": 7}, "") == ["name: 7 is no text"]
    assert told(members, {"name": "x", "own": 7}) == [
        "a/own: an extension is named by a URI or prefix:name"
    ]
    closed = Members({"name": TEXT}, is_open=False)
    assert told(closed, {"ex:own": 7}) == ["a/ex:own: it has no place here"]
    assert told(closed, {}) == []


def test_of_several_forms_one_is_enough_and_the_first_tells_what_is_wrong():
    check = either(TEXT, form(is_object, "object"))
    assert (told(check, "x"), told(check, {})) == ([], [])
    assert told(check, 7) == ["a: 7 is no text"]
