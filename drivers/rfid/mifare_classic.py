"""MIFARE Classic cards, once they are selected: keys, blocks, sectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.rfid.iso14443a_cards import Antenna, ask, tell, wake

BLOCK = 16  # bytes
KEY = 6  # bytes
READ, WRITE = 0x30, 0xA0  # MF1S50YYX data sheet §9
KEY_A, KEY_B = 0x60, 0x61
SMALL_SECTORS = 32  # of four blocks; the eight behind them, in 4K cards, have sixteen
SMALL, LARGE = 4, 16  # blocks
KEYS_FORM = r"\s*[0-9A-Fa-f]{12}\s*(,\s*[0-9A-Fa-f]{12}\s*)*"
FACTORY_KEY = b"\xff" * KEY

SIZES = {
    0x09: ("MIFARE Mini", 20),
    0x08: ("MIFARE Classic 1K", 64),
    0x18: ("MIFARE Classic 4K", 256),
}
"""SAK → name and number of blocks (AN10833 §3.2)."""


class CryptoAntenna(Antenna, Protocol):
    """An antenna whose chip knows Crypto1."""

    async def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Whether the selected card took the key; frames are encrypted from then on."""
        ...

    async def stop_crypto(self) -> None:
        """Speak plainly again."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys to try, in order."""

    keys: tuple[bytes, ...] = (FACTORY_KEY,)


def keys_of(text: str) -> Keys:
    """Return the keys of a text that matches KEYS_FORM."""
    return Keys(tuple(bytes.fromhex(word) for word in text.split(",")))


def trailer_of(block: int) -> int:
    """Return the last block of the sector that `block` lies in: keys and access bits."""
    size = SMALL if block < SMALL_SECTORS * SMALL else LARGE
    return block // size * size + size - 1


async def open_sector(antenna: CryptoAntenna, uid: bytes, block: int, keys: Keys) -> None:
    """Open the block's sector with the first key that fits; DeviceFault when none does."""
    for command in (KEY_A, KEY_B):
        for key in keys.keys:
            if await antenna.authenticate(command, block, key, uid[-4:]):
                return
            await antenna.stop_crypto()
            await wake(antenna, uid)  # a wrong key throws the card out
    raise DeviceFault(
        f"no configured key opens block {block} of card {uid.hex().upper()}",
        advice="add the card's key to the option keys",
    )


async def read(antenna: CryptoAntenna, uid: bytes, block: int, keys: Keys) -> bytes:
    """Return a block of the selected card."""
    await open_sector(antenna, uid, block, keys)
    try:
        return await ask(antenna, bytes([READ, block]), BLOCK)
    finally:
        await antenna.stop_crypto()


async def write(antenna: CryptoAntenna, uid: bytes, block: int, data: bytes, keys: Keys) -> None:
    """Write a data block and read it back; DeviceFault when it may not be, BadFrame if it differs.

    Block 0 and sector trailers are refused: a wrong trailer closes its sector for ever.
    """
    if block in {0, trailer_of(block)}:
        raise DeviceFault(f"block {block} holds the UID or a sector's keys; it is never written")
    if len(data) != BLOCK:
        raise DeviceFault(f"a block has {BLOCK} bytes, not {len(data)}")
    await open_sector(antenna, uid, block, keys)
    try:
        await tell(antenna, bytes([WRITE, block]))
        await tell(antenna, data)
        stored = await ask(antenna, bytes([READ, block]), BLOCK)
    except CommandTimeout as error:
        raise BadFrame(f"the card left while block {block} was written") from error
    finally:
        await antenna.stop_crypto()
    if stored != data:
        raise BadFrame(f"block {block} holds {stored.hex(' ')} after writing {data.hex(' ')}")
