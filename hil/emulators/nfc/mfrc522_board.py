"""An MFRC522 board with cards on it, behind an emulated `/dev/spidevB.D`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.bus.spi_board import SpiBoard
from hil.emulators.choices import listed
from hil.emulators.nfc.applications import ATS, ApplicationCard
from hil.emulators.nfc.cards import TYPE2, IsoCard, Type2Card
from hil.emulators.nfc.classic import FACTORY_KEY, ClassicCard
from hil.emulators.nfc.field import Field, Place
from hil.emulators.nfc.mfrc522_chip import Mfrc522Chip
from hil.emulators.settings import made

DESFIRE_ATQA, DESFIRE_SAK = 0x0344, 0x20
TRIPLE_SIZE_ATQA = 0x0084
KINDS = (*TYPE2, *ATS, "classic1k", "iso4", "iso")


class Mfrc522Board(SpiBoard):
    """An MFRC522 reader of NFC cards, with cards on it.

    `cards` are tables of `uid` (hexadecimal), perhaps `kind` (ntag213 if not said), `name`, `enter`
    and `leave` (seconds since the start), `keys`, `signature`, `password`. `version` is what the
    chip says of itself.
    """

    model = "an MFRC522 board"

    def __init__(
        self,
        *,
        link: str | Path,
        cards: Iterable[Mapping[str, Any]] = (),
        version: int = 0x92,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parts: dict[str, Place] = {}
        for number, table in enumerate(cards, 1):
            options = dict(table)
            name = options.pop("name", f"card-{number}")
            self.parts[name] = made("a card", place_of, options)
        self.field = Field(list(self.parts.values()), clock)
        self.chip = Mfrc522Chip(self.field, version, clock)
        super().__init__(link, self.chip, self.chip)

    def unplug(self) -> None:
        """Pull the board off: its data line floats, and its field is gone."""
        super().unplug()
        self.field.switch(on=False)


def place_of(
    *,
    uid: bytes,
    kind: str = "ntag213",
    keys: Iterable[bytes] = (),
    signature: bytes = bytes(32),
    password: bytes = b"",
    enter: float = 0.0,
    leave: float = math.inf,
) -> Place:
    """Return a card and when it lies in the field; `keys` are those of a Classic: A, then B."""
    if kind in TYPE2:
        return Place(Type2Card(kind, uid, signature, password), enter, leave)
    if kind == "classic1k":
        own = tuple(keys) or (FACTORY_KEY, FACTORY_KEY)
        return Place(ClassicCard(uid, (own[0], own[-1])), enter, leave)
    return Place(plain_card(kind, uid), enter, leave)


def plain_card(kind: str, uid: bytes) -> IsoCard:
    """Return a card without secrets; ValueError names the kinds there are.

    `iso` only has a UID; `iso4` says that it speaks ISO 14443-4, and does not.
    """
    if kind in ATS:
        return ApplicationCard(kind, uid, DESFIRE_ATQA, DESFIRE_SAK)
    if kind == "iso4":
        return IsoCard(uid, DESFIRE_ATQA, DESFIRE_SAK)
    if kind == "iso":
        return IsoCard(uid, {4: 0x0004, 7: 0x0044}.get(len(uid), TRIPLE_SIZE_ATQA), 0x00)
    raise ValueError(f"no card {kind!r}, only {listed(KINDS)}")
