"""A quorum's time is a lower bound: it moves only a clock that nobody vouches for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.upstream.quorum_time import CountedTime, QuorumTime
from drivers.reading import Quality

HOUR_MS = 3_600_000
BOOTED_AT_MS = 1_700_000_000_000


class System:
    """A machine whose wall clock came up at BOOTED_AT_MS."""

    def __init__(self, ntp_bound_ms=None):
        self.bound = ntp_bound_ms

    def monotonic(self):
        return 100.0

    def wall_offset_ms(self):
        return BOOTED_AT_MS - 100_000

    def ntp_bound_ms(self):
        return self.bound

    def has_rtc(self):
        return False


class Events:
    def __init__(self):
        self.noted = []

    def noticed(self, kind, values, quality):
        self.noted.append((kind, values, quality))


def learn(clock, wall_ms):
    events = Events()
    QuorumTime(clock, events).learn(SimpleNamespace(time=wall_ms // 1000))
    return events.noted


def test_a_clock_of_last_week_is_moved_forward_and_stays_unvouched():
    clock = Clock(System(), boot=1)
    ((kind, values, quality),) = learn(clock, BOOTED_AT_MS + HOUR_MS)
    assert (kind, values["new_source"], values["offset_ms"]) == ("clock", "quorum", HOUR_MS)
    assert quality is Quality.OK
    assert clock.now().wall_ms == BOOTED_AT_MS + HOUR_MS
    assert clock.source is Source.QUORUM
    assert not clock.synced


@pytest.mark.parametrize("later_ms", [-HOUR_MS, 0])
def test_it_is_never_moved_back(later_ms):
    clock = Clock(System(), boot=1)
    assert learn(clock, BOOTED_AT_MS + later_ms) == []
    assert clock.source is Source.NONE


def test_a_clock_that_is_vouched_for_is_left_alone_and_told_that_it_lies_before_a_signed_time():
    clock = Clock(System(ntp_bound_ms=50), boot=1)
    ((kind, values, quality),) = learn(clock, BOOTED_AT_MS + HOUR_MS)
    assert (kind, quality) == ("clock", Quality.SUSPECT)
    assert (values["claim_source"], values["claim_ms"]) == ("quorum", HOUR_MS)
    assert learn(clock, BOOTED_AT_MS + HOUR_MS) == []  # once
    assert (clock.source, clock.now().wall_ms) == (Source.NTP, BOOTED_AT_MS)


def test_a_clock_that_is_vouched_for_may_be_as_far_behind_as_witnesses_may_be_ahead():
    clock = Clock(System(ntp_bound_ms=50), boot=1)
    assert learn(clock, BOOTED_AT_MS + 300_000) == []


def test_of_several_logs_so_many_must_have_reached_a_time():
    learned = []
    counted = CountedTime(2, lambda anchor: learned.append(anchor.time))
    hear = {origin: counted.of(origin) for origin in ("east", "north", "south")}
    for origin, time in (
        ("east", 900),
        ("east", 950),
        ("north", 100),
        ("south", 500),
        ("north", 930),
    ):
        hear[origin](SimpleNamespace(time=time))
    assert learned == [100, 500, 930], "one log's clock may be far ahead"
