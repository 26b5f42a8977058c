"""[[uplink.way]]: what is read of it, and what is wrong in it, by its line."""

from pathlib import Path

import pytest

from agent.config.config_file import ConfigError
from agent.config.settings import parse
from agent.config.ways import Sends, Way
from drivers import catalog


def ways(text):
    head = '[gateway]\nname = "g"\n[uplink]\n'
    return parse((head + text).encode(), Path("/etc/t.toml"), catalog).uplink.ways


def test_each_way_in_its_order_and_what_costs_is_metered():
    found = ways(
        '[[uplink.way]]\ninterface = "eth0"\n'
        '[[uplink.way]]\ninterface = "wwan0"\nsame_sim = "usb0, usb1"\nprice_per_mb = 0.5\n'
        '[[uplink.way]]\ninterface = "sat0"\nbudget_bytes_per_day = 9000\nsends = "alarms"\n'
    )
    assert found == (
        Way("eth0"),
        Way("wwan0", metered=True, same_sim=("usb0", "usb1"), price_per_mb=0.5),
        Way("sat0", metered=True, sends=Sends.ALARMS, budget_bytes_per_day=9000),
    )
    assert found[1].interfaces == ("wwan0", "usb0", "usb1")


def test_the_short_form_is_the_same():
    text = 'interfaces = "eth0, wwan0+usb0:metered"'
    assert ways(text) == (Way("eth0"), Way("wwan0", metered=True, same_sim=("usb0",)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('interfaces = "eth0"\n[[uplink.way]]\ninterface = "x"', "t.toml:4: name the ways in"),
        ('[[uplink.way]]\ninterface = "a"\nsame_sim = "a"', "t.toml:5: the interface a stands"),
        ('[[uplink.way]]\ninterface = "a"\nsends = "all"', "t.toml:6: sends must be one of"),
        ('[[uplink.way]]\ninterface = "a b"', "t.toml:5: interface must look like 'wwan0'"),
        ('[[uplink.way]]\nmetered = true', "t.toml:4: [[uplink.way]] needs the key 'interface'"),
        ('way = "x"', "t.toml:4: uplink.way must be an array of tables: [[uplink.way]]"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_with_its_line(text, problem):
    with pytest.raises(ConfigError) as raised:
        ways(text)
    (line,) = raised.value.lines()
    assert problem in line
