"""How long a node is left alone whose answer only a person can change."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from tests.agent.fakes import FakeTiming

MINUTE, HOUR = 60.0, 3600.0

PAUSES = {
    LinkState.REPLACED: (5 * MINUTE, 2 * HOUR),
    LinkState.NOT_ADMITTED: (1.0, HOUR),
    LinkState.REFUSED: (1.0, HOUR),
    LinkState.EXPIRED: (1.0, HOUR),
    LinkState.WITHHELD: (1.0, HOUR),
    LinkState.WRONG_NODE_KEY: (1.0, 5 * MINUTE),
}


@pytest.fixture
def timing():
    return FakeTiming()


def of(timing, drawn: float = 1.0) -> tuple[Patience, list[tuple[float, float]]]:
    """A node's patience, whose pauses are `drawn` times as long; and what was drawn from."""
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return drawn

    return Patience(timing.monotonic, SimpleNamespace(uniform=uniform)), ranges


@pytest.mark.parametrize("state", PAUSES)
def test_a_pause_doubles_from_the_first_to_the_longest(timing, state):
    first, longest = PAUSES[state]
    patience, _ = of(timing)
    expected, pause = [], first
    while len(expected) < 15:
        expected.append(min(pause, longest))
        pause *= 2
    found = []
    for _ in expected:
        patience.answered(state)
        found.append(patience.left())
    assert found == expected


@pytest.mark.parametrize("state", [each for each in LinkState if each not in PAUSES])
def test_what_passes_by_itself_is_waited_for_by_others(timing, state):
    patience, _ = of(timing)
    patience.answered(state)
    assert patience.left() == 0.0
    patience.answered(LinkState.REFUSED)
    patience.answered(state)
    assert patience.left() == 1.0, "nor does it end a pause"


def test_gateways_that_were_refused_at_once_come_back_one_after_another(timing):
    patience, ranges = of(timing, 1.25)
    patience.answered(LinkState.REPLACED)
    assert ranges == [(1.0, 1.25)]
    assert patience.left() == 1.25 * 5 * MINUTE
    timing.now += 370.0
    assert patience.left() == 5.0
    timing.now += 6.0
    assert patience.left() == 0.0


def test_a_node_that_serves_is_as_one_that_never_refused(timing):
    patience, _ = of(timing)
    for _ in range(5):
        patience.answered(LinkState.REFUSED)
    patience.served()
    assert patience.left() == 0.0
    patience.answered(LinkState.REFUSED)
    assert patience.left() == 1.0
