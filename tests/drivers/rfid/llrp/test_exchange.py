"""Asking a reader, message by message: answers, keepalives, and what ends a connection."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.driver import Health
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, LinkLost
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes, exchange
from drivers.rfid.llrp.elements import Element, element, encode_body
from drivers.rfid.llrp.exchange import Exchange, checked
from drivers.rfid.llrp.frames import Frame
from tests.drivers.fake_timing import FakeTiming

PATIENCE = 30.0  # s
GET_ROSPECS, GET_ROSPECS_RESPONSE = 26, 36
STATUS = bytes.fromhex("011f0008 0000 0000")  # LLRPStatus: success, no description
ACKNOWLEDGED = Frame(72, 77).to_bytes()


class Reader:
    """A link to a reader of a test: it gives what is put into it, each after its seconds."""

    def __init__(self, timing):
        self.timing = timing
        self.said = asyncio.Queue()
        self.written = []
        self.silences = []
        self.broken = None
        self.answer = None

    def say(self, data, after=0.0):
        self.said.put_nowait((data, after))

    async def read(self, within):
        self.silences.append(within)
        data, after = await self.said.get()
        self.timing.now += after
        if isinstance(data, Exception):
            raise data
        return data

    async def write(self, data, within):
        assert within == 5.0
        if self.broken is not None:
            raise self.broken
        self.written.append(data)
        if self.answer is not None and data != ACKNOWLEDGED:
            self.say(self.answer(data))


class Bench:
    def __init__(self, silence=13.0):
        self.timing = FakeTiming()
        self.reader = Reader(self.timing)
        self.health, self.discards, self.heard = Health(), Discards(), []
        self.exchange = Exchange(
            self.reader, self.timing, self.health, self.hear, silence, self.discards
        )

    def hear(self, message, arrival):
        self.heard.append((message, arrival))

    async def __aenter__(self):
        self.running = asyncio.ensure_future(self.exchange.run())
        return self

    async def __aexit__(self, *_):
        self.running.cancel()
        with contextlib.suppress(asyncio.CancelledError, LinkLost, BadFrame):
            await self.running

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0)

    async def ended(self):
        """Return what ended the connection."""
        with pytest.raises((LinkLost, BadFrame)) as caught:
            await asyncio.wait_for(asyncio.shield(self.running), PATIENCE)
        return caught.value


def response(request, body=STATUS, number=None):
    """Return the answer to a request that was sent, of the next ten in number by its type."""
    kind, id_ = int.from_bytes(request[:2]) & 0x3FF, int.from_bytes(request[6:10])
    return Frame(kind + 10 if number is None else number, id_, body).to_bytes()


async def test_requests_are_numbered_and_answers_found_by_their_numbers():
    async with Bench() as bench:
        bench.reader.answer = lambda data: Frame(62, 77).to_bytes() + response(data)
        first = await bench.exchange.ask(element("GET_ROSPECS"))
        second = await bench.exchange.ask(element("GET_ROSPECS"))
        assert first.name == second.name == "GET_ROSPECS_RESPONSE"
        asked = [data for data in bench.reader.written if data[1] == GET_ROSPECS]
        assert asked == [Frame(GET_ROSPECS, 1).to_bytes(), Frame(GET_ROSPECS, 2).to_bytes()]
        assert bench.reader.written.count(ACKNOWLEDGED) == 2
        assert bench.heard == []
        assert bench.health.counters == {"frames": 4}
        assert bench.exchange.messages == 4
        assert bench.exchange.received == 2 * (10 + 18)


async def test_an_answer_to_nobody_is_heard_and_so_is_another_message_with_its_number():
    async with Bench() as bench:
        report = Frame(61, 1).to_bytes()
        late = Frame(GET_ROSPECS_RESPONSE, 9, STATUS).to_bytes()
        bench.reader.answer = lambda data: report + late + response(data)
        await bench.exchange.ask(element("GET_ROSPECS"))
        assert [message.name for message, _ in bench.heard] == [
            "RO_ACCESS_REPORT", "GET_ROSPECS_RESPONSE",
        ]  # fmt: skip


@pytest.mark.parametrize("number", [100, 1023])
async def test_errors_and_custom_messages_are_answers(number):
    async with Bench() as bench:
        _, body = encode_body(element("CUSTOM_MESSAGE", vendor=1, subtype=2, data=STATUS))
        sent = STATUS if number == 100 else body
        bench.reader.answer = lambda data: response(data, sent, number)
        if number == 100:
            with pytest.raises(DeviceFault, match="refused GET_ROSPECS: no reason given, status 0"):
                await bench.exchange.ask(element("GET_ROSPECS"))
        else:
            answer = await bench.exchange.ask(element("GET_ROSPECS"))
            assert [part.name for part in answer.children] == ["LLRPStatus"]


async def test_an_answer_that_cannot_be_read_is_told_to_who_asked():
    async with Bench() as bench:
        bench.reader.answer = lambda data: response(data, bytes.fromhex("011f0003"))
        with pytest.raises(BadFrame, match="a damaged GET_ROSPECS_RESPONSE") as caught:
            await bench.exchange.ask(element("GET_ROSPECS"))
        assert caught.value.cause is causes.UNREADABLE
        assert bench.health.counters == {"frames": 1, "bad frames": 1}
        assert "GET_ROSPECS_RESPONSE" in bench.discards.remark(bench.timing.now)
        bench.reader.answer = response
        await bench.exchange.ask(element("GET_ROSPECS"))


async def test_a_reader_that_does_not_answer_is_waited_for_so_long(monkeypatch):
    assert exchange.ANSWER_WITHIN == 10.0
    monkeypatch.setattr(exchange, "ANSWER_WITHIN", 0.01)
    async with Bench() as bench:
        with pytest.raises(CommandTimeout, match=r"^the reader did not answer GET_ROSPECS$"):
            await bench.exchange.ask(element("GET_ROSPECS"))
        bench.reader.say(Frame(GET_ROSPECS_RESPONSE, 1, STATUS).to_bytes())
        await bench.until(lambda: bench.heard)  # too late: nobody's answer any more


async def test_silence_ends_the_connection_for_all_who_wait():
    async with Bench(silence=13.0) as bench:
        asking = asyncio.ensure_future(bench.exchange.ask(element("GET_ROSPECS")))
        await bench.until(lambda: bench.reader.written)
        bench.reader.say(b"", after=13.0)
        error = await bench.ended()
        assert str(error) == "the reader fell silent for 13 s"
        assert error.cause is causes.HUNG
        assert bench.reader.silences == [13.0]
        with pytest.raises(LinkLost, match="fell silent"):
            await asking
        with pytest.raises(LinkLost, match="fell silent"):
            await bench.exchange.ask(element("GET_ROSPECS"))
        assert not bench.exchange.closed


KEEPALIVE = Frame(62, 5).to_bytes()
LONG = Frame(61, 5, bytes.fromhex("03ff0064") + bytes(96)).to_bytes()  # another vendor's


@pytest.mark.parametrize(
    ("begun", "middle"),
    [(b"", ""), (KEEPALIVE[:5], " in the middle of a message"),
     (LONG[:6], " in the middle of a message of 110 bytes, of which 6 came")],
)  # fmt: skip
@pytest.mark.parametrize("silent", [True, False])
async def test_what_ends_a_connection_says_in_which_message(begun, middle, silent):
    async with Bench() as bench:
        if begun:
            bench.reader.say(begun)
        bench.reader.say(b"" if silent else LinkLost("reset by peer", cause=causes.HUNG))
        error = await bench.ended()
        assert (
            str(error)
            == ("the reader fell silent for 13 s" if silent else "reset by peer") + middle
        )
        assert error.cause is causes.HUNG
        assert bench.exchange.closed is not silent


async def test_of_the_kernels_own_timeout_the_reader_knows_nothing():
    async with Bench() as bench:
        lost = LinkLost("timed out")
        lost.__cause__ = TimeoutError()
        bench.reader.say(lost)
        await bench.ended()
        assert not bench.exchange.closed
    async with Bench() as bench:
        bench.reader.broken = LinkLost("broken pipe")
        with pytest.raises(LinkLost, match="broken pipe"):
            await bench.exchange.ask(element("GET_ROSPECS"))
        assert bench.exchange.closed


@pytest.mark.parametrize(("slow", "ends"), [(10.0, False), (10.1, True)])
async def test_a_message_that_does_not_end_is_given_up(slow, ends):
    async with Bench() as bench:
        bench.reader.say(LONG[:20])
        bench.reader.say(LONG[20:40], after=slow)
        bench.reader.say(LONG[40:])
        if not ends:
            await bench.until(lambda: bench.heard)
            return
        error = await bench.ended()
        assert str(error) == "the reader did not end a message of 110 bytes, of which 40 came"
        assert error.cause is causes.LOST_TRACK
        assert bench.health.counters["bad frames"] == 1
        assert "did not end" in bench.discards.remark(bench.timing.now)


async def test_each_message_has_its_own_time():
    async with Bench() as bench:
        bench.reader.say(KEEPALIVE[:5])
        bench.reader.say(KEEPALIVE[5:] + LONG[:20], after=9.0)
        bench.reader.say(LONG[20:40], after=9.0)
        bench.reader.say(LONG[40:], after=1.0)
        await bench.until(lambda: bench.heard)


async def test_while_nobody_has_room_nothing_is_read_and_that_costs_no_message_its_time():
    async with Bench() as bench:
        bench.reader.say(LONG[:20])
        await bench.until(lambda: len(bench.reader.silences) == 2)
        bench.exchange.going.clear()
        bench.reader.say(LONG[20:40], after=5.0)
        await bench.until(bench.reader.said.empty)
        bench.reader.say(LONG[40:60])
        for _ in range(5):
            await asyncio.sleep(0)
        assert not bench.reader.said.empty()
        bench.timing.now += 60.0
        bench.exchange.going.set()
        bench.reader.say(LONG[60:])
        await bench.until(lambda: bench.heard)


async def test_a_stream_that_is_no_llrp_is_given_up_behind_what_was():
    async with Bench() as bench:
        bench.reader.say(LONG + b"SSH-2.0")
        error = await bench.ended()
        assert str(error) == "the reader sent a message of version 4, not LLRP 1"
        assert error.cause is causes.LOST_TRACK
        assert [message.name for message, _ in bench.heard] == ["RO_ACCESS_REPORT"]


async def test_messages_have_the_moment_at_which_they_came():
    async with Bench() as bench:
        bench.reader.say(LONG, after=2.0)
        await bench.until(lambda: bench.heard)
        assert bench.heard[0][1] == 102.0


@pytest.mark.parametrize(("tags", "pieces"), [(64, [64]), (65, [64, 1]), (200, [64, 64, 64, 8])])
async def test_a_long_report_comes_in_pieces(tags, pieces):
    async with Bench() as bench:
        entry = bytes.fromhex("00f00007 81 0001")
        bench.reader.say(Frame(61, 1, entry * tags).to_bytes())
        await bench.until(lambda: sum(len(m.children) for m, _ in bench.heard) == tags)
        assert [len(message.children) for message, _ in bench.heard] == pieces
        assert {message.name for message, _ in bench.heard} == {"RO_ACCESS_REPORT"}


async def test_damaged_tags_and_other_damage_are_counted_apart():
    async with Bench() as bench:
        tag = bytes.fromhex("00f00006 8100")  # its AntennaID is cut
        other = bytes.fromhex("00ff0005 00")  # an AntennaEvent, cut
        bench.reader.say(Frame(61, 1, tag + other).to_bytes())
        await bench.until(lambda: bench.heard)
        assert bench.health.counters == {
            "frames": 1, "lost tag reports": 1, "skipped parameters": 1,
        }  # fmt: skip
        assert sorted(bench.discards.often) == [
            "a damaged AntennaEvent: AntennaEvent is cut short",
            "a damaged TagReportData: AntennaID is cut short",
        ]
        later = bench.timing.now + 5.0
        bench.discards.lose("again", later)
        assert bench.discards.fault(later).startswith("none of the last 2 reports")


def refusal(code=101, text="no such", *parts, name="ADD_ROSPEC_RESPONSE"):
    return element(name, element("LLRPStatus", *parts, code=code, description=text))


PARAMETER = element("ParameterError", element("FieldError", field=3, code=1), type=177, code=2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(), "no such, status 101"),
        (refusal(101, ""), "no reason given, status 101"),
        (refusal(0, "fine", name="ERROR_MESSAGE"), "fine, status 0"),
        (refusal(101, "no such", PARAMETER), "no such, status 101 (parameter 177, field 3)"),
        (refusal(101, "no", *[element("FieldError", field=n, code=1) for n in range(7)]),
         "no, status 101 (field 0, field 1, field 2, field 3, field 4)"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_what_it_blames(answer, told):
    with pytest.raises(DeviceFault) as caught:
        checked("ADD_ROSPEC", answer)
    assert str(caught.value) == f"the reader refused ADD_ROSPEC: {told}"
    assert caught.value.cause is causes.REFUSES


def test_an_answer_without_a_status_is_none():
    with pytest.raises(BadFrame, match=r"^the answer to ADD_ROSPEC has no status$"):
        checked("ADD_ROSPEC", Element("ADD_ROSPEC_RESPONSE"))
    fine = refusal(0, "")
    assert checked("ADD_ROSPEC", fine) is fine
