"""An EmberZNet stick: bellows as it is, EZSP over ASH by an emulator of our own, the same nodes."""

import asyncio

import pytest

from drivers.driver import State
from drivers.errors import DriverError
from hil.emulators.faults import Faults
from tests.drivers.zigbee.conftest import CLIMATE, ROUTER, until

PLUG = {"ieee": ROUTER, "router": True, "stubborn": True, "measures": ["switch"]}
SENSOR = {"ieee": CLIMATE, "measures": ["temperature", "battery"], "every": 600.0, "lqi": 156}
LABELLED = {
    "ieee": "00158d0000000003",
    "measures": ["temperature"],
    "link_key": "66b6900981e1ee3ca4206b6b861c02bb",
}
STRANGER = {"ieee": "00158d0000000004", "measures": ["temperature"]}
CODE = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5"  # of the Zigbee specification, as the key
ANOTHER = bytes.fromhex("000b57fffe000099")


async def settled(network):
    """A network of a router and a node below it."""
    cold = network.follow(CLIMATE, interval=600.0)
    await network.form()
    await network.let_in(ROUTER)
    await network.let_in(CLIMATE, via=ROUTER)
    await until(lambda: (0x0402, 0) in network.node(CLIMATE).reporting, "its reporting")
    return cold


async def told(network, cold, value):
    network.stick.tell("set", CLIMATE, "temperature", str(value))
    return await cold.says("temperature", temperature=value)


async def test_from_an_empty_stick_to_a_value_in_the_cold_and_who_may_join(site):
    async with site(type_="ezsp", nodes=[PLUG, SENSOR, LABELLED, STRANGER]) as network:
        cold = await settled(network)
        await told(network, cold, -18.5)
        network.stick.tell("set", CLIMATE, "battery", "3.0")
        await cold.says("zigbee-node", battery=3.0, parent=ROUTER, lqi=156, rssi=-61)
        tree = {row["name"]: row["neighbours"] for row in await network.order("map")}
        assert [each["ieee"] for each in tree[ROUTER] if each["child"]] == [CLIMATE]
        assert not network.stick.join(network.node(CLIMATE), "")  # nobody opened it
        stranger, labelled = (network.node(each["ieee"]) for each in (STRANGER, LABELLED))
        network.stick._kept.clear()  # as five minutes after a window
        assert not network.stick.join(stranger, ROUTER)  # whose router never closes
        await network.radio.says(
            "zigbee-stranger", router=ROUTER, action="the stick did not let it in"
        )
        with pytest.raises(DriverError, match="a digit of the install code is wrong"):
            await network.order("permit", seconds=60, node=labelled.name, code=CODE[:-1] + "4")
        await network.order("permit", seconds=60, node=labelled.name, code=CODE)
        assert not network.stick.join(stranger, ROUTER)
        assert network.stick.join(labelled, ROUTER)
        await network.radio.says("zigbee-node", state="joined", ieee=labelled.name)
        await a_window_stays_open_beyond_the_one_before_it(network)


async def a_window_stays_open_beyond_the_one_before_it(network):
    await network.order("permit", seconds=1)
    await network.order("permit", seconds=60)
    await asyncio.sleep(3.5)  # bellows would shut the trust centre 3 s after the first
    assert network.stick._policy & 2  # unsecured rejoins, as within a window
    await network.order("close")
    await until(lambda: network.stick._policy == 1, "the trust centre's closing")


async def test_another_stick_takes_the_network_over_only_where_it_may_be_burnt(site):
    async with site(type_="ezsp", nodes=[PLUG, SENSOR]) as network:
        cold = await settled(network)
        ours = network.stick.nvram.ieee
        last = network.node(ROUTER).counter
        await network.swap(nvram=network.folder / "another", ieee=ANOTHER)
        await network.radio.is_(State.WRONG_DEVICE, "no network on the stick, but one in the book")
        with pytest.raises(DriverError, match="for ever") as raised:
            await network.order("restore", yes=True)
        assert "--burn" in raised.value.advice
        assert network.stick.nvram.ieee == ANOTHER[::-1]
        await network.order("restore", yes=True, burn=True)
        await network.radio.is_(State.RUNNING)
        await told(network, cold, 7.5)
        await network.order("map")
        assert network.stick.nvram.ieee == ours
        assert network.node(ROUTER).counter > last + 9000
        runs = network.runs()
        await network.swap(nvram=network.folder / "another")  # it starts as what it became
        await until(lambda: network.runs() > runs, "its start")
        await told(network, cold, 8.5)
        burnt = network.another_stick(nvram=network.folder / "burnt", ieee=ANOTHER)
        burnt.nvram.ieee_burnt = bytes(8)
        burnt.save()
        await network.swap(nvram=network.folder / "burnt")
        await network.radio.is_(State.WRONG_DEVICE, "no network on the stick")
        with pytest.raises(DriverError, match="was written into it for good"):
            await network.order("restore", yes=True, burn=True)


async def test_a_bad_cable_and_a_pulled_stick_lose_no_report(site):
    async with site(type_="ezsp", nodes=[PLUG, SENSOR]) as network:
        cold = await settled(network)
        network.stick.port.through(Faults(seed=7, flip=0.002, drop=0.001).around)
        for hundredth in range(60):
            network.stick.tell("set", CLIMATE, "temperature", str(hundredth / 100))
            await asyncio.sleep(0.01)
        await cold.says("temperature", temperature=0.59)
        values = [each.fields["temperature"] for each in cold.said("temperature")]
        assert values[-60:] == [each / 100 for each in range(60)]
        network.stick.unplug()
        await network.radio.is_(State.MISSING, "there is no stick at")
        network.stick.plug()
        await network.radio.is_(State.RUNNING)
        await told(network, cold, 21.25)
