"""What a peer may have under way: by itself, and of what all share."""

from __future__ import annotations

import pytest

from foundation.zmtp.frames import BadFrame
from foundation.zmtp.window import ALWAYS_BYTES, Limits, Pool, Window

KIB = 1024


def test_a_window_takes_bytes_and_frames_up_to_its_limits():
    window = Window(Limits(bytes=100, frames=3), Pool(1000))
    assert [window.take(size) for size in (60, 30, 11, 10, 0)] == [True, True, False, True, False]
    assert window.held == 100
    window.give()
    assert window.held == 40
    assert window.take(60)


def test_a_frame_that_can_never_fit_is_told_at_once():
    window = Window(Limits(bytes=100, frames=3), Pool(1000))
    with pytest.raises(BadFrame, match="101 bytes"):
        window.take(101)


def test_small_messages_pass_while_others_hold_everything():
    pool = Pool(64 * KIB)
    greedy = Window(Limits(64 * KIB, 9), pool)
    modest = Window(Limits(64 * KIB, 9), pool)
    assert greedy.take(64 * KIB)
    assert modest.take(ALWAYS_BYTES)
    assert not modest.take(1)
    assert modest.short
    modest.give()
    assert modest.take(500)


def test_who_waits_for_the_pool_goes_on_in_turn():
    pool, order = Pool(100 * KIB), []
    holder = Window(Limits(100 * KIB, 9), pool)
    assert holder.take(50 * KIB)
    assert holder.take(50 * KIB)
    waiting = {name: Window(Limits(100 * KIB, 9), pool) for name in "abc"}

    def wait(name, size):
        def go_on():
            taken = waiting[name].take(size)
            order.append((name, taken))
            return taken

        assert not waiting[name].take(size)
        pool.wait(go_on)

    wait("a", 40 * KIB)
    wait("b", 50 * KIB)
    wait("c", 50 * KIB)
    assert pool.short
    holder.give()
    assert order == [("a", True), ("b", False)]
    holder.clear()
    assert order[2:] == [("b", True), ("c", False)]
    waiting["a"].clear()
    assert order[4:] == [("c", True)]
    assert not pool.short


def test_a_window_gives_all_of_it_back():
    pool = Pool(10 * KIB)
    window = Window(Limits(10 * KIB, 9), pool)
    for _ in range(9):
        assert window.take(KIB)
    window.clear()
    assert window.held == 0
    assert Window(Limits(10 * KIB, 9), pool).take(10 * KIB)
