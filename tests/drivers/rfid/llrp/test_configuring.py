"""Setting a reader up: in which order it is asked, and what it is refused for."""

from __future__ import annotations

import pytest

from drivers.errors import DeviceFault
from drivers.rfid.llrp import causes, requests
from drivers.rfid.llrp.capabilities import STANDARDS
from drivers.rfid.llrp.configuration import Configured, configure
from drivers.rfid.llrp.elements import Element, element
from tests.drivers.rfid.llrp.chosen import able, chosen
from tests.drivers.rfid.llrp.test_capabilities import answer, band, general, limits, mode, power


class Reader:
    """A reader of a test that takes over all but `differs`; `off` are antennas without a cable."""

    def __init__(self, *, vendor=25882, antennas=4, off=(), differs=None):
        self.asked = []
        self.off, self.differs = off, differs
        self.config, self.rospec = (), ()
        told = general()
        told = Element(told.name, {**told.values, "vendor": vendor, "antennas": antennas})
        self.can = answer(
            told, limits(holding=1), band(power(1, 1000), power(2, 3000), mode(0), mode(1002))
        )

    async def send(self, message):
        self.asked.append(message.name)

    async def ask(self, message):
        self.asked.append(message.name)
        match message.name:
            case "GET_READER_CAPABILITIES":
                return self.can
            case "SET_READER_CONFIG":
                self.config = message.children
            case "ADD_ROSPEC":
                self.rospec = message.children
            case "GET_ROSPECS":
                return element("GET_ROSPECS_RESPONSE", *self.rospec)
            case "GET_READER_CONFIG":
                return self.part(message.number("requested"))
        return element(f"{message.name}_RESPONSE")

    def part(self, requested):
        if requested == 2:
            cables = (
                element(
                    "AntennaProperties", antenna=each, connected=int(each not in self.off), gain=0
                )
                for each in range(1, 5)
            )
            return element("GET_READER_CONFIG_RESPONSE", *cables)
        kept = [part for part in self.config if part.name != self.differs]
        return element("GET_READER_CONFIG_RESPONSE", *kept if requested == 5 else ())


CLEAN = ["DELETE_ACCESSSPEC", "DELETE_ROSPEC", "SET_READER_CONFIG", "ADD_ROSPEC"]
BACK = ["ENABLE_ROSPEC", "GET_ROSPECS", *["GET_READER_CONFIG"] * 5]
HELD = "ENABLE_EVENTS_AND_REPORTS"


@pytest.mark.parametrize(
    ("options", "vendor", "asked"),
    [
        ({}, 10642, ["GET_READER_CAPABILITIES", HELD, *CLEAN, *BACK]),
        ({}, 25882, ["GET_READER_CAPABILITIES", "CUSTOM_MESSAGE", HELD, *CLEAN, *BACK]),
        ({"tid": True}, 25882, ["GET_READER_CAPABILITIES", "CUSTOM_MESSAGE", HELD, *CLEAN, *BACK]),
        ({"tid": True}, 10642, ["GET_READER_CAPABILITIES", HELD, *CLEAN, "ADD_ACCESSSPEC",
                                "ENABLE_ACCESSSPEC", *BACK]),
    ],
)  # fmt: skip
async def test_a_reader_is_asked_in_this_order(options, vendor, asked):
    reader = Reader(vendor=vendor)
    found = await configure(reader, chosen(**options))
    assert reader.asked == asked
    assert found.differs == ()
    assert found.title.endswith("firmware 5.14")


async def test_what_is_not_taken_over_is_told_and_antennas_without_a_cable_are():
    reader = Reader(off=(2, 3), differs="KeepaliveSpec")
    found = await configure(reader, chosen(antennas="1-2"))
    title = "Impinj Speedway R420, firmware 5.14"
    assert found == Configured(title, ("KeepaliveSpec is missing",), frozenset({2}))
    reader = Reader(off=(2, 3), antennas=5)  # behind hubs a reader does not know
    assert (await configure(reader, chosen(antennas="1-2"))).without_cable == frozenset()


@pytest.mark.parametrize(
    ("options", "why", "cause"),
    [
        ({"antennas": "4"}, None, None),
        ({"antennas": "1, 5"}, "the reader has 4 antennas, but antenna 5 is configured",
         causes.ANTENNA_COUNT),
        ({"mode": 1002}, None, None),
        ({"mode": 7}, "the reader has no RF mode 7", causes.MODE.of(modes="0, 1002")),
        ({"antenna_mode": "1: 0, 2: 9, 3: 8"}, "the reader has no RF mode 8",
         causes.MODE.of(modes="0, 1002")),
        ({"region": "etsi-302-208"}, None, None),
        ({"region": "fcc"}, "the reader is set to the region etsi-302-208, not fcc", causes.REGION),
    ],
)  # fmt: skip
async def test_what_a_reader_cannot_do_is_refused_before_it_is_asked(options, why, cause):
    reader = Reader()
    if why is None:
        await configure(reader, chosen(**options))
        return
    with pytest.raises(DeviceFault) as caught:
        await configure(reader, chosen(**options))
    assert (str(caught.value), caught.value.cause) == (why, cause)
    assert reader.asked == ["GET_READER_CAPABILITIES"]


def test_regions_are_the_standards_own_numbers():
    """CommunicationsStandard, §10.2.4."""
    assert list(STANDARDS.values()) == list(range(1, 10))
    assert able().standard == STANDARDS["etsi-302-208"]
    assert requests.ROSPEC + 1 == requests.ACCESSSPEC
