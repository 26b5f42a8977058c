"""Why nobody vouches for the time, by what is known of it; unknown never counts as no."""

from __future__ import annotations

import pytest

from agent.clock.causes import (
    DISPUTED,
    EARLY,
    NO_RECEIVER,
    NO_SOURCE,
    NONE_CONFIGURED,
    ClockFacts,
    ReceiverFacts,
)
from foundation.cause import no, perhaps, yes

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


BEFORE = "the clock shows a time before this release was made"
AFTER = "the clock shows a time after this release was made"


@pytest.mark.parametrize(
    ("row", "facts", "found"),
    [
        (DISPUTED, ClockFacts(), perhaps()),
        (DISPUTED, ClockFacts(vouched=False), no("no source contradicts another")),
        (DISPUTED, ClockFacts(vouched=True, disputes=["a and b differ"]), yes("a and b differ")),
        (EARLY, ClockFacts(), perhaps()),
        (EARLY, ClockFacts(early=True), yes(BEFORE)),
        (EARLY, ClockFacts(early=False), no(AFTER)),
        (NO_RECEIVER, ClockFacts(), perhaps()),
        (NO_RECEIVER, ClockFacts(vouched=False), perhaps()),
        (
            NO_RECEIVER,
            ClockFacts(source="ntp", vouched=True, receivers=["gps: no fix"]),
            no("ntp vouches for the time"),
        ),
        (NO_RECEIVER, ClockFacts(vouched=False, receivers=["gps: no fix"]), yes("gps: no fix")),
        (NONE_CONFIGURED, ReceiverFacts(None), perhaps()),
        (NONE_CONFIGURED, ReceiverFacts(1), no("one is configured")),
        (
            NONE_CONFIGURED,
            ReceiverFacts(0),
            perhaps("no device of kind gnss.nmea is configured"),
        ),
    ],
)
def test_what_speaks_for_it(row, facts, found):
    assert row.test(facts) == found
