"""Readings of tags as reads, and what became of them as the fields of records."""

from __future__ import annotations

import hashlib

import pytest

from agent.intake.tag_values import (
    box_values,
    change_values,
    count_values,
    misplaced_values,
    read_of,
    suspicion_values,
)
from agent.observe.box_check import BoxCheck
from agent.observe.boxes import Scan
from agent.observe.clones import Suspicion
from agent.observe.tags import Change, Counters, Read
from drivers.gs1.compare import Comparison, Verdict
from drivers.reading import Reading
from tests.agent.observe.points import point

READ = Read("30AA", "reader", 3, 8.5, 10.0, 4, -61.5, "urn:x", "E280")
BARE = Read("30AA", "reader", 0, 10.0, 10.0)


def tag(**fields) -> Read:
    return read_of(Reading("reader", "tag", fields, 10.0))


def test_a_reading_of_several_reads_began_when_the_first_one_was():
    whole = tag(
        epc="30aa", antenna=3, first_seen=1500, count=4, rssi=-61.5, uri="urn:x", tid="e280"
    )
    assert whole == READ


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"epc": "30aa"}, Read("30AA", "reader", 1, 10.0, 10.0)),
        ({"epc": "30aa", "antenna": None}, Read("30AA", "reader", 0, 10.0, 10.0)),
        ({"epc": "30aa", "antenna": "left"}, Read("30AA", "reader", 0, 10.0, 10.0)),
        ({"epc": 30, "uri": 5, "tid": None}, Read("", "reader", 1, 10.0, 10.0)),
        ({"epc": "30aa", "count": 0}, Read("30AA", "reader", 1, 10.0, 10.0)),
        ({"epc": "30aa", "count": 2}, Read("30AA", "reader", 1, 10.0, 10.0, 2)),
        ({"epc": "30aa", "first_seen": -500}, Read("30AA", "reader", 1, 10.0, 10.0)),
        ({"epc": "30aa", "rssi": "strong"}, Read("30AA", "reader", 1, 10.0, 10.0)),
        ({"epc": "30aa", "rssi": -70}, Read("30AA", "reader", 1, 10.0, 10.0, rssi=-70.0)),
    ],
)
def test_what_is_missing_or_of_a_wrong_type_is_nothing(fields, read):
    assert tag(**fields) == read


def test_an_entry_says_from_where_and_a_leave_where_to_and_after_how_long():
    came = Change(True, "shelf A", READ, 8.5, 0.0, 4, -60.6, "shelf B")
    assert change_values(came, 77) == {
        "state": "enter", "read_point": "shelf A", "epc": "30AA", "reads": 4, "uri": "urn:x",
        "tid": "E280", "rssi": -61, "from": "shelf B", "antenna": 3, "at_ms": 77,
    }  # fmt: skip
    went = Change(False, "shelf A", BARE, 8.5, 1.5, 9, None, "shelf B", stray=True, direction="in")
    assert change_values(went, 77) == {
        "state": "leave", "read_point": "shelf A", "epc": "30AA", "reads": 9, "to": "shelf B",
        "dwell_ms": 1500, "direction": "in", "stray": 1, "at_ms": 77,
    }  # fmt: skip
    brief = Change(False, "shelf A", BARE, 8.5, 0.0, 1)
    assert change_values(brief, 77) == {
        "state": "leave", "read_point": "shelf A", "epc": "30AA", "reads": 1, "dwell_ms": 0,
        "at_ms": 77,
    }  # fmt: skip
    assert change_values(Change(True, "shelf A", BARE, 8.5), 77).keys() == {
        "state", "read_point", "epc", "reads", "at_ms",
    }  # fmt: skip


def test_a_shelf_is_counted_with_a_digest_of_what_lies_on_it_and_a_gate_without():
    counters = Counters(9, 3, 2, 1, 5)
    counted = {"present": 2, "reads": 9, "entered": 3, "left": 2, "strays": 1, "untracked": 5}
    assert count_values(point(name="door"), counters, ["AA", "BB"]) == counted | {
        "read_point": "door"
    }
    contents = hashlib.sha256(b"AA\nBB\n").digest()
    assert count_values(point(name="A", kind="shelf"), counters, ["BB", "AA"]) == counted | {
        "read_point": "A", "contents": contents,
    }  # fmt: skip


def test_a_box_is_told_with_its_barcode_and_with_its_tag_where_there_is_one():
    scan = Scan("belt", "scanner", "https://id.gs1.org/01/1", 1.0)
    told = {
        "read_point": "belt", "verdict": "match", "text": "the same",
        "barcode": "https://id.gs1.org/01/1",
    }  # fmt: skip
    same = Comparison(Verdict.MATCH, "the same")
    assert box_values(BoxCheck(scan, None, same)) == told
    assert box_values(BoxCheck(scan, BARE, same)) == told | {"epc": "30AA"}
    named = told | {"epc": "30AA", "uri": "urn:x", "tid": "E280"}
    assert box_values(BoxCheck(scan, READ, same)) == named


def test_goods_on_a_wrong_shelf_and_tags_that_are_suspect():
    change = Change(True, "shelf A", READ, 8.5)
    told = {"read_point": "shelf A", "epc": "30AA", "gtin": "1", "home": "B, C"}
    assert misplaced_values(change, "1", ["B", "C"]) == told | {"uri": "urn:x"}
    assert misplaced_values(Change(True, "shelf A", BARE, 8.5), "1", ["B", "C"]) == told
    copy = Suspicion("30AA", "two-tids", "E2A", "E2B", "a copy")
    told = {
        "epc": "30AA",
        "cause": "two-tids",
        "now": "E2B",
        "read_point": "door",
        "text": "a copy",
    }
    assert suspicion_values(copy, BARE, "door") == told | {"before": "E2A"}
    foreign = Suspicion("30AA", "foreign-tid", "", "00", "no Gen2")
    assert suspicion_values(foreign, READ, "door") == {
        "epc": "30AA", "cause": "foreign-tid", "now": "00", "read_point": "door",
        "text": "no Gen2", "uri": "urn:x",
    }  # fmt: skip
