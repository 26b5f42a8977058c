"""An i2c-tiny-usb adapter (0403:c631) whose bus is an emulated one: a real `/dev/i2c-N` in a guest.

QEMU's `usb-redir` device takes it from a socket and the guest's kernel drives it with its own
i2c-tiny-usb driver. Connecting is plugging in, closing the socket is pulling the plug.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

from hil.emulators.bus import usb_redir as redir
from hil.emulators.bus.i2c_wire import READ, one_message
from hil.emulators.bus.server import STATUS

VENDOR, PRODUCT, VERSION = 0x0403, 0xC631, 0x0200  # from 0x0200 on the driver sends sane messages
FULL_SPEED = 1
MAX_PACKET = 64

# linux/drivers/i2c/busses/i2c-tiny-usb.c names the vendor requests; bits 0 and 1 of an I/O
# request mark the first and the last message of a transfer.
GET_FUNCTIONALITY, SET_DELAY, GET_STATUS, IO = 1, 2, 3, 4
IO_FLAGS = 0x03
ADDRESS_ACKNOWLEDGED, ADDRESS_REFUSED = 1, 2
I2C_FUNCTIONALITY = 0x0EFF0001  # I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL, linux/i2c.h

# USB 2.0 table 9-4
GET_DESCRIPTOR, SET_ADDRESS, GET_STATUS_STANDARD = 6, 5, 0
SET_FEATURE, CLEAR_FEATURE = 3, 1
VENDOR_REQUEST, REQUEST_KIND = 0x40, 0x60  # bmRequestType, USB 2.0 table 9-2
DEVICE, CONFIGURATION, STRING = 1, 2, 3  # USB 2.0 table 9-5

READ_SIZE = 4096


def device_descriptor() -> bytes:
    """Return the device descriptor, USB 2.0 table 9-8."""
    return struct.pack(
        "<BBHBBBBHHHBBBB", 18, DEVICE, 0x0110, 0xFF, 0, 0, MAX_PACKET, VENDOR, PRODUCT, VERSION,
        1, 2, 3, 1,
    )  # fmt: skip


def configuration_descriptor() -> bytes:
    """Return one configuration with one interface without endpoints, USB 2.0 tables 9-10, 9-12."""
    interface = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 0, 0xFF, 0, 0, 0)
    head = struct.pack("<BBHBBBBB", 9, CONFIGURATION, 9 + len(interface), 1, 1, 0, 0x80, 50)
    return head + interface


def string_descriptor(text: str | None) -> bytes:
    """Return a string descriptor, or for None the table of languages: US English alone."""
    body = struct.pack("<H", 0x0409) if text is None else text.encode("utf-16-le")
    return bytes([2 + len(body), STRING]) + body


@dataclass(slots=True)
class I2cTinyUsb:
    """The adapter: `socket` is QEMU's character device, `bus` the socket of an emulated I2C bus."""

    socket: Path
    bus: Path
    serial: str = "I2C0001"
    _status: int = field(default=0, init=False)

    async def run(self) -> None:
        """Plug in and serve until the machine goes away or this is cancelled."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        wire = await asyncio.open_unix_connection(self.bus)
        try:
            await self._serve(reader, writer, wire)
        finally:
            for each in (writer, wire[1]):
                each.close()
                with contextlib.suppress(ConnectionError):
                    await each.wait_closed()

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        wire: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        writer.write(redir.hello("tallyman i2c-tiny-usb"))
        buffer, greeted = b"", False
        while data := await reader.read(READ_SIZE):
            buffer += data
            while True:
                packet, buffer = redir.split(buffer, greeted=greeted)
                if packet is None:
                    break
                if packet.type == redir.HELLO:
                    greeted = True
                    writer.write(self._introduction(packet))
                else:
                    writer.write(await self._answer(packet, wire))
            await writer.drain()

    def _introduction(self, hello: redir.Packet) -> bytes:
        if not redir.understands_long_ids(hello.body):
            raise redir.Malformed("the machine's usb-redir has no ids of 64 bits")
        return (
            redir.one_control_endpoint(MAX_PACKET)
            + redir.one_vendor_interface()
            + redir.connect(FULL_SPEED, VENDOR, PRODUCT, VERSION)
        )

    async def _answer(
        self, packet: redir.Packet, wire: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> bytes:
        match packet.type:
            case redir.SET_CONFIGURATION | redir.GET_CONFIGURATION:
                body = bytes([redir.SUCCESS, 1])
                return redir.packet(redir.CONFIGURATION_STATUS, packet.id, body)
            case redir.SET_ALT_SETTING | redir.GET_ALT_SETTING:
                body = bytes([redir.SUCCESS, 0, 0])
                return redir.packet(redir.ALT_SETTING_STATUS, packet.id, body)
            case redir.CONTROL_PACKET:
                asked = redir.control(packet.body)
                if asked.request_type & REQUEST_KIND == VENDOR_REQUEST:
                    return await self._vendor(packet.id, asked, wire)
                return self._standard(packet.id, asked)
            case _:  # a reset, a cancelled transfer that has ended
                return b""

    def _standard(self, number: int, asked: redir.Control) -> bytes:
        if asked.request == GET_DESCRIPTOR:
            found = self._descriptor(asked.value >> 8, asked.value & 0xFF)
            if found is not None:
                return redir.answer(number, asked, redir.SUCCESS, found[: asked.length])
        elif asked.request == GET_STATUS_STANDARD:
            return redir.answer(number, asked, redir.SUCCESS, bytes(2)[: asked.length])
        elif asked.request in (SET_ADDRESS, SET_FEATURE, CLEAR_FEATURE):
            return redir.answer(number, asked, redir.SUCCESS)
        return redir.answer(number, asked, redir.STALL)

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        texts = (None, "Tallyman", "i2c-tiny-usb", self.serial)
        if kind == DEVICE:
            return device_descriptor()
        if kind == CONFIGURATION:
            return configuration_descriptor()
        if kind == STRING and index < len(texts):
            return string_descriptor(texts[index])
        return None

    async def _vendor(
        self,
        number: int,
        asked: redir.Control,
        wire: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> bytes:
        if asked.request == GET_FUNCTIONALITY:
            found = struct.pack("<I", I2C_FUNCTIONALITY)
            return redir.answer(number, asked, redir.SUCCESS, found[: asked.length])
        if asked.request == GET_STATUS:
            return redir.answer(number, asked, redir.SUCCESS, bytes([self._status]))
        if asked.request & ~IO_FLAGS == IO:
            data = await self._transfer(asked, wire)
            return redir.answer(number, asked, redir.SUCCESS, data, taken=len(asked.data))
        return redir.answer(number, asked, redir.SUCCESS)  # the delay, an echo

    async def _transfer(
        self, asked: redir.Control, wire: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> bytes:
        """Pass one message on to the bus, in the words of its socket; note whether it answered."""
        reader, writer = wire
        reads = bool(asked.value & READ)
        length = asked.length if reads else len(asked.data)
        writer.write(one_message(asked.index, asked.value, length, asked.data))
        (error,) = STATUS.unpack(await reader.readexactly(STATUS.size))
        self._status = ADDRESS_REFUSED if error else ADDRESS_ACKNOWLEDGED
        if not reads:
            return b""
        return bytes(length) if error else await reader.readexactly(length)


if __name__ == "__main__":
    asyncio.run(I2cTinyUsb(Path(sys.argv[1]), Path(sys.argv[2])).run())
