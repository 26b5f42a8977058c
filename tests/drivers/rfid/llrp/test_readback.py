"""What is told of a reader that did not take over what it was asked."""

from __future__ import annotations

import pytest

from drivers.driver import State
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes
from drivers.rfid.llrp.condition import Condition
from drivers.rfid.llrp.configuration import Configured
from drivers.rfid.llrp.elements import element
from drivers.rfid.llrp.readback import not_effective
from drivers.rfid.llrp.reader_clock import ReaderClock
from drivers.rfid.llrp.reports import Scale, Stamp
from tests.drivers.rfid.llrp.chosen import able

NOW = 1000.0


def transmitter(power=81, hop_table=1):
    return element("RFTransmitter", hop_table=hop_table, channel=1, power=power)


def antenna(number, *parts):
    return element("AntennaConfiguration", *parts, antenna=number)


def event(kind, enabled):
    return element("EventNotificationState", type=kind, enabled=enabled)


@pytest.mark.parametrize(
    ("asked", "found", "differences"),
    [
        ([transmitter()], [transmitter()], []),
        ([transmitter(81)], [transmitter(2)], ["transmit power is 10.25 dBm, not 30 dBm"]),
        ([transmitter(81)], [transmitter(77)], ["transmit power is of index 77, not 30 dBm"]),
        ([transmitter(81, 1)], [transmitter(81, 2)], ["RFTransmitter.hop_table is 2, not 1"]),
        ([transmitter(81, 0)], [transmitter(81, 2)], []),  # any
        ([antenna(3, transmitter(81))], [antenna(3, transmitter(1))],
         ["transmit power of antenna 3 is 10 dBm, not 30 dBm"]),
        ([antenna(3, transmitter(81))], [antenna(2, transmitter(1)), antenna(3, transmitter(81))],
         []),
        ([antenna(0, transmitter(81))],
         [antenna(1, transmitter(1)), antenna(2, transmitter(81)), antenna(3, transmitter(2))],
         ["transmit power of antenna 1 is 10 dBm, not 30 dBm",
          "transmit power of antenna 3 is 10.25 dBm, not 30 dBm"]),
        ([antenna(3, transmitter())], [antenna(2, transmitter())],
         ["AntennaConfiguration of antenna 3 is missing"]),
        ([antenna(3, transmitter())], [antenna(3)], ["RFTransmitter of antenna 3 is missing"]),
        ([antenna(0, transmitter())], [antenna(0)], ["RFTransmitter of all antennas is missing"]),
        ([event(1, 1)], [event(0, 0), event(1, 1)], []),
        ([event(1, 1)], [event(1, 0)], ["EventNotificationState.enabled is 0, not 1"]),
        ([element("GPIPortCurrentState", port=1, enabled=1, state=2)],
         [element("GPIPortCurrentState", port=1, enabled=1, state=0)], []),
        ([element("ROSpec", id=7, priority=0, state=0)],
         [element("ROSpec", id=7, priority=0, state=1)], []),
        ([element("ROSpec", id=7, priority=0, state=0)],
         [element("ROSpec", id=8, priority=0, state=0)], ["ROSpec is missing"]),
        ([element("C1G2RFControl", mode=1002, tari=0)], [element("C1G2RFControl", mode=1, tari=9)],
         ["RF mode is 1, not 1002"]),
        ([element("C1G2SingulationControl", session=1, population=32, transit=0)],
         [element("C1G2SingulationControl", session=2, population=1, transit=5)],
         ["session is 2, not 1", "tag population is 1, not 32"]),
        ([element("KeepaliveSpec", type=1, milliseconds=10)],
         [element("KeepaliveSpec", type=1, milliseconds=20)], ["keepalive in ms is 20, not 10"]),
        ([element("ImpinjInventorySearchMode", mode=2)],
         [element("ImpinjInventorySearchMode", mode=1)], ["search mode is 1, not 2"]),
    ],
)  # fmt: skip
def test_differences(asked, found, differences):
    assert not_effective(element("", *asked), element("", *found), able()) == differences


def test_no_more_than_ten_are_told():
    asked = element("", antenna(0, transmitter(81)))
    found = element("", *(antenna(each, transmitter(1)) for each in range(1, 33)))
    assert len(not_effective(asked, found, able())) == 10


def condition(*, differs=(), off=(), places=None):
    made = Condition(places or {}, Discards())
    made.configured(Configured("Impinj R420", tuple(differs), frozenset(off)))
    return made


def test_while_it_is_set_up_nothing_is_told():
    made = Condition({}, Discards())
    made.warn("its buffer is full", NOW)
    assert made.told(NOW, ReaderClock()) is None


def test_a_reader_that_works_is_named():
    assert condition().told(NOW, ReaderClock()) == (State.RUNNING, "Impinj R420", None)


def test_antennas_without_a_cable_come_first_and_by_their_places():
    made = condition(off={3, 1}, places={1: "door 2", 3: ""})
    made.warn("its buffer is 90 % full", NOW)
    assert made.told(NOW, ReaderClock()) == (
        State.FAULTY,
        "antenna 1 (door 2) is disconnected; antenna 3 is disconnected; its buffer is 90 % full",
        causes.ANTENNA_OFF,
    )


@pytest.mark.parametrize(("after", "told"), [(0.0, True), (60.0, True), (60.1, False)])
def test_a_passing_trouble_is_told_for_a_minute(after, told):
    made = condition()
    made.warn("its buffer is full", NOW)
    faulty = (State.FAULTY, "its buffer is full", None)
    fine = (State.RUNNING, "Impinj R420", None)
    assert made.told(NOW + after, ReaderClock()) == (faulty if told else fine)


def test_reports_of_which_none_can_be_read():
    made = condition()
    made.discards.lose("a cut tag", NOW)
    made.discards.lose("a cut tag", NOW + 5.0)
    lost = "none of the last 2 reports could be read: a cut tag"
    assert made.told(NOW + 5.0, ReaderClock()) == (State.FAULTY, lost, causes.UNREADABLE)
    made.antennas.add(2)
    assert made.told(NOW + 5.0, ReaderClock()) == (
        State.FAULTY, f"antenna 2 is disconnected; {lost}", causes.ANTENNA_OFF,
    )  # fmt: skip


def test_remarks_about_a_reader_that_works():
    made = condition(differs=["one", "two", "three", "four"])
    made.discards.skip("a damaged Custom", NOW)
    clock = ReaderClock()
    clock.connect(Stamp(Scale.UTC, 946_684_800_000_000), NOW)
    assert made.told(NOW, clock) == (
        State.RUNNING,
        (
            "Impinj R420, not read: a damaged Custom, its clock says 2000-01-01: ours is used, "
            "not effective: one; two; three"
        ),
        causes.NOT_EFFECTIVE,
    )
    made.differs = ()
    assert made.told(NOW, clock)[2] is causes.READER_CLOCK
    assert made.told(NOW, ReaderClock())[2] is causes.PARTS_SKIPPED
