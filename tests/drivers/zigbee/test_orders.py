"""What people order of a network: what is done and answered, and what is refused, with what to do."""

import pytest

from drivers.driver import State
from drivers.errors import DeviceMissing, DriverError, WrongDevice
from drivers.zigbee import causes
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.radio_port import Neighbour
from tests.drivers.zigbee.conftest import until
from tests.drivers.zigbee.one_network import (
    COORDINATOR,
    HALL,
    NETWORK,
    NEW,
    STORE,
    STRANGER,
    OneNetwork,
    hall,
    network_of,
    store,
)

PAN = "78473bc403ec143f"
LIST = "see: tallyman zigbee list"
CODE = "83FED3407A939723A5C639B26916D505C3B5"  # of the Zigbee specification


def two_nodes(folder, **given):
    return OneNetwork(folder, [hall(), store()], **given)


async def refused(network, do, **given):
    """What an order is refused with, and the next step."""
    with pytest.raises(DriverError) as raised:
        await network.order(do, **given)
    return str(raised.value), raised.value.advice


async def test_the_list_tells_of_each_node_what_is_known(tmp_path):
    async with two_nodes(tmp_path) as network:
        network.host.feed(f"radio-1/{STORE}").follow({"name": "cold"}, lambda _: None)
        heard = bytes.fromhex("18 01 0a 20 00 20 1e")  # 3.0 V
        network.stick.listener.frame(Incoming(STORE, 1, 0x0001, heard, 90, None, 1000.0))
        network.clock.now = 1060.4
        assert await network.order("list") == [
            {
                "ieee": HALL, "name": "hall", "configured": False, "router": True,
                "model": "ACME P-1", "parent": "", "lqi": None, "battery": None, "heard_s": None,
            },
            {
                "ieee": STORE, "name": "cold", "configured": True, "router": False,
                "model": "ACME TH-1", "parent": "hall", "lqi": 90, "battery": 3.0, "heard_s": 60,
            },
        ]  # fmt: skip


async def test_a_network_is_opened_at_all_routers_and_closed_again(tmp_path):
    async with two_nodes(tmp_path) as network:
        told = await network.order("permit", seconds=60)
        assert told == {"seconds": 60, "via": None, "only": None}
        assert network.stick.calls == ["anyone", ("permit", 60, None)]
        assert network.happened()[-1] == ("open", "nodes may join for 60 s")
        open_now = f"channel 15, PAN {PAN}, 2 nodes; joining is open for 60 s"
        assert network.said == {"state": "running", "detail": open_now}
        network.stick.calls.clear()
        assert await network.order("close") == {}
        assert network.stick.calls == [("permit", 0, None), "anyone"]
        assert network.happened()[-1] == ("closed", "nodes may join no more")
        assert network.said["detail"] == f"channel 15, PAN {PAN}, 2 nodes"
        await network.order("close")  # once more closes nothing more
        assert len(network.stick.calls) == 2


@pytest.mark.parametrize(
    ("via", "address"),
    [("hall", HALL), ("00:15:8D:00:00:00:00:01", HALL), ("coordinator", COORDINATOR),
     (COORDINATOR, COORDINATOR)],
)  # fmt: skip
async def test_it_is_opened_at_one_router_by_whatever_people_call_it(tmp_path, via, address):
    async with two_nodes(tmp_path) as network:
        told = await network.order("permit", seconds=60, via=via)
        assert told == {"seconds": 60, "via": via, "only": None}
        assert network.stick.calls == ["anyone", ("permit", 60, address)]
        assert network.happened()[-1] == ("open", f"nodes may join for 60 s through {via}")


async def test_it_is_opened_to_one_node_by_the_code_on_its_label(tmp_path):
    async with two_nodes(tmp_path) as network:
        label = "00:15:8D:00:00:00:00:09"
        told = await network.order("permit", seconds=60, node=label, code=CODE)
        assert told == {"seconds": 60, "via": None, "only": STRANGER}
        assert network.stick.calls == [("only", STRANGER, CODE.lower()), ("permit", 60, None)]
        may = network.stick.listener.may_join
        assert (may(STRANGER, 0x3000), may("00158d000000000a", 0x3001)) == (True, False)
        opened = f"{STRANGER}, by its install code, may join for 60 s"
        assert network.happened()[-1] == ("open", opened)


@pytest.mark.parametrize("seconds", [1, 3600])
async def test_it_may_be_open_for_an_hour_at_most(tmp_path, seconds):
    async with two_nodes(tmp_path) as network:
        assert (await network.order("permit", seconds=seconds))["seconds"] == seconds


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0"), (3601, "3601"), (True, "True"), ("60", "60"), (1.5, "1.5"), (None, "None")],
)
async def test_any_other_time_is_refused(tmp_path, seconds, shown):
    async with two_nodes(tmp_path) as network:
        assert await refused(network, "permit", seconds=seconds) == (
            f"a network is opened for 1 to 3600 s, not {shown}",
            "give --for the seconds, 120 if unsure",
        )
        assert network.stick.calls == []


BOTH = ("an install code is that of one node",
        "say both, as they stand on its label: permit IEEE --code CODE")  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"code": CODE}, BOTH),
        ({"node": STRANGER}, BOTH),
        ({"node": STRANGER, "code": 83}, BOTH),
        ({"node": 7, "code": CODE}, BOTH),
        ({"node": "cold store", "code": CODE},
         ("'cold store' is no IEEE address: it has sixteen digits",
          "read it off the node's label, where the install code is")),
        ({"node": STRANGER, "code": "83FEXX"},
         ("an install code has the digits 0 to 9 and A to F only", "read the label once more")),
        ({"via": STORE}, (f"{STORE} is no router", "see the routers: tallyman zigbee list")),
        ({"via": "attic"}, ("the network has no node 'attic'", LIST)),
        ({"via": 7}, ("name a node by its address or name", LIST)),
    ],
)  # fmt: skip
async def test_who_cannot_be_let_in_so_is_not(tmp_path, given, words):
    async with two_nodes(tmp_path) as network:
        assert await refused(network, "permit", seconds=60, **given) == words
        assert network.stick.calls == []
        assert not network.stick.listener.may_join(STRANGER, 0x3000)


async def test_a_node_gets_the_name_that_people_call_it(tmp_path):
    async with two_nodes(tmp_path) as network:
        assert await network.order("rename", node="hall", label="attic") == {
            "ieee": HALL, "label": "attic",
        }  # fmt: skip
        assert network.book().nodes[HALL].label == "attic"
        await network.order("rename", node="attic", label="x" * 60)
        for label in ("x" * 61, "two\nlines", 7, None):
            said, _ = await refused(network, "rename", node=HALL, label=label)
            assert said == "a label is at most 60 printable characters"
        assert network.book().nodes[HALL].label == "x" * 60


@pytest.mark.parametrize(
    ("heard", "detail"),
    [(True, "it was told to leave"), (False, "it did not hear that it is to leave")],
)
async def test_a_node_that_is_removed_is_told_so_and_is_not_in_the_book(tmp_path, heard, detail):
    async with two_nodes(tmp_path) as network:
        network.stick.hears_leave = heard
        assert await network.order("remove", node=STORE) == {"ieee": STORE, "heard": heard}
        assert network.stick.calls == [("remove", STORE)]
        (told,) = network.records("zigbee-node")
        assert (told["ieee"], told["state"], told["detail"]) == (STORE, "removed", detail)
        assert list(network.book().nodes) == [HALL]
        assert [row["ieee"] for row in await network.order("list")] == [HALL]
        said = await refused(network, "remove", node=STORE)
        assert said == (f"the network has no node {STORE}", LIST)


async def test_the_map_has_each_link_and_who_is_silent(tmp_path):
    async with two_nodes(tmp_path) as network:
        network.stick.tables[COORDINATOR] = [Neighbour(HALL, 0x1000, child=False, lqi=200)]
        silent = f"asking {HALL} for its neighbours: no answer"
        beside = {"ieee": HALL, "name": "hall", "child": False, "lqi": 200}
        root = {
            "ieee": COORDINATOR, "name": "coordinator", "silent": "", "neighbours": [beside],
        }  # fmt: skip
        assert await network.order("map") == [
            root, {"ieee": HALL, "name": "hall", "silent": silent, "neighbours": []},
        ]  # fmt: skip
        network.stick.tables[HALL] = [Neighbour(STRANGER, 0x3000, child=True, lqi=90)]
        below = {"ieee": STRANGER, "name": STRANGER, "child": True, "lqi": 90}
        assert await network.order("map") == [
            root, {"ieee": HALL, "name": "hall", "silent": "", "neighbours": [below]},
        ]  # fmt: skip
        assert network.network.nodes.came_through(STRANGER) == HALL
        assert network.network.nodes.came_through(HALL) == ""  # a neighbour is no child


async def test_the_check_names_routers_that_the_coordinator_does_not_know(tmp_path):
    async with two_nodes(tmp_path) as network:
        network.stick.tables[COORDINATOR] = [Neighbour(STORE, 0x2000, child=True, lqi=90)]
        assert await network.order("check") == {"routers": 1, "neighbours": 1, "missing": ["hall"]}
        network.stick.tables[COORDINATOR].append(Neighbour(HALL, 0x1000, child=False, lqi=9))
        assert await network.order("check") == {"routers": 1, "neighbours": 2, "missing": []}


async def test_a_new_network_takes_the_place_of_one_that_runs(tmp_path):
    async with two_nodes(tmp_path) as network:
        assert await network.order("form", yes=True) == {"pan": "1122334455667788", "channel": 20}
        assert network.stick.calls[:4] == ["close", "open", "form", ("network", True)]
        await until(lambda: ("start", []) in network.stick.calls, "its start")
        assert (network.book().network, network.book().nodes) == (NEW, {})
        replaced = tmp_path / "radio-1.network.replaced"
        assert replaced.exists()
        assert ("formed", "a new network, without nodes") in network.happened()
        assert network.said["detail"] == "channel 20, PAN 1122334455667788, 0 nodes"


async def test_a_new_network_is_made_on_an_empty_stick(tmp_path):
    async with OneNetwork(tmp_path, None, content=None) as network:
        assert network.said["state"] == State.WRONG_DEVICE
        assert await network.order("form", yes=True) == {"pan": "1122334455667788", "channel": 20}
        await network.is_(State.RUNNING)
        assert network.records()[0] == {
            "state": "formed", "nodes": 0, "detail": "a new network, without nodes",
            "channel": 20, "pan": "1122334455667788",
        }  # fmt: skip


async def test_a_stick_that_forms_none_is_told(tmp_path):
    async with OneNetwork(tmp_path, None, content=None) as network:
        network.stick.forms = None
        assert await refused(network, "form", yes=True) == (
            "there is no network on the stick", "tallyman zigbee form --yes",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("do", "danger"),
    [
        ("form", "making a new network lets every node go that there is"),
        ("restore", "what is on the stick is lost"),
        ("adopt", "the stick's network takes the place of the one in the book"),
    ],
)
@pytest.mark.parametrize("yes", [None, False, 1, "yes"])
async def test_what_is_for_good_wants_a_yes(tmp_path, do, danger, yes):
    async with two_nodes(tmp_path, content=NEW) as network:
        said = await refused(network, do, yes=yes)
        assert said == (f"not done: {danger}", "say --yes if that is meant")
        assert network.stick.content == NEW


@pytest.mark.parametrize("do", ["restore", "adopt"])
async def test_a_stick_that_is_right_needs_nothing(tmp_path, do):
    async with two_nodes(tmp_path) as network:
        assert await refused(network, do, yes=True) == (
            "not done: the network runs, and its stick is the right one",
            "nothing needs to be done",
        )


@pytest.mark.parametrize(
    ("given", "burn"), [({}, False), ({"burn": 1}, False), ({"burn": True}, True)]
)
async def test_the_book_s_network_is_written_onto_an_empty_stick(tmp_path, given, burn):
    async with two_nodes(tmp_path, content=None) as network:
        assert network.said["state"] == State.WRONG_DEVICE
        assert await network.order("restore", yes=True, **given) == {"pan": PAN, "channel": 15}
        assert network.stick.calls[:2] == [("write", burn), ("network", True)]
        await network.is_(State.RUNNING)
        assert network.book().network == network_of(10_007)
        assert list(network.book().nodes) == [HALL, STORE]
        assert ("restored", "the network was written onto the stick") in network.happened()


OTHER_KEY = {"key": "ff" * 16, "tx_counter": 9999}
NOT_HELD = ("the stick does not hold what was written",
            "give it newer firmware, or use another stick")  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (network_of(9999, extended_pan_id="11:22:33:44:55:66:77:88"), NOT_HELD),
        (network_of(9999, network_key=OTHER_KEY), NOT_HELD),
        (network_of(9999) | {"node_info": {"ieee": "00:12:4b:00:00:00:00:99"}}, NOT_HELD),
        (network_of(7),
         ("the stick's frame counter reads 7, and nodes have heard 7: they would not believe it",
          "this firmware cannot set it: give it newer firmware, or use another stick")),
    ],
)  # fmt: skip
async def test_a_stick_that_keeps_something_else_is_found_out(tmp_path, kept, words):
    async with two_nodes(tmp_path, content=None) as network:
        network.stick.keeps = kept
        assert await refused(network, "restore", yes=True) == words
        assert network.book().network == NETWORK
        network.stick.keeps = network_of(8)
        await network.order("restore", yes=True)  # one frame ahead is enough


async def test_the_network_of_another_stick_is_taken_over_with_its_nodes(tmp_path):
    moved = NETWORK | {"node_info": {"ieee": "00:12:4b:00:00:00:00:99"}}
    async with two_nodes(tmp_path, content=moved) as network:
        assert network.said["cause"] == causes.OTHER_STICK.id
        assert await network.order("adopt", yes=True) == {"pan": PAN, "channel": 15}
        await network.is_(State.RUNNING)
        assert network.book().network == moved
        assert list(network.book().nodes) == [HALL, STORE]
        assert not (tmp_path / "radio-1.network.replaced").exists()
        assert ("adopted", "the stick's network as it was") in network.happened()


@pytest.mark.parametrize("other", [NEW, network_of(7, network_key=OTHER_KEY)])
async def test_of_another_network_no_node_of_the_book_is_one(tmp_path, other):
    async with two_nodes(tmp_path, content=other) as network:
        await network.order("adopt", yes=True)
        await network.is_(State.RUNNING)
        assert (network.book().network, network.book().nodes) == (other, {})
        assert (tmp_path / "radio-1.network.replaced").exists()


@pytest.mark.parametrize("do", ["adopt", "restore"])
async def test_a_network_that_runs_on_another_stick_is_not_brought_onto_this_one(tmp_path, do):
    content = None if do == "restore" else NETWORK | {"node_info": {"ieee": "00:99"}}
    async with two_nodes(tmp_path, content=content) as network:
        network.keeper._claims.take("radio-2", network.network.facts)
        with pytest.raises(WrongDevice, match="a copy of radio-2's stick, which runs"):
            await network.order(do, yes=True)
        assert ("write", False) not in network.stick.calls


async def test_without_a_network_there_is_nothing_to_order(tmp_path):
    async with OneNetwork(tmp_path, None, content=None) as network:
        none = ("/dev/ttyUSB1: no network on the stick, and none in the book", causes.NOTHING.next)
        for do in ("permit", "close", "map", "check", "remove"):
            assert await refused(network, do, seconds=60, node=HALL) == none
        no_book = ("there is no network", "make one: tallyman zigbee form --yes")
        assert await refused(network, "rename", node=HALL, label="x") == no_book
        assert await refused(network, "restore", yes=True) == no_book
        assert await network.order("list") == []


async def test_without_a_stick_its_state_says_what_to_do(tmp_path):
    network = two_nodes(tmp_path)
    said, _ = await refused(network, "form", yes=True)  # nothing has been tried
    assert said == "the network does not run yet"
    network.stick.missing = DeviceMissing("there is no stick at x", cause=causes.NO_STICK)
    async with network:
        for do in ("form", "permit"):
            said = await refused(network, do, yes=True)
            assert said == ("there is no stick at x", causes.NO_STICK.next)
        said = await refused(network, "rename", node="coordinator", label="x")
        assert said[1].startswith("make one")  # its book is opened with the stick


async def test_what_cannot_be_written_down_is_said(tmp_path):
    async with two_nodes(tmp_path) as network:
        network.block_writes()
        for do, given in (("rename", {"label": "x"}), ("remove", {})):
            assert await refused(network, do, node=HALL, **given) == (
                "the network's book could not be written",
                "free space on the disk, then do it again",
            )


async def test_other_orders_are_refused_with_those_there_are(tmp_path):
    async with two_nodes(tmp_path) as network:
        known = "list, permit, close, rename, remove, map, check, form, restore, adopt"
        for name in ("dance", None, 7):
            said = await refused(network, name)
            assert said == (f"no order {str(name)!r}", f"choose from {known}")
