import asyncio
import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.emulators.bus import usb_redir as redir
from hil.emulators.bus.i2c_bus import I2cBus
from hil.emulators.bus.i2c_tiny_usb import I2cTinyUsb

LONG = struct.Struct("<IIQ")


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=5), st.data())
def test_packets_are_found_wherever_the_stream_is_cut(packets, data):
    stream = b"".join(redir.packet(kind, 5, body) for kind, body in packets)
    cut = data.draw(st.integers(0, len(stream)))
    found, rest = [], b""
    for piece in (stream[:cut], stream[cut:]):
        rest += piece
        while True:
            packet, rest = redir.split(rest, greeted=True)
            if packet is None:
                break
            found.append((packet.type, packet.body))
    assert (found, rest) == (packets, b"")


def test_a_packet_of_gigabytes_is_refused():
    with pytest.raises(redir.Malformed, match="4294967295"):
        redir.split(LONG.pack(100, 0xFFFFFFFF, 0), greeted=True)


class Machine:
    """QEMU's side of the socket."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def packet(self):
        kind, length, number = LONG.unpack(await self.reader.readexactly(LONG.size))
        return kind, number, await self.reader.readexactly(length)

    async def greet(self):
        kind, length, _ = struct.unpack("<III", await self.reader.readexactly(12))
        assert (kind, length) == (0, 68)
        await self.reader.readexactly(length)
        self.writer.write(redir.hello("a machine"))
        return [await self.packet() for _ in range(3)]

    async def control(self, request_type, request, value, index, length, data=b""):
        endpoint = request_type & 0x80
        head = struct.pack(
            "<BBBBHHH", endpoint, request, request_type, 0, value, index, length or len(data)
        )
        self.writer.write(redir.packet(100, 9, head + data))
        kind, number, body = await self.packet()
        assert (kind, number) == (100, 9)
        return body[3], body[10:]


@pytest.fixture
async def machine(tmp_path):
    met = asyncio.get_running_loop().create_future()
    server = await asyncio.start_unix_server(
        lambda reader, writer: met.set_result(Machine(reader, writer)), tmp_path / "usb"
    )
    chip = {"name": "rack", "kind": "tmp105", "address": 0x48, "low": 4.0, "high": 4.0}
    bus = I2cBus(link=tmp_path / "bus", chips=[chip])
    bus.plug()
    tasks = [asyncio.create_task(bus.run())]
    await asyncio.sleep(0)
    adapter = I2cTinyUsb(tmp_path / "usb", tmp_path / "bus")
    tasks.append(asyncio.create_task(adapter.run()))
    found = await met
    yield found
    found.writer.close()
    for task in reversed(tasks):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    server.close()


async def test_it_introduces_itself_as_an_i2c_tiny_usb(machine):
    endpoints, interfaces, connect = await machine.greet()
    assert (endpoints[0], interfaces[0], connect[0]) == (5, 4, 1)
    assert struct.unpack("<HH", connect[2][4:8]) == (0x0403, 0xC631)
    status, descriptor = await machine.control(0x80, 6, 0x0100, 0, 18)
    assert (status, descriptor[8:12]) == (0, bytes.fromhex("030431c6"))
    status, configuration = await machine.control(0x80, 6, 0x0200, 0, 255)
    assert struct.unpack("<H", configuration[2:4]) == (len(configuration),)
    status, _ = await machine.control(0x80, 6, 0x0600, 0, 10)
    assert status == redir.STALL  # a full-speed device has no qualifier


async def test_a_chip_on_its_bus_is_written_and_read(machine):
    await machine.greet()
    read, write = 0xC1, 0x41
    await machine.control(write, 5, 0, 0x48, 0, b"\x01\x60")
    assert await machine.control(read, 3, 0, 0, 1) == (0, b"\x01")
    await machine.control(write, 5, 0, 0x48, 0, b"\x01")
    assert await machine.control(read, 6, 1, 0x48, 1) == (0, b"\x60")
    await machine.control(write, 7, 0, 0x23, 0, b"\x00")
    assert await machine.control(read, 3, 0, 0, 1) == (0, b"\x02")  # nobody acknowledged
