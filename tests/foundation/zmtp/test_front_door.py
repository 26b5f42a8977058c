"""Who may stay before a ROUTER, second by second: with connections that a test plays."""

from __future__ import annotations

import asyncio
import errno
import itertools
from types import SimpleNamespace

import pytest

from foundation.zmtp import front as front_module
from foundation.zmtp.front import Front, Room
from foundation.zmtp.window import Limits
from tests.agent.fakes import FakeTiming, settle

ROOM = Room(Limits(10_000, 16), pool=40_000, known=3, strangers=2)


class Carried:
    """Stands for a relay: what is known of a peer, and whether it was ended."""

    def __init__(self, window, buffer, monotonic, on_end, insides, *, answers):
        self.buffer, self.on_end, self.answers = buffer, on_end, answers
        self.inside = self.peer = None
        self.shaken = self.begun = self.aborted = False
        self.stuck_for, self.limits = 0.0, []

    def begin(self):
        self.begun = True

    def stuck(self, seconds):
        self.limits.append(seconds)
        return self.stuck_for > seconds

    def abort(self):
        self.aborted = True
        self.on_end(self)


class Connection:
    """A connection that was accepted; `broken` is what its options raise."""

    def __init__(self, broken=None):
        self.broken, self.closed = broken, False

    def setsockopt(self, *option):
        if self.broken:
            raise self.broken

    def close(self):
        self.closed = True


class Door:
    """A front in a time of its own; the relays that it made are in `relays`."""

    def __init__(self, monkeypatch, room=ROOM):
        self.timing, self.coming, self.relays = FakeTiming(0.0), asyncio.Queue(), []
        names = (b"name %d" % number for number in itertools.count())
        loop = SimpleNamespace(
            time=self.timing.monotonic,
            create_task=asyncio.create_task,
            sock_accept=self.accept,
            create_connection=self.joined,
            connect_accepted_socket=self.joined,
        )
        own = SimpleNamespace(get_running_loop=lambda: loop, sleep=self.timing.sleep)
        monkeypatch.setattr(front_module, "asyncio", own)
        monkeypatch.setattr(front_module, "Relay", self.relay)
        monkeypatch.setattr(
            front_module,
            "connect_privately",
            lambda address: SimpleNamespace(getsockname=lambda: next(names)),
        )
        self.listener = Connection()
        self.front = Front(self.listener, b"inside", room)

    def relay(self, *words, **more):
        self.relays.append(Carried(*words, **more))
        return self.relays[-1]

    async def accept(self, listener):
        assert listener is self.listener
        found = await self.coming.get()
        if isinstance(found, OSError):
            raise found
        return found

    async def joined(self, protocol, sock):
        protocol()

    async def comes(self, host="192.0.2.1", connection=None, *, shaken=False):
        """Let a peer come; return its relay, None where it could not be taken."""
        before = len(self.relays)
        self.coming.put_nowait((connection or Connection(), (host, 50_000)))
        await settle()
        if len(self.relays) == before:
            return None
        self.relays[-1].shaken = shaken
        return self.relays[-1]

    def aborted(self):
        return [each.aborted for each in self.relays]


@pytest.fixture
async def door(monkeypatch):
    door = Door(monkeypatch)
    await settle()
    yield door
    door.front.close()


async def test_who_comes_is_carried_and_its_host_is_told_until_it_ends(door):
    one, other = await door.comes("192.0.2.1"), await door.comes("192.0.2.2", shaken=True)
    assert (one.begun, one.answers, len(one.buffer)) == (True, True, 10_000)
    await door.timing.advance(5.0)  # from then on the other one is known
    assert [door.front.host(b"name %d" % n) for n in range(3)] == ["192.0.2.1", "192.0.2.2", ""]
    for each in (one, other):
        each.on_end(each)
    assert [door.front.host(b"name %d" % n) for n in range(2)] == ["", ""]


async def test_at_the_end_all_of_them_end(door):
    await door.comes(shaken=True)
    await door.timing.advance(5.0)
    await door.comes()
    door.front.close()
    assert (door.aborted(), door.listener.closed) == ([True, True], True)
    assert await door.comes() is None


async def test_the_oldest_stranger_makes_way(door):
    for _ in range(2):
        await door.comes()
    assert door.aborted() == [False, False]
    await door.comes()
    assert door.aborted() == [True, False, False]
    door.relays[1].shaken = True
    await door.comes()
    assert door.aborted() == [True, False, False, False], "who is known by now makes way for nobody"


async def test_a_port_for_strangers_alone_knows_nobody(monkeypatch):
    door = Door(monkeypatch, Room(Limits(100_000, 16), 400_000, known=0, strangers=2))
    for _ in range(2):
        await door.comes(shaken=True)
    await door.timing.advance(5.0)
    assert door.aborted() == [False, False]
    assert len(door.relays[0].buffer) == 16 * 1024, "so much is received at once"
    await door.comes(shaken=True)
    assert door.aborted() == [True, False, False]
    door.front.close()


async def test_beyond_so_many_known_peers_the_next_is_closed_and_that_is_told(door, caplog):
    for _ in range(3):
        await door.comes(shaken=True)
        await door.timing.advance(5.0)
    assert door.aborted() == [False] * 3
    await door.comes(shaken=True)
    await door.comes()
    await door.timing.advance(4.9)
    assert door.aborted() == [False] * 5
    await door.timing.advance(0.1)
    assert door.aborted() == [False, False, False, True, False]
    assert caplog.messages == ["3 connections are all that there is room for"]


async def test_what_makes_no_message_is_closed_once_it_stands_for_ten_seconds(door, caplog):
    known, stranger = await door.comes("192.0.2.1", shaken=True), await door.comes("192.0.2.2")
    known.stuck_for = stranger.stuck_for = 10.0
    await door.timing.advance(5.0)
    assert door.aborted() == [False, False]
    assert known.limits == stranger.limits == [10.0]
    known.stuck_for = 10.1
    await door.timing.advance(5.0)
    assert door.aborted() == [True, False]
    assert caplog.messages == ["192.0.2.1 sends what makes no message: its connection is closed"]


async def test_where_the_system_has_no_room_it_is_asked_again_after_a_second(door, caplog):
    door.coming.put_nowait(OSError(errno.EMFILE, "Too many open files"))
    assert await door.comes() is None
    assert caplog.messages == ["a connection cannot be taken: Too many open files"]
    await door.timing.advance(0.9)
    assert door.relays == []
    await door.timing.advance(0.1)
    assert len(door.relays) == 1


async def test_a_peer_that_left_at_once_is_no_fault(door, caplog):
    door.coming.put_nowait(OSError(errno.ECONNABORTED, "Software caused connection abort"))
    broken = Connection(OSError(errno.EINVAL, "Invalid argument"))
    assert await door.comes(connection=broken) is None
    assert broken.closed
    assert await door.comes() is not None
    assert caplog.messages == []


async def test_a_flood_is_told_once_a_minute(door, caplog):
    full = OSError(errno.EMFILE, "Too many open files")
    for seconds, told in ((0.0, 1), (1.0, 1), (58.0, 1), (1.0, 2), (1.0, 2)):
        await door.timing.advance(seconds)
        door.coming.put_nowait(full)
        await settle()
        assert len(caplog.messages) == told, door.timing.now
