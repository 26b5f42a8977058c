"""A source's word that changes nothing is left out, and only such a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Source
from agent.clock.clock import Clock, said
from foundation.release import RELEASED
from tests.agent.clock.one_clock import FIX, at
from tests.agent.fakes import FakeSystemClock, FakeTiming


@pytest.mark.parametrize(
    ("source", "late_ms", "bound_ms", "repeated"),
    [
        (Source.GNSS, 0, 1000, True),
        (Source.GNSS, 1000, 1000, True),
        (Source.GNSS, 1001, 1000, False),  # it does not say the same
        (Source.GNSS, 0, 500, False),  # it knows better
        (Source.NITZ, 0, 1000, True),
        (Source.NITZ, 0, 999, False),
        (Source.GNSS, -500, 1000, True),
        (Source.GNSS, -501, 1000, False),  # earlier than what was signed
        (Source.QUORUM, 0, None, False),
    ],
)
def test_a_word_repeats_what_is_believed_where_nothing_follows_from_it(
    source, late_ms, bound_ms, repeated
):
    clock = Clock(FakeSystemClock(FakeTiming(0.0), wall_ms=0), 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    clock.offer(Source.QUORUM, FIX + timedelta(seconds=300, milliseconds=500), 0.0, None)
    word = said(source, FIX + timedelta(milliseconds=late_ms), 0.0, bound_ms)
    assert clock.repeats(word) is repeated


def test_nothing_repeats_while_somebody_contradicts():
    clock = Clock(FakeSystemClock(FakeTiming(0.0), wall_ms=0), 1)
    word = said(Source.GNSS, FIX, 0.0, 1000)
    clock.hear(word)
    assert clock.repeats(word)
    clock.offer(Source.NITZ, FIX + timedelta(days=1), 0.0, 1000)
    assert not clock.repeats(word)


def test_a_word_is_excluded_by_belief_signature_and_other_claims():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)

    def excluded(moment):
        return clock.excludes(said(Source.GNSS, moment, 0.0, 1000))

    assert excluded(FIX) is False, "nobody vouches for anything"
    clock.offer(Source.QUORUM, FIX, 0.0, None)
    assert excluded(FIX - timedelta(days=1))
    assert not excluded(FIX + timedelta(days=1))
    clock.offer(Source.GNSS, FIX + timedelta(days=1), 0.0, 1000)
    assert excluded(FIX + timedelta(days=1, seconds=3))
    clock.offer(Source.NITZ, FIX + timedelta(days=2), 0.0, 1000)
    assert excluded(FIX + timedelta(days=1))  # one of the two is wrong


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Source.NITZ, Source.NTP, Source.GNSS]),
            st.integers(-10_000, 10_000),
            st.integers(0, 5000),
            st.integers(0, 1000),
        ),
        max_size=30,
    )
)
def test_stamps_are_in_monotonic_order_and_changes_explain_every_move(offers):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    explained = clock.stamp(0.0).wall_ms
    source = clock.source
    for kind, error_ms, bound, wait in offers:
        at(system, system.timing.now + wait)
        now = system.timing.now
        moment = FIX + timedelta(seconds=now, milliseconds=error_ms)
        change = clock.offer(kind, moment, now, bound)
        if change is not None:
            explained += change.offset_ms
            source = change.new_source
            assert clock.stamp(0.0).wall_ms == explained
        else:
            # A renewal in silence stays within what was promised.
            assert clock.source is source
            explained = clock.stamp(0.0).wall_ms
        assert clock.stamp(1.0).monotonic_ms < clock.stamp(1.1).monotonic_ms


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Source.GNSS, Source.GNSS, Source.NITZ, Source.QUORUM]),
            st.floats(0.1, 900.0),  # seconds since the last word
            st.sampled_from([-400_000, -3000, -900, -1, 0, 0, 0, 1, 900, 3000, 90_000_000]),  # ms
            st.sampled_from([150, 1000, 1000, 1000, 19_000]),
            st.sampled_from([None, None, 0, 500]),  # what the kernel says of NTP
        ),
        max_size=25,
    )
)
def test_a_word_that_is_left_out_because_it_repeats_would_have_changed_nothing(words):
    system = FakeSystemClock(FakeTiming(10.0), wall_ms=1000 * round(FIX.timestamp()))
    hears_all = Clock(system, 1, RELEASED)
    spared = Clock(system, 1, RELEASED)
    now = 10.0
    for source, later, error, bound, system.ntp_ms in words:
        now += later
        at(system, now)
        moment = FIX + timedelta(seconds=now, milliseconds=error)
        word = said(source, moment, now, None if source is Source.QUORUM else bound)
        assert hears_all.poll() == spared.poll()
        excluded = hears_all.excludes(word)
        told = hears_all.hear(word)
        if spared.repeats(word):
            assert told is None
            assert not excluded
        else:
            assert spared.hear(word) == told
        assert hears_all.now() == spared.now()
        assert hears_all.disputes() == spared.disputes()
        assert hears_all.not_before() == spared.not_before()
