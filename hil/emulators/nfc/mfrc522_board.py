"""An MFRC522 board with cards on it, behind an emulated `/dev/spidevB.D`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.bus.spi_node import SpiNode
from hil.emulators.nfc.applications import ATS, ApplicationCard
from hil.emulators.nfc.cards import TYPE2, IsoCard, Type2Card
from hil.emulators.nfc.classic import FACTORY_KEY, ClassicCard
from hil.emulators.nfc.field import Field, Place
from hil.emulators.nfc.mfrc522_chip import Mfrc522Chip

DESFIRE_ATQA, DESFIRE_SAK = 0x0344, 0x20
TRIPLE_SIZE_ATQA = 0x0084


class Mfrc522Board:
    """One board.

    `cards` are tables of `uid` (hexadecimal), `kind` (see `card_of`) and perhaps `name`, `enter`
    and `leave` (seconds since the start), `keys`, `signature`, `password`. `version` is what the
    chip says of itself.
    """

    def __init__(
        self,
        *,
        link: str | Path,
        cards: Iterable[Mapping[str, Any]] = (),
        version: int = 0x92,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parts: dict[str, Place] = {}
        for number, table in enumerate(cards):
            self._put(number, dict(table))
        self.field = Field(list(self.parts.values()), clock)
        self.chip = Mfrc522Chip(self.field, version, clock)
        self.node = SpiNode(link, self.chip)

    def _put(self, number: int, table: dict[str, Any]) -> None:
        name = table.pop("name", f"card-{number + 1}")
        times = {key: table.pop(key) for key in ("enter", "leave") if key in table}
        self.parts[name] = Place(card_of(**table), **times)

    @property
    def where(self) -> str:
        """The socket that the shim connects to."""
        return self.node.where

    def plug(self) -> None:
        """Give the board its supply; the bus appears with it the first time."""
        self.node.listen()
        self.supply()

    def supply(self) -> None:
        """Give the board its supply; nothing happens when it has it."""
        if not self.node.plugged:
            self.chip.power_on()
        self.node.plugged = True

    def unplug(self) -> None:
        """Pull the board off: its data line floats."""
        self.node.plugged = False
        self.field.switch(on=False)

    def fault(self, kind: str) -> None:
        """`hang`: transfers never end; `clear`: they do again. Other kinds are the chip's own."""
        match kind:
            case "hang":
                self.node.hang()
            case "clear":
                self.node.clear()
            case _:
                self.chip.fault(kind)

    async def run(self) -> None:
        """Serve until cancelled."""
        self.plug()
        await self.node.run()


def card_of(
    *,
    uid: str,
    kind: str = "ntag213",
    keys: Iterable[str] = (),
    signature: str = "00" * 32,
    password: str = "",
) -> IsoCard:
    """Return a card; ValueError names the kinds there are.

    `iso` only has a UID; `iso4` says that it speaks ISO 14443-4, and does not.
    """
    serial = bytes.fromhex(uid)
    if kind in TYPE2:
        return Type2Card(kind, serial, bytes.fromhex(signature), bytes.fromhex(password))
    match kind:
        case "classic1k":
            own = tuple(map(bytes.fromhex, keys)) or (FACTORY_KEY, FACTORY_KEY)
            return ClassicCard(serial, (own[0], own[-1]))
        case "desfire" | "payment" | "passport":
            return ApplicationCard(kind, serial, DESFIRE_ATQA, DESFIRE_SAK)
        case "iso4":
            return IsoCard(serial, DESFIRE_ATQA, DESFIRE_SAK)
        case "iso":
            return IsoCard(serial, {4: 0x0004, 7: 0x0044}.get(len(serial), TRIPLE_SIZE_ATQA), 0x00)
        case _:
            known = ", ".join((*TYPE2, *ATS, "classic1k", "iso4", "iso"))
            raise ValueError(f"no card {kind!r}, only {known}")
