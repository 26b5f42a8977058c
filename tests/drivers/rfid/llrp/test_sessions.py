"""A session with a reader in this process: when what it says becomes a reading, and how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from drivers.catalog import check_options
from drivers.driver import Host, State
from drivers.errors import LinkLost
from drivers.reading import Quality
from drivers.rfid.llrp import causes, reader
from drivers.rfid.llrp.elements import element, encode_body
from drivers.rfid.llrp.frames import Frame, split
from drivers.rfid.llrp.reader import LlrpReader
from foundation.options import OptionError
from tests.drivers.rfid.llrp.chosen import ZEBRA, chosen
from tests.drivers.rfid.llrp.test_configuring import Reader
from tests.drivers.rfid.llrp.test_connection import greeting
from tests.drivers.rfid.llrp.test_reader_says import TAG

SUCCESS = element("LLRPStatus", code=0, description="")
UNANSWERED = {"ENABLE_EVENTS_AND_REPORTS", "KEEPALIVE_ACK"}


class StandingTiming:
    """Time that stands until a test lets some pass."""

    def __init__(self):
        self.now = 100.0
        self._asleep = []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        awake = asyncio.get_running_loop().create_future()
        self._asleep.append((self.now + seconds, awake))
        await awake

    async def passes(self, seconds):
        await all_is_done()
        self.now = round(self.now + seconds, 6)
        for due, awake in self._asleep:
            if due <= self.now and not awake.done():
                awake.set_result(None)
        await all_is_done()


async def all_is_done():
    for _ in range(100):
        await asyncio.sleep(0)


class Link:
    """A link to a reader that greets, does all it is asked, and says what a test puts into it."""

    def __init__(self, **reader):
        self.reader = Reader(vendor=ZEBRA, **reader)
        self.said, self.asked, self.silences, self.closed = asyncio.Queue(), [], set(), False
        self.said.put_nowait(greeting(0))

    async def read(self, within):
        self.silences.add(within)
        said = await self.said.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def write(self, data, within):
        (frame,) = split(data).frames
        message, _ = frame.read()
        self.asked.append(message.name)
        if message.name in UNANSWERED:
            return
        answer = await self.reader.ask(message)
        self.say(replace(answer, children=(SUCCESS, *answer.children)), frame.id)

    def say(self, message, number=1):
        kind, body = encode_body(message)
        self.said.put_nowait(Frame(kind, number, body).to_bytes())

    def close(self):
        self.closed = True


class Session:
    """A driver on a link of a test, whose readings are `seen`; without `reads` nobody reads it."""

    def __init__(self, *, reads=True, **options):
        self.timing, self.links, self.seen = StandingTiming(), [], []
        self.driver = LlrpReader("door", chosen(**options), Host(self.timing), self.connect)
        self._reads = reads

    async def connect(self):
        self.links.append(Link())
        return self.links[-1]

    async def __aenter__(self):
        if self._reads:
            self._reading = asyncio.ensure_future(self._read())
            await all_is_done()
        return self

    async def _read(self):
        async with self.driver as driver:
            async for reading in driver.readings():
                self.seen.append(reading)

    async def __aexit__(self, *_):
        if self._reads:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def passes(self, seconds):
        await self.timing.passes(seconds)

    def report(self, *tags):
        self.links[-1].say(element("RO_ACCESS_REPORT", *tags))

    def event(self, *parts):
        data = element("ReaderEventNotificationData", *parts)
        self.links[-1].say(element("READER_EVENT_NOTIFICATION", data))

    def kinds(self):
        """The kinds of what was read since the last look, and of tags how often they were heard."""
        seen, self.seen = self.seen, []
        return [(each.kind, each.fields.get("count")) for each in seen]

    @property
    def told(self):
        return self.driver.health.state, self.driver.health.detail


async def test_a_tag_is_told_once_a_report_interval():
    async with Session(report_interval=2.0) as session:
        assert session.told[0] is State.RUNNING
        session.report(TAG, TAG)
        await session.passes(1.0)
        session.report(TAG)
        await session.passes(0.9)
        assert session.kinds() == []
        await session.passes(0.1)
        assert session.kinds() == [("tag", 3)]
        session.report(TAG)
        await session.passes(1.9)
        assert session.kinds() == []
        await session.passes(0.1)
        assert session.kinds() == [("tag", 1)]
        before = len(asyncio.all_tasks())
        for _ in range(3):
            await session.passes(2.0)
        assert session.kinds() == []
        assert len(asyncio.all_tasks()) == before  # nobody waits for what is over
        assert session.driver.health.counters["readings"] == 2


async def test_an_input_is_told_at_once_with_what_was_heard_before():
    async with Session(report_interval=2.0, inputs=True) as session:
        session.report(TAG)
        await session.passes(1.5)
        session.event(element("GPIEvent", port=2, level=1))
        await session.passes(0)
        assert session.kinds() == [("input", None), ("tag", 1)]
        session.report(TAG)
        await session.passes(1.9)  # the next interval began with that
        assert session.kinds() == []
        await session.passes(0.1)
        assert session.kinds() == [("tag", 1)]


async def test_who_looks_beside_a_session_waits_for_two_seconds():
    async with Session(report_interval=60.0) as session:
        for tags, quality in (((), Quality.NO_ANSWER), ((TAG,), Quality.OK)):
            looking = asyncio.ensure_future(session.driver.read_once())
            session.report(*tags)
            await session.passes(1.9)
            assert not looking.done()
            await session.passes(0.1)
            assert looking.done()
            assert looking.result().quality is quality
        assert session.kinds() == [("tag", 1)]


async def test_who_looks_just_before_a_report_has_it():
    async with Session(report_interval=3.0) as session:
        await session.passes(2.5)
        looking = asyncio.ensure_future(session.driver.read_once())
        session.report(TAG)
        await session.passes(0.5)
        assert looking.done()
        assert looking.result().kind == "tag"


@pytest.mark.parametrize(
    ("tags", "quality"), [((), Quality.NO_ANSWER), ((TAG, TAG), Quality.OK)], ids=["none", "one"]
)
async def test_a_look_at_a_reader_that_nobody_reads(tags, quality):
    async with Session(reads=False, report_interval=60.0) as session:
        looking = asyncio.ensure_future(session.driver.read_once())
        await all_is_done()
        session.report(*tags)
        await session.passes(1.9)
        assert not looking.done()
        assert session.told[0] is State.RUNNING
        await session.passes(0.1)
        reading = await looking
        assert (reading.kind, reading.quality) == ("tag", quality)
        assert session.links[0].asked[-2:] == ["DELETE_ROSPEC", "CLOSE_CONNECTION"]
        assert session.links[0].closed


async def test_what_was_heard_before_a_link_broke_is_told():
    async with Session(report_interval=60.0) as session:
        session.report(TAG)
        session.links[0].said.put_nowait(LinkLost("reset by peer", cause=causes.HUNG))
        await session.passes(0)
        assert session.kinds() == [("tag", 1)]
        assert session.told == (State.MISSING, "reset by peer")
        assert session.links[0].closed
        await session.passes(60.0)
        assert session.told[0] is State.RUNNING  # by another link
        assert len(session.links) == 2
        session.report(TAG)
        await session.passes(60.0)
        assert session.kinds() == [("tag", 1)]


async def test_trouble_is_told_within_five_seconds_however_rare_reports_are():
    async with Session(report_interval=3600.0) as session:
        nameless = element("TagReportData", element("AntennaID", id=1))
        session.report(nameless)
        await session.passes(5.0)
        session.report(nameless)
        await session.passes(4.9)
        assert session.told[0] is State.RUNNING
        await session.passes(0.1)
        assert session.told[0] is State.FAULTY


@pytest.mark.parametrize(
    ("keepalive", "silence"), [(1, 2.5), (2, 5.0), (3, 6.0), (10, 13.0), (600, 603.0)]
)
async def test_a_reader_is_gone_three_seconds_after_a_sign_of_life_is_missing(keepalive, silence):
    """Of short ones, a keepalive and a half after it."""
    async with Session(keepalive=keepalive) as session:
        assert session.links[0].silences == {silence}


async def test_what_a_reader_did_not_take_over_is_forgotten_with_its_connection():
    async with Session() as session:
        session.event(element("AntennaEvent", type=0, antenna=1))
        await session.passes(0)
        assert "antenna 1" in session.told[1]
        session.links[0].said.put_nowait(LinkLost("reset by peer"))
        await session.passes(60.0)
        assert session.told[0] is State.RUNNING
        assert "antenna 1" not in session.told[1]


def built(**options):
    return reader.build("door", check_options("rfid.llrp", options), Host(StandingTiming()))


async def test_where_a_reader_listens_and_what_is_trusted(monkeypatch):
    opened = []

    async def open_(*told):
        opened.append(told)
        raise LinkLost("not today")

    monkeypatch.setattr(reader.TcpLink, "open", open_)
    plain = built(address="door-7")
    secret = built(address="door-8:99", tls=True, tls_name="Speedway")
    for driver in (plain, secret):
        with pytest.raises(LinkLost, match="not today"):
            await driver.read_once()
    (first, first_tls, first_name), (second, second_tls, second_name) = opened
    assert (str(first), first_tls, first_name) == ("door-7:5084", None, "")
    assert (str(second), second_name) == ("door-8:99", "Speedway")
    assert second_tls.check_hostname


def test_certificates_that_cannot_be_read_are_an_option_that_is_wrong():
    with pytest.raises(OptionError, match=r"^tls_ca /none\.pem: No such file or directory$") as why:
        built(address="door-7", tls=True, tls_ca="/none.pem")
    assert why.value.option == "tls_ca"


def test_a_reader_without_tags_is_silent():
    assert reader.interval({}) is None
