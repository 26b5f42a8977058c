"""A day's bytes: what they pay for last, what always goes, and that a restart forgets nothing."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch
from agent.config.ways import Sends, Way
from agent.signing.file_key import FileKey
from agent.upstream.budget import (
    FILE_NAME,
    MS_PER_DAY,
    WRITES_PER_DAY,
    ByteBudget,
    Share,
)
from agent.upstream.wire_bytes import message_bytes
from hil.traces.records import truck_records
from tests.agent.log_world import EPOCH, ISSUER
from tests.agent.upstream.gateway import HonestNode, SteadyClock

PER_DAY = 1000
PER_BATCH = 256
SAMPLED = 4  # of so many batches one is sealed, to save time
DAY_BUDGET_BYTES = 300_000  # ten megabytes a month: the smallest plans that are sold


@pytest.fixture
def clock():
    return SteadyClock()


def allowed(budget):
    return [share for share in Share if budget.allows(share)]


def test_the_backlog_is_held_back_first_and_statements_last(tmp_path, clock):
    budget = ByteBudget(PER_DAY, tmp_path, clock)
    seen = []
    for _ in range(10):
        seen.append(len(allowed(budget)))
        budget.spend(100)
    assert seen == [3] * 7 + [2] * 2 + [1]
    assert allowed(budget) == []


def test_without_a_budget_everything_goes_and_nothing_is_written(tmp_path, clock):
    budget = ByteBudget(0, tmp_path, clock)
    budget.spend(10**12)
    assert allowed(budget) == list(Share)
    assert not budget.due


def test_a_new_day_begins_anew(tmp_path, clock):
    budget = ByteBudget(PER_DAY, tmp_path, clock)
    budget.spend(PER_DAY)
    clock.wall_ms += MS_PER_DAY
    assert budget.spent == 0
    assert allowed(budget) == list(Share)


def test_a_clock_that_nobody_vouches_for_takes_no_day_back(tmp_path, clock):
    budget = ByteBudget(PER_DAY, tmp_path, clock)
    budget.spend(PER_DAY)
    clock.wall_ms, clock.bound_ms = 0, None  # a boot without a clock: 1970
    assert budget.spent == PER_DAY
    clock.bound_ms = 500
    assert budget.spent == 0, "a day that was in the future by mistake must not last for ever"


def test_a_restart_remembers_and_the_card_is_written_seldom(tmp_path, clock):
    budget = ByteBudget(PER_DAY, tmp_path, clock)
    saves = 0
    for _ in range(PER_DAY):
        budget.spend(1)
        if budget.due:
            budget.save()
            saves += 1
    assert saves <= WRITES_PER_DAY + 3
    again = ByteBudget(PER_DAY, tmp_path, clock).spent
    assert PER_DAY <= again <= PER_DAY + PER_DAY // WRITES_PER_DAY + 1


def test_the_file_says_what_is_spent_and_a_64th_of_the_day_ahead(tmp_path, clock):
    budget = ByteBudget(6400, tmp_path, clock)
    day = clock.wall_ms // 86_400_000
    assert not budget.due
    budget.spend(1)
    assert budget.due
    budget.save()
    assert (tmp_path / "uplink-spent").read_text() == f"{day} 101\n{day}  upkeep 1\n"
    budget.spend(100)
    assert not budget.due, "so much was written ahead"
    budget.spend(1)
    assert budget.due
    again = ByteBudget(6400, tmp_path, clock)
    assert (again.spent, again.untold, again.due) == (101, 100, False)
    clock.wall_ms += MS_PER_DAY
    assert (again.untold, again.spent) == (0, 0)


def test_it_is_said_why_something_is_held_back(tmp_path, clock):
    used = [Way("sat0", sends=Sends.LIVE)]
    budget = ByteBudget(PER_DAY, tmp_path, clock, used, lambda: used[0])
    assert budget.why_held == "held back: the way in use is not for it"
    assert budget.takes_backlog is False
    used[0] = Way("eth0")
    assert budget.why_held == "held back: the day's bytes are nearly used up"
    assert budget.takes_backlog is True


def test_one_way_of_several_that_is_used_up_is_enough(tmp_path, clock):
    ways = [Way("wwan0", budget_bytes_per_day=100), Way("sat0", budget_bytes_per_day=50)]
    budget = ByteBudget(0, tmp_path, clock, ways, lambda: ways[0])
    budget.spend(49, way=ways[1])
    assert budget.used_up is False
    budget.spend(1, way=ways[1])
    assert budget.used_up is True
    clock.wall_ms += MS_PER_DAY
    assert budget.spent_over(ways[1]) == 0, "a new day begins anew for each"
    assert list(ByteBudget(0, tmp_path / "none", clock, ways).lines()) == []


@pytest.mark.parametrize("text", ["", "x", "1", "a b", "1 2 3"])
def test_a_file_that_makes_no_sense_counts_from_zero(tmp_path, clock, text):
    (tmp_path / FILE_NAME).write_text(text)
    assert ByteBudget(PER_DAY, tmp_path, clock).spent == 0


def test_a_disk_that_refuses_does_not_stop_the_sending(clock, tmp_path):
    gone = tmp_path / "gone"
    budget = ByteBudget(PER_DAY, gone, clock)
    budget.spend(10)
    budget.save()
    assert budget.due
    assert budget.spent == 10


async def backlog(gateway, node, world, per_day, spent):
    """A gateway with a spent budget meets its node again: ten batches, the sixth an alarm."""
    honest = HonestNode(world)
    node.answer = honest
    gateway.budget = ByteBudget(per_day, gateway.folder, gateway.clock)
    gateway.budget.spend(spent)
    await node.down()
    await gateway.open(node)
    await gateway.seal(10, urgent=(5,))
    node.up()
    return honest


async def held(gateway):
    async def resting():
        return gateway.forwarder.views[0].detail.startswith("held back")

    await gateway.until(resting)


async def test_a_spent_budget_lets_alarms_through_with_the_statements_they_need(
    gateway, node, world
):
    honest = await backlog(gateway, node, world, 10**6, 10**6)
    await held(gateway)
    assert [seq for seq, _ in honest.arrivals] == [0, 1, 2, 3, 4, 5, 5]
    assert list(honest.bodies) == [5]
    gateway.clock.wall_ms += MS_PER_DAY
    gateway.outbox.sealed()
    await gateway.delivered(10)
    assert gateway.budget.spent > 1000
    assert (gateway.folder / FILE_NAME).exists()


async def test_nine_tenths_spent_statements_go_and_are_confirmed(gateway, node, world):
    honest = await backlog(gateway, node, world, 10**6, 900_000)
    await gateway.confirmed(10)
    await held(gateway)
    assert list(honest.bodies) == [5]


async def test_seven_tenths_spent_a_round_that_holds_all_goes(gateway, node, world):
    honest = await backlog(gateway, node, world, 10**6, 700_000)
    await gateway.delivered(10)
    assert sorted(honest.bodies) == list(range(10))


async def test_seven_tenths_spent_a_long_backlog_waits(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    gateway.budget = ByteBudget(10**7, gateway.folder, gateway.clock)
    gateway.budget.spend(7 * 10**6)
    await node.down()
    await gateway.open(node)
    await gateway.seal(100, urgent=(5,))
    node.up()
    await gateway.confirmed(100)
    await held(gateway)
    assert list(honest.bodies) == [5, 99]


async def test_nothing_is_called_held_back_when_nothing_waits(gateway, node, world):
    node.answer = HonestNode(world)
    gateway.budget = ByteBudget(10**7, gateway.folder, gateway.clock)
    gateway.budget.spend(8 * 10**6)
    await gateway.open(node)
    await gateway.seal()
    await gateway.delivered(1)

    async def resting():
        return gateway.forwarder.views[0].detail == ""

    await gateway.until(resting)


def test_a_truck_s_day_costs_less_than_a_cheap_sim_gives():
    """Row P13: the traced day of a truck, sealed by the default rule, and what goes around it."""
    records = truck_records(seed=13)
    author = Author(ISSUER, EPOCH, FileKey(ec.derive_private_key(7, ec.SECP256R1())))
    place, total = Place.after(None), 0
    for at in range(0, len(records), SAMPLED * PER_BATCH):
        leaves = [record.to_bytes() for record in records[at : at + PER_BATCH]]
        batch = build_batch(author, place, leaves, bytes(32), 1, urgent=False)
        total += message_bytes((batch.statement, batch.body))
        place = Place.after(batch)
    assert SAMPLED * total < DAY_BUDGET_BYTES
