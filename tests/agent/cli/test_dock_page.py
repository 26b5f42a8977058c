"""How a check stands, line by line: what each figure and each kind of difference is told as."""

from __future__ import annotations

import pytest

from agent.cli.dock_language import Words
from agent.cli.dock_page import LONGEST_AWAY, ROOM, heading, page
from agent.cli.dock_preview import told
from agent.dock.differences import CODE_TEXTS
from agent.dock.notice import Item, Notice, Unit
from tests.agent.cli.test_dock_command import VIEW
from tests.agent.dock.goods import APPLE, P1

BARE = VIEW | {
    "differences": [], "put_away": [], "manual": 0, "doubtful": 0, "found": 0, "last_ms": None,
}  # fmt: skip
"""A check of which nothing is told but its counts."""

COUNTS = "  93 read, 1 by hand, 0 believed"
MISSING = VIEW["differences"][0]
WEIGHED = {"gtin": APPLE, "weighed_g": 12_000, "weight_g": 25_500, "read": 2, "by_hand": 3}


@pytest.mark.parametrize(
    ("found", "expected", "bar"),
    [
        (0, 96, ".........."), (9, 96, ".........."), (10, 96, "#........."),
        (95, 96, "#########."), (96, 96, "##########"), (0, 0, "##########"),
    ],
)  # fmt: skip
def test_the_bar_is_full_only_when_all_is_there(found, expected, bar):
    head = page(BARE | {"found": found, "expected": expected})[0]
    assert head == f"door 2  [{bar}] {found}/{expected} expected, 1 unexpected"


@pytest.mark.parametrize(
    ("last_ms", "since"),
    [(None, ""), (13_400, "0"), (12_401, "0"), (12_400, "1"), (1000, "12"), (14_000, "0")],
)
def test_how_long_ago_something_new_was_seen(last_ms, since):
    head = page(BARE | {"last_ms": last_ms})[0]
    assert head.endswith(f", {since} s since the last" if since else "1 unexpected")


def test_a_bare_view_says_two_lines_and_how_complete_it_is():
    assert (
        page(BARE) == page(BARE, None) == [page(BARE)[0], COUNTS, "  complete: all of it was seen"]
    )
    assert page(BARE | {"state": "nothing"})[2] == "  nothing came back yet"
    assert page(BARE | {"state": "nothing", "believed": 2})[2] == "  nothing came back yet"


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"returns": True, "delivered_by": "R-7"}, "returns, against receipt R-7"),
        ({"returns": True},
         "returns; no hand-over of this notice on record here: only its numbers count"),
        ({"receipt_before": "R-7"}, "ALREADY RECEIVED: see receipt R-7"),
        ({"manual": 1}, "1 entered by hand only"),
        ({"doubtful": 1}, "1 doubtful scan: scan again, or type the label"),
        ({"repeats": 1}, "1 scan ignored: the same code again within the pause"),
        ({"not_reading": ["gate-1"]}, "NOT READING: gate-1; wait, or see: tallyman devices"),
        ({"together": {"order": "", "found": 4, "expected": 9, "checks": [
            {"check": "R-2", "read_point": "door 3"}, {"check": "R-3", "read_point": "door 4"}]}},
         "of the notice: 4 of 9 with R-2 (door 3), R-3 (door 4)"),
        ({"trip": "proven"}, "journey: proven"),
        ({"remarks": ["two"]}, "the notice: two"),
        ({"doubled": {APPLE: 1}},
         f"1 scan of (01){APPLE} taken for tagged boxes; m LABEL counts one more"),
    ],
)  # fmt: skip
def test_what_is_special_about_a_check_has_a_line(more, line):
    assert page(BARE | more)[2:] == [line, "  complete: all of it was seen"]


LONG = "word " * 15
CHECKS = [{"check": f"R-2026112{n}-0001", "read_point": "door"} for n in range(4)]


@pytest.mark.parametrize(
    ("more", "begin", "indent"),
    [
        ({"not_reading": ["gate-1"] * 12}, "NOT READING: gate-1", 2),
        ({"remarks": [LONG]}, "the notice: word", 2),
        ({"trip": LONG}, "journey: word", 2),
        ({"together": {"order": "", "found": 4, "expected": 9, "checks": CHECKS}},
         "of the notice: 4 of 9", 2),
        ({"weights": [WEIGHED | {"about": 10}], "names": {APPLE: "Apples from the north"}},
         f"  (01){APPLE} Apples from the north by weight", 4),
    ],
)  # fmt: skip
def test_what_is_too_long_goes_on_below(more, begin, indent):
    first, second = [line for line in page(BARE | more)[2:] if "complete: " not in line]
    assert first.startswith(begin)
    assert len(second) - len(second.lstrip()) == indent


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({}, [f"  X34 missing: (01){APPLE}(21)0071"]),
        ({"quantity": 2}, [f"  X34 missing: 2 x (01){APPLE}(21)0071"]),
        ({"what": f"(00){P1}", "quantity": 2}, [f"  X34 missing: (00){P1} with 2 pieces"]),
        ({"what": f"(00){P1}"}, [f"  X34 missing: (00){P1}"]),
        ({"weight_g": 2500, "quantity": 0}, [f"  X34 missing: 2.5 kg of (01){APPLE}(21)0071"]),
        ({"code": "AF", "text": "damaged", "what": ""}, ["  AF  damaged: the delivery as a whole"]),
        ({"code": "BH", "text": "batch L2, advised L1", "batch": "batch L2"},
         [f"  BH  another batch: (01){APPLE}(21)0071, batch L2", "      batch L2, advised L1"]),
        ({"text": "it is wet", "number": 0}, [f"  X34 missing: (01){APPLE}(21)0071", "      it is wet"]),
        ({"hint": "look below"}, [f"  X34 missing: (01){APPLE}(21)0071", "      hint: look below"]),
    ],
)  # fmt: skip
def test_a_difference(more, lines):
    assert page(BARE | {"differences": [MISSING | more]})[2:] == lines


@pytest.mark.parametrize(("number", "said"), [(-1, "Charge L2"), (0, "batch L2"), (7, "batch L2")])
def test_what_a_person_wrote_stays_as_it_is_in_every_language(number, said):
    """Differences that were found have no number; those that were entered have their record's."""
    entered = MISSING | {"text": "batch L2", "number": number}
    assert page(BARE | {"differences": [entered]}, words=Words("de"))[3] == f"      {said}"


def test_a_long_hint_is_folded_below_itself():
    hint = page(BARE | {"differences": [MISSING | {"hint": "word " * 20}]})[3:]
    assert len(hint) == 2
    assert hint[1].startswith("        word")


@pytest.mark.parametrize(("code", "text"), [*CODE_TEXTS.items(), ("", "")])
def test_each_code_of_the_standard_has_its_words(code, text):
    assert heading(code) == text


def test_goods_by_weight_and_where_they_belong_stand_last():
    away = {"gtin": APPLE, "quantity": 3, "shelves": ["A", "B"]}
    shown = page(BARE | {"weights": [WEIGHED | {"about": 10}], "put_away": [away]})
    assert shown[3:] == [
        f"  (01){APPLE} by weight: 12 kg of 25.5 kg, on 5 labels of about 10",
        f"  put away: 3 x (01){APPLE} on A or B",
    ]
    assert page(BARE | {"weights": [WEIGHED | {"about": 0}]})[3].endswith("on 5 labels")
    many = BARE | {"put_away": [away] * 9, "differences": [MISSING]}
    assert len(page(many)) == 3 + LONGEST_AWAY
    assert len(page(many, None)) == 3 + 9


def test_a_screen_takes_as_many_differences_as_there_is_room_for():
    """Two lines of head, one that says how many are left."""
    exactly = BARE | {"differences": [MISSING] * (ROOM - 3)}
    assert len(page(exactly)) == ROOM - 1
    assert not any(" more" in line for line in page(exactly))
    over = page(BARE | {"differences": [MISSING] * (ROOM - 2)})
    assert (len(over), over[-1]) == (ROOM, "  and 1 more")
    two_lines = page(BARE | {"differences": [MISSING | {"hint": "x"}] * 20})
    assert two_lines[-1] == f"  and {20 - (ROOM - 3) // 2} more"
    assert page(BARE | {"differences": [MISSING], "more": 2}, None)[-1] == "  and 2 more"
    assert page(BARE | {"remarks": [str(n) for n in range(40)]}, 5)[:5][-1] == "the notice: 2"


def notice(*items, sscc="", **more):
    return Notice("N1", "csv", bytes(32), (Unit(sscc, items),), **more)


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Item(APPLE, 4), f"4 x (01){APPLE}"),
        (Item(APPLE, 4, "L1"), f"4 x (01){APPLE}, batch L1"),
        (Item(APPLE, 3, serials=("1", "2", "3")), f"3 x (01){APPLE}, serial 1, 2, 3"),
        (Item(APPLE, 4, serials=("1", "2", "3", "4")),
         f"4 x (01){APPLE}, serial 1, 2, 3 and 1 other"),
        (Item(APPLE, 9, serials=tuple("123456789")), f"9 x (01){APPLE}, serial 1, 2, 3 and 6 others"),
        (Item(APPLE, 0, weight_g=2500), f"2.5 kg x (01){APPLE}"),
        (Item(APPLE, 0, weight_g=2500, each_g=250), f"2.5 kg (about 10) x (01){APPLE}"),
        (Item(APPLE, 4, package="carton", content=12), f"4 carton of 12 x (01){APPLE}"),
    ],
)  # fmt: skip
def test_a_line_of_a_notice(item, line):
    assert list(told(notice(item))) == [
        "notice N1 (csv)", "  in no unit that is named", f"    {line}",
    ]  # fmt: skip


def test_the_head_of_a_notice_says_what_it_names():
    whole = notice(
        Item(APPLE, 1), sscc=P1, supplier="S", receiver="R", order="O", due="D", remarks=("x",)
    )
    assert list(told(whole, {APPLE: "Apples"})) == [
        "notice N1 (csv)", "  from S", "  to R", "  order O", "  due D", "  the notice: x",
        f"  (00){P1}", f"    1 x (01){APPLE} Apples",
    ]  # fmt: skip
