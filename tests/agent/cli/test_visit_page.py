"""The sheet of a visit: what was found, done, mended and left."""

from __future__ import annotations

from agent.cli.visit_page import page

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
COLD = {"about": "cold", "text": "no answer", "advice": "see the wiring"}
DOOR = {"about": "door", "text": "silent", "advice": ""}
DISK = {"about": "disk", "text": "nearly full", "advice": ""}


def sheet(**more):
    values = {
        "visit": "V-1", "gateway": "truck-12", "operator": "technician-1", "begun_ms": AT,
        "state": "begun", "before": [], "after": [], "actions": [],
    }  # fmt: skip
    return values | more


def did(text, about="", operator="technician-1"):
    return {"at_ms": AT + 60_000, "about": about, "text": text, "operator": operator}


def test_a_visit_under_way_has_no_end_yet():
    assert list(page(sheet(), utc=True)) == [
        "visit     V-1 of truck-12, by technician-1",
        "begun     2026-09-21 14:13:20.000 UTC",
        "before    nothing is wrong",
        "done      nothing yet",
    ]


def test_an_ended_one_says_what_it_mended_what_it_leaves_and_what_is_new():
    whole = sheet(
        state="ended", ended_ms=AT + 3_600_000, before=[COLD, DOOR, COLD], after=[DOOR, DISK],
        actions=[did("new plug", "cold"), did("swept", operator=""), did("watched", operator="x")],
    )  # fmt: skip
    assert list(page(whole, utc=True)) == [
        "visit     V-1 of truck-12, by technician-1",
        "begun     2026-09-21 14:13:20.000 UTC",
        "ended     2026-09-21 15:13:20.000 UTC (1 h)",
        "before    3 findings",
        "  cold: no answer",
        "    next: see the wiring",
        "  door: silent",
        "  cold: no answer",
        "    next: see the wiring",
        "done      3 actions",
        "  14:14  cold: new plug",
        "  14:14  swept",
        "  14:14  watched, by x",
        "after     2 findings",
        "  door: silent",
        "  disk: nearly full",
        "mended    cold",
        "left      door, disk",
        "new       disk",
        "signed    each line is a record: tallyman journal shows them, bundles can",
    ]


def test_where_nothing_is_left_nothing_is_named():
    told = list(page(sheet(state="ended", ended_ms=AT, before=[COLD]), utc=True))
    assert told[-2:] == [
        "mended    cold",
        "signed    each line is a record: tallyman journal shows them, bundles can",
    ]


def test_what_is_longer_than_a_line_goes_on_below_its_beginning():
    told = list(page(sheet(actions=[did("swept the floor and " * 5)], before=[COLD | {
        "text": "no answer and " * 8, "advice": "see the wiring and " * 8}]), utc=True))  # fmt: skip
    assert max(map(len, told)) <= 79
    found = [line for line in told if line.startswith(" ")]
    indents = [len(line) - len(line.lstrip()) for line in found]
    assert indents == [2, 4, 4, 10, 10, 2, 9]
