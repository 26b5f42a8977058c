"""An I2C bus with chips, served on a Unix socket to the LD_PRELOAD shim (`i2c_shim.c`).

The bus behaves as a Raspberry Pi's controller (i2c-bcm2835): a missing acknowledge is EREMOTEIO, a
line held low is ETIMEDOUT after a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.emulators.bus.i2c_chip import Chip, Nack
from hil.emulators.chips.adxl375_chip import Adxl375Chip, Shock
from hil.emulators.chips.lm75_chip import Lm75Chip
from hil.emulators.chips.sht3x_chip import Sht3xChip, drift

READ = 0x0001  # I2C_M_RD, linux/i2c.h
MESSAGE = struct.Struct("<HHH")  # address, flags, length: see i2c_shim.c
STATUS = struct.Struct("<I")
CONTROLLER_TIMEOUT = 1.0  # s, drivers/i2c/busses/i2c-bcm2835.c: the adapter's timeout is 1 HZ


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a transfer: `length` bytes read, or `data` written."""

    address: int
    length: int
    data: bytes | None = None


class BusFault(Exception):
    """The transfer ends with this errno."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.errorcode[number])
        self.number = number


class ChipSlot:
    """A place on the bus: the chip, whether it is plugged, and what is wrong with its wires."""

    def __init__(
        self, name: str, chip: Chip, rng: random.Random, rates: Mapping[str, float]
    ) -> None:
        self.name = name
        self.chip = chip
        self.plugged = True
        self.claimed = False  # by a kernel driver: I2C_SLAVE answers EBUSY
        self._rng = rng
        self._rates = rates  # fault → share of transfers that suffer it
        self._once: str | None = None

    def plug(self) -> None:
        """Give the chip its supply again; it starts from reset."""
        if not self.plugged:
            self.chip.power_on()
        self.plugged = True

    def unplug(self) -> None:
        """Take the chip off the bus: nobody acknowledges its address."""
        self.plugged = False

    def fault(self, kind: str) -> None:
        """`nack` or `error`: the next transfer fails so. `busy`, `free`: a kernel driver takes
        the address, and leaves it. Other kinds are the chip's own.
        """
        match kind:
            case "nack" | "error":
                self._once = kind
            case "busy" | "free":
                self.claimed = kind == "busy"
            case _:
                self.chip.fault(kind)

    def shock(self, peak: float, milliseconds: float, axis: str = "z") -> None:
        """Hit the chip now; ValueError when it does not feel shocks."""
        if not isinstance(self.chip, Adxl375Chip):
            raise ValueError(f"{self.name} does not feel shocks")  # noqa: TRY004  a wrong command line, not a type
        self.chip.shock(peak, milliseconds, axis)

    def begin(self) -> None:
        """Raise what goes wrong with the transfer that starts now."""
        kind, self._once = self._once, None
        for name, rate in self._rates.items():
            if kind is None and self._rng.random() < rate:
                kind = name
        if not self.plugged or kind == "nack":
            raise BusFault(errno.EREMOTEIO)
        if kind == "error":
            raise BusFault(errno.EIO)
        if kind is not None:
            self.chip.fault(kind)


class I2cBus:
    """The bus of one `/dev/i2c-N`, with its chips by address.

    `link` is the Unix socket that the shim connects to; a chip's table has `name`, `kind`,
    `address`, perhaps `faults` (fault → share of transfers), and what `make_chip` takes.
    """

    def __init__(
        self,
        link: str | Path,
        chips: Sequence[Mapping[str, Any]] = (),
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = Path(link)
        self._slots: dict[int, ChipSlot] = {}
        for number, table in enumerate(chips):
            self.add(table, seed + number, clock)
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._plugged = asyncio.Event()
        self._unplugged = asyncio.Event()
        self._wire = asyncio.Lock()  # one transfer at a time, whoever asks
        self._moving = asyncio.Event()  # cleared while a transfer hangs
        self._moving.set()
        self._stuck = False
        self._clients: set[asyncio.StreamWriter] = set()

    def add(self, table: Mapping[str, Any], seed: int, clock: Callable[[], float]) -> None:
        """Put the chip that a rig's table describes on the bus."""
        options = dict(table)
        name, kind, address = (options.pop(key) for key in ("name", "kind", "address"))
        rates = options.pop("faults", {})
        if address in self._slots:
            raise ValueError(f"two chips at {address:#04x}")
        chip = make_chip(kind, options, seed, clock)
        self._slots[address] = ChipSlot(name, chip, random.Random(seed), rates)

    @property
    def where(self) -> str:
        """The socket that the shim connects to."""
        return str(self._path)

    @property
    def parts(self) -> dict[str, ChipSlot]:
        """The chips by name, to be plugged, unplugged and harmed one by one."""
        return {slot.name: slot for slot in self._slots.values()}

    def plug(self) -> None:
        """Let the bus appear; nothing happens when it is there."""
        if self._listener is not None:
            return
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._listener.settimeout(0)
        self._unplugged.clear()
        self._plugged.set()

    def unplug(self) -> None:
        """Let the bus disappear, under open files too; nothing happens when it is not there."""
        if self._listener is None:
            return
        self._path.unlink(missing_ok=True)
        (self._server or self._listener).close()
        self._listener = self._server = None
        for client in tuple(self._clients):
            client.close()
        self._plugged.clear()
        self._unplugged.set()

    def fault(self, kind: str) -> None:
        """`stuck`: a line is held low. `hang`: transfers never end. `clear`: both are over."""
        match kind:
            case "stuck":
                self._stuck = True
            case "hang":
                self._moving.clear()
            case "clear":
                self._stuck = False
                self._moving.set()
            case _:
                raise ValueError(f"a bus has no fault {kind!r}, only stuck, hang and clear")

    async def run(self) -> None:
        """Plug in and serve until cancelled."""
        self.plug()
        try:
            while True:
                await self._plugged.wait()
                self._server = await asyncio.start_unix_server(self._serve, sock=self._listener)
                await self._unplugged.wait()
        finally:
            self.unplug()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while True:
                kind, messages = await read_request(reader)
                writer.write(await self._answer(kind, messages))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program closed its file
        finally:
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, kind: bytes, messages: Sequence[Message]) -> bytes:
        try:
            if kind == b"S":
                return STATUS.pack(self._claim(messages[0].address))
            async with self._wire:
                return STATUS.pack(0) + await self._transfer(messages)
        except Nack:
            return STATUS.pack(errno.EREMOTEIO)
        except BusFault as fault:
            return STATUS.pack(fault.number)

    def _claim(self, address: int) -> int:
        slot = self._slots.get(address)
        return errno.EBUSY if slot is not None and slot.claimed else 0

    async def _transfer(self, messages: Sequence[Message]) -> bytes:
        await self._moving.wait()
        if self._stuck:
            await asyncio.sleep(CONTROLLER_TIMEOUT)
            raise BusFault(errno.ETIMEDOUT)
        for address in {message.address for message in messages}:
            if address not in self._slots:
                raise BusFault(errno.EREMOTEIO)
            self._slots[address].begin()
        return b"".join(self._message(message) for message in messages)

    def _message(self, message: Message) -> bytes:
        chip = self._slots[message.address].chip
        if message.data is None:
            return chip.read(message.length)
        chip.write(message.data)
        return b""


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, list[Message]]:
    """Return the kind and the messages of one request of the shim."""
    kind, count = struct.unpack("cB", await reader.readexactly(2))
    headers = await reader.readexactly(count * MESSAGE.size)
    messages = []
    for address, flags, length in MESSAGE.iter_unpack(headers):
        writes = kind == b"T" and not flags & READ
        data = await reader.readexactly(length) if writes else None
        messages.append(Message(address, length, data))
    return kind, messages


def make_chip(kind: str, options: dict[str, Any], seed: int, clock: Callable[[], float]) -> Chip:
    """Return the chip that a rig calls `kind`; ValueError and TypeError say what is wrong.

    `sht3x`, `lm75`, `tmp105`: low, high (°C), period (s), noise (°C). `adxl375`: noise (g) and
    shocks, each with at (s), g, ms and axis.
    """
    steady = {"low": 20.0, "high": 20.0, "period": 600.0, "noise": 0.0}
    match kind:
        case "sht3x":
            return Sht3xChip(drift(seed=seed, **steady | options), clock)
        case "lm75" | "tmp105":
            climate = drift(seed=seed, **steady | options)
            return Lm75Chip(lambda seconds: climate(seconds)[0], clock, kind)
        case "adxl375":
            shocks = [
                Shock(shock["at"], shock["g"], shock["ms"], shock.get("axis", "z"))
                for shock in options.pop("shocks", [])
            ]
            return Adxl375Chip(shocks, random.Random(seed), clock, **options)
        case _:
            raise ValueError(f"no chip {kind!r}, only sht3x, lm75, tmp105 and adxl375")
