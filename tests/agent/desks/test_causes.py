"""What is wrong at the dock, with the agent, and with who should hear of it: found or not known."""

from __future__ import annotations

import pytest

from agent.desks.causes import (
    CHECK_OPEN,
    CONFIG,
    DOWN,
    HUNG,
    NOT_ALLOWED,
    NOTICE_REFUSED,
    TASK,
    AgentFacts,
    DockFacts,
)
from agent.desks.notify_causes import LOST, NOT_SET_UP, NotifyFacts
from foundation.cause import no, perhaps, yes

ANSWERS = AgentFacts(answered=True, listening=True, forbidden=True, ended="killed")
DEAF = AgentFacts(answered=False)
NOBODY = AgentFacts(answered=False, listening=False, ended="no space left")
STUCK = AgentFacts(answered=False, listening=True)
LOCKED = AgentFacts(answered=False, forbidden=True)


@pytest.mark.parametrize(
    ("row", "facts", "finding"),
    [
        (CHECK_OPEN, DockFacts(), perhaps()),
        (CHECK_OPEN, DockFacts(open=[]), no("no check is open")),
        (CHECK_OPEN, DockFacts(open=["R-1", "R-2"]), yes("R-1", "R-2")),
        (NOTICE_REFUSED, DockFacts(), perhaps()),
        (NOTICE_REFUSED, DockFacts(refused="no number"), yes("no number")),
        (NOTICE_REFUSED, DockFacts(refused=""),
         no("no notice was refused since the agent started")),
        (DOWN, ANSWERS, no("the agent answers")),
        (DOWN, DEAF, perhaps()),
        (DOWN, STUCK, no("its socket takes connections")),
        (DOWN, NOBODY, yes("nobody listens at its control socket",
                           "its last words: no space left")),
        (DOWN, AgentFacts(answered=False, listening=False),
         yes("nobody listens at its control socket")),
        (HUNG, ANSWERS, no("the agent answers")),
        (HUNG, DEAF, perhaps()),
        (HUNG, NOBODY, no("nobody listens at its control socket")),
        (HUNG, STUCK, yes("its socket takes connections and no answer comes")),
        (NOT_ALLOWED, ANSWERS, no("the agent answers")),
        (NOT_ALLOWED, DEAF, perhaps()),
        (NOT_ALLOWED, LOCKED, yes("this user may not open the control socket")),
        (CONFIG, DEAF, no("the configuration can be read")),
        (CONFIG, AgentFacts(answered=False, config="no such key"), yes("no such key")),
        (TASK, ANSWERS, no("all its tasks run")),
        (TASK, DEAF, perhaps()),
        (TASK, AgentFacts(answered=True, tasks=("sender failed", "clock failed")),
         yes("sender failed", "clock failed")),
    ],
)  # fmt: skip
def test_a_cause_is_found_where_the_facts_say_so(row, facts, finding):
    assert row.test(facts) == finding


@pytest.mark.parametrize(
    ("row", "facts", "finding"),
    [
        (NOT_SET_UP, NotifyFacts(), perhaps()),
        (NOT_SET_UP, NotifyFacts(channels=[]), perhaps()),
        (NOT_SET_UP, NotifyFacts(channels=["mqtt", "x"]), no("[notify] names mqtt, x")),
        (LOST, NotifyFacts(), perhaps()),
        (LOST, NotifyFacts(lost=["2 alarms"]), yes("2 alarms")),
    ],
)
def test_why_alarms_do_not_get_out(row, facts, finding):
    assert row.test(facts) == finding
