"""Which radio does what is ordered, and that an order is one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.desks.control import BadRequest
from agent.desks.zigbee import ZigbeeDesk


class Radio:
    def __init__(self, name, kind="zigbee.radio"):
        self.device = SimpleNamespace(name=name, kind=kind)

    async def order(self, order):
        return self.device.name, order


@pytest.mark.parametrize(
    ("radios", "name", "told"),
    [
        (["z1"], "", "z1"),
        (["z1", "z2"], "z2", "z2"),
        ([], "", "no Zigbee radio is configured"),
        (["z1", "z2"], "", "there are several radios"),
        (["z1"], "z3", "there is no radio 'z3'"),
    ],
)
async def test_the_radio_that_is_meant_does_what_is_ordered(radios, name, told):
    desk = ZigbeeDesk([Radio("cold", "sensors.sht3x"), *map(Radio, radios)])
    ask = desk.verbs()["zigbee"]
    request = {"radio": name, "order": {"do": "join"}}
    if told in radios:
        assert [each async for each in ask(request)] == [(told, {"do": "join"})]
    else:
        with pytest.raises(BadRequest, match=told):
            [each async for each in ask(request)]


async def test_an_order_is_a_table():
    with pytest.raises(BadRequest, match="order must be a table"):
        [each async for each in ZigbeeDesk([Radio("z1")]).verbs()["zigbee"]({"radio": "z1"})]
