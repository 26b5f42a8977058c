"""Ways and bytes as lines: which way is in use, what it costs, and what went over it each day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.cli.uplink_page import lines, way_in_words
from agent.desks.status import BytesStatus, UplinkStatus, WayStatus
from tests.agent.cli.test_status_page import status

ETH = WayStatus("eth0", metered=False, used=True)
SIM = WayStatus("wwan0", metered=True, used=False)


def test_without_ways_it_says_what_decides():
    assert lines(status(ways=(), ledger=False)) == ["no ledger node is configured: nothing is sent"]
    assert lines(status(ways=(), flight=True)) == [
        "flight    mode is on: the modems' radios are to be off",
        "no interfaces are configured: the machine's routes decide",
    ]


def test_a_way_says_how_it_does_and_what_it_costs():
    sim = replace(
        SIM, spent=1_500_000, budget=2_000_000, price_per_mb=2.5, standby=40_000,
        others=("wwan1",), there="wwan1", manager="connected",
    )  # fmt: skip
    told = status(ways=(ETH, sim), uplink=UplinkStatus(1_500_000, 2_000_000), names="by 10.0.0.1")
    assert lines(told) == [
        "eth0      in use",
        "wwan0     metered",
        "          through wwan1; one SIM card has wwan0, wwan1",
        "          NetworkManager: connected",
        "          1.5 MB of 2.0 MB spent today: 3.75 at 2.5 for 1 MB",
        "          standing by costs 40.0 kB a day: 0.10 at 2.5 for 1 MB",
        "in all    1.5 MB of 2.0 MB spent today",
        "names     by 10.0.0.1",
    ]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (ETH, "in use"),
        (replace(ETH, used=False), "standing by"),
        (replace(ETH, spent=999), "in use, 999 B today"),
        (replace(SIM, budget=2000, spent=1999), "metered, 2.0 kB of 2.0 kB spent today"),
        (replace(SIM, budget=2000, spent=2000),
         "metered, 2.0 kB of 2.0 kB spent today: only alarms until midnight UTC"),
        (replace(ETH, used=False, trouble="no answer"), "no answer"),
    ],
)  # fmt: skip
def test_a_way_in_one_line(way, words):
    assert way_in_words(way) == words


def test_each_day_s_bytes_stand_in_a_table_the_newest_first():
    days = [
        BytesStatus("2026-09-20", "", {}),
        BytesStatus("2026-09-21", "wwan0", {"alarms": 1500, "upkeep": 500}),
    ]
    table = lines(status(ways=(ETH,), days=days))[1:]
    assert [line.split() for line in table] == [
        ["bytes", "alarms", "live", "backlog", "proofs", "upkeep", "all"],
        ["2026-09-21", "wwan0", "1.5", "kB", *["0", "B"] * 3, "500", "B", "2.0", "kB"],
        ["2026-09-20", "routes", *["0", "B"] * 6],
    ]
    assert len({len(line) for line in table}) == 1


def test_what_so_many_bytes_cost_is_told_where_a_price_is_set():
    radio = WayStatus("wwan0", True, False, spent=2_500_000, price_per_mb=0.5, standby=80_640)
    rows = list(lines(status(ways=(radio,))))
    assert any("1.25 at 0.5 for 1 MB" in row for row in rows)
    free = WayStatus("wwan0", True, False, spent=2_500_000, standby=80_640)
    rows = list(lines(status(ways=(free,))))
    assert not any("for 1 MB" in row for row in rows)
    assert rows
