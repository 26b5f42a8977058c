"""A person ends an alarm, with a reason that stands on record."""

from __future__ import annotations

import pytest

from agent.desks.conditions import OverrideDesk, condition_status
from agent.desks.control import BadRequest
from agent.desks.status import ConditionStatus
from agent.records.sentences import sentence
from tests.agent.intake.test_condition_watch import Rig

WHO = {"operator": "keeper-2", "reason": "the probe lay in the sun"}


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(35, 9.0)
    yield rig
    await rig.stop()


async def override(rig, **request):
    desk = OverrideDesk(rig.watch, rig.recorder)
    done = [each async for each in desk.verbs()["override"](request)]
    assert rig.recorder.state.waiting == 0, "it was answered before it was durable"
    return done


def state(rig, rule):
    return {each.rule: each.state for each in condition_status(rig.watch)}[rule]


async def test_an_alarm_is_ended_by_a_person_and_on_record(rig):
    assert state(rig, "too warm") == "alarm"
    told = await override(rig, device="cargo", rule="too warm", **WHO)
    assert told == [{"device": "cargo", "rule": "too warm", "state": "alarm", **WHO}]
    assert state(rig, "too warm") == "waiting"
    last = (await rig.told())[-1]
    assert (last.kind, sentence(last)) == (
        "override",
        "keeper-2 ended alarm of too warm: the probe lay in the sun",
    )
    await rig.minutes(2, 5.0)
    assert state(rig, "too warm") == "ok"


async def test_a_condition_is_shown_with_its_limit_and_since_when(rig):
    (alarm,) = [each for each in await rig.told() if each.kind == "alarm"]
    shown = {each.rule: each for each in condition_status(rig.watch)}
    assert shown["too warm"] == ConditionStatus(
        "cargo", "too warm", "alarm", alarm.values["from_ms"], "temperature above 8 °C",
        alarm.values["severity"],
    )  # fmt: skip
    assert shown["too cold"].state == "ok"


async def test_a_reason_has_two_hundred_characters_at_most(rig):
    with pytest.raises(BadRequest, match="reason must be 1 to 200"):
        await override(rig, device="cargo", rule="too warm", operator="k", reason="x" * 201)
    (done,) = await override(rig, device="cargo", rule="too warm", operator="k", reason="x" * 200)
    assert done["reason"] == "x" * 200


REFUSED = [
    (
        {"device": "cargo", "rule": "too warm", "operator": "keeper-2", "reason": " "},
        "needs a reason",
    ),
    ({"device": "cargo", "rule": "too warm", "operator": "", "reason": "so"}, "operator must be 1"),
    ({"device": "cargo", "rule": "too worm", **WHO}, "did you mean 'too warm'"),
    ({"device": "crago", "rule": "too warm", **WHO}, "did you mean 'cargo'"),
    ({"device": "cargo", "rule": "too cold", **WHO}, "is ok: nothing to end"),
]


async def test_what_cannot_be_ended_is_refused_and_nothing_recorded(rig):
    for request, said in REFUSED:
        with pytest.raises(BadRequest, match=said):
            await override(rig, **request)
    assert "override" not in {each.kind for each in await rig.told()}
