"""An I2C bus with chips, as one `/dev/i2c-N` shows it (see `i2c_shim.c`).

The bus behaves as a Raspberry Pi's controller (i2c-bcm2835): a missing acknowledge is EREMOTEIO, a
line held low is ETIMEDOUT after a second.
"""

from __future__ import annotations

import asyncio
import errno
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hil.emulators.bus.chip_slot import BusFault, ChipSlot
from hil.emulators.bus.i2c_wire import CLAIM, Message, read_request
from hil.emulators.bus.server import STATUS, BusServer
from hil.emulators.chips.catalog import chip_kind
from hil.emulators.chips.i2c_chip import Clock, Nack
from hil.emulators.choices import chosen
from hil.emulators.settings import made, settings_of

CONTROLLER_TIMEOUT = 1.0  # s, drivers/i2c/busses/i2c-bcm2835.c: the adapter's timeout is 1 HZ


class I2cBus(BusServer):
    """The bus, with its chips by address.

    A chip's table has `name`, `kind` (an entry of `chips/catalog.py`), perhaps `address` and
    `faults` (fault → share of transfers), and the settings of its kind.
    """

    def __init__(
        self,
        *,
        link: str | Path,
        chips: Iterable[Mapping[str, Any]] = (),
        seed: int = 0,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(link)
        self._slots: dict[int, ChipSlot] = {}
        for number, table in enumerate(chips):
            self._add(table, seed + number, clock)
        self._wire = asyncio.Lock()  # one transfer at a time, whoever asks
        self._stuck = False

    def _add(self, table: Mapping[str, Any], seed: int, clock: Clock) -> None:
        settings = dict(table)
        name, kind = settings.pop("name"), chip_kind(settings.pop("kind"))
        place = {"address": kind.address}
        place |= {key: settings.pop(key) for key in settings_of(ChipSlot) if key in settings}
        what = f"{name} ({kind.name})"
        chip = made(what, kind.make, settings, seed, clock)
        slot = made(what, ChipSlot, place, name, chip, random.Random(seed))
        if slot.address in self._slots:
            raise ValueError(f"two chips at {slot.address:#04x}")
        self._slots[slot.address] = slot

    @property
    def parts(self) -> dict[str, ChipSlot]:
        """The chips by name, to be plugged, unplugged and harmed one by one."""
        return {slot.name: slot for slot in self._slots.values()}

    def fault(self, kind: str) -> None:
        """`stuck`: a line is held low. `hang`: transfers never end. `clear`: both are over."""
        faults = {"stuck": self._hold_line, "hang": self.hang, "clear": self._clear}
        chosen(faults, kind, "a bus has no fault")()

    def _hold_line(self) -> None:
        self._stuck = True

    def _clear(self) -> None:
        self._stuck = False
        self.go_on()

    async def exchange(self, reader: asyncio.StreamReader) -> bytes:
        """See BusServer."""
        kind, messages = await read_request(reader)
        try:
            if kind == CLAIM:
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
        await self.moving()
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
