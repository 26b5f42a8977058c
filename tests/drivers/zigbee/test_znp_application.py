"""What a Z-Stack stick is told, request by request, and what it tells of joins and resets."""

import pytest

from drivers.zigbee.host.radio_port import StartedAnew
from tests.drivers.zigbee.conftest import Told
from tests.drivers.zigbee.one_network import PORT, STORE


class Znp:
    """The stick behind zigpy-znp: every request, as bytes, with the status that is wanted."""

    def __init__(self):
        self.requests, self.heeds = [], []

    async def request(self, request, **wanted):
        self.requests.append((request.to_frame().data.hex(" "), wanted))

    def callback_for_response(self, response, callback):
        self.heeds.append((response, callback))


class Stick:
    def __init__(self):
        from drivers.zigbee.host import zigpy_radio, znp_application

        settings = zigpy_radio.settings(PORT, 15) | znp_application.SETTINGS
        self.app = znp_application.Application(settings)
        self.told = self.app.listener = Told()
        self.znp = self.app._znp = Znp()


@pytest.fixture
async def stick(zigpy_here):
    return Stick()


async def test_its_lamp_is_as_it_was_and_it_is_looked_at_every_twenty_seconds(stick):
    assert stick.app.config["znp_config"]["led_mode"] is None
    assert stick.app._watchdog_period == 20
    assert stick.app.SPEAKS == "Z-Stack"


async def test_only_who_has_the_key_may_join_until_anyone_may(stick):
    from zigpy import types as t

    key = t.KeyData.convert("66b6900981e1ee3ca4206b6b861c02bb")
    await stick.app.only(t.EUI64.convert("00:15:8d:00:00:00:00:02"), key)
    await stick.app.anyone()
    success = {"RspStatus": 0}
    assert stick.znp.requests == [
        # its form, a key that the code makes; address; key (Z-Stack MT API: APP_CNF)
        ("02 02 00 00 00 00 8d 15 00 66 b6 90 09 81 e1 ee 3c a4 20 6b 6b 86 1c 02 bb", success),
        ("01", success),
        ("00", success),
    ]


async def test_a_node_s_parent_is_told(stick, monkeypatch):
    import zigpy_znp.commands as c
    from zigpy import types as t

    on = []
    theirs = type(stick.app).__mro__[2]
    monkeypatch.setattr(theirs, "on_zdo_tc_device_join", lambda app, msg: on.append(msg))
    told = c.ZDO.TCDevInd.Callback(
        SrcNwk=t.NWK(0x2000), SrcIEEE=t.EUI64.convert("00:15:8d:00:00:00:00:02"),
        ParentNwk=t.NWK(0x1000),
    )  # fmt: skip
    stick.app.on_zdo_tc_device_join(told)
    assert stick.told.all == [("parent", STORE, 0x1000)]
    assert on == [told]  # zigpy-znp hears of it, too


async def test_once_the_network_runs_a_reset_is_none_of_ours(stick, monkeypatch):
    import zigpy_znp.commands as c
    from zigpy_znp.types.named import ResetReason

    started = []

    async def start(app):
        started.append(list(stick.znp.heeds))

    monkeypatch.setattr(type(stick.app).__mro__[2], "start_network", start)
    await stick.app.start_network()
    assert started == [[]]  # while it starts, it is reset by us
    ((awaited, callback),) = stick.znp.heeds
    reset = c.SYS.ResetInd.Callback(
        Reason=ResetReason(2), TransportRev=2, ProductId=1, MajorRel=2, MinorRel=7, MaintRel=1
    )
    assert awaited.matches(reset)
    callback(reset)
    ((name, error),) = stick.told.all
    assert (name, type(error), str(error)) == ("lost", StartedAnew, "Watchdog")
