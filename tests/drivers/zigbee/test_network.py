"""A Zigbee network from an empty stick on: zigpy and zigpy-znp as they are, emulated stick and nodes."""

import asyncio
import json

import pytest

from drivers.driver import State
from drivers.errors import DriverError
from drivers.reading import Quality
from tests.drivers.zigbee.conftest import CLIMATE, ROOT, ROUTER, until

PLUG = {"ieee": ROUTER, "router": True, "measures": ["switch"]}
SENSOR = {"ieee": CLIMATE, "measures": ["temperature", "humidity", "battery"], "every": 0.5}
OTHER = {"ieee": "00158d0000000003", "measures": ["temperature"]}


@pytest.mark.parametrize("variant", ["cc2652", "cc2531"])
async def test_from_an_empty_stick_to_a_value_in_the_cold(site, variant):
    async with site(variant=variant, nodes=[PLUG, SENSOR]) as network:
        cold = network.follow(CLIMATE)
        await network.form()
        await network.let_in(ROUTER)
        await network.let_in(CLIMATE, via=ROUTER)
        node = network.node(CLIMATE)
        await until(lambda: (0x0402, 0) in node.reporting, "its reporting")
        assert node.reporting[0x0402, 0][:2] == (1, 2)  # our interval
        network.stick.story.tell(f"0 set {CLIMATE} temperature -18.5")
        value = await cold.says("temperature", temperature=-18.5)
        assert value.quality is Quality.OK
        await cold.says("temperature", humidity=60.0)
        network.stick.story.tell(f"0 set {CLIMATE} battery 3.0")
        await cold.says("zigbee-node", battery=3.0, parent=ROUTER, lqi=180)
        assert cold.health.state is State.RUNNING


async def test_each_report_is_recorded_once_and_marks_are_no_values(site):
    async with site(nodes=[SENSOR | {"every": 600.0}]) as network:
        cold = network.follow(CLIMATE, interval=600.0)
        await network.form()
        await network.let_in(CLIMATE)
        tell = network.stick.story.tell
        for hundredth in range(100):
            tell(f"0 set {CLIMATE} temperature {hundredth / 100}")
        frame = "18 c8 0a 00 00 29 ff ff"
        tell(f"0 raw {CLIMATE} 0402 {frame}")
        tell(f"0 raw {CLIMATE} 0402 {frame}")  # sent again, as it was not acknowledged
        tell(f"0 raw {CLIMATE} 0402 18 c9 0a 00 00 29 00 80")
        tell(f"0 raw {CLIMATE} 0402 18 ca 0a 00 00 29 00")
        tell(f"0 raw {CLIMATE} 0405 18 cb 0a 00 00 29 10 10")
        tell(f"0 set {CLIMATE} temperature 7.77")
        await cold.says("temperature", temperature=7.77)
        values = [each.fields["temperature"] for each in cold.said("temperature")]
        assert values == [*(each / 100 for each in range(100)), -0.01, None, 7.77]
        marks = [each.quality for each in cold.seen if each.quality is not Quality.OK]
        assert marks == [Quality.NO_ANSWER, Quality.CORRUPT, Quality.SUSPECT]


async def test_two_hundred_tags_of_a_shelf_and_a_list_with_a_hole(site):
    shelf = {"ieee": CLIMATE, "measures": ["shelf", "battery"]}
    epcs = [f"3074257BF7194E40{number:08X}" for number in range(200)]
    async with site(nodes=[shelf], pace=20.0) as network:
        node = network.follow(CLIMATE, interval=600.0)
        await network.form()
        await network.let_in(CLIMATE)
        network.stick.story.tell(f"0 shelf {CLIMATE} {' '.join(epcs)}")
        whole = await node.says("epc-list", tags=200, received=200)
        assert whole.quality is Quality.OK
        assert [each.fields["epc"] for each in node.said("tag")] == epcs
        assert node.said("tag")[0].fields["uri"] == "urn:epc:id:sgtin:0614141.812345.0"
        network.stick.story.tell(f"0 shelf {CLIMATE} {' '.join(epcs[:50])} skip=3")
        await asyncio.sleep(0.5)  # its chunks are on their way
        network.stick.story.tell(f"0 shelf {CLIMATE} {epcs[0]}")
        partial = await node.says("epc-list", tags=50, received=45)
        assert (partial.quality, partial.fields["missing"]) == (Quality.SUSPECT, "3")


async def test_a_stranger_is_told_to_leave_and_its_router_named(site):
    stubborn = PLUG | {"stubborn": True}
    async with site(nodes=[stubborn, OTHER]) as network:
        await network.form()
        await network.let_in(ROUTER)
        stranger = network.node(OTHER["ieee"])
        for _ in range(3):
            assert network.stick.join(stranger, ROUTER)
            await until(lambda: stranger.network is None, "its leave")
        await network.radio.says("zigbee-stranger", ieee=OTHER["ieee"], router=ROUTER)
        assert len(network.radio.said("zigbee-stranger")) == 1  # one a minute
        assert len(await network.order("list")) == 1


async def test_with_an_install_code_only_its_own_node_is_let_in(site):
    code = "83FE D340 7A93 9723 A5C6 39B2 6916 D505 C3B5"  # of the Zigbee specification,
    key = "66b6900981e1ee3ca4206b6b861c02bb"  # as the key that it makes
    labelled = SENSOR | {"link_key": key}
    async with site(nodes=[PLUG, labelled, OTHER]) as network:
        await network.form()
        for words, given in (
            ("a digit of the install code is wrong", {"node": CLIMATE, "code": code[:-1] + "4"}),
            ("has 16, 20, 28 or 36 digits", {"node": CLIMATE, "code": "83FE"}),
            ("is no IEEE address", {"node": "cold store", "code": code}),
            ("is that of one node", {"code": code}),
        ):
            with pytest.raises(DriverError, match=words):
                await network.order("permit", seconds=60, **given)
        await network.order("permit", seconds=60, node=CLIMATE, code=code)
        assert not network.stick.join(network.node(OTHER["ieee"]), "")
        assert network.stick.join(network.node(CLIMATE), "")
        await network.radio.says("zigbee-node", state="joined", ieee=CLIMATE)
        await network.order("permit", seconds=60)  # for all again
        assert network.stick.join(network.node(OTHER["ieee"]), "")


async def test_a_node_that_nobody_names_is_told_once(site):
    async with site(nodes=[SENSOR | {"every": 0.3}]) as network:
        await network.form()
        await network.let_in(CLIMATE)
        await network.radio.says("zigbee-node", state="unconfigured", ieee=CLIMATE)
        await asyncio.sleep(1.0)
        assert len(network.radio.said("zigbee-node", state="unconfigured")) == 1


async def test_a_node_that_tells_half_of_itself_has_not_joined(site):
    half = OTHER | {"short_descriptor": True}
    async with site(nodes=[half, SENSOR | {"tells_setup": False}]) as network:
        await network.form()
        await network.order("permit", seconds=60)
        assert network.stick.join(network.node(OTHER["ieee"]), "")
        await network.let_in(CLIMATE)  # others are not held up
        assert [row["ieee"] for row in await network.order("list")] == [CLIMATE]
        told = await network.radio.says("zigbee-node", state="set-up", ieee=CLIMATE)
        assert "cluster 0x0402: it does not say how it reports" in told.fields["detail"]


async def test_a_frame_of_nobody_known_is_on_record(site):
    async with site(nodes=[SENSOR | {"every": 600.0}]) as network:
        cold = network.follow(CLIMATE, interval=600.0)
        await network.form()
        await network.let_in(CLIMATE)
        node = network.node(CLIMATE)
        node.address = 0x7777  # it took another one, and its announcement was lost
        network.stick.story.tell(f"0 set {CLIMATE} temperature 1.0")
        told = await network.radio.says("zigbee-radio", state="unknown-sender")
        assert "address 7777" in told.fields["detail"]
        network.stick.rejoin(node, "coordinator")  # it announces itself
        await asyncio.sleep(0.2)
        network.stick.story.tell(f"0 set {CLIMATE} temperature 2.0")
        await cold.says("temperature", temperature=2.0)


async def test_an_opening_ends_by_itself(site):
    async with site(nodes=[PLUG]) as network:
        await network.form()
        await network.order("permit", seconds=2)
        assert "joining is open" in network.radio.health.detail
        await network.radio.says("zigbee-radio", state="closed")
        assert not network.stick.join(network.node(ROUTER), "")


async def test_orders_that_cannot_be_are_refused_with_the_next_step(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await network.radio.is_(State.WRONG_DEVICE)
        with pytest.raises(DriverError, match="no network on the stick"):
            await network.order("permit", seconds=60)
        with pytest.raises(DriverError, match="lets every node go"):
            await network.order("form")
        await network.order("form", yes=True)
        await network.radio.is_(State.RUNNING)
        await network.let_in(CLIMATE)
        for order, words in (
            ({"do": "permit", "seconds": 0}, "1 to 3600"),
            ({"do": "permit", "seconds": 60, "via": "hall"}, "no node 'hall'"),
            ({"do": "permit", "seconds": 60, "via": CLIMATE}, "is no router"),
            ({"do": "restore", "yes": True}, "the network runs"),
            ({"do": "remove", "node": ROUTER}, "no node"),
            ({"do": "dance"}, "no order 'dance'"),
        ):
            with pytest.raises(DriverError, match=words) as raised:
                await network.order(**order)
            assert raised.value.advice


async def test_the_map_the_check_a_name_and_a_removal(site):
    async with site(nodes=[PLUG, SENSOR]) as network:
        await network.form()
        await network.let_in(ROUTER)
        await network.let_in(CLIMATE, via=ROUTER)
        await network.order("rename", node=ROUTER, label="hall plug")
        tree = {row["name"]: row["neighbours"] for row in await network.order("map")}
        assert [each["name"] for each in tree["coordinator"] if each["child"]] == ["hall plug"]
        assert [each["ieee"] for each in tree["hall plug"] if each["child"]] == [CLIMATE]
        assert await network.order("check") == {"routers": 1, "neighbours": 1, "missing": []}
        network.stick.story.tell(f"0 forget {ROUTER}")
        assert (await network.order("check"))["missing"] == ["hall plug"]
        assert (await network.order("remove", node=CLIMATE))["heard"]
        assert network.node(CLIMATE).network is None
        assert [row["ieee"] for row in await network.order("list")] == [ROUTER]


async def test_a_silent_node_names_its_dead_parent_and_the_other_children(site):
    children = [
        SENSOR | {"ieee": f"00158d000000001{n}", "every": 0.3, "moves": False} for n in "12"
    ]
    async with site(nodes=[PLUG, *children]) as network:
        one, two = (network.follow(child["ieee"], interval=1.0) for child in children)
        await network.form()
        await network.let_in(ROUTER)
        await network.let_in(*(child["ieee"] for child in children), via=ROUTER)
        for node in (one, two):
            await node.says("temperature", temperature=4.0)
        network.stick.story.tell(f"0 kill {ROUTER}")
        await one.is_(State.MISSING, "does not answer, either")
        assert f"its parent {ROUTER}" in one.health.detail
        assert "node-12" in one.health.detail
        assert ROUTER in one.health.advice


GPL = {"zigpy", "zigpy_znp", "bellows"}
BESIDE_ZIGPY = {
    "zigpy_radio.py", "told_first.py", "zigpy_errors.py", "znp_application.py", "ezsp_application.py",
}  # fmt: skip


def imported_by(path):
    """The modules that a file names in its imports, wherever in it they stand."""
    words = (line.split() for line in path.read_text().splitlines())
    return {each[1] for each in words if each[:1] in (["import"], ["from"]) and len(each) > 1}


def test_nothing_of_zigpy_is_imported_by_the_agent():
    ours = [
        path
        for folder in ("agent", "drivers", "evidence", "foundation", "ledger")
        for path in ROOT.glob(f"{folder}/**/*.py")
    ]
    with_gpl = {
        path for path in ours if {name.partition(".")[0] for name in imported_by(path)} & GPL
    }
    assert {path.name for path in with_gpl} == BESIDE_ZIGPY
    modules = {f"drivers.zigbee.host.{path.stem}" for path in with_gpl}
    importers = {path.name for path in ours if imported_by(path) & modules}
    assert importers - BESIDE_ZIGPY == {"main.py"}  # which loads it with the first radio
    assert json.loads((ROOT / "docs/protocol/kinds.json").read_text())["kinds"]
