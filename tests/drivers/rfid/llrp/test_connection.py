"""A connection to a reader: its greeting, its refusals, and how both take leave."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.cause import DeviceFacts, Word
from drivers.driver import Health
from drivers.errors import BadFrame, DeviceFault, DeviceMissing, LinkLost, WrongDevice
from drivers.links.tcp import Address
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes, connection
from drivers.rfid.llrp.connection import Connector
from drivers.rfid.llrp.elements import element, encode_body
from drivers.rfid.llrp.frames import Frame
from foundation.cause import perhaps
from tests.drivers.fake_timing import FakeTiming

ADDRESS = Address("reader", 5084)
PATIENCE = 30.0  # s
FOREIGN = "the reader sent a message of version 4, not LLRP 1"


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
    assert connection.LEAVE_WITHIN == 1.0, "it ends with the agent, which has five seconds"
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
         f"what answers at reader:5084 is not an LLRP reader: {FOREIGN}", causes.NOT_A_READER),
        ([Frame(62, 1).to_bytes() + b"SSH-2.0-OpenSSH"], BadFrame,
         FOREIGN, causes.LOST_TRACK),
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


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, perhaps()),
        (Word("missing"), perhaps()),
        (Word("missing", counters={"frames": 0}), perhaps()),
        (Word("missing", counters={"frames": 1}),
         perhaps("it answered before, since the agent started")),
    ],
)  # fmt: skip
def test_a_reader_that_was_heard_before_is_the_right_one(word, finding):
    assert causes.HUNG.test(DeviceFacts("door", "rfid.llrp", {}, word, None)) == finding
