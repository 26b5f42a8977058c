"""What modems promise: fields of records, and options with their limits."""

import pytest

from drivers import catalog
from drivers.modem import kinds
from drivers.modem.ladder import Rung
from drivers.modem.recovery import Switch
from drivers.modem.settings import Settings, switches
from foundation.options import OptionError, settings_of
from tests.drivers.promised import as_published, every, is_kept_to, kinds_of, published

PORT = {"port": "/dev/ttyUSB2"}


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_are_as_they_are_published(kind):
    assert as_published(kind) == published(kind.name)


@pytest.mark.parametrize(
    ("name", "default", "least", "most"),
    [
        ("interval", 60.0, 0.1, 3600.0), ("cid", 1, 1, 16), ("alarms_per_day", 10, 1, 100),
        ("probe_every", 300.0, 0.1, 86_400.0), ("baudrate", 115_200, 4800, 921_600),
    ],
)  # fmt: skip
def test_options_have_these_limits(name, default, least, most):
    is_kept_to("modem.at", PORT, name, default, least, most)


def test_how_often_it_says_something():
    every("modem.at", PORT, 60.0)


def test_what_nobody_asked_for_is_off_and_a_hang_is_healed():
    options = catalog.check_options("modem.at", PORT)
    given = {"port": "/dev/ttyUSB2", "baudrate": 115_200, "interval": 60.0, "cid": 1,
             "alarms_per_day": 10, "probe_every": 300.0, "recover": True}  # fmt: skip
    assert {name: value for name, value in options.items() if value} == given


@pytest.mark.parametrize(
    ("name", "sound", "unsound"),
    [
        ("pin", ("1234", "12345678"), ("123", "123456789", "12a4")),
        ("second_pin", ("1234", "12345678"), ("123", "123456789")),
        ("first_sim", ("AT+QDSIM=0", "AT*SIM=1,2"), ("AT+QDSIM", "AT+CFUN=1,1,1", "+QDSIM=0")),
        ("alarm_numbers", ("112", "+393331234567, 0043123456789"), ("11", "+39-333", "1" * 16)),
        ("probe", ("203.0.113.7:7701", "[2001:db8::7]:53 , 1.2.3.4:1"), ("node:7701", "1.2.3.4")),
        ("apn", ("internet", "iot.example", "a" * 100), ("-x", "a" * 101, "a b")),
        ("interface", ("wwan0", "a" * 15), ("a" * 16, "-x")),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_is_refused_by_its_name(name, sound, unsound):
    for text in sound:
        assert catalog.check_options("modem.at", PORT | {name: text})[name] == text
    for text in unsound:
        with pytest.raises(OptionError) as raised:
            catalog.check_options("modem.at", PORT | {name: text})
        assert raised.value.option == name


@pytest.mark.parametrize(
    ("given", "option"),
    [
        *(({"manager": True, name: value}, name) for name, value in (
            ("pin", "1234"), ("second_pin", "1234"), ("alarm_numbers", "112"), ("gnss", True),
            ("second", "/dev/x"), ("usb_power", "/x"), ("power", "/x"),
        )),
        ({"first_sim": "AT+QDSIM=0"}, "second_sim"),
        ({"second_sim": "AT+QDSIM=0"}, "second_sim"),
    ],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(given, option):
    options = catalog.check_options("modem.at", PORT | given)
    with pytest.raises(OptionError) as raised:
        catalog.module("modem.at").interval(options)
    assert raised.value.option == option


def test_switches_of_its_supply(tmp_path):
    """A USB port's `disable` takes its power with 1, a load switch gives it."""
    usb, power = tmp_path / "disable", tmp_path / "brightness"
    given = PORT | {"usb_power": str(usb), "power": str(power)}
    found = switches(settings_of(Settings, catalog.check_options("modem.at", given)))
    assert found == {Rung.USB: Switch(usb, "1", "0"), Rung.POWER: Switch(power, "0", "1")}
    assert switches(settings_of(Settings, catalog.check_options("modem.at", PORT))) == {}
