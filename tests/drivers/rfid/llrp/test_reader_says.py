"""What a reader says by itself, as messages reach the driver: tags, events, errors, inputs."""

from __future__ import annotations

import asyncio

import pytest

from drivers.driver import Host, State
from drivers.reading import Quality
from drivers.rfid.llrp import sightings
from drivers.rfid.llrp.configuration import Configured
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.reader import LlrpReader
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.rfid.llrp.chosen import chosen

EPC = bytes.fromhex("3074257BF7194E4000001A85")
TAG = element("TagReportData", element("EPC-96", epc=EPC), element("AntennaID", id=1))


class Heard:
    """A driver that hears what it is told, without a connection."""

    def __init__(self, **options):
        self.timing = FakeTiming()
        self.driver = LlrpReader("door", chosen(**options), Host(self.timing), None)
        self.driver._condition.configured(Configured("Impinj R420", (), frozenset()))

    def hear(self, message, arrival=100.0):
        self.driver._hear(message, arrival)

    def event(self, *parts, arrival=100.0):
        data = element("ReaderEventNotificationData", *parts)
        self.hear(element("READER_EVENT_NOTIFICATION", data), arrival)

    def report(self, *entries):
        self.hear(element("RO_ACCESS_REPORT", *entries))

    def readings(self):
        return list(self.driver._report())

    @property
    def health(self):
        return self.driver.health

    @property
    def told(self):
        return self.health.state, self.health.detail


FINE = (State.RUNNING, "Impinj R420")


def test_tags_are_taken_and_a_report_begins_anew():
    heard = Heard()
    heard.report(TAG, TAG)
    (reading,) = heard.readings()
    assert (reading.device, reading.kind, reading.fields["count"]) == ("door", "tag", 2)
    assert heard.readings() == []
    assert heard.health.counters == {"reads": 2}


def test_entries_that_name_no_epc_are_lost_and_foreign_ones_skipped():
    heard = Heard()
    custom = element("Custom", vendor=1, subtype=1, data=b"")
    unknown = Element("Unknown", {"type": 900, "data": b""})
    heard.report(element("TagReportData"), element("AntennaID", id=1), custom, unknown)
    assert heard.health.counters == {"lost tag reports": 1, "skipped parameters": 1}
    assert heard.driver.discards.often == {
        "a tag report without an EPC": 1, "AntennaID in a report of tags": 1,
    }  # fmt: skip
    heard.driver.discards.lose("again", 105.0)
    assert heard.driver.discards.fault(105.0)
    heard.report(TAG)
    assert not heard.driver.discards.fault(105.0)


def test_messages_of_no_use_are_counted():
    heard = Heard()
    heard.hear(element("KEEPALIVE"))
    assert heard.health.counters == {"unused messages": 1}


@pytest.mark.parametrize(
    ("event", "counter", "detail"),
    [
        (element("ReaderExceptionEvent", message="too hot"), "exceptions",
         "the reader reports: too hot"),
        (element("ReportBufferLevelWarningEvent", percent=90), "buffer warnings",
         "the reader's buffer is 90 % full"),
        (element("ReportBufferOverflowErrorEvent"), "buffer overflows",
         "the reader's buffer overflowed: reads were lost"),
        (element("ConnectionAttemptEvent", status=4), "other clients",
         "another program tried to take the reader over"),
        (element("AntennaEvent", type=0, antenna=3), "antennas lost", "antenna 3 is disconnected"),
        (element("AntennaEvent", type=0, antenna=256), "antennas lost",
         "antenna 256 is disconnected"),
    ],
)  # fmt: skip
def test_events_that_are_trouble(event, counter, detail):
    heard = Heard()
    heard.event(event)
    assert heard.told == (State.FAULTY, detail)
    assert heard.health.counters == {counter: 1}


@pytest.mark.parametrize(
    ("event", "counters"),
    [
        (element("AntennaEvent", type=1, antenna=3), {}),
        (element("AntennaEvent", type=0, antenna=257), {"unused events": 1}),
        (element("ROSpecEvent", type=0, rospec=1, preempting=0), {}),
        (element("ConnectionAttemptEvent", status=0), {}),
        (element("GPIEvent", port=1, level=1), {"inputs not reported": 1}),
    ],
)
def test_events_that_are_none(event, counters):
    heard = Heard()
    heard.event(event)
    assert heard.told == FINE
    assert heard.health.counters == counters
    assert heard.readings() == []


def test_an_antenna_that_is_connected_again_is_no_trouble_any_more():
    heard = Heard()
    heard.event(element("AntennaEvent", type=0, antenna=3))
    heard.event(element("AntennaEvent", type=1, antenna=3))
    assert heard.told == FINE


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (element("ERROR_MESSAGE", element("LLRPStatus", code=5, description="no")),
         "no, status 5"),
        (element("ERROR_MESSAGE"), "without a status"),
    ],
)  # fmt: skip
def test_an_error_that_answers_nothing(error, told):
    heard = Heard()
    heard.hear(error)
    assert heard.told == (State.FAULTY, f"the reader reports an error: {told}")
    assert heard.health.counters == {"errors": 1}


@pytest.mark.parametrize(("level", "state"), [(1, "on"), (0, "off")])
def test_inputs_are_readings_where_they_are_wanted(level, state):
    heard = Heard(inputs=True)
    heard.event(element("GPIEvent", port=2, level=level), arrival=77.0)
    heard.report(TAG)
    first, second = heard.readings()
    assert (first.kind, first.monotonic, first.quality) == ("input", 77.0, Quality.OK)
    assert first.fields == {"state": state, "level": level, "port": 2}
    assert second.kind == "tag"
    assert heard.driver._stir.is_set()


def test_how_many_inputs_wait():
    heard = Heard(inputs=True)
    for _ in range(1001):
        heard.event(element("GPIEvent", port=1, level=1))
    assert heard.health.counters == {"inputs not reported": 1}
    assert len(heard.readings()) == 1000
    assert heard.readings() == []


def test_the_clock_begins_with_the_connection_and_learns_from_events():
    heard = Heard()
    set_, now = 1_800_000_000_000_000, 100.0
    heard.event(
        element("UTCTimestamp", microseconds=set_), element("ConnectionAttemptEvent", status=0),
        arrival=now,
    )  # fmt: skip
    assert heard.driver._tags.clock.utc.year == 2027
    heard.event(element("UTCTimestamp", microseconds=set_ + 500_000_000), arrival=now + 50)
    assert heard.driver._tags.clock.steps == 1
    heard.event(element("ConnectionAttemptEvent", status=0), arrival=now + 60)
    assert heard.driver._tags.clock._offsets == {}


@pytest.mark.parametrize(
    ("seconds", "remark"),
    [(1_800_000_000, ""), (1_000_000_000, ", its clock says 2001-09-09: ours is used")],
)
def test_a_clock_that_cannot_be_right_is_remarked(seconds, remark):
    heard = Heard()
    heard.event(element("UTCTimestamp", microseconds=seconds * 1_000_000))
    assert heard.told == (State.RUNNING, f"Impinj R420{remark}")


def test_where_no_more_can_be_kept_the_reader_waits_until_it_is_told(monkeypatch):
    monkeypatch.setattr(sightings, "MOST", 50)
    heard = Heard(report_interval=3600)
    going = heard.driver._going
    going.set()
    entries = [
        element("TagReportData", element("EPC-96", epc=number.to_bytes(12))) for number in range(50)
    ]
    heard.report(*entries[1:], entries[1])
    assert going.is_set()
    heard.report(*entries[:1])
    assert not going.is_set()
    assert heard.driver._stir.is_set()
    assert len(heard.readings()) == 50
    assert going.is_set()


async def test_who_asks_is_told_that_there_is_no_tag():
    heard = Heard()
    async with heard.driver._device:
        asking = asyncio.ensure_future(heard.driver.read_once())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert heard.readings() == []
        assert (await asking).quality is Quality.NO_ANSWER
