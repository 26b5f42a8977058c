"""What keeps the way to the ledger: it probes, it tells connections to move, and says why."""

import asyncio

import pytest

from agent.config.ways import Way, ways
from agent.upstream.way_keeper import WayKeeper, standby_bytes
from foundation.addresses import Names
from foundation.reach import GONE
from tests.drivers.fake_timing import FakeTiming

SILENT = "no answer within 5 s"


class World:
    def __init__(self, *given):
        self.dead, self.asked, self.told, self.spent = set(), [], [], []
        self.timing, self.slow = FakeTiming(), {}
        self.keeper = WayKeeper(
            given or (Way("eth0"), Way("wwan0", metered=True)), "tcp://[2001:db8::7]:7701", self.timing,
            self.unreached, lambda *news: self.told.append(news), lambda count, _: self.spent.append(count),
        )  # fmt: skip

    async def unreached(self, host, port, interface, within):
        self.asked.append((host, port, interface))
        for _ in range(self.slow.get(interface, 0)):
            await asyncio.sleep(0)
        return SILENT if interface in self.dead else ""

    async def runs(self, seconds):
        task = asyncio.ensure_future(self.keeper.run())
        until = self.timing.now + seconds
        while self.timing.now < until:
            assert not task.done()
            await asyncio.sleep(0)
        task.cancel()


async def test_a_dead_way_is_left_told_with_its_reason_and_all_connections_move():
    world, moved = World(), []
    stay = world.keeper.follow(lambda: moved.append(world.keeper.interface))
    await world.runs(100)
    assert world.asked[0] == ("2001:db8::7", 7701, "eth0")
    assert (world.told, moved) == ([], [])
    world.dead = {"eth0"}
    await world.runs(60)
    assert world.told == [("eth0", "wwan0", f"eth0: {SILENT}")]
    assert moved == ["wwan0"]
    stay()
    world.dead = set()
    await world.runs(300)
    assert world.told[1] == ("wwan0", "eth0", "eth0 answers again")
    assert moved == ["wwan0"]


async def test_a_day_of_probes_on_a_metered_standby_costs_what_it_says():
    world = World()
    await world.runs(3600)
    assert sum(world.spent) == 12 * 280  # 81 kB a day; the cable's own cost nothing


@pytest.mark.parametrize("begins", range(34, 46))
async def test_a_change_is_told_once_whatever_else_is_probed_then(begins):
    """The way that is taken may be probed at the same time, and answer later."""
    world, moved = World(Way("eth0"), Way("wlan0")), []
    world.keeper.follow(lambda: moved.append(world.keeper.interface))
    world.slow = {"eth0": 2, "wlan0": 5}
    await world.runs(begins)
    world.dead = {"eth0"}
    world.keeper.doubt()
    await world.runs(60)
    assert moved == ["wlan0"]
    assert len(world.told) == 1


async def test_two_interfaces_of_one_sim_card_are_one_way():
    """The modem begins anew as another device: the way goes on, and no other is taken for it."""
    radio = Way("wwan0", metered=True, same_sim=("usb0",))
    world = World(radio, Way("sat0", metered=True))
    world.dead = {"usb0"}
    await world.runs(10)
    assert world.keeper.interface == "wwan0"
    world.dead = {"wwan0"}
    world.keeper.doubt()
    await world.runs(3)
    assert world.keeper.interface == "usb0"
    assert world.told == [("wwan0", "usb0", "wwan0 is another interface of the same SIM card")]
    world.dead = {"wwan0", "usb0"}
    world.keeper.doubt()
    await world.runs(30)
    assert world.told[1:] == [("usb0", "sat0", f"usb0: {SILENT}")]


async def test_a_day_of_standing_by_is_foretold_as_it_is_counted():
    world = World()
    await world.runs(86_400 // 4)
    assert 4 * sum(world.spent) == standby_bytes(Way("wwan0", metered=True)) == 80_640


async def test_a_dead_way_is_explained_until_it_answers_again():
    world, names = World(), Names()
    world.dead = {"eth0"}

    async def explain(interface):
        return f"{interface} has no carrier"

    world.keeper = WayKeeper(
        (Way("eth0"), Way("wwan0")), "tcp://h:7", world.timing, world.unreached,
        lambda *_: None, lambda *_: None, names, explain,
    )  # fmt: skip
    assert world.keeper.names is names
    assert list(world.keeper.interfaces) == ["eth0", "wwan0"]
    await world.runs(30)
    assert world.keeper.explained == ["eth0 has no carrier", ""]
    world.dead = set()
    await world.runs(300)
    assert world.keeper.explained == ["", ""]


async def test_a_way_without_an_interface_costs_nothing_and_is_told_where_no_other_one_says_more():
    """A modem that is not there was not probed; of two, why the one that is there does not answer."""
    radio = Way("wwan0", metered=True, same_sim=("usb0",))
    world = World(radio, Way("eth0"))
    said = {"wwan0": GONE, "usb0": GONE, "eth0": ""}

    async def unreached(_host, _port, interface, _within):
        return said[interface]

    world.keeper._unreached = unreached
    await world.runs(5)
    assert world.keeper.choice.conditions[0].trouble == GONE
    assert world.spent == []
    said["usb0"] = SILENT
    world.keeper.doubt()
    await world.runs(300)
    assert world.keeper.choice.conditions[0].trouble == SILENT
    assert set(world.spent) == {280}


async def test_a_doubt_probes_at_once():
    world = World()
    await world.runs(3)
    world.asked.clear()
    world.keeper.doubt()
    await world.runs(2)
    assert [interface for *_, interface in world.asked] == ["eth0"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("eth0, wwan0:metered", (Way("eth0"), Way("wwan0", metered=True))),
        ("enx00e04c680001", (Way("enx00e04c680001"),)),
        ("wwan0+usb0:metered", (Way("wwan0", metered=True, same_sim=("usb0",)),)),
    ],
)
def test_interfaces_as_the_configuration_names_them(text, found):
    assert ways(text) == found


@pytest.mark.parametrize(
    "text",
    ["eth0 wwan0", "eth0:cheap", "eth0, eth0", "a-name-of-17-chars", "../x", "eth0+", "a+b, b"],
)
def test_what_is_no_interface_is_refused(text):
    with pytest.raises(ValueError, match="interface"):
        ways(text)
