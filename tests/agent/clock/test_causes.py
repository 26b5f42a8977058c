"""Why nobody vouches for the time, by what is known of it; unknown never counts as no."""

from __future__ import annotations

import pytest

from agent.clock.causes import DISPUTED, EARLY, NO_RECEIVER, NO_SOURCE, ClockFacts
from foundation.cause import Answer, no, perhaps, yes

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
NOT_KEPT = "the kernel's clock is not synchronised"


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (ClockFacts(), perhaps()),
        (ClockFacts(source="gnss", vouched=True), no("gnss vouches for it")),
        (ClockFacts(asked=True), yes(NOT_KEPT)),
        (ClockFacts(asked=True, kernel_ms=40), no("the kernel's clock is kept within 40 ms")),
        (ClockFacts(source="none", vouched=False), yes("the agent's source is none")),
        (
            ClockFacts(source="none", vouched=False, asked=True),
            yes("the agent's source is none", NOT_KEPT),
        ),
        (
            ClockFacts(source="none", vouched=False, asked=True, kernel_ms=40),
            yes("the agent's source is none", "the kernel's is within 40 ms"),
        ),
    ],
)
def test_who_gives_the_time(facts, found):
    assert NO_SOURCE.test(facts) == found


@pytest.mark.parametrize(
    ("row", "facts", "answer"),
    [
        (DISPUTED, ClockFacts(), UNKNOWN),
        (DISPUTED, ClockFacts(vouched=False), NO),
        (DISPUTED, ClockFacts(vouched=True, disputes=["gnss and ntp differ"]), YES),
        (EARLY, ClockFacts(), UNKNOWN),
        (EARLY, ClockFacts(early=True), YES),
        (EARLY, ClockFacts(early=False), NO),
        (NO_RECEIVER, ClockFacts(), UNKNOWN),
        (NO_RECEIVER, ClockFacts(source="ntp", vouched=True, receivers=["gps: no fix"]), NO),
        (NO_RECEIVER, ClockFacts(vouched=False, receivers=["gps: no fix"]), YES),
    ],
)
def test_what_speaks_for_it(row, facts, answer):
    assert row.test(facts).answer is answer
