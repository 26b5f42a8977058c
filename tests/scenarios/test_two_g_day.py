"""A truck's morning over 2G; `make two-g-day` prints a whole day's figures."""

from hil.traces.records import truck_records
from tests.scenarios.two_g_day import BUDGET, OUTAGES, day, page

MORNING_MS = 9_000_000


def morning():
    return [each for each in truck_records(13) if each.monotonic_ms < MORNING_MS]


def test_a_morning_stays_in_its_share_with_alarms_first_after_each_outage(tmp_path):
    found = day(tmp_path, morning(), OUTAGES[:2])
    assert (found.missing, found.twice) == (0, 0)
    assert found.alarms == 16
    assert found.spent < BUDGET / 2  # more than half of it greetings in an afternoon without news
    assert found.spent - found.carried["upkeep"] < BUDGET / 5
    assert sum(found.carried.values()) == found.spent
    assert [each.alarms > 0 for each in found.resumed] == [False, True]
    assert all(each.alarms_first for each in found.resumed)
    assert all(each.all_s < 120 for each in found.resumed)
    lines = list(page(found))
    assert any(line.split()[:2] == ["alarms", str(found.carried["alarms"])] for line in lines)


def test_with_the_budget_spent_alarms_go_on_and_nothing_else(tmp_path):
    found = day(tmp_path, morning()[:6000], (), budget=30_000)
    assert found.missing > 0
    assert (found.missing_alarms, found.twice) == (0, 0)
    assert found.alarms > 0
