"""ISO 14443-4 cards, such as DESFire and payment cards: enough to say what they are.

They are asked which applications they have (ISO 7816-4 SELECT by name). Nothing that belongs to
their holder is read: no number, no name.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import BadFrame
from drivers.rfid import iso14443a as iso
from drivers.rfid.iso14443a_cards import Antenna

RATS = b"\xe0\x50"  # §5.1: frames of up to 64 bytes, which a reader's FIFO holds; CID 0
RATS_WITHIN = 0.01  # s; §5.1.2: 65,536 carrier periods, 4.8 ms
DESELECT = b"\xc2"
DESELECT_WITHIN = 0.01  # s; §8.1: 65,536 carrier periods

I_BLOCK, BLOCK_NUMBER = 0x02, 0x01  # §7.1.1.1
I_BLOCK_FIXED = 0xE2  # bits of the first byte that are alike in all I-blocks
WAIT = 0xF2  # S(WTX): the card wants more time
MOST_WAITS = 5
FRAME_WAITING = 256 * 16 / 13_560_000  # s; §7.2, times 2^FWI
DEFAULT_FWI = 4
LONGEST_WAIT = 0.1  # s; more than cards take to say what they are

ANY = "ISO 14443-4 card"
APPLICATIONS = {
    b"2PAY.SYS.DDF01": "payment card",  # EMV Book B, §3.3: the directory of payment systems
    bytes.fromhex("A0000002471001"): "electronic passport",  # ICAO 9303-10, §3.6
}
FOUND = b"\x90\x00"
FILE_CONTROL = b"\x6f"  # begins the answer of an application that was selected
GET_VERSION = bytes.fromhex("9060000000")  # DESFire's own command, wrapped as ISO 7816-4 has it
NXP_DESFIRE = b"\x04\x01"  # vendor and type of the version's first part
MORE = b"\x91\xaf"  # two more parts follow, which nobody needs here


@dataclass(frozen=True, slots=True)
class Ats:
    """The answer to select: how long the card may take (seconds), and what its maker put in."""

    waiting: float
    historical: bytes


def ats_of(data: bytes) -> Ats:
    """Read an ATS without its CRC (§5.2); BadFrame for what is none."""
    if not data or data[0] != len(data):
        raise BadFrame(f"{data.hex(' ')} is not an ATS")
    head = data[1] if len(data) > 1 else 0
    at, fwi = 2, DEFAULT_FWI
    for present, name in ((0x10, "TA"), (0x20, "TB"), (0x40, "TC")):
        if head & present:
            if at >= len(data):
                raise BadFrame(f"the ATS {data.hex(' ')} lacks its {name}")
            fwi = data[at] >> 4 if name == "TB" else fwi
            at += 1
    return Ats(min(FRAME_WAITING * 2**fwi, LONGEST_WAIT), data[at:])


async def kind(antenna: Antenna) -> str:
    """Return what the selected card is, in words; it sleeps afterwards.

    BadFrame or CommandTimeout when it leaves or is disturbed on the way.
    """
    ats = ats_of(await _send(antenna, RATS, RATS_WITHIN))
    number = 0
    try:
        for name, what in APPLICATIONS.items():
            answer = await _ask(antenna, ats, number, _select(name))
            if answer.endswith(FOUND) or answer.startswith(FILE_CONTROL):
                return what
            number += 1
        version = await _ask(antenna, ats, number, GET_VERSION)
        desfire = version.startswith(NXP_DESFIRE) and version.endswith(MORE)
        return "MIFARE DESFire" if desfire else ANY
    finally:
        await _send(antenna, DESELECT, DESELECT_WITHIN)


def _select(name: bytes) -> bytes:
    """Return the command that selects an application (ISO 7816-4, §11.2.2)."""
    return b"\x00\xa4\x04\x00" + bytes([len(name)]) + name + b"\x00"


async def _ask(antenna: Antenna, ats: Ats, number: int, command: bytes) -> bytes:
    """Return the answer to a command, of a long one the beginning; `number` counts the commands."""
    block, answer = bytes([I_BLOCK | number & BLOCK_NUMBER]) + command, b""
    for _ in range(MOST_WAITS):
        answer = await _send(antenna, block, ats.waiting)
        if answer[:1] != bytes([WAIT]):
            break
        block = answer[:2]  # granted, as often as it wanted
    if not answer or answer[0] & I_BLOCK_FIXED != I_BLOCK:
        raise BadFrame(f"{answer.hex(' ')} is not an answer to {command.hex(' ')}")
    return answer[1:]


async def _send(antenna: Antenna, frame: bytes, within: float) -> bytes:
    got = await antenna.send(iso.with_crc(frame), within=within)
    if got.collision is not None or got.last_bits:
        raise BadFrame(f"the answer to {frame.hex(' ')} ends after {got.bits} bits")
    return iso.checked(got.data)
