"""What tallyman-notify may ask the agent, and what it says that is shown to people."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.desks.control import BadRequest
from agent.desks.notify import SILENT_AFTER, NotifyDesk
from tests.agent.fakes import FakeTiming, fake_clock

WELL = {"name": "webhook", "state": "ok", "for_ms": 5000, "delivered": 3, "lost": 0}


class Desk:
    def __init__(self):
        self.timing = FakeTiming()
        self.clock = fake_clock(self.timing)
        self.desk = NotifyDesk(
            ["webhook"], SimpleNamespace(gateway="9f86"), "truck-7", None,
            SimpleNamespace(next_number=0), self.clock, self.timing,
        )  # fmt: skip

    async def say(self, *channels):
        return [each async for each in self.desk.say({"channels": list(channels)})]

    @property
    def shown(self):
        (one,) = self.desk.statuses()
        return one


async def test_nothing_was_said_yet_is_unknown_and_later_that_it_does_not_run():
    desk = Desk()
    assert desk.shown.state == "unknown"
    desk.timing.now += SILENT_AFTER + 1
    assert (desk.shown.state, desk.shown.cause) == ("down", "notify.down")
    assert "systemctl restart tallyman-notify" in desk.shown.advice


async def test_a_word_is_shown_with_its_age_and_its_row_and_grows_old():
    desk = Desk()
    await desk.say(WELL)
    now = desk.clock.now().wall_ms
    assert (desk.shown.state, desk.shown.delivered) == ("ok", 3)
    assert desk.shown.since_ms == now - 5000
    cause = "notify.untrusted"
    await desk.say({**WELL, "state": "failing", "detail": "x\x1b[2J", "cause": cause})
    assert desk.shown.detail == "x\N{REPLACEMENT CHARACTER}[2J"
    assert "authorities" in desk.shown.advice
    desk.timing.now += SILENT_AFTER + 1
    assert (desk.shown.state, desk.shown.delivered) == ("down", 3)


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
    "request_", [{}, {"kinds": "alarm"}, {"kinds": ["x"] * 99}, {"kinds": [], "since": -1}]
)
async def test_a_follower_says_what_it_wants(request_):
    with pytest.raises(BadRequest):
        async for _ in Desk().desk.follow(request_):
            pass
