"""A modem that ModemManager owns: what it says over D-Bus, and what is wrong, first step first."""

import json
import random
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import DeviceMissing
from drivers.modem.managed import ManagedModem
from drivers.modem.settings import Settings
from foundation.dbus.bus import Bus
from foundation.dbus.wire import BadMessage, call, take
from foundation.options import settings_of
from tests.drivers.modem.manager_bus import MODEM, ManagerBus, Typed, message, reply

SIM, BEARER = "/org/freedesktop/ModemManager1/SIM/0", "/org/freedesktop/ModemManager1/Bearer/1"
NAME = "org.freedesktop.ModemManager1.Modem"


def objects(modem=None, gpp=None):
    return {
        MODEM: {
            NAME: {
                "State": Typed("i", 11),
                "PowerState": 3,
                "UnlockRequired": 1,
                "AccessTechnologies": 1 << 14,
                "SignalQuality": Typed("(ub)", (70, True)),
                "Ports": Typed("a(su)", [("cdc-wdm0", 6), ("ttyUSB2", 3)]),
                "Sim": Typed("o", SIM),
                "Bearers": Typed("ao", [BEARER]),
                **(modem or {}),
            },
            f"{NAME}.Modem3gpp": {
                "RegistrationState": 5,
                "OperatorCode": "22201",
                "OperatorName": "TIM",
                "Imei": "867584031234565",
                **(gpp or {}),
            },
            f"{NAME}.Signal": {"Lte": {"rsrp": -97.0, "rsrq": -11.5, "snr": 6.4}},
        }
    }


def others(**bearer):
    return {
        SIM: {"SimIdentifier": "89391078000234163954"},
        BEARER: {
            "Connected": True,
            "Interface": "wwan0",
            "Ip4Config": {"address": "10.64.1.2"},
            "Properties": {"apn": "internet"},
            **bearer,
        },
    }


async def read(tmp_path, found, more=None, order="<", **options):
    path = str(tmp_path / "bus")
    given = {"port": "/dev/ttyUSB2", "manager": True, **options}
    settings = settings_of(Settings, catalog.check_options("modem.at", given))
    async with (
        ManagerBus(path, found, others() if more is None else more, order),
        ManagedModem("modem", settings, Host(), partial(Bus.open, path)) as driver,
    ):
        return await driver.read_once(), replace(driver.health)


@pytest.mark.parametrize("order", ["<", ">"])
async def test_all_that_it_says_is_one_record(tmp_path, order):
    reading, health = await read(tmp_path, objects(), order=order)
    assert {name: value for name, value in reading.fields.items() if value is not None} == {
        "state": "roaming", "domain": "ps", "technology": "lte", "operator": "TIM",
        "plmn": "22201", "dbm": -97.0, "rsrq": -11.5, "sinr": 6.4, "address": "10.64.1.2",
        "imei": "867584031234565", "iccid": "89391078000234163954",
    }  # fmt: skip
    assert health.state is State.RUNNING
    assert health.cause is None


DOWN = {"Connected": False, "Ip4Config": {}}
APN = "org.freedesktop.ModemManager1.Error.MobileEquipment.MissingOrUnknownApn"


@pytest.mark.parametrize(
    ("modem", "gpp", "bearer", "options", "cause"),
    [
        ({"State": Typed("i", -1), "StateFailedReason": 2}, {}, {}, {}, "modem.no-sim"),
        ({"UnlockRequired": 2}, {}, {}, {}, "modem.pin"),
        ({"UnlockRequired": 4}, {}, {}, {}, "modem.puk"),
        ({"UnlockRequired": 9}, {}, {}, {}, "modem.locked"),
        ({"State": Typed("i", 3), "PowerState": 2}, {}, {}, {}, "modem.radio-off"),
        ({}, {"RegistrationState": 3}, {}, {}, "modem.refused"),
        ({}, {"RegistrationState": 2}, {}, {}, "modem.searching"),
        ({}, {"RegistrationState": 0}, {}, {}, "modem.no-network"),
        ({}, {}, DOWN, {}, "modem.no-call"),
        ({}, {}, DOWN | {"ConnectionError": Typed("(ss)", (APN, "unknown APN"))}, {},
         "modem.wrong-apn"),
        ({}, {}, DOWN, {"apn": "iot.example"}, "modem.wrong-apn"),
    ],
)  # fmt: skip
async def test_what_keeps_data_away_is_named(tmp_path, modem, gpp, bearer, options, cause):
    _, health = await read(tmp_path, objects(modem, gpp), others(**bearer), **options)
    assert health.cause.id == cause


async def test_in_flight_mode_a_radio_that_is_on_is_told(tmp_path):
    path, host = str(tmp_path / "bus"), Host()
    host.flight = lambda: True
    settings = settings_of(
        Settings, catalog.check_options("modem.at", {"port": "/dev/ttyUSB2", "manager": True})
    )
    off = objects({"PowerState": 2})
    for found, cause in ((objects(), "modem.radio-on"), (off, "modem.radio-off")):
        async with (
            ManagerBus(path, found, others()),
            ManagedModem("modem", settings, host, partial(Bus.open, path)) as driver,
        ):
            await driver.read_once()
            assert driver.health.cause.id == cause


async def test_a_card_and_a_call_that_are_not_there_are_unknown(tmp_path):
    bare = objects({"Sim": Typed("o", "/"), "Bearers": Typed("ao", [])})
    reading, _ = await read(tmp_path, bare)
    assert (reading.fields["iccid"], reading.fields["address"]) == (None, None)


@pytest.mark.parametrize(
    ("found", "cause"), [(None, "modem.no-manager"), ({}, "modem.not-managed")]
)
async def test_who_is_not_there_is_named(tmp_path, found, cause):
    with pytest.raises(DeviceMissing) as raised:
        await read(tmp_path, found)
    assert raised.value.cause.id == cause


async def test_without_a_bus_modem_manager_is_not_there(tmp_path):
    settings = settings_of(
        Settings, catalog.check_options("modem.at", {"port": "x", "manager": True})
    )
    nowhere = partial(Bus.open, str(tmp_path / "none"))
    async with ManagedModem("modem", settings, Host(), nowhere) as driver:
        with pytest.raises(DeviceMissing, match="No such file"):
            await driver.read_once()


async def test_a_modem_is_known_by_its_port_among_several(tmp_path):
    found = objects()
    (one,) = found.values()
    other = {NAME: {"Ports": Typed("a(su)", [("ttyUSB9", 3)])}}
    reading, _ = await read(tmp_path, {"/a": other, MODEM: one})
    assert reading.fields["state"] == "roaming"
    with pytest.raises(DeviceMissing, match="no modem with the port ttyUSB5"):
        await read(tmp_path, {"/a": other, MODEM: one}, port="/dev/ttyUSB5")


def test_a_call_is_as_the_specification_has_it():
    """Worked out by hand from "Message Format": header, fields padded to 8, one text."""
    wanted = """
        6c 01 00 01  07 00 00 00  01 00 00 00  47 00 00 00
        01 01 6f 00  01 00 00 00  2f 00  00 00 00 00 00 00
        02 01 73 00  03 00 00 00  63 2e 64 00  00 00 00 00
        03 01 73 00  01 00 00 00  45 00  00 00 00 00 00 00
        06 01 73 00  03 00 00 00  61 2e 62 00  00 00 00 00
        08 01 67 00  01 73 00  00
        02 00 00 00  78 79 00
    """
    assert call(1, "a.b", "/", "c.d.E", "xy") == bytes.fromhex(wanted)


def test_rubbish_is_refused_and_nothing_else():
    rng = random.Random(5)
    sound = reply(3, "a{oa{sa{sv}}}", [objects()])
    assert take(sound)[0].replies_to == 3
    for _ in range(3000):
        data = bytearray(sound)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            take(bytes(data))
        except BadMessage:
            continue


def test_a_message_is_whole_or_not_yet_there():
    sound = message(2, 1, [(5, "u", 4)], "s", ["x"])
    assert all(take(sound[:size]) is None for size in range(len(sound)))
    assert take(sound + b"l")[1] == b"l"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"manager": True, "alarm_numbers": "112"}, "alarm_numbers does nothing"),
        ({"manager": True, "pin": "1234"}, "pin does nothing"),
        ({"manager": True, "gnss": True}, "gnss does nothing"),
        ({"first_sim": "AT+QDSIM=0"}, "first_sim and second_sim go together"),
        ({"manager": True, "apn": "iot", "interface": "wwan0"}, None),
    ],
)
def test_what_would_do_nothing_is_refused_by_the_configuration(options, word):
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
    text = f'[[device]]\nname = "m"\nkind = "modem.at"\nport = "x"\n{lines}'
    if word is None:
        assert parse(text.encode(), Path("/t.toml"), catalog).devices[0].interval == 60
        return
    with pytest.raises(ConfigError, match=word):
        parse(text.encode(), Path("/t.toml"), catalog)


async def test_its_own_number_is_told_once(tmp_path):
    path = str(tmp_path / "bus")
    given = {"port": "/dev/ttyUSB2", "manager": True, "interval": 0.1}
    settings = settings_of(Settings, catalog.check_options("modem.at", given))
    async with (
        ManagerBus(path, objects(), others()),
        ManagedModem("modem", settings, Host(), partial(Bus.open, path)) as driver,
        aclosing(driver.readings()) as readings,
    ):
        first, second = await anext(readings), await anext(readings)
    assert (first.fields["imei"], second.fields["imei"]) == ("867584031234565", None)
    assert first.fields["operator"] == second.fields["operator"] == "TIM"
