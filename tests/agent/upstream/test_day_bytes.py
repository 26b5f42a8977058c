"""Bytes by day, way and class: what is counted, what a budget of a way holds back, what is kept."""

import pytest

from agent.config.ways import Sends, Way
from agent.upstream.budget import FILE_NAME, MS_PER_DAY, ByteBudget, Share
from agent.upstream.day_bytes import DAYS, Carried
from tests.agent.upstream.gateway import HonestNode, SteadyClock

CABLE = Way("eth0")
RADIO = Way("wwan0", metered=True, budget_bytes_per_day=1000)
WAYS = (CABLE, RADIO)


@pytest.fixture
def clock():
    return SteadyClock()


class Used:
    """Which way is in use."""

    def __init__(self, way):
        self.way = way

    def __call__(self):
        return self.way


def counted(budget):
    return {(line.way, str(line.carried)): line.size for line in budget.lines()}


def test_each_way_and_class_has_its_count(tmp_path, clock):
    used = Used(CABLE)
    budget = ByteBudget(0, tmp_path, clock, WAYS, used)
    budget.spend(100, Carried.LIVE)
    used.way = RADIO
    budget.spend(20, Carried.ALARMS)
    budget.spend(3, Carried.UPKEEP, CABLE)
    assert counted(budget) == {
        ("eth0", "live"): 100, ("eth0", "upkeep"): 3, ("wwan0", "alarms"): 20
    }  # fmt: skip
    assert (budget.spent, budget.spent_over(CABLE), budget.spent_over(RADIO)) == (123, 103, 20)


def test_a_ways_own_budget_holds_back_over_that_way_alone(tmp_path, clock):
    used = Used(RADIO)
    budget = ByteBudget(0, tmp_path, clock, WAYS, used)
    seen = []
    for _ in range(10):
        seen.append(sum(budget.allows(share) for share in Share))
        budget.spend(100, Carried.LIVE)
    assert seen == [3] * 7 + [2] * 2 + [1]
    assert not any(budget.allows(share) for share in Share)
    used.way = CABLE
    assert all(budget.allows(share) for share in Share)


@pytest.mark.parametrize(
    ("sends", "allowed"),
    [
        (Sends.ALARMS, set()),
        (Sends.LIVE, {Share.NEWEST, Share.STATEMENTS}),
        (Sends.BACKLOG, set(Share)),
    ],
)
def test_a_way_carries_what_it_is_for(tmp_path, clock, sends, allowed):
    way = Way("sat0", metered=True, sends=sends)
    budget = ByteBudget(0, tmp_path, clock, (way,), Used(way))
    assert {share for share in Share if budget.allows(share)} == allowed


def test_a_restart_remembers_every_class_and_a_week(tmp_path, clock):
    budget = ByteBudget(0, tmp_path, clock, WAYS, Used(RADIO))
    for day in range(DAYS + 2):
        budget.spend(10 + day, Carried.PROOFS)
        clock.wall_ms += MS_PER_DAY
    budget.spend(640, Carried.BACKLOG)
    assert budget.due
    budget.save()
    again = ByteBudget(0, tmp_path, clock, WAYS, Used(RADIO))
    assert list(again.lines()) == list(budget.lines())
    assert len({line.day for line in again.lines()}) == DAYS
    assert 640 <= again.spent_over(RADIO) <= 640 + 1000 // 64
    assert again.untold == 1000 // 64


@pytest.mark.parametrize(
    "text", ["20786 5\nx", "20786 5\n20786 eth0 gold 7", "20786 5\n20786 eth0 live x", "\n\n"]
)
def test_lines_that_make_no_sense_count_from_zero(tmp_path, clock, text):
    (tmp_path / FILE_NAME).write_text(text)
    budget = ByteBudget(1000, tmp_path, clock)
    assert (budget.spent, list(budget.lines())) == (0, [])


def test_a_file_of_before_has_the_days_sum(tmp_path, clock):
    (tmp_path / FILE_NAME).write_text(f"{clock.wall_ms // MS_PER_DAY} 700\n")
    assert ByteBudget(1000, tmp_path, clock, WAYS).spent == 700


async def test_a_session_tells_its_bytes_apart(gateway, node, world):
    """Two batches, of which one is an alarm, and what proves them."""
    node.answer = HonestNode(world)
    gateway.budget = ByteBudget(10**9, gateway.folder, gateway.clock)
    await node.down()
    await gateway.open(node)
    await gateway.seal(3, urgent=(1,), padding=2000)
    node.up()
    await gateway.delivered(3)
    found = {str(line.carried): line.size for line in gateway.budget.lines()}
    assert found.keys() == {"alarms", "live", "backlog", "proofs", "upkeep"}
    assert sum(found.values()) == gateway.budget.spent
    assert all(2000 < found[name] < 6000 for name in ("alarms", "live", "backlog"))


async def test_what_an_outage_left_waits_for_a_way_that_is_for_it(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    used = Used(Way("wwan0", metered=True, sends=Sends.LIVE))
    gateway.budget = ByteBudget(0, gateway.folder, gateway.clock, WAYS, used)
    await node.down()
    await gateway.open(node)
    await gateway.seal(5, urgent=(1,))
    node.up()
    await gateway.confirmed(5)

    async def rests():
        return gateway.forwarder.views[0].detail.startswith("held back")

    await gateway.until(rests)
    assert sorted(honest.bodies) == [1, 4]
    used.way = CABLE
    gateway.outbox.sealed()
    await gateway.delivered(5)
    assert [seq for seq, _ in honest.arrivals].count(2) == 2, "statement, then body, once each"


def test_without_a_budget_nothing_is_counted_that_was_not_sent(tmp_path, clock):
    budget = ByteBudget(0, tmp_path, clock, (CABLE,), Used(CABLE))
    budget.spend(1000, Carried.LIVE)
    assert not budget.due
    budget.spend(1 << 18, Carried.LIVE)
    assert budget.due
    budget.save()
    assert ByteBudget(0, tmp_path, clock, (CABLE,)).spent_over(CABLE) == 1000 + (1 << 18)


def test_bytes_are_used_up_in_all_or_over_one_way_and_not_where_a_way_is_for_alarms(
    tmp_path, clock
):
    """A modem is reset unless that is so: what a way is for changes nothing about it."""
    satellite = Way("sat0", metered=True, sends=Sends.ALARMS)
    budget = ByteBudget(5000, tmp_path, clock, (RADIO, satellite), Used(satellite))
    assert not budget.used_up
    budget.spend(1000, Carried.LIVE, RADIO)
    assert budget.used_up
    whole = ByteBudget(5000, tmp_path / "none", clock, (satellite,), Used(satellite))
    whole.spend(5000, Carried.ALARMS)
    assert whole.used_up
