"""Two devices that are said to be at one place."""

from __future__ import annotations

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
from drivers import catalog
from tests.agent.config.written import PATH


def test_a_bus_address_is_named_as_people_write_it():
    text = '[[device]]\nname = "a"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-1"\naddress = 44\n'
    with pytest.raises(ConfigError, match="5: address must be one of 0x44, 0x45, not 0x2c"):
        parse(text.encode(), PATH, catalog)


def on_gpio(*devices):
    return "".join(
        f'[[device]]\nname = "{name}"\nkind = "gpio.{kind}"\nline = {line}\n{more}'
        for name, kind, line, more in devices
    )


def test_two_devices_at_one_place_are_named():
    two = on_gpio(("door", "input", 17, ""), ("horn", "output", 17, ""))
    with pytest.raises(ConfigError) as caught:
        parse(two.encode(), PATH, catalog)
    said = "line 17, chip /dev/gpiochip0: that is where 'door' is"
    assert str(caught.value) == f"/etc/tallyman/tallyman.toml:5: {said}"
    apart = on_gpio(("door", "input", 17, ""), ("horn", "output", 18, ""),
                    ("far", "input", 17, 'chip = "/dev/gpiochip1"\n'))  # fmt: skip
    assert len(parse(apart.encode(), PATH, catalog).devices) == 3


@pytest.mark.parametrize(
    ("kind", "place", "other"),
    [
        ("sensors.sht3x", 'bus = "/dev/i2c-1"', 'bus = "/dev/i2c-1"\naddress = 0x45'),
        ("sensors.adxl375_spi", 'bus = "/dev/spidev0.0"', 'bus = "/dev/spidev0.1"'),
        ("battery.jbd", 'port = "/dev/ttyUSB0"', 'port = "/dev/ttyUSB1"'),
        ("rfid.llrp", 'address = "10.0.0.5"', 'address = "10.0.0.6"'),
    ],
)
def test_one_place_is_known_by_the_options_of_each_kind(kind, place, other):
    def config(*places):
        return "".join(
            f'[[device]]\nname = "d{number}"\nkind = "{kind}"\n{each}\n'
            for number, each in enumerate(places)
        ).encode()

    assert len(parse(config(place, other), PATH, catalog).devices) == 2
    with pytest.raises(ConfigError, match="that is where 'd0' is"):
        parse(config(place, other, place), PATH, catalog)


@pytest.mark.parametrize(
    ("kind", "place", "same"),
    [
        ("sensors.sht3x", 'bus = "/dev/i2c-1"', 'bus = "/dev//i2c-1"\naddress = 0x44'),
        ("sensors.ds18b20", 'port = "/sys/bus/w1/devices/28-1"', 'port = "/sys/bus/w1/devices/28-1/"'),
        ("zigbee.node", 'ieee = "00:12:4b:00:01:02:03:04"', 'ieee = "00124B0001020304"'),
    ],
)  # fmt: skip
def test_one_place_that_is_spelled_in_two_ways_is_one_and_told_once(kind, place, same):
    def at(name, where):
        radio = 'radio = "net"\n' if kind == "zigbee.node" else ""
        return f'[[device]]\nname = "{name}"\nkind = "{kind}"\n{radio}{where}\n'

    radio = '[[device]]\nname = "net"\nkind = "zigbee.radio"\nport = "/dev/ttyACM0"\n'
    three = "".join((radio, at("d0", place), at("d1", same), at("d2", place)))
    with pytest.raises(ConfigError) as caught:
        parse(three.encode(), PATH, catalog)
    assert [line.rpartition(": ")[2] for line in str(caught.value).splitlines()] == [
        "that is where 'd0' is", "that is where 'd0' is",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["", 'address = "10.0.0.5:99999"\n'])
def test_two_devices_whose_places_are_wrong_are_not_at_one_place(address):
    two = "".join(
        f'[[device]]\nname = "{name}"\nkind = "rfid.llrp"\n{address}' for name in ("d0", "d1")
    )
    with pytest.raises(ConfigError, match="address") as caught:
        parse(two.encode(), PATH, catalog)
    assert "that is where" not in str(caught.value)
