"""ISO/IEC 14443-3 type A: checks, cascade levels, the bits of anticollision. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from drivers.errors import BadFrame

REQA, WUPA = 0x26, 0x52  # §6.4.1 table 3: short frames of 7 bits
SHORT_FRAME = 7
HLTA = b"\x50\x00"  # §6.4.3
SELECT_CODES = (0x93, 0x95, 0x97)  # §6.5.3.1: cascade levels 1 to 3
WHOLE_UID = 0x70  # §6.5.3.2: NVB of SELECT, seven bytes follow in all
CASCADE_TAG = 0x88  # §6.5.4: the UID goes on at the next level
LEVEL_BITS = 40  # four bytes and BCC
BYTE = 8  # bits

SAK_NOT_COMPLETE = 0x04  # §6.5.3.4 table 9
SAK_ISO14443_4 = 0x20

CRC_PRESET = 0x6363  # annex B.1
CRC_POLYNOMIAL: Final = 0x8408  # x^16 + x^12 + x^5 + 1, reflected


def crc_a(data: bytes) -> bytes:
    """Return CRC_A of `data`, low byte first as it is sent (annex B.1)."""
    crc = CRC_PRESET
    for byte in data:
        crc ^= byte
        for _ in range(BYTE):
            crc = crc >> 1 ^ CRC_POLYNOMIAL if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def with_crc(data: bytes) -> bytes:
    """Return `data` and its CRC_A."""
    return data + crc_a(data)


def checked(data: bytes) -> bytes:
    """Return `data` without its CRC_A; BadFrame when that is wrong or missing."""
    body, check = data[:-2], data[-2:]
    if len(check) < 2 or crc_a(body) != check:  # noqa: PLR2004  CRC_A has two bytes
        raise BadFrame(f"{data.hex(' ')} has a wrong CRC_A")
    return body


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first `count` bits of one cascade level, bit 0 of `value` first on the air."""

    value: int = 0
    count: int = 0

    @property
    def align(self) -> int:
        """Bits of the last byte that are known: the answer goes on behind them."""
        return self.count % BYTE

    def frame(self, level: int) -> bytes:
        """Return the ANTICOLLISION frame (§6.5.3); its last byte has `align` bits, or all."""
        valid = (2 + self.count // BYTE) << 4 | self.align
        known = self.value.to_bytes(-(-self.count // BYTE), "little")
        return bytes([SELECT_CODES[level], valid]) + known

    def joined(self, answer: bytes, bits: int, pick: int | None = None) -> Prefix:
        """Return this prefix and `bits` bits of an answer that is aligned behind it.

        `pick` is the value of one more bit: the one that collided.
        """
        fresh = int.from_bytes(answer, "little") >> self.align & (1 << bits) - 1
        value, count = self.value | fresh << self.count, self.count + bits
        if pick is not None:
            value, count = value | pick << count, count + 1
        if count > LEVEL_BITS:
            raise BadFrame(f"an anticollision answer of {bits} bits behind {self.count}")
        return Prefix(value, count)

    def level_bytes(self) -> bytes:
        """Return the four bytes of a complete level; BadFrame when BCC is wrong."""
        if self.count != LEVEL_BITS:
            raise BadFrame(f"an anticollision answer ends after {self.count} bits")
        data = self.value.to_bytes(LEVEL_BITS // BYTE, "little")
        if data[0] ^ data[1] ^ data[2] ^ data[3] != data[4]:
            raise BadFrame(f"{data.hex(' ')} has a wrong BCC")
        return data[:4]


def select_frame(level: int, part: bytes) -> bytes:
    """Return SELECT of a level's four bytes, with BCC and CRC_A (§6.5.3)."""
    bcc = part[0] ^ part[1] ^ part[2] ^ part[3]
    return with_crc(bytes([SELECT_CODES[level], WHOLE_UID]) + part + bytes([bcc]))


def uid_of(parts: list[bytes]) -> bytes:
    """Return the UID of its cascade levels (§6.5.4); BadFrame when a cascade tag lacks.

    Whether a level is the last is for SAK to say: a UID of four bytes may begin with 88 in old
    cards, and only a level that is followed by another must.
    """
    for part, _ in pairwise(parts):
        if part[0] != CASCADE_TAG:
            raise BadFrame(f"{part.hex(' ')} is followed by another level and has no cascade tag")
    return b"".join(part[1:] for part in parts[:-1]) + parts[-1]


def levels_of(uid: bytes) -> list[bytes]:
    """Return the cascade levels of a UID of 4, 7 or 10 bytes."""
    heads = range(0, len(uid) - 4, 3)
    return [bytes([CASCADE_TAG]) + uid[at : at + 3] for at in heads] + [uid[-4:]]
