"""The emulated Z-Stack stick by its bytes: frames of TI's "Monitor and Test API", its memory."""

import asyncio
import contextlib
import os
import struct

import pytest

from hil.emulators.catalog import make
from hil.emulators.zigbee import unpi

PING = bytes.fromhex("fe 00 21 01 20")  # of TI's own description
NODE = {"ieee": "00158d0000000002"}


def test_a_frame_as_the_manual_has_it():
    assert unpi.frame(unpi.PING) == PING
    assert unpi.frames(PING) == ([(unpi.PING, b"")], b"")


def test_frames_are_found_in_noise_and_byte_by_byte():
    wire = b"\x00\xff" + PING + b"\xfe\x00\x21\x01\x21" + unpi.frame(0x2132, b"\x01\x02")
    wanted = [(0x2101, b""), (0x2132, b"\x01\x02")]
    assert unpi.frames(wire)[0] == wanted
    found, rest = [], b""
    for byte in wire:
        more, rest = unpi.frames(rest + bytes([byte]))
        found += more
    assert found == wanted


@contextlib.asynccontextmanager
async def stick(folder, **settings):
    """An emulated stick that runs, and the driver's end of its port."""
    emulator = make("zigbee.znp", {"link": folder / "stick", "nvram": folder / "nvram"} | settings)
    running = asyncio.ensure_future(emulator.run())
    await asyncio.sleep(0.05)
    fd = os.open(folder / "stick", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield emulator, fd
    finally:
        os.close(fd)
        running.cancel()
        await asyncio.wait([running])


async def ask(fd, code, data=b"", seconds=0.1):
    """The frames that come within some time of a command: those of the stick look alike."""
    os.write(fd, unpi.frame(code, data))
    await asyncio.sleep(seconds)
    found, _ = unpi.frames(os.read(fd, 4096))
    return found


async def test_it_says_what_it_is_and_refuses_what_it_does_not_know(tmp_path):
    import termios
    import tty

    async with stick(tmp_path) as (_, fd):
        tty.setraw(fd)
        line = termios.tcgetattr(fd)
        line[4] = line[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, line)
        assert await ask(fd, unpi.PING) == [(0x6101, struct.pack("<H", 0x0579))]
        assert await ask(fd, 0x2777) == [(unpi.RPC_ERROR, b"\x02\x27\x77")]
        (told,) = await ask(fd, unpi.NV_LENGTH, struct.pack("<H", 0x0021))
        assert told == (0x6113, b"\0\0")  # no NIB before a network is formed
        await ask(fd, unpi.START, b"\x04")
        (told,) = await ask(fd, unpi.NV_LENGTH, struct.pack("<H", 0x0021))
        assert told == (0x6113, struct.pack("<H", 116))


def formed(folder, **settings):
    emulator = make("zigbee.znp", {"link": folder / "s", "nvram": folder / "nvram"} | settings)
    emulator.nvram.form(0x1234, b"\x01" * 8, 15)
    emulator._started = True
    return emulator


@pytest.mark.parametrize("variant", ["cc2652", "cc2531"])
async def test_its_memory_outlives_it_and_has_room_for_so_many_nodes(tmp_path, variant):
    first = formed(tmp_path, variant=variant)
    rows = first.nvram.variant.rows
    assert all(first.nvram.add_node(bytes([n] * 8), n, child=False) for n in range(rows))
    assert not first.nvram.add_node(b"\xee" * 8, 99, child=False)
    first.nvram.save()
    again = make(
        "zigbee.znp", {"link": tmp_path / "s", "nvram": tmp_path / "nvram", "variant": variant}
    )
    assert again.nvram.items == first.nvram.items
    assert again.nvram.network == first.nvram.network


async def test_a_node_believes_its_own_network_and_rising_counters_only(tmp_path):
    emulator = formed(tmp_path, nodes=[NODE])
    (node,) = emulator.mesh.nodes.values()
    assert not emulator.join(node, "")  # nobody lets it in
    emulator.mesh.permit(0, 60)
    assert emulator.join(node, "")
    network = emulator.nvram.network
    assert node.hears(network, 10)
    assert not node.hears(network, 10)
    assert not node.hears(network, 9)
    assert not node.hears((b"\xff" * 16, *network[1:]), 11)
    assert not node.hears((network[0], b"\xff" * 8, *network[2:]), 11)
    assert node.hears(network, 11)


async def test_a_dead_router_takes_along_who_does_not_move(tmp_path):
    router = {"ieee": "00158d0000000001", "router": True, "measures": ["switch"]}
    stays = NODE | {"moves": False}
    moves = NODE | {"ieee": "00158d0000000003"}
    emulator = formed(tmp_path, nodes=[router, stays, moves])
    plug, one, two = emulator.mesh.nodes.values()
    emulator.mesh.permit(0xFFFC, 60)
    assert emulator.join(plug, "")
    assert emulator.join(one, plug.name)
    assert emulator.join(two, plug.name)
    emulator.bury(plug)
    assert not emulator.mesh.reaches(one)
    assert emulator.mesh.reaches(two)
    assert two.parent == ""
