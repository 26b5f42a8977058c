"""What `tallyman find` prints: the newest place first, with its age, and what may be missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.cli.find import page
from agent.shipments.sightings import Sighting
from tests.agent.cli.asked import LONG, indents

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
HOUR = 3_600_000
SEEN = Sighting(
    "box 7", "door 2", AT, vouched=True, how="read by a tag", gateway="truck-12", number=9
)


def lines(*found, lacks=(), now=AT + HOUR):
    return list(page("LOT-1", found, lacks, now, utc=True))


def test_where_it_was_last_is_told_first_then_each_thing():
    assert lines(SEEN, lacks=["truck-12: 2 records hidden by design"]) == [
        "LOT-1 was last seen at door 2, 1 h ago",
        "  box 7: door 2",
        "    2026-09-21 14:13:20.000 UTC, 1 h ago",
        "    read by a tag; record 9 of truck-12",
        "  lacks: truck-12: 2 records hidden by design",
    ]


def test_what_left_is_told_so():
    first, thing, *_ = lines(replace(SEEN, gone=True))
    assert first == "LOT-1 left door 2, 1 h ago"
    assert thing == "  box 7: left door 2"


@pytest.mark.parametrize(
    ("vouched", "now", "ago"),
    [
        (True, AT, "0 s ago"),
        (True, AT - 1, "later than this machine's clock says it is"),
        (False, AT + HOUR, "1 h ago, by a clock that nobody vouched for"),
    ],
)
def test_an_age_says_by_which_clock(vouched, now, ago):
    told = lines(replace(SEEN, vouched=vouched), now=now)
    assert told[0] == f"LOT-1 was last seen at door 2, {ago}"


def test_what_is_long_goes_on_below_itself():
    """What was asked for, the thing and its place, when, how, and what may be missing."""
    thing = replace(SEEN, thing=LONG, how=LONG, vouched=False)
    told = lines(thing, lacks=[LONG], now=AT - 1)
    assert indents(told) == [0, 2, 2, 4, 4, 6, 4, 6, 2, 4]


@pytest.mark.parametrize(
    ("count", "more"),
    [(20, []), (21, ["  and 1 more thing: --json has them all"]),
     (23, ["  and 3 more things: --json has them all"])],
)  # fmt: skip
def test_of_many_things_twenty_are_told(count, more):
    told = lines(*[SEEN] * count)
    assert told.count("  box 7: door 2") == 20
    assert told[61:] == more
