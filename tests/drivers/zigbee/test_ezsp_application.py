"""What an EmberZNet stick is told, command by command, and what its resets and joins mean."""

import asyncio

import pytest

from drivers.zigbee.host.radio_port import StartedAnew
from tests.drivers.zigbee.conftest import Told
from tests.drivers.zigbee.one_network import PORT, STORE

TRUST_CENTRE = 0  # the policy of who may join (UG100: EzspPolicyId)
JOINS, WITH_CODE = 0x01, 0x10  # its decisions: may join; only by the key of an install code
TAKEN, REFUSED = 0x00, 0x70  # EmberStatus: success, invalid call
WAS_OPEN = 0x01  # what was decided before
STORE_ADDRESS = 0x2000


class Ezsp:
    """The stick behind bellows: every command it was given, in order."""

    tc_policy = WAS_OPEN

    def __init__(self):
        self.commands, self.status, self.answers_nop = [], TAKEN, True

    def _answer(self):
        from bellows.types import EmberStatus

        return (EmberStatus(self.status),)

    def stop_ezsp(self):
        self.commands.append("stop")

    async def startup_reset(self):
        self.commands.append("reset")

    async def write_config(self, config):
        self.commands.append("configure")

    async def addEndpoint(self, *, endpoint, **_):
        self.commands.append(("endpoint", endpoint))
        return self._answer()

    async def setPolicy(self, *, policyId, decisionId):  # noqa: N803
        self.commands.append(("policy", int(policyId), int(decisionId)))
        return self._answer()

    async def add_transient_link_key(self, ieee, key):
        self.commands.append(("key", str(ieee), key))

    async def pre_permit(self, seconds):
        self.commands.append(("open", seconds))
        try:
            await asyncio.Event().wait()  # until its window is over
        finally:
            self.commands.append(("no longer waits to shut", seconds))

    async def permitJoining(self, seconds):
        self.commands.append(("permit", seconds))

    async def nop(self):
        self.commands.append("nop")
        if isinstance(self.answers_nop, Exception):
            raise self.answers_nop
        if not self.answers_nop:
            await asyncio.Event().wait()

    async def disconnect(self):
        self.commands.append("disconnect")


class Stick:
    def __init__(self):
        from drivers.zigbee.host import ezsp_application, zigpy_radio

        settings = zigpy_radio.settings(PORT, 15) | ezsp_application.SETTINGS
        self.app = ezsp_application.Application(settings)
        self.told = self.app.listener = Told()
        self.ezsp = self.app._ezsp = Ezsp()
        self.on_the_air = []
        self.app.send_packet = self._send

    async def _send(self, packet):
        self.on_the_air.append(packet.data.serialize().hex(" "))

    @property
    def commands(self):
        return self.ezsp.commands

    def decides(self, update, decision):
        """Let the trust centre tell of the node STORE, below the router at 0x1000."""
        import bellows.types as t

        self.app._handle_tc_join_handler(
            t.EmberNodeId(STORE_ADDRESS),
            t.EUI64.convert("00:15:8d:00:00:00:00:02"),
            t.EmberDeviceUpdate(update),
            t.EmberJoinDecision(decision),
            t.EmberNodeId(0x1000),
        )


@pytest.fixture
async def stick(zigpy_here):
    stick = Stick()
    yield stick
    await stick.app.disconnect()
    await asyncio.sleep(0)


def test_bellows_needs_no_thread_of_its_own(stick):
    assert stick.app.config["use_thread"] is False
    assert stick.app.SPEAKS == "EmberZNet"


async def test_only_who_has_the_key_may_join_until_anyone_may(stick):
    await stick.app.only("its address", "its key")
    assert stick.commands == [
        ("key", "its address", "its key"), ("policy", TRUST_CENTRE, JOINS | WITH_CODE),
    ]  # fmt: skip
    stick.commands.clear()
    await stick.app.permit(60)
    await asyncio.sleep(0)
    assert stick.commands == [("permit", 60)]  # the trust centre stays as it decided
    stick.commands.clear()
    await stick.app.anyone()
    assert stick.commands == [("policy", TRUST_CENTRE, WAS_OPEN)]
    await stick.app.permit(30)
    await asyncio.sleep(0)
    assert ("open", 30) in stick.commands


async def test_a_policy_that_is_refused_is_no_success(stick):
    stick.ezsp.status = REFUSED
    with pytest.raises(RuntimeError, match="the trust centre refused its policy: <EmberStatus"):
        await stick.app.anyone()


async def test_a_window_is_not_shut_by_the_one_before_it(stick):
    await stick.app.permit()
    await asyncio.sleep(0)
    assert stick.on_the_air == ["01 3c 00"]  # a minute, at all routers
    assert stick.commands == [("permit", 60), ("open", 60)]
    stick.commands.clear()
    await stick.app.permit(20)
    await asyncio.sleep(0)
    assert stick.commands == [("permit", 20), ("no longer waits to shut", 60), ("open", 20)]


async def test_before_it_is_let_go_of_it_answers_once_more(stick):
    await stick.app.permit(60)
    await asyncio.sleep(0)
    stick.commands.clear()
    await stick.app.disconnect()
    await asyncio.sleep(0)
    at_last = ["nop", "disconnect", ("no longer waits to shut", 60)]
    assert stick.commands == at_last
    await stick.app.disconnect()  # it has gone: nothing is asked
    assert stick.commands == at_last


async def test_a_stick_that_answers_no_more_is_let_go_of_after_half_a_second(stick, passes):
    stick.ezsp.answers_nop = False
    letting_go = asyncio.ensure_future(stick.app.disconnect())
    await passes(0.4)
    assert stick.commands == ["nop"]
    await passes(0.2)
    assert letting_go.done()
    assert stick.commands == ["nop", "disconnect"]


async def test_whatever_a_stick_says_at_last_it_is_let_go_of(stick):
    from bellows.ash import AshException

    stick.ezsp.answers_nop = AshException("gone")
    await stick.app.disconnect()
    assert stick.commands == ["nop", "disconnect"]


async def test_a_stick_that_is_lost_is_asked_nothing(stick):
    stick.app.connection_lost(None)
    await stick.app.disconnect()
    assert stick.commands == ["disconnect"]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x51, TimeoutError, "it acknowledges nothing"),  # UG101: too many acknowledgements out
        (0x02, StartedAnew, "RESET_POWER_ON"),
        (0x03, StartedAnew, "RESET_WATCHDOG"),
        (0x0B, StartedAnew, "RESET_SOFTWARE"),
    ],
)
async def test_a_stick_that_is_silent_and_one_that_was_reset(stick, code, kind, words):
    import bellows.types as t
    from bellows.ash import NcpFailure

    stick.app.connection_lost(NcpFailure(t.NcpResetCode(code)))
    ((name, error),) = stick.told.all
    assert (name, type(error), str(error)) == ("lost", kind, words)


async def test_a_stick_that_was_pulled(stick):
    pulled = OSError("pulled")
    stick.app.connection_lost(pulled)
    assert stick.told.all == [("lost", pulled)]


SECURED_REJOIN, UNSECURED_JOIN, LEFT = 0, 1, 2  # UG100: EmberDeviceUpdate
LETS_IN, DENIES = 0, 2  # EmberJoinDecision: by a preconfigured key; denied


async def test_who_comes_in_through_whom(stick):
    stick.decides(SECURED_REJOIN, LETS_IN)
    assert stick.told.all == [
        ("parent", STORE, 0x1000), ("may_join", STORE, STORE_ADDRESS),
        ("moved", STORE, STORE_ADDRESS),
    ]  # fmt: skip


async def test_whom_the_trust_centre_denies(stick):
    stick.decides(SECURED_REJOIN, DENIES)
    assert stick.told.all == [("parent", STORE, 0x1000), ("denied", STORE)]


async def test_who_left_has_no_parent(stick):
    stick.decides(LEFT, LETS_IN)
    assert stick.told.all == [("left", STORE)]


async def test_a_stick_is_reset_with_its_endpoints_registered_anew(stick):
    for _ in range(2):  # the second time as the first
        await stick.app.hush()
        endpoints = [("endpoint", each) for each in (1, 2, 242)]
        assert stick.commands == ["stop", "reset", "configure", *endpoints]
        assert [each.endpoint for each in stick.app._created_device_endpoints] == [1, 2, 242]
        stick.commands.clear()
