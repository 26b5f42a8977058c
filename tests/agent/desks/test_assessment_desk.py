"""A named person decides what becomes of goods after an excursion, on record."""

from __future__ import annotations

import pytest

from agent.desks.assessments import LOOK_BACK, PAGE, AssessmentDesk
from agent.desks.control import BadRequest
from agent.records.sentences import sentence
from tests.agent.intake.test_condition_watch import Rig
from tests.evidence.building import record

WHO = {"operator": "keeper-2", "reason": "within the stability data"}


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(2, 16.0)  # far too warm: an alarm at once
    await rig.minutes(1, 5.0)
    yield rig
    await rig.stop()


async def asked(rig, verb, **request):
    desk = AssessmentDesk(rig.journal, rig.recorder)
    told = [each async for each in desk.verbs()[verb](request)]
    assert rig.recorder.state.waiting == 0, "it was answered before it was durable"
    return told


async def recorded(rig, kind):
    records = await rig.journal.records(0, await rig.journal.count())
    return [each for each in records if each.kind == kind]


async def numbers(rig, kind):
    return [each.number for each in await recorded(rig, kind)]


async def test_what_may_be_decided_on_is_listed_the_newest_first(rig):
    (alarm,), told = await numbers(rig, "alarm"), await asked(rig, "assessable")
    assert [each["n"] for each in told] == sorted((each["n"] for each in told), reverse=True)
    assert alarm in [each["n"] for each in told]
    assert {each["state"] for each in told} == {"alarm", "excursion"}  # and none that is ok again


async def test_a_decision_is_a_record_with_name_date_and_meaning(rig):
    (alarm,) = await numbers(rig, "alarm")
    (done,) = await asked(rig, "assess", number=alarm, decision="released", **WHO)
    assert (done["device"], done["rule"], done["state"]) == ("cargo", "far too warm", "alarm")
    (last,) = await recorded(rig, "assessment")
    assert last.wall_ms > 0
    assert sentence(last) == (
        f"keeper-2 decided on alarm of far too warm, record {alarm}: released: "
        "within the stability data"
    )


REFUSED = [
    ({"decision": "relased"}, "did you mean 'released'"),
    ({"operator": " "}, "a decision needs its operator"),
    ({"reason": ""}, "reason must be 1 to 400"),
    ({"reason": "x" * 401}, "reason must be 1 to 400"),
    ({"operator": "x" * 65}, "operator must be 1 to 64"),
    ({"number": 0}, "record 0 is no excursion"),
    ({"number": 10**9}, "is no excursion"),
    ({"number": "4"}, "number must be a whole number"),
]


async def test_what_is_no_decision_is_refused_and_not_recorded(rig):
    (alarm,) = await numbers(rig, "alarm")
    for changed, said in REFUSED:
        with pytest.raises(BadRequest, match=said):
            await asked(rig, "assess", **{"number": alarm, "decision": "held", **WHO} | changed)
    assert not await numbers(rig, "assessment")


async def test_a_decision_may_be_as_long_as_a_record_holds(rig):
    (alarm,) = await numbers(rig, "alarm")
    said = {"operator": "x" * 64, "reason": "y" * 400}
    (done,) = await asked(rig, "assess", number=alarm, decision="held", **said)
    assert done == {
        "device": "cargo", "record": alarm, "rule": "far too warm", "state": "alarm",
        "decision": "held", **said,
    }  # fmt: skip


class Pages:
    """A journal of so many records that are excursions, of which a page is read at a time."""

    def __init__(self, count):
        self._count = count

    async def count(self):
        return self._count

    async def records(self, first, limit):
        assert limit <= PAGE
        numbers = range(first, min(first + limit, self._count))
        return [record(n, "excursion", values={"state": self._state(n)}) for n in numbers]

    def _state(self, number):
        return "unknown" if number in (0, 1, PAGE, 2 * PAGE + 7) else "ok"


@pytest.mark.parametrize(
    ("count", "found"),
    [(0, []), (2 * PAGE + 8, [2 * PAGE + 7, PAGE, 1, 0]), (LOOK_BACK, [2 * PAGE + 7, PAGE, 1, 0]),
     (LOOK_BACK + 1, [2 * PAGE + 7, PAGE, 1])],
)  # fmt: skip
async def test_conditions_are_found_page_by_page_and_none_from_long_ago(count, found):
    told = AssessmentDesk(Pages(count), None).assessable({})
    assert [each["n"] async for each in told] == found


async def test_of_many_conditions_the_ten_newest_are_listed(office):
    for number in range(12):
        await office.recorder.note(
            "alarm", {"rule": f"r{number}", "state": "alarm"}, device="cargo"
        )
    await office.recorder.flush()
    told = await asked(office, "assessable")
    assert [each["rule"] for each in told] == [f"r{number}" for number in range(11, 1, -1)]
    assert {each["device"] for each in told} == {"cargo"}
