"""Connections into a socket: none of them ends while the socket is being closed."""

from __future__ import annotations

import asyncio
import gc
import select
import socket
import weakref
from types import SimpleNamespace

import pytest

from foundation.zmtp import inside as inside_module
from foundation.zmtp.inside import Inside, Insides

SOON_S = 60.0


class Libzmq:
    """The other end of connections, as ZeroMQ has it: it hangs up as it is closed."""

    def __init__(self):
        self.ends, self.told, self.closed = [], None, False

    def close(self):
        """Note of each connection what has come of it, then hang up."""
        self.told = [self._has_ended(each) for each in self.ends]
        self.closed = True
        self.hang_up()

    def _has_ended(self, end):
        if end.fileno() == -1:
            return "hung up"
        try:
            return "ended" if end.recv(100, socket.MSG_PEEK) == b"" else "bytes"
        except BlockingIOError:
            return "open"

    def hang_up(self):
        for each in self.ends:
            each.close()


class Room:
    """Insides, the connections, and what they heard."""

    def __init__(self):
        loop = asyncio.get_running_loop()
        self.buffer = memoryview(bytearray(8192))
        self.insides, self.target = Insides(loop.time), Libzmq()
        self.received, self.lost = bytearray(), asyncio.Queue()

    async def connect(self):
        ours, theirs = socket.socketpair()
        for each in (ours, theirs):
            each.settimeout(0)
        self.target.ends.append(theirs)
        made = Inside(
            self.buffer, self.received.__iadd__, lambda: self.lost.put_nowait(made), self.insides
        )
        await asyncio.get_running_loop().create_connection(lambda: made, sock=ours)
        made.go_on()
        return made, theirs


@pytest.fixture
def at_once(monkeypatch):
    """Without the patience for ZeroMQ's thread: here the other end is ours."""
    monkeypatch.setattr(inside_module, "HANG_UP_S", 0.01)


async def are_lost(room, *insides):
    async with asyncio.timeout(SOON_S):
        assert {await room.lost.get() for _ in insides} == set(insides)


async def test_the_socket_is_closed_before_the_connections_into_it():
    room = Room()
    many = [(await room.connect())[0] for _ in range(3)]
    room.insides.outlive(room.target)
    assert room.target.told == ["open"] * 3
    await are_lost(room, *many)


async def test_one_that_was_ended_just_now_is_over_before_the_socket_is_closed(monkeypatch):
    monkeypatch.setattr(inside_module, "HANG_UP_S", SOON_S)
    room = Room()
    inside, theirs = await room.connect()
    other, _ = await room.connect()
    inside.abort()
    hanging_up = asyncio.get_running_loop().run_in_executor(None, hang_up_late, theirs)
    room.insides.outlive(room.target)
    await hanging_up
    assert room.target.told == ["hung up", "open"]
    await are_lost(room, inside, other)


def hang_up_late(theirs):
    assert inside_module.select.select([theirs], [], [], SOON_S)[0]
    assert theirs.recv(1) == b""
    theirs.close()


class Poll:
    """The system's poll; what ZeroMQ's own thread does, it does when it is waited for."""

    def __init__(self, meanwhile):
        self._poll, self._meanwhile, self.watched = select.poll(), meanwhile, []

    def register(self, each, events):
        self.watched.append((each, events))
        self._poll.register(each, events)

    def unregister(self, each):
        self._poll.unregister(each)

    def poll(self, milliseconds):
        assert milliseconds == 250.0
        self._meanwhile()
        return self._poll.poll(milliseconds)


async def test_it_is_waited_for_that_zeromq_hangs_up_before_the_socket_and_behind_it(monkeypatch):
    room, polls, seen = Room(), [], []
    room.insides = Insides(lambda: 7.0)  # time stands still
    (leaving, its), (staying, others) = await room.connect(), await room.connect()
    room.target.hang_up = lambda: None  # later, by its own thread
    leaving.abort()

    def hang_up():
        seen.append([room.target._has_ended(each) for each in (its, others)])
        (others if room.target.closed else its).close()

    def poll():
        polls.append(Poll(hang_up))
        return polls[-1]

    monkeypatch.setattr(inside_module, "select", SimpleNamespace(poll=poll))
    fds = [leaving.fileno(), staying.fileno()]
    room.insides.outlive(room.target)
    assert seen == [["ended", "open"], ["hung up", "open"]], "told of its end, not cut off"
    assert room.target.told == ["hung up", "open"]
    first, second = (sorted(each.watched) for each in polls)
    assert first == [(fds[0], 0)]
    assert second in ([(fds[1], 0)], sorted((fd, 0) for fd in fds))
    async with asyncio.timeout(SOON_S):
        assert {await room.lost.get(), await room.lost.get()} == {leaving, staying}


async def test_one_that_is_over_is_forgotten():
    room = Room()
    inside, theirs = await room.connect()
    theirs.close()
    await are_lost(room, inside)
    forgotten = weakref.ref(inside)
    del inside
    async with asyncio.timeout(SOON_S):
        while forgotten() is not None:
            gc.collect()
            await asyncio.sleep(0)


async def test_a_socket_that_never_hangs_up_is_waited_for_no_longer_than_a_moment(at_once):
    room = Room()
    inside, theirs = await room.connect()
    inside.abort()
    assert theirs.recv(1) == b""
    room.target.ends.clear()
    room.insides.outlive(room.target)
    assert room.target.closed
    await are_lost(room, inside)
    theirs.close()


async def test_what_was_passed_on_still_arrives_behind_a_close_and_not_behind_an_abort():
    room = Room()
    closed, its = await room.connect()
    closed.write(b"the last word")
    closed.close()
    assert its.recv(100) == b"the last word"
    assert its.recv(100) == b""
    aborted, other = await room.connect()
    aborted.write(bytes(10_000_000))  # more than a connection holds
    aborted.abort()
    arrived = 0
    other.settimeout(SOON_S)
    while data := other.recv(1_000_000):
        arrived += len(data)
    assert arrived < 10_000_000
    room.target.close()
    await are_lost(room, closed, aborted)


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_what_comes_behind_the_end_goes_nowhere_and_is_read_all_the_same(end):
    """Else the end of it would never be seen."""
    room = Room()
    inside, theirs = await room.connect()
    getattr(inside, end)()
    inside.hold()
    theirs.send(b"too late")
    theirs.close()
    await are_lost(room, inside)
    assert room.received == b""
    getattr(inside, end)()  # once more is once too often, and no harm


async def test_who_has_left_is_not_waited_for():
    room = Room()
    inside, theirs = await room.connect()
    theirs.close()
    await are_lost(room, inside)
    room.target.ends.clear()
    room.insides.outlive(room.target)
    assert room.target.closed
