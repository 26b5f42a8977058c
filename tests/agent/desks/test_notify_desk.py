"""What tallyman-notify may ask the agent, and what it says that is shown to people."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.desks.control import BadRequest
from agent.desks.notify import SILENT_AFTER, NotifyDesk
from agent.desks.status import ChannelStatus
from agent.journal.async_journal import AsyncJournal
from agent.journal.ring_journal import RingJournal
from tests.agent.desks.office import RING_BYTES
from tests.agent.desks.test_control import Listeners, numbered
from tests.agent.fakes import FakeTiming, fake_clock

WELL = {"name": "webhook", "state": "ok", "for_ms": 5000, "delivered": 3, "lost": 0}


class Desk:
    def __init__(self, journal=None):
        self.timing = FakeTiming()
        self.clock = fake_clock(self.timing)
        self.recorder = Listeners()
        self.recorder.next_number = 7
        self.desk = NotifyDesk(
            ["webhook"], SimpleNamespace(gateway="9f86"), "truck-7", journal, self.recorder,
            self.clock, self.timing,
        )  # fmt: skip

    async def say(self, *channels):
        return [each async for each in self.desk.say({"channels": list(channels)})]

    @property
    def shown(self):
        (one,) = self.desk.statuses()
        return one


async def test_nothing_was_said_yet_is_unknown_and_later_that_it_does_not_run():
    desk = Desk()
    begun = desk.clock.now().wall_ms
    assert desk.shown == ChannelStatus("webhook", "unknown", begun)
    desk.timing.now += SILENT_AFTER
    assert desk.shown.state == "unknown"
    desk.timing.now += 1
    assert desk.shown == ChannelStatus(
        "webhook", "down", begun, "tallyman-notify says nothing", desk.shown.advice, "notify.down"
    )
    assert "systemctl restart tallyman-notify" in desk.shown.advice


async def test_a_word_is_shown_with_its_age_and_its_row_and_grows_old():
    desk = Desk()
    await desk.say(WELL)
    now = desk.clock.now().wall_ms
    assert desk.shown == ChannelStatus("webhook", "ok", now - 5000, delivered=3)
    cause = "notify.untrusted"
    await desk.say({**WELL, "state": "failing", "detail": "x\x1b[2J", "cause": cause})
    assert desk.shown.detail == "x\N{REPLACEMENT CHARACTER}[2J"
    assert "authorities" in desk.shown.advice
    desk.timing.now += SILENT_AFTER + 1
    assert (desk.shown.state, desk.shown.delivered) == ("down", 3)


async def test_what_a_word_says_is_shown_field_by_field_and_cut_to_a_line():
    desk = Desk()
    lagging = {"name": "webhook", "state": "failing", "detail": "x" * 299 + "yz", "waiting_ms": 0,
               "delivered": 4, "lost": 2, "cause": "notify.refused"}  # fmt: skip
    assert await desk.say(lagging) == [1]
    assert desk.shown == ChannelStatus(
        "webhook", "failing", desk.clock.now().wall_ms, "x" * 299 + "y", desk.shown.advice,
        "notify.refused", 0, 4, 2,
    )  # fmt: skip
    assert await desk.say() == [0]
    said = desk.clock.now().wall_ms
    desk.timing.now += SILENT_AFTER + 0.5
    assert desk.shown == ChannelStatus(
        "webhook", "down", said, "tallyman-notify says nothing", desk.shown.advice, "notify.down",
        0, 4, 2,
    )  # fmt: skip
    await desk.say({"name": "webhook", "state": "unknown"})
    assert desk.shown == ChannelStatus("webhook", "unknown", desk.clock.now().wall_ms)


@pytest.mark.parametrize(
    "said",
    [
        "ok", None, {}, {"name": "fax", "state": "ok"}, {"name": ["webhook"], "state": "ok"},
        {"name": "webhook", "state": "down"}, {"name": "webhook", "state": {}},
        {**WELL, "cause": "agent.down"}, {**WELL, "cause": []}, {**WELL, "delivered": -1},
        {**WELL, "lost": "3"}, {**WELL, "waiting_ms": 1.5}, {**WELL, "for_ms": True},
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(said):
    desk = Desk()
    with pytest.raises(BadRequest):
        await desk.say(said)
    assert desk.shown.state == "unknown"


def test_who_tells_people_may_follow_and_speak_and_nothing_else():
    assert set(Desk().desk.verbs()) == {"begin", "follow", "say"}


@pytest.mark.parametrize(
    "request_", [{}, {"kinds": "alarm"}, {"kinds": ["x"] * 65}, {"kinds": [], "since": -1}]
)
async def test_a_follower_says_what_it_wants(request_):
    with pytest.raises(BadRequest):
        async for _ in Desk().desk.follow(request_):
            pass


@pytest.fixture
async def kept(tmp_path):
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j", b"e" * 16, RING_BYTES)
    yield journal
    await journal.close()


async def test_whoever_begins_is_told_whose_records_these_are_and_how_many(kept):
    await kept.commit(numbered(0, 12))
    assert [each async for each in Desk(kept).desk.begin({})] == [
        {"gateway": "9f86", "name": "truck-7", "first": 7, "next": 12}
    ]


async def test_a_follower_gets_its_kinds_and_hears_now_and_then_how_far_it_is(kept):
    """600 records, of which two are of its kinds; a mark stands behind each 256th of the others."""
    made = numbered(0, 600)
    made[300], made[599] = (each._replace(kind="alarm") for each in (made[300], made[599]))
    await kept.commit(made)
    following = Desk(kept).desk.follow({"kinds": ["alarm", *map(str, range(63))], "since": 10})
    told = [await anext(following) for _ in range(4)]
    assert told == [
        {"passed": 256}, {"record": made[300].to_bytes().hex()}, {"passed": 512},
        {"record": made[599].to_bytes().hex()},
    ]  # fmt: skip
    await following.aclose()


async def test_a_follower_begins_with_the_first_record_where_it_does_not_say(kept):
    (first,) = numbered(0, 1)
    await kept.commit([first])
    following = Desk(kept).desk.follow({"kinds": [first.kind]})
    assert await anext(following) == {"record": first.to_bytes().hex()}
    await following.aclose()


async def test_a_follower_is_told_which_records_are_gone():
    class Gone:
        """A journal whose first records are no more."""

        async def leaves(self, first, count):
            return [each.to_bytes() for each in numbered(20, 2)] if first <= 20 else []

        async def count(self):
            return 22

    following = Desk(Gone()).desk.follow({"kinds": ["boot"], "since": 10})
    told = [await anext(following) for _ in range(3)]
    assert told[0] == {"lost": 10, "upto": 20}
    assert [list(each) for each in told[1:]] == [["record"], ["record"]]
    await following.aclose()


def test_three_words_may_be_missed_of_which_one_comes_every_half_a_minute_and_no_four():
    desk = Desk()
    for seconds, state in ((3 * 30, "unknown"), (30, "down")):
        desk.timing.now += seconds
        assert desk.shown.state == state
