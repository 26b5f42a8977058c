"""Which interface leads to the node: the next one in time, the better one again, and no flapping."""

import random

import pytest

from agent.upstream.ways import HOLD, LONGEST_HOLD, Choice, Way

CABLE, RADIO, SPARE = Way("eth0"), Way("wwan0", metered=True), Way("wlan0")


class World:
    """Ways whose probes take no time, and a clock that goes in seconds."""

    def __init__(self, *ways):
        self.choice = Choice(ways)
        self.dead, self.sign = set(), "no answer"
        self.now = 0.0
        self.switches = []
        self.probes = dict.fromkeys((each.interface for each in ways), 0)

    def passes(self, seconds):
        until = self.now + seconds
        while self.now < until:
            for index in self.choice.due(self.now):
                name = self.choice.ways[index].interface
                self.probes[name] += 1
                trouble = self.sign if name in self.dead else ""
                if self.choice.probed(index, trouble, self.now):
                    self.switches.append((self.now, self.choice.interface))
            self.now += 1.0


def test_the_first_is_used_while_it_answers_and_a_metered_standby_costs_little():
    world = World(CABLE, RADIO)
    world.passes(86_400)
    assert world.switches == []
    assert world.probes["wwan0"] == 288
    assert world.probes["eth0"] == 3456


def test_a_silent_way_is_left_within_a_minute_and_taken_again_after_two():
    world = World(CABLE, RADIO)
    world.passes(100)
    world.dead = {"eth0"}
    world.passes(60)
    assert [name for _, name in world.switches] == ["wwan0"]
    world.dead = set()
    back = world.now
    world.passes(400)
    assert [name for _, name in world.switches] == ["wwan0", "eth0"]
    assert HOLD <= world.switches[1][0] - back < HOLD + 60


def test_an_answer_that_stays_away_makes_it_faster():
    world = World(CABLE, RADIO)
    world.passes(30)
    world.dead = {"eth0"}
    world.choice.doubt(world.now)
    world.passes(15)
    assert [name for _, name in world.switches] == ["wwan0"]


def test_an_interface_that_is_not_there_needs_no_second_probe():
    world = World(CABLE, RADIO)
    world.dead, world.sign = {"eth0"}, "No such device"
    world.passes(2)
    assert world.switches == [(0.0, "wwan0")]


def test_a_metered_way_in_use_is_left_within_90_seconds_of_a_doubt():
    world = World(RADIO, SPARE)
    world.passes(500)
    world.dead = {"wwan0"}
    world.passes(15)  # the request's own time
    world.choice.doubt(world.now)
    world.passes(75)
    assert world.choice.interface == "wlan0"


def test_one_lost_probe_changes_nothing():
    world = World(CABLE, RADIO)
    for _ in range(50):
        world.dead = {"eth0"}
        world.passes(6)
        world.dead = set()
        world.passes(60)
    assert world.switches == []


@pytest.mark.parametrize("seed", range(20))
def test_twenty_flaps_in_an_hour_give_at_most_six_changes(seed):
    rng = random.Random(seed)
    world = World(CABLE, RADIO)
    world.passes(300)
    for _ in range(20):
        world.dead = {"eth0"}
        outage = rng.uniform(20, 45)
        world.passes(outage)
        world.dead = set()
        world.passes(180 - outage)
    assert len(world.switches) <= 6


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("doubted", [False, True], ids=["idle", "busy"])
def test_nor_do_they_wherever_in_the_hour_they_fall(seed, doubted):
    """The worst is long calm between some of them: the better way is taken again each time."""
    rng = random.Random(1000 + seed)
    outages = [rng.uniform(20, 45) for _ in range(20)]
    marks = sorted(rng.uniform(0, 3600 - sum(outages)) for _ in outages)
    world = World(CABLE, RADIO)
    world.passes(300)
    began = world.now
    for mark, outage, before in zip(marks, outages, [0.0, *marks], strict=False):
        world.passes(mark - before)
        world.dead = {"eth0"}
        if doubted and world.choice.interface == "eth0":
            world.choice.doubt(world.now)
        world.passes(outage)
        world.dead = set()
    assert world.now - began < 3700
    assert len(world.switches) <= 6


def test_the_worst_order_of_flaps_gives_no_more():
    """Each outage comes as soon as the better way is in use again; the hour's rest has the others."""
    world = World(CABLE, RADIO)
    world.passes(300)
    began = world.now
    while world.now - began < 3600:
        if world.choice.interface == "eth0":
            world.dead = {"eth0"}
            world.choice.doubt(world.now)
            world.passes(45)
            world.dead = set()
        world.passes(1)
    assert len([at for at, _ in world.switches if at - began < 3600]) <= 6
    world.passes(2 * 3600)
    assert world.choice.interface == "eth0", "it is taken again in the end"


def test_the_hold_grows_to_an_hour_and_is_forgotten_after_a_steady_one():
    world = World(CABLE, RADIO)
    for _ in range(12):
        world.dead = {"eth0"}
        world.passes(120)
        world.dead = set()
        world.passes(world.choice.hold + 120)
    assert world.choice.hold == LONGEST_HOLD
    world.passes(3 * LONGEST_HOLD)
    world.dead = {"eth0"}
    world.passes(120)
    assert world.choice.hold == HOLD


def test_where_all_are_dead_the_current_stays_until_one_answers():
    world = World(CABLE, RADIO, SPARE)
    world.dead = {"eth0", "wwan0", "wlan0"}
    world.passes(1200)
    settled = len(world.switches)
    world.passes(600)
    assert len(world.switches) == settled
    world.dead = {"eth0", "wwan0"}
    world.passes(60)
    assert world.choice.interface == "wlan0"


def test_the_next_one_that_is_dead_as_well_is_passed_over():
    world = World(CABLE, RADIO, SPARE)
    world.passes(100)
    world.dead = {"eth0", "wwan0"}
    world.passes(90)
    assert world.choice.interface == "wlan0"


def test_a_way_in_use_is_probed_three_times_before_it_is_left():
    choice = Choice([CABLE, RADIO])
    assert choice.due(0.0) == [0, 1]
    for index in (0, 1):
        assert choice.probed(index, "", 0.0) is False
    assert [choice.due(at) for at in (0.0, 24.9, 25.0, 300.0)] == [[], [], [0], [0, 1]]
    assert choice.probed(0, "no answer", 25.0) is False
    assert [choice.due(at) for at in (29.9, 30.0)] == [[], [0]]
    assert choice.probed(0, "no answer", 30.0) is False
    assert choice.probed(0, "no answer", 35.0) is True
    assert (choice.current, choice.interface, choice.way) == (1, "wwan0", RADIO)
    assert choice.conditions[0].trouble == "no answer"
    assert choice.due(35.0) == [1], "what is taken is probed at once"
    assert choice.due(60.0) == [0, 1], "what was left as seldom as any other"


def test_a_standby_that_is_silent_is_not_probed_more_often():
    choice = Choice([CABLE, RADIO])
    for index in (0, 1):
        choice.probed(index, "no answer" if index else "", 0.0)
    assert choice.due(25.0) == [0]
    assert choice.due(300.0) == [0, 1]


@pytest.mark.parametrize(("seconds", "returns"), [(119.9, False), (120.0, True)])
def test_a_better_way_is_taken_again_once_it_was_good_for_two_minutes(seconds, returns):
    choice = Choice([CABLE, RADIO])
    choice.probed(1, "", 0.0)
    choice.probed(0, "No such device", 0.0)
    assert choice.current == 1
    for after in (0.0, 60.0):
        assert choice.probed(0, "", 100.0 + after) is False
    assert choice.probed(0, "", 100.0 + seconds) is returns
    assert choice.current == (0 if returns else 1)
    assert choice.conditions[0].trouble == ""


def test_two_good_probes_are_not_enough_however_long_ago_the_first_was():
    choice = Choice([CABLE, RADIO])
    choice.probed(1, "", 0.0)
    choice.probed(0, "No such device", 0.0)
    assert [choice.probed(0, "", at) for at in (100.0, 900.0, 901.0)] == [False, False, True]


def test_a_way_that_came_back_too_early_has_to_be_good_for_twice_as_long():
    choice = Choice([CABLE, RADIO])
    choice.probed(1, "", 0.0)
    at = 0.0
    for hold in (120.0, 240.0):
        choice.probed(0, "No such device", at)
        assert (choice.current, choice.hold) == (1, hold)
        assert [choice.probed(0, "", at + after) for after in (1.0, 2.0, hold)] == [False] * 3
        assert choice.probed(0, "", at + 1.0 + hold) is True
        at += 2.0 + hold
    choice.probed(0, "No such device", at)
    assert (choice.current, choice.hold) == (1, 480.0)
    # Five changes are in this hour: it may be taken, and left, once the first was an hour ago.
    good = [choice.probed(0, "", when) for when in (1000.0, 2000.0, 3599.9, 3600.0)]
    assert good == [False, False, False, True]


def test_a_doubt_is_of_the_way_in_use():
    choice = Choice([CABLE, RADIO])
    for index in (0, 1):
        choice.probed(index, "", 0.0)
    choice.doubt(7.0)
    assert (choice.due(6.9), choice.due(7.0)) == ([], [0])
