"""A bus that is asked for properties: it lets us in or not, answers, says no, or goes away."""

from __future__ import annotations

import asyncio
import os
import struct

import pytest

from foundation.dbus import bus as bus_module
from foundation.dbus.bus import Bus, BusError
from foundation.dbus.wire import ERROR, RETURN
from tests.foundation.dbus.test_wire import reply
from tests.foundation.stand import Stand

PROPERTIES = bytes.fromhex(
    "10000000 00000000 01000000 4100 017500 000000 2a000000".replace(" ", "")
)
NAME = struct.pack("<I", 4) + b":1.1\0"


def answer(serial, signature, body, kind=RETURN):
    data = reply(signature, body, kind=kind)
    assert data[20:24] == struct.pack("<I", 7)
    return data[:20] + struct.pack("<I", serial) + data[24:]


HELLO = answer(1, "s", NAME)


class Daemon:
    """A bus at a socket; it says `greeting` and then each of `said`, whatever it is asked."""

    def __init__(self, folder):
        self.path = str(folder / "bus")
        self.greeting, self.said = b"OK 0123\r\n", [HELLO]
        self.heard = b""

    async def serve(self, reader, writer):
        self.heard = await reader.readuntil(b"\r\n")
        writer.write(self.greeting)
        if self.greeting.startswith(b"OK"):
            await reader.readuntil(b"BEGIN\r\n")
            for data in self.said:
                await reader.read(1000)
                writer.write(data)
        writer.close()


@pytest.fixture
async def daemon(tmp_path):
    daemon = Daemon(tmp_path)
    async with await asyncio.start_unix_server(daemon.serve, daemon.path):
        yield daemon


async def asked(daemon, *said):
    daemon.said = [HELLO, *said]
    async with await Bus.open(daemon.path) as bus:
        return await bus.properties("a.b", "/", "c.d")


async def test_properties_come_by_their_names(daemon):
    assert await asked(daemon, answer(2, "a{sv}", PROPERTIES)) == {"A": 42}
    assert daemon.heard == b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n"


async def test_what_answers_another_call_is_passed_over(daemon):
    signal_first = answer(9, "s", NAME) + answer(2, "a{sv}", PROPERTIES)
    assert await asked(daemon, signal_first) == {"A": 42}


async def test_objects_come_whole(daemon):
    daemon.said = [HELLO, answer(2, "a{sv}", PROPERTIES)]
    async with await Bus.open(daemon.path) as bus:
        assert await bus.objects("a.b", "/") == {"A": 42}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (answer(2, "s", struct.pack("<I", 4) + b"gone\0", kind=ERROR), "gone"),
        (answer(2, "s", struct.pack("<I", 300) + b"x" * 300 + b"\0", kind=ERROR), "x" * 200 + "$"),
        (answer(2, "", b"", kind=ERROR), ""),
        (answer(2, "s", NAME)[:-3], "a.b: the bus closed the connection"),
        (b"rubbish" * 9, "a.b: no message of D-Bus 1 begins like that"),
    ],
    ids=["an error", "a long one", "one without words", "cut off", "rubbish"],
)
async def test_why_there_is_no_answer_is_told(daemon, said, words):
    with pytest.raises(BusError, match=f"^{words}"):
        await asked(daemon, said)


async def test_a_bus_that_does_not_let_us_in_is_told(daemon):
    daemon.greeting = b"REJECTED EXTERNAL\r\n"
    with pytest.raises(BusError, match="the bus does not let us in"):
        await Bus.open(daemon.path)


async def test_a_bus_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BusError, match=f"^{tmp_path}/bus: .*No such file"):
        await Bus.open(f"{tmp_path}/bus")


async def test_a_bus_has_five_seconds_for_each_answer(daemon, monkeypatch):
    waits = []

    def timeout(seconds):
        waits.append(seconds)
        return asyncio.timeout(seconds if len(waits) < 3 else 0)

    monkeypatch.setattr(bus_module, "asyncio", Stand(asyncio, timeout=timeout))
    with pytest.raises(BusError, match=r"^a\.b: no answer$"):
        await asked(daemon)
    assert waits == [5.0, 5.0, 5.0]  # to connect, to be let in, and for what is asked
