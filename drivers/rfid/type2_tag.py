"""NXP Type 2 tags (MIFARE Ultralight, NTAG21x), once they are selected."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import BadFrame, DeviceFault
from drivers.rfid.iso14443a_cards import Antenna, ask, tell

PAGE = 4  # bytes
READ_PAGES = 4
READ, WRITE = 0x30, 0xA2  # NTAG21x data sheet §10
GET_VERSION, READ_SIG = 0x60, 0x3C
VERSION_LENGTH = 8
SIGNATURE_LENGTH = 32
FIRST_FREE_PAGE = 4  # before it: UID, lock bytes (set once, never cleared), capability container
NXP = 0x04  # vendor byte of GET_VERSION, as in ISO 7816-6

# GET_VERSION bytes 2 (product) and 6 (storage) → name, number of pages.
MODELS = {
    (0x04, 0x0B): ("NTAG210", 20),
    (0x04, 0x0E): ("NTAG212", 41),
    (0x04, 0x0F): ("NTAG213", 45),
    (0x04, 0x11): ("NTAG215", 135),
    (0x04, 0x13): ("NTAG216", 231),
    (0x03, 0x0B): ("MIFARE Ultralight EV1 48", 20),
    (0x03, 0x0E): ("MIFARE Ultralight EV1 128", 41),
}
PLAIN = "MIFARE Ultralight"  # the first one has no GET_VERSION


@dataclass(frozen=True, slots=True)
class Model:
    """What the chip says it is; `pages` is 0 when that is unknown."""

    name: str
    pages: int
    version: bytes


async def model(antenna: Antenna) -> Model | None:
    """Ask for the version; None when the card says that it does not know the command."""
    try:
        version = await ask(antenna, bytes([GET_VERSION]), VERSION_LENGTH)
    except DeviceFault:
        return None
    return model_of(version)


def model_of(version: bytes) -> Model:
    """Return the model of a GET_VERSION answer; unknown ones keep their bytes in the name."""
    name, pages = MODELS.get((version[2], version[6]), ("", 0))
    if version[1] != NXP or not name:
        return Model(f"Type 2 tag, version {version.hex().upper()}", 0, version)
    return Model(name, pages, version)


async def signature(antenna: Antenna) -> bytes:
    """Return the originality signature that the chip carries."""
    return await ask(antenna, bytes([READ_SIG, 0]), SIGNATURE_LENGTH)


async def read(antenna: Antenna, first: int, count: int) -> bytes:
    """Return `count` pages from `first` on; DeviceFault for pages there are not."""
    data = b""
    for page in range(first, first + count, READ_PAGES):
        data += await ask(antenna, bytes([READ, page]), READ_PAGES * PAGE)
    return data[: count * PAGE]


async def write(antenna: Antenna, page: int, data: bytes) -> None:
    """Write one page and read it back; DeviceFault when it does not hold what was written."""
    if page < FIRST_FREE_PAGE:
        raise DeviceFault(
            f"page {page} holds the UID, lock bits or the capability container",
            advice="what is set there can never be cleared; write pages from 4 on",
        )
    if len(data) != PAGE:
        raise DeviceFault(f"a page has {PAGE} bytes, not {len(data)}")
    await tell(antenna, bytes([WRITE, page]) + data)
    stored = await read(antenna, page, 1)
    if stored != data:
        raise BadFrame(f"page {page} holds {stored.hex(' ')} after writing {data.hex(' ')}")
