"""One connection and the one into the socket: what passes, what waits, and what ends both."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import pytest

from foundation.zmtp.dialer import Ending, ending_of
from foundation.zmtp.inside import Insides
from foundation.zmtp.relay import Relay
from foundation.zmtp.window import ALWAYS_BYTES, Limits, Pool, Window
from tests.foundation.zmtp.test_frames import GREETING, HELLO

LIMITS = Limits(bytes=100, frames=3)


def frame(size: int) -> bytes:
    """A frame of so many bytes with its head."""
    return bytes([0, size - 2]) + bytes(size - 2)


class Wire(asyncio.Transport):
    """A connection that notes what is done with it."""

    def __init__(self):
        super().__init__()
        self.sent, self.acts = b"", []

    def write(self, data):
        self.sent += bytes(data)

    def pause_reading(self):
        self.acts.append("hold")

    def resume_reading(self):
        self.acts.append("go on")

    def close(self):
        self.acts.append("close")

    def abort(self):
        self.acts.append("abort")

    def is_closing(self):
        return not {"close", "abort"}.isdisjoint(self.acts)

    def write_eof(self):
        self.acts.append("no more")

    def get_extra_info(self, name, default=None):
        assert name == "socket"
        return SimpleNamespace(shutdown=self.shut)

    def shut(self, how):
        assert how == socket.SHUT_WR
        self.acts.append("no more at once")


class Pair:
    """A relay between two wires, with a clock that a test moves."""

    def __init__(self, limits=LIMITS, pool=None, *, answers=True):
        self.now, self.ended = 0.0, []
        buffer = memoryview(bytearray(8192))
        window = Window(limits, pool or Pool(10_000))
        self.insides = Insides(lambda: self.now)
        self.relay = Relay(
            window, buffer, lambda: self.now, self.ended.append, self.insides, answers=answers
        )
        self.peer, self.inside = Wire(), Wire()
        self.relay.inside.connection_made(self.inside)
        self.relay.peer.connection_made(self.peer)

    def from_peer(self, data):
        self._feed(self.relay.peer, data)

    def from_inside(self, data):
        self._feed(self.relay.inside, data)

    def _feed(self, end, data):
        end.get_buffer(-1)[: len(data)] = data
        end.buffer_updated(len(data))

    def shake(self):
        """Say all that belongs to the handshake."""
        self.relay.begin()
        self.from_peer(GREETING + HELLO)
        self.from_inside(GREETING + HELLO)
        self.from_peer(HELLO)
        self.from_inside(HELLO)
        self.peer.sent = self.inside.sent = b""
        self.peer.acts, self.inside.acts = [], []
        return self


def test_nothing_is_read_before_both_connections_are_there():
    pair = Pair()
    assert pair.peer.acts == pair.inside.acts == ["hold"]
    pair.relay.begin()
    assert pair.peer.acts == pair.inside.acts == ["hold", "go on"]


def test_what_comes_before_both_connections_are_there_waits():
    """As of Python 3.11.2, Debian 12's: there a connection that is held is read all the same."""
    pair = Pair()
    pair.from_peer(GREETING)
    pair.from_inside(GREETING + HELLO)
    assert pair.peer.sent == pair.inside.sent == b""
    pair.now = 2.0
    pair.relay.begin()
    assert (pair.inside.sent, pair.peer.sent) == (GREETING, GREETING + HELLO)
    assert pair.relay.first_word == 2.0
    pair.from_peer(HELLO)
    assert pair.inside.sent == GREETING + HELLO


def test_the_handshake_passes_both_ways_unchanged():
    pair = Pair()
    pair.relay.begin()
    pair.from_peer(GREETING + HELLO)
    assert pair.inside.sent == GREETING + HELLO
    assert (pair.relay.first_word, pair.relay.shaken) == (None, False)
    pair.now = 4.0
    pair.from_inside(GREETING)
    assert pair.relay.first_word is None
    pair.from_inside(HELLO)
    assert pair.peer.sent == GREETING + HELLO
    pair.now = 5.0
    pair.from_inside(HELLO)
    assert (pair.relay.first_word, pair.relay.shaken) == (4.0, False)
    pair.from_peer(HELLO)
    assert pair.relay.shaken


def test_what_comes_behind_the_handshake_waits_for_the_other_side_of_it():
    pair = Pair()
    pair.relay.begin()
    pair.from_peer(GREETING + HELLO + HELLO + frame(60))
    assert pair.inside.sent == GREETING + HELLO + HELLO
    assert pair.peer.acts[-1] == "hold"
    pair.from_inside(GREETING + HELLO + HELLO)
    assert pair.inside.sent.endswith(HELLO + frame(60))
    assert pair.peer.acts[-1] == "go on"


def test_a_frame_beyond_the_limits_waits_until_one_is_answered():
    pair = Pair().shake()
    pair.from_peer(frame(60) + frame(41))
    assert pair.inside.sent == frame(60)
    assert pair.peer.acts == ["hold"]
    pair.from_inside(frame(10))
    assert pair.inside.sent == frame(60) + frame(41)
    assert pair.peer.acts == ["hold", "go on"]
    assert pair.peer.sent == frame(10)


def test_who_is_read_gives_back_by_reading_and_not_by_sending():
    pair = Pair(answers=False).shake()
    pair.from_peer(frame(40) + frame(40) + frame(40))
    pair.from_inside(frame(10))
    assert pair.inside.sent == frame(40) * 2
    pair.relay.read(2)
    assert pair.inside.sent == frame(40) * 3
    pair.from_peer(frame(40) + frame(40))
    pair.relay.read()
    assert pair.inside.sent == frame(40) * 5


def test_one_is_stuck_who_holds_bytes_without_an_end_while_somebody_waits():
    pair = Pair().shake()
    pair.from_peer(frame(60))
    pair.now = 99.0
    assert not pair.relay.stuck(3.0), "nobody waits"
    pair.from_peer(frame(50))
    assert pair.relay.stuck(3.0)
    pair.from_inside(frame(10))  # something is given back
    pair.from_peer(frame(60))
    for now, stuck in ((102.0, False), (102.1, True)):
        pair.now = now
        assert pair.relay.stuck(3.0) is stuck


def test_time_counts_from_the_first_byte_that_is_held():
    pair = Pair().shake()
    pair.now = 50.0  # nothing came for long
    pair.from_peer(frame(60) + frame(60))
    for now, stuck in ((53.0, False), (53.1, True)):
        pair.now = now
        assert pair.relay.stuck(3.0) is stuck


def test_the_rest_of_an_answer_gives_nothing_back():
    pair = Pair().shake()
    pair.from_peer(frame(20) * 5)  # three may be under way
    answer = frame(40)
    pair.from_inside(answer[:20])
    pair.now = 9.0
    pair.from_inside(answer[20:])
    assert (pair.inside.sent, pair.peer.sent) == (frame(20) * 4, answer)
    pair.now = 9.1
    assert pair.relay.stuck(9.0), "the fifth waits since the answer began"


def test_who_holds_nothing_is_not_stuck():
    pool = Pool(ALWAYS_BYTES)
    pair = Pair(Limits(10_000, 9), pool).shake()
    other = Pair(Limits(10_000, 9), pool).shake()
    assert pool.take(ALWAYS_BYTES, anyway=True)
    other.from_peer(b"\x02" + (5000).to_bytes(8, "big"))
    assert pool.short
    pair.now = other.now = 50.0
    assert not pair.relay.stuck(3.0)
    assert not other.relay.stuck(3.0)


def test_who_found_no_room_among_all_goes_on_when_there_is_some():
    pool = Pool(6000)
    first = Pair(Limits(9000, 9), pool).shake()
    second = Pair(Limits(9000, 9), pool).shake()
    large = b"\x02" + (5000).to_bytes(8, "big") + bytes(5000)
    first.from_peer(large)
    second.from_peer(large)
    assert (first.inside.sent, second.inside.sent) == (large, b"")
    second.from_peer(frame(60))  # waits in turn behind it
    first.from_inside(frame(10))
    assert second.inside.sent == large + frame(60)
    assert not pool.short
    third = Pair(Limits(9000, 9), pool).shake()
    third.from_peer(large)
    third.relay.abort()
    second.relay.close()
    assert third.inside.sent == b"", "who is gone needs no room"
    assert not pool.short


@pytest.mark.parametrize("size", [101, 200])
def test_a_frame_that_never_fits_ends_both_at_once(size):
    pair = Pair().shake()
    pair.from_peer(frame(size))
    assert f"a frame of {size} bytes" in str(pair.relay.excess)
    assert pair.peer.acts == ["abort"]
    assert pair.inside.acts == ["no more at once", "go on"], "ZeroMQ hangs up"
    assert pair.ended == [pair.relay]
    assert pair.relay.ended
    assert ending_of(pair.relay, 0.0) is Ending.EXCESS


@pytest.mark.parametrize(("size", "fits"), [(1024, True), (1025, False)])
def test_a_frame_of_the_handshake_is_small(size, fits):
    pair = Pair()
    pair.relay.begin()
    long = b"\x06" + (size - 9).to_bytes(8, "big") + bytes(size - 9)
    pair.from_peer(GREETING + long)
    assert (pair.relay.excess is None, pair.relay.ended) == (fits, not fits)


def test_who_does_not_speak_zeromq_is_told_from_who_says_too_much():
    pair = Pair()
    pair.relay.begin()
    pair.from_peer(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert ending_of(pair.relay, 0.0) is Ending.STRANGE


def test_it_ends_once_and_gives_all_back():
    pool = Pool(5000)
    pair = Pair(LIMITS, pool).shake()
    pair.from_peer(frame(60))
    pair.peer.acts, pair.inside.acts = [], []
    pair.relay.peer.connection_lost(None)
    pair.relay.inside.connection_lost(None)
    pair.relay.abort()
    assert pair.relay.hung_up
    assert pair.ended == [pair.relay]
    assert pair.peer.acts[:1] == ["close"]
    assert pair.inside.acts[:2] == ["no more", "go on"]
    assert pool.take(5000, anyway=False), "what it held is free again"


@pytest.mark.parametrize(
    ("first", "now", "ending"),
    [
        (b"", 0.0, Ending.SILENT),
        (GREETING, 0.0, Ending.BROKE),
        (GREETING, 1.0, Ending.BROKE),
    ],
)
def test_who_hangs_up_before_our_first_word(first, now, ending):
    pair = Pair()
    pair.relay.begin()
    pair.from_peer(first)
    pair.relay.peer.connection_lost(None)
    assert ending_of(pair.relay, now) is ending


@pytest.mark.parametrize(
    ("after", "answer", "hangs_up", "ending"),
    [
        (4.9, b"", "peer", Ending.HUNG_UP),
        (5.0, b"", "peer", Ending.BROKE),
        (1.0, HELLO, "peer", Ending.BROKE),
        (1.0, b"", "inside", Ending.BROKE),
    ],
)
def test_who_hangs_up_at_our_first_word_does_not_know_our_key(after, answer, hangs_up, ending):
    pair = Pair()
    pair.relay.begin()
    pair.from_peer(GREETING)
    pair.now = 2.0
    pair.from_inside(GREETING + HELLO)
    pair.from_peer(answer)
    getattr(pair.relay, hangs_up).connection_lost(None)
    assert ending_of(pair.relay, 2.0 + after) is ending


def test_while_the_peer_does_not_keep_up_the_socket_is_held():
    pair = Pair().shake()
    pair.relay.peer.pause_writing()
    assert pair.inside.acts == ["hold"]
    pair.relay.peer.resume_writing()
    assert pair.inside.acts == ["hold", "go on"]
    pair.relay.inside.pause_writing()
    pair.relay.inside.resume_writing()
    assert pair.peer.acts == [], "the socket's own limits hold the peer"


def test_a_connection_that_comes_when_all_is_over_is_closed():
    pair = Pair()
    pair.relay.close()
    late = Wire()
    pair.relay.peer.connection_made(late)
    assert late.acts == ["hold", "abort"]
