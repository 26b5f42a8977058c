"""What a reader says by itself, as messages reach the driver: tags, events, errors, inputs."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.driver import Health, Host, State
from drivers.errors import BadFrame, DeviceFault, DeviceMissing, LinkLost, WrongDevice
from drivers.links.tcp import Address
from drivers.reading import Quality
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes, connection, sightings
from drivers.rfid.llrp.configuration import Configured
from drivers.rfid.llrp.connection import Connector
from drivers.rfid.llrp.elements import Element, element, encode_body
from drivers.rfid.llrp.frames import Frame
from drivers.rfid.llrp.reader import LlrpReader
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.rfid.llrp.chosen import chosen

EPC = bytes.fromhex("3074257BF7194E4000001A85")
TAG = element("TagReportData", element("EPC-96", epc=EPC), element("AntennaID", id=1))
PATIENCE = 30.0  # s
STATUS = element("LLRPStatus", code=0, description="")


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


ADDRESS = Address("reader", 5084)


def greeting(status):
    data = element("ReaderEventNotificationData", element("UTCTimestamp", microseconds=1),
                   element("ConnectionAttemptEvent", status=status))  # fmt: skip
    return Frame(63, 1, encode_body(element("READER_EVENT_NOTIFICATION", data))[1]).to_bytes()


def answered(data):
    kind, number = int.from_bytes(data[:2]) & 0x3FF, data[6:10]
    answer = 4 if kind == 14 else kind + 10
    body = bytes.fromhex("011f000800000000")
    return Frame(answer, int.from_bytes(number), body).to_bytes()


class Link:
    """A link to a reader of a test, which says `said` and answers where it is `alive`."""

    def __init__(self, *said, alive=True):
        self.said, self.alive = asyncio.Queue(), alive
        self.written, self.closed = [], False
        for each in said:
            self.said.put_nowait(each)

    async def read(self, within):
        said = await self.said.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def write(self, data, within):
        self.written.append(int.from_bytes(data[:2]) & 0x3FF)
        if self.alive:
            self.said.put_nowait(answered(data))

    def close(self):
        self.closed = True


class Connecting:
    def __init__(self, *links):
        self.links, self.timing, self.heard = list(links), FakeTiming(), []
        self.connector = Connector(
            self.connect, ADDRESS, self.timing, Health(), 13.0, Discards()
        )  # fmt: skip

    async def connect(self):
        return self.links.pop(0)

    def connected(self):
        return self.connector.connected(lambda message, at: self.heard.append((message.name, at)))

    async def refused(self):
        with pytest.raises((DeviceFault, DeviceMissing, WrongDevice, LinkLost, BadFrame)) as caught:
            async with self.connected():
                pass
        return caught.value


async def test_a_reader_greets_is_asked_and_taken_leave_of():
    link = Link(greeting(0))
    bench = Connecting(link)
    async with bench.connected() as found:
        assert not found.pump.done()
        assert bench.heard == [("READER_EVENT_NOTIFICATION", 100.0)]
        assert not link.closed
    assert link.written == [21, 14]  # DELETE_ROSPEC, CLOSE_CONNECTION
    assert found.left
    assert link.closed
    assert found.pump.done()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (1, "another program is connected to the reader at reader:5084"),
        (2, "another program is connected to the reader at reader:5084"),
        (3, "the reader at reader:5084 refused the connection, status 3"),
        (4, "the reader at reader:5084 refused the connection, status 4"),
    ],
)
async def test_a_reader_that_refuses(status, text):
    link = Link(greeting(status))
    error = await Connecting(link).refused()
    assert (type(error), str(error)) == (DeviceFault, text)
    assert (error.cause is causes.OWNED) is (status in {1, 2})
    assert link.written == []
    assert link.closed


@pytest.mark.parametrize(("after", "own"), [(59.9, True), (60.0, False)])
async def test_our_own_connection_that_the_reader_still_holds(monkeypatch, after, own):
    monkeypatch.setattr(connection, "LEAVE_WITHIN", 0.01)
    bench = Connecting(Link(greeting(0), alive=False), Link(greeting(2)), Link(greeting(2)))
    async with bench.connected() as found:
        pass
    assert not found.left
    bench.timing.now += after
    error = await bench.refused()
    if own:
        assert str(error) == (
            "the reader at reader:5084 still holds this gateway's own connection, which was given "
            "up 60 s ago"
        )
        assert error.cause is causes.LEFT_OVER
    else:
        assert error.cause is causes.OWNED
    bench.timing.now += 60.0
    assert (await bench.refused()).cause is causes.OWNED


async def test_a_reader_that_closed_itself_holds_nothing_of_ours():
    bench = Connecting(Link(greeting(0), LinkLost("closed")), Link(greeting(2)))
    async with bench.connected() as found:
        async with asyncio.timeout(PATIENCE):
            while not found.pump.done():
                await asyncio.sleep(0)
    assert (await bench.refused()).cause is causes.OWNED


@pytest.mark.parametrize(
    ("said", "kind", "text", "cause"),
    [
        ([b"SSH-2.0-OpenSSH"], WrongDevice,
         "what answers at reader:5084 is not an LLRP reader: the reader sent a message of version "
         "4, not LLRP 1", causes.NOT_A_READER),
        ([Frame(62, 1).to_bytes() + b"SSH-2.0-OpenSSH"], BadFrame,
         "the reader sent a message of version 4, not LLRP 1", causes.LOST_TRACK),
        ([LinkLost("reset by peer")], LinkLost, "reset by peer", LinkLost.cause),
        ([b""], LinkLost, "the reader fell silent for 13 s", causes.HUNG),
    ],
)  # fmt: skip
async def test_what_does_not_greet(said, kind, text, cause):
    link = Link(*said)
    error = await Connecting(link).refused()
    assert (type(error), str(error), error.cause) == (kind, text, cause)
    assert link.closed


@pytest.mark.parametrize(
    ("said", "sent"), [([], "nothing"), ([b"\x04"], "0 messages"),
                       ([Frame(62, 1).to_bytes()], "1 messages")],
)  # fmt: skip
async def test_a_reader_that_says_other_things_than_its_greeting(monkeypatch, said, sent):
    monkeypatch.setattr(connection, "GREETING_WITHIN", 0.02)
    error = await Connecting(Link(*said, alive=False)).refused()
    assert type(error) is DeviceMissing
    assert str(error) == (
        f"reader:5084 takes the connection, but does not greet: it sent {sent} in 0.02 s"
    )
    assert error.cause is causes.NO_GREETING


async def test_a_link_is_closed_whatever_ends_a_connection():
    link = Link(greeting(0))
    with contextlib.suppress(RuntimeError):
        async with Connecting(link).connected():
            raise RuntimeError
    assert link.closed
    assert link.written == [21, 14]
