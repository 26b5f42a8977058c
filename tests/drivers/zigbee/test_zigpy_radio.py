"""A stick through zigpy: what is sent byte by byte, what answers mean, what is said of none."""

import asyncio
from unittest.mock import ANY

import pytest

from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, LinkLost
from drivers.zigbee import causes
from drivers.zigbee.host.book import KnownNode
from drivers.zigbee.host.radio_port import Neighbour
from tests.drivers.zigbee.one_network import COORDINATOR, HALL, PORT, STORE, STRANGER, hall, store
from tests.drivers.zigbee.test_book import NETWORK

EVERYTHING = {"profile": 260, "device": 770, "inputs": [0, 1, 0x0402, 0x0500], "outputs": [25]}
BIND, NEIGHBOURS, LEAVE, PERMIT = 0x0021, 0x0031, 0x0034, 0x0036  # requests of the device profile
POWER, TEMPERATURE, ZONE = 0x0001, 0x0402, 0x0500
SUCCESS = "00"
CONFIGURED, WRITTEN, ENROLLED = "07 00", "04 00", "0b 00 00"
EVERY_MINUTE = "09 00 00 00 00 29 06 00 3c 00 32 00"  # 6 to 60 s, or half a degree: as it was told
EVERY_SIX_HOURS = "09 00 00 20 00 20 70 08 60 54 01"


def watcher(**told):
    return store(endpoints={"1": EVERYTHING | told})


def thermometer():
    return watcher(inputs=[TEMPERATURE])


@pytest.mark.parametrize("node", [hall(), watcher()], ids=["told little", "told all"])
async def test_a_node_is_as_it_was_known(on_no_stick, node):
    await on_no_stick.radio.start([node])
    known = KnownNode(
        node.ieee, node.address, node.descriptor, node.endpoints, node.maker, node.model
    )
    assert on_no_stick.radio.describe(node.ieee) == known
    device = on_no_stick.device(node.ieee)
    assert device.is_initialized == bool(node.endpoints)
    assert on_no_stick.app.calls == [
        ("load", False), ("start",), ("send", 0xFFFC, PERMIT), ("permit", 0),
    ]  # fmt: skip
    assert on_no_stick.app.sent == [(PERMIT, "01 00 00")]  # closed at all routers


async def test_a_node_of_which_only_its_address_is_known_is_introduced_by_it(on_no_stick):
    await on_no_stick.started(KnownNode(STORE, 0x2000))
    assert on_no_stick.radio.name_of(0x2000) == STORE
    assert not on_no_stick.device(STORE).is_initialized


async def test_what_a_node_says_of_itself_is_bounded_and_steers_no_terminal(on_no_stick):
    await on_no_stick.started(store(maker="A" * 65, model="T\x1b[2J\n1", endpoints={}))
    told = on_no_stick.radio.describe(STORE)
    assert (told.maker, told.model) == ("A" * 64, "T?[2J?1")


async def test_a_node_with_an_endpoint_that_told_nothing(on_no_stick):
    await on_no_stick.started(thermometer())
    on_no_stick.device(STORE).add_endpoint(7)
    told = on_no_stick.radio.describe(STORE).endpoints
    assert told["7"] == {"profile": 0, "device": 0, "inputs": [], "outputs": []}


async def test_who_has_an_address(on_no_stick):
    assert on_no_stick.radio.name_of(0) == COORDINATOR  # before the network is started, too
    assert on_no_stick.radio.name_of(1) == ""
    radio = (await on_no_stick.started(hall(), store())).radio
    assert [radio.name_of(each) for each in (0, 0x1000, 0x2000, 0x3000)] == [
        COORDINATOR, HALL, STORE, "",
    ]  # fmt: skip
    assert radio.own == COORDINATOR


@pytest.mark.parametrize("ask", ["describe", "interview", "remove", "neighbours"])
async def test_of_a_node_that_is_none_of_the_network_nothing_is_asked(on_no_stick, ask):
    radio = (await on_no_stick.started()).radio
    with pytest.raises(DeviceFault, match=f"the network has no node {STRANGER}") as raised:
        asked = getattr(radio, ask)(STRANGER)
        await asked
    assert raised.value.advice == "see: tallyman zigbee list"


async def test_an_interview_is_asked_for_once_while_it_runs(on_no_stick):
    await on_no_stick.started(KnownNode(STORE, 0x2000))
    on_no_stick.radio.interview(STORE)
    first = on_no_stick.device(STORE)._initialize_task
    on_no_stick.radio.interview(STORE)
    assert on_no_stick.device(STORE)._initialize_task is first
    assert first is not None


async def test_what_a_node_is_told_to_report_and_its_answer(on_no_stick):
    await on_no_stick.started(watcher())
    on_no_stick.app.answers = {
        BIND: [SUCCESS, SUCCESS],
        POWER: [CONFIGURED, EVERY_SIX_HOURS],
        TEMPERATURE: [CONFIGURED, EVERY_MINUTE],
        ZONE: [WRITTEN, ENROLLED],
    }
    assert await on_no_stick.radio.configure(STORE, 60.0) == []
    us, node = "01 00 00 00 00 4b 12 00", "02 00 00 00 00 8d 15 00"
    assert on_no_stick.app.sent == [
        (BIND, f"01 {node} 01 01 00 03 {us} 01"),
        (POWER, "00 02 06 00 20 00 20 70 08 60 54 01"),  # 2160 to 21600 s, or a tenth of a volt
        (POWER, "00 03 08 00 20 00"),
        (BIND, f"04 {node} 01 02 04 03 {us} 01"),
        (TEMPERATURE, "00 05 06 00 00 00 29 06 00 3c 00 32 00"),
        (TEMPERATURE, "00 06 08 00 00 00"),
        (ZONE, f"00 07 02 10 00 f0 {us}"),  # who hears of its changes,
        (ZONE, "01 08 00 00 00"),  # and it is enrolled as zone 0
    ]


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([CONFIGURED, EVERY_MINUTE.replace("3c", "3d")], "it reports every 61 s, not every 60"),
        (
            [CONFIGURED, "09 86 00 00 00"],
            "it does not report attribute 0x0000 (UNSUPPORTED_ATTRIBUTE)",
        ),
        ([CONFIGURED, "0b 08 81"], "it does not say how it reports"),
        ([CONFIGURED, "09"], "it does not say how it reports"),
    ],
)
async def test_what_a_node_did_not_take_is_said(on_no_stick, answers, problem):
    await on_no_stick.started(thermometer())
    on_no_stick.app.answers = {BIND: [SUCCESS], TEMPERATURE: answers}
    assert await on_no_stick.radio.configure(STORE, 60.0) == [f"cluster 0x0402: {problem}"]


async def test_a_node_that_is_out_of_reach_is_told_nothing_more(on_no_stick):
    await on_no_stick.started(thermometer())
    on_no_stick.app.fails = RuntimeError("no route")
    (problem,) = await _at_once(on_no_stick.radio.configure(STORE, 60.0))
    assert problem == "cluster 0x0402: it was told to report: RuntimeError: no route"
    assert await _at_once(on_no_stick.radio.zone_type(STORE)) is None


async def _at_once(asked):
    """zigpy sends again after a moment of its own."""
    return await asyncio.wait_for(asked, 60)


@pytest.mark.parametrize(
    ("ask", "within", "answer"),
    [
        (
            lambda radio: radio.configure(STORE, 60.0),
            36.0,
            ["cluster 0x0402: it was told to report: no answer"],
        ),
        (lambda radio: radio.remove(STORE), 8.0, False),
    ],
    ids=["report", "leave"],
)
async def test_a_node_that_sleeps_is_waited_for_but_not_longer(
    on_no_stick, passes, ask, within, answer
):
    radio = (await on_no_stick.started(thermometer())).radio
    asked = asyncio.ensure_future(ask(radio))
    await passes(within - 0.1)
    assert not asked.done()
    await passes(0.2)
    assert asked.done()
    assert asked.result() == answer


async def test_a_zone_that_says_nothing_is_asked_for_twelve_seconds(on_no_stick, passes):
    radio = (await on_no_stick.started(watcher(inputs=[ZONE]))).radio
    for ask, answer in ((radio.zone_type(STORE), None), (radio.configure(STORE, 60.0), [])):
        asked = asyncio.ensure_future(ask)
        await passes(11.9)
        assert not asked.done()
        await passes(0.2)
        assert asked.done()
        assert asked.result() == answer


async def test_a_router_is_waited_for_five_seconds(on_no_stick, passes):
    radio = (await on_no_stick.started(hall())).radio
    asked = asyncio.ensure_future(radio.neighbours(HALL))
    await passes(4.9)
    assert not asked.done()
    await passes(0.2)
    with pytest.raises(CommandTimeout, match=f"asking {HALL} for its neighbours: no answer"):
        await asked


async def test_a_stick_without_a_network_is_not_started_with_a_new_one(on_no_stick):
    on_no_stick.app.forgets_network = True
    with pytest.raises(DeviceFault, match=f"starting the network of the stick at {PORT}: Network"):
        await on_no_stick.radio.start([])
    assert on_no_stick.app.calls == [("load", False)]


async def test_a_stick_may_take_a_minute_to_start(on_no_stick, passes):
    on_no_stick.app.start_network = lambda: asyncio.sleep(3600)
    asked = asyncio.ensure_future(on_no_stick.radio.start([]))
    await passes(59.9)
    assert not asked.done()
    await passes(0.2)
    with pytest.raises(CommandTimeout, match=f"starting the network of the stick at {PORT}: no"):
        await asked


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("01 01 00 00 31 2a 00", 0x2A), ("01 01 00 86", None), ("0b 00 81", None)],
    ids=["water", "unsupported", "refused"],
)
async def test_what_a_zone_watches(on_no_stick, answer, kind):
    await on_no_stick.started(watcher())
    on_no_stick.app.answers = {ZONE: [answer]}
    assert await on_no_stick.radio.zone_type(STORE) == kind
    assert on_no_stick.app.sent == [(ZONE, "00 01 00 01 00")]


async def test_a_node_without_a_zone_is_not_asked_for_one(on_no_stick):
    await on_no_stick.started(thermometer())
    assert await on_no_stick.radio.zone_type(STORE) is None
    assert on_no_stick.app.sent == []


EXTENDED_PAN = "88 77 66 55 44 33 22 11"


def line(ieee, address, relationship, lqi):
    """A line of a neighbour table (Zigbee §2.4.4.3.2): who, its relationship, depth and link."""
    return f"{EXTENDED_PAN} {bytes.fromhex(ieee)[::-1].hex()} {address} {relationship} 02 01 {lqi}"


async def test_a_table_of_neighbours_is_asked_for_until_its_end(on_no_stick):
    await on_no_stick.started(hall())
    a_child, a_sibling = line(STORE, "0020", "12", "b4"), line(STRANGER, "0030", "25", "ff")
    on_no_stick.app.answers = {
        NEIGHBOURS: [f"00 03 00 02 {a_child} {a_sibling}", f"00 03 02 01 {a_child}"]
    }
    child = Neighbour(STORE, 0x2000, True, 180)
    sibling = Neighbour(STRANGER, 0x3000, False, 255)
    assert await on_no_stick.radio.neighbours(HALL) == [child, sibling, child]
    assert on_no_stick.app.sent == [(NEIGHBOURS, "01 00"), (NEIGHBOURS, "02 02")]


@pytest.mark.parametrize("answer", ["84", "00 03 01 00"], ids=["not supported", "none further"])
async def test_a_table_of_neighbours_that_ends_early(on_no_stick, answer):
    await on_no_stick.started(hall())
    a_child = line(STORE, "0020", "12", "b4")
    on_no_stick.app.answers = {NEIGHBOURS: [f"00 03 00 01 {a_child}", answer]}
    assert await on_no_stick.radio.neighbours(HALL) == [Neighbour(STORE, 0x2000, True, 180)]


async def test_who_must_leave_is_told_and_forgotten(on_no_stick):
    radio = (await on_no_stick.started(hall(), store())).radio
    on_no_stick.app.answers = {LEAVE: [SUCCESS]}
    assert await radio.remove(STORE) is True
    # its children may stay, and it need not come back
    assert on_no_stick.app.sent == [(LEAVE, "01 02 00 00 00 00 8d 15 00 00")]
    assert radio.name_of(0x2000) == ""
    on_no_stick.app.fails = RuntimeError("no route")
    assert await _at_once(radio.remove(HALL)) is False
    assert radio.name_of(0x1000) == ""


async def test_joining_at_all_routers_at_one_and_at_the_stick(on_no_stick):
    radio = (await on_no_stick.started(hall())).radio
    on_no_stick.app.answers = {PERMIT: [SUCCESS] * 3}
    await radio.permit(60, None)
    await radio.permit(254, HALL)
    await radio.permit(30, COORDINATOR)
    everybody = 0xFFFC  # all routers
    assert on_no_stick.app.calls == [
        ("send", everybody, PERMIT), ("permit", 60), ("send", 0x1000, PERMIT), ("permit", 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "doing"), [(0, "closing the network"), (1, "opening the network")]
)
async def test_a_stick_that_does_not_let_joining_be_opened_or_closed(on_no_stick, seconds, doing):
    await on_no_stick.started()
    on_no_stick.app.fails = RuntimeError("busy")
    with pytest.raises(DeviceFault, match=f"{doing}: RuntimeError: busy"):
        await on_no_stick.radio.permit(seconds, None)


async def test_with_a_code_only_its_node_may_join_until_anyone_may(on_no_stick):
    radio, app = on_no_stick.radio, on_no_stick.app
    await radio.anyone()
    assert app.calls == []  # anyone may
    code = bytes.fromhex("83FED3407A939723A5C639B26916D505C3B5")
    await radio.only(STORE, code)
    key = "66b6900981e1ee3ca4206b6b861c02bb"  # both of the Zigbee specification, §4.6.3.4.2
    assert app.calls == [("only", "00:15:8d:00:00:00:00:02", key)]
    app.fails = RuntimeError("busy")
    with pytest.raises(DeviceFault, match="letting nodes join without a code again: Runtime"):
        await radio.anyone()
    app.fails = None
    await radio.anyone()  # as it is still to be done,
    await radio.anyone()  # and then no more
    assert app.calls[1:] == [("anyone",), ("anyone",)]
    app.fails = RuntimeError("full")
    with pytest.raises(DeviceFault, match="handing on the install code: RuntimeError: full"):
        await radio.only(STORE, code)


async def test_the_network_of_the_stick(on_no_stick):
    found = await on_no_stick.radio.network()
    assert found["node_info"]["ieee"] == "00:12:4b:00:00:00:00:01"
    assert await on_no_stick.radio.network(devices=False) == found | {"backup_time": ANY}
    assert on_no_stick.app.calls == [("load", True), ("load", False)]
    on_no_stick.app.forgets_network = True
    assert await on_no_stick.radio.network() is None
    on_no_stick.app.fails = ValueError("half an answer")
    with pytest.raises(DeviceFault, match=f"reading the network from the stick at {PORT}: Value"):
        await on_no_stick.radio.network()


async def test_a_network_is_formed_on_the_channel_that_was_chosen(on_no_stick):
    await on_no_stick.radio.form()
    assert on_no_stick.app.written.channel == 15
    assert on_no_stick.app.calls[0] == ("write", 0, "ff:ff:ff:ff:ff:ff:ff:ff")  # the stick's own
    on_no_stick.app.fails = RuntimeError("busy")
    with pytest.raises(DeviceFault, match="forming a network: RuntimeError: busy"):
        await on_no_stick.radio.form()


async def test_a_stick_is_hushed(on_no_stick):
    await on_no_stick.radio.hush()
    assert on_no_stick.app.calls == [("hush",)]
    on_no_stick.app.fails = RuntimeError("busy")
    with pytest.raises(DeviceFault, match=f"silencing the stick at {PORT}: RuntimeError: busy"):
        await on_no_stick.radio.hush()


async def whole_network(on_no_stick):
    """A network as a stick tells it, the counter and the address those of NETWORK."""
    await on_no_stick.radio.form()
    on_no_stick.app.state.network_info = on_no_stick.app.written
    on_no_stick.app.calls.clear()
    found = await on_no_stick.radio.network()
    on_no_stick.app.calls.clear()
    found["network_info"]["network_key"]["tx_counter"] = 7
    return found


async def test_a_network_is_written_ahead_of_what_its_nodes_heard(on_no_stick):
    network = await whole_network(on_no_stick)
    await on_no_stick.radio.write(network, burn=False)
    assert on_no_stick.app.calls == [("write", 10_007, "00:12:4b:00:00:00:00:01")]
    assert on_no_stick.app.written.stack_specific == {}
    await on_no_stick.radio.write(network, burn=True)
    burnt = "i_understand_i_can_update_eui64_only_once_and_i_still_want_to_do_it"
    assert on_no_stick.app.written.stack_specific == {"ezsp": {burnt: True}}


async def test_what_a_stick_is_told_of_its_stack_stays_beside_the_burning(on_no_stick):
    network = await whole_network(on_no_stick)
    network["network_info"]["stack_specific"] = {"ezsp": {"hashed_tclk": "00ff"}}
    await on_no_stick.radio.write(network, burn=True)
    assert on_no_stick.app.written.stack_specific["ezsp"]["hashed_tclk"] == "00ff"
    assert len(on_no_stick.app.written.stack_specific["ezsp"]) == 2


@pytest.mark.parametrize(
    ("refusal", "words", "advice"),
    [
        (
            "DestructiveWriteNetworkSettings",
            (
                "not done: this stick would take the address 00:12:4b:00:00:00:00:01 for ever, as its "
                "firmware writes it once only"
            ),
            "give it newer firmware, or say --burn as well if that is meant",
        ),
        (
            "CannotWriteNetworkSettings",
            (
                "not done: the stick cannot take the address 00:12:4b:00:00:00:00:01: another one was "
                "written into it for good"
            ),
            "use another stick, or give this one newer firmware",
        ),
        (
            "FormationFailure",
            f"writing the network onto the stick at {PORT}: FormationFailure: not that one",
            "read the fault code in the device's manual",
        ),
    ],
)
async def test_a_stick_that_does_not_take_the_network(on_no_stick, refusal, words, advice):
    from zigpy import exceptions

    network = await whole_network(on_no_stick)
    assert network["node_info"]["ieee"] == NETWORK["node_info"]["ieee"]
    on_no_stick.app.fails = getattr(exceptions, refusal)("not that one")
    with pytest.raises(DeviceFault) as raised:
        await on_no_stick.radio.write(network, burn=False)
    assert str(raised.value) == words
    assert raised.value.advice == advice


async def test_a_stick_is_let_go_of_whatever_it_says(on_no_stick):
    on_no_stick.app.shutdown = on_no_stick.app.hush
    for error in (None, TimeoutError(), RuntimeError("gone"), OSError("gone")):
        on_no_stick.app.fails = error
        await on_no_stick.radio.close()
    assert on_no_stick.app.calls == [("hush",)] * 4


@pytest.fixture
def opened(zigpy_here, monkeypatch):
    """What opens a stick of this process, whose port does as it is told."""
    from drivers.zigbee.host import zigpy_radio
    from tests.drivers.zigbee import on_no_stick

    monkeypatch.setitem(zigpy_radio.APPLICATIONS, "znp", on_no_stick.__name__)

    async def opened(error=None, type_="znp"):
        async def connect(app):
            if error is not None:
                raise error

        monkeypatch.setattr(on_no_stick.Application, "connect", connect)
        return await zigpy_radio.ZigpyRadio.open(type_, PORT, 20, "the listener")

    return opened


async def test_a_stick_is_opened_for_the_network_alone(opened):
    radio = await opened()
    app = radio._app
    assert app.listener == "the listener"
    config = app.config
    assert (config["device"]["path"], config["device"]["baudrate"]) == (PORT, 115200)
    assert config["network"]["channel"] == 20
    own_doings = ("backup_enabled", "topology_scan_enabled", "database_path")
    assert [config[each] for each in own_doings] == [False, False, None]
    assert (config["ota"]["enabled"], config["ota"]["broadcast_enabled"]) == (False, False)
    await radio.close()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (TimeoutError(), CommandTimeout, f"no Z-Stack stick answers at {PORT}"),
        (PermissionError(13, "denied"), DeviceMissing, f"{PORT} is held by another process"),
        (FileNotFoundError(2, "none"), DeviceMissing, f"there is no stick at {PORT}"),
        (OSError(5, "I/O"), LinkLost, f"{PORT} cannot be used: "),
        (RuntimeError("odd"), DeviceFault, f"the stick at {PORT}: RuntimeError: odd"),
    ],
)
async def test_a_stick_that_does_not_open(opened, error, kind, words):
    with pytest.raises(kind, match=words) as raised:
        await opened(error)
    assert type(raised.value) is kind
    if kind is CommandTimeout:
        assert raised.value.cause == causes.NO_ZNP


async def test_a_type_of_stick_whose_package_is_not_installed(opened, monkeypatch):
    from drivers.zigbee.host import zigpy_radio

    monkeypatch.setitem(zigpy_radio.APPLICATIONS, "ezsp", "drivers.zigbee.host.no_such_package")
    with pytest.raises(DeviceFault, match="a stick of type ezsp needs a package") as raised:
        await opened(type_="ezsp")
    assert "install requirements/zigbee.txt anew" in raised.value.advice
