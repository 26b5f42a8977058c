"""A shipment as lines: what is bound, where it is, how its sensors do, and by which clock."""

from __future__ import annotations

import pytest

from agent.cli.shipment_page import page
from tests.agent.cli.asked import LONG, indents

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z


def shipment(**more):
    values = {
        "name": "WB-7", "started_ms": AT, "ended_ms": None, "bound": 1, "notice": "", "vehicle": "",
        "destination": "", "owner": "", "custodian": "", "seals": [], "papers": [], "parents": [],
        "due": "", "place": None, "sensors": [], "vouched": True, "vouched_now": True,
    }  # fmt: skip
    return values | more


def lines(**more):
    return list(page(shipment(**more), utc=True))


def test_what_is_not_known_is_unknown_and_what_is_not_bound_is_not_there():
    assert lines() == [
        "WB-7, since 2026-09-21 14:13:20.000 UTC",
        "  due         unknown: no notice says when",
        "  place       unknown: no position yet",
    ]


def test_what_is_long_goes_on_below_itself():
    found = lines(destination=LONG)
    assert found[1].startswith("  destination word")
    assert indents(found[1:3]) == [2, len("  destination ")]


def test_all_that_is_bound_is_told():
    assert lines(
        bound=3, notice="ASN-1", vehicle="AB 123", destination="Novara", owner="owner-1",
        custodian="carrier-1", seals=["S1", "S2"], papers=["invoice"], parents=["WB-5", "WB-6"],
        due="2026-10-01", place={"text": "45.5, 9.0", "device": "gnss", "at_ms": AT},
        sensors=[{"device": "cold", "text": "4.31 °C"}],
    ) == [
        "WB-7, since 2026-09-21 14:13:20.000 UTC",
        "  bound again 2 times; the journal has each binding",
        "  goods       notice ASN-1",
        "  vehicle     AB 123",
        "  destination Novara",
        "  owner       owner-1",
        "  custodian   carrier-1",
        "  seals       S1, S2",
        "  papers      invoice",
        "  from        WB-5, WB-6",
        "  due         2026-10-01, by its notice",
        "  place       45.5, 9.0",
        "              by gnss, 2026-09-21 14:13:20.000 UTC",
        "  cold        4.31 °C",
    ]  # fmt: skip
    assert "  bound again 1 time; the journal has each binding" in lines(bound=2)


def test_of_an_ended_one_nothing_is_told_of_now():
    assert lines(ended_ms=AT, due="2026-10-01", sensors=[{"device": "cold", "text": "x"}]) == [
        "WB-7, since 2026-09-21 14:13:20.000 UTC",
        "  ended       2026-09-21 14:13:20.000 UTC",
    ]


@pytest.mark.parametrize(
    ("more", "clock"),
    [
        ({"vouched": None}, ["unknown: an older version kept no word of who vouched for it"]),
        ({"vouched": False}, ["nobody vouched for the time of its start: it may be off"]),
        ({"vouched": False, "ended_ms": AT},
         ["nobody vouched for the time of its start or end: it may be off"]),
        ({"vouched_now": False}, ["nobody vouches for it now: the times above may be off"]),
        ({"vouched_now": False, "ended_ms": AT}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_times_that_nobody_vouches_for_say_so(more, clock):
    assert [line for line in lines(**more) if "clock" in line] == [
        f"  clock       {each}" for each in clock
    ]


def test_an_agent_of_before_does_not_say_whether_somebody_vouches_now():
    told = shipment()
    del told["vouched_now"]
    assert not any("clock" in line for line in page(told, utc=True))
