"""A MIFARE Classic 1K (MF1S50YYX data sheet): sectors, keys, access bits.

Crypto1 itself is not modelled: a frame is marked as encrypted, and only a card that took the key
understands it.
"""

from __future__ import annotations

from hil.emulators.nfc.cards import ACK, PROGRAMMING, IsoCard, Phase, framed, nibble
from hil.emulators.nfc.field import BYTE, Answer, Bits, bytes_of, crc_a

BLOCK = 16  # bytes
SECTOR = 4  # blocks
SECTORS = 16
KEY = 6  # bytes
AUTH_A, AUTH_B, READ, WRITE = 0x60, 0x61, 0x30, 0xA0
NAK_NOT_ALLOWED, NAK_CHECK = 0x4, 0x5
FACTORY_KEY = b"\xff" * KEY
TRANSPORT = bytes.fromhex("FF078069")  # access bits on delivery, §8.6.3

# §8.7.3 table 7: C1 C2 C3 → keys that may read, keys that may write (data blocks).
DATA_RIGHTS = {
    0b000: ("AB", "AB"), 0b010: ("AB", ""), 0b100: ("AB", "B"), 0b110: ("AB", "B"),
    0b001: ("AB", ""), 0b011: ("B", "B"), 0b101: ("B", ""), 0b111: ("", ""),
}  # fmt: skip


class ClassicCard(IsoCard):
    """A MIFARE Classic 1K; `keys` are those of every sector: A, then B."""

    def __init__(self, uid: bytes, keys: tuple[bytes, bytes] = (FACTORY_KEY, FACTORY_KEY)) -> None:
        self.memory = bytearray(SECTORS * SECTOR * BLOCK)
        head = uid + bytes([uid[0] ^ uid[1] ^ uid[2] ^ uid[3]]) if len(uid) == 4 else uid  # noqa: PLR2004
        self.memory[: len(head)] = head
        trailer = keys[0] + TRANSPORT + keys[1]
        for sector in range(SECTORS):
            end = (sector + 1) * SECTOR * BLOCK
            self.memory[end - BLOCK : end] = trailer
        super().__init__(uid, 0x0004 if len(uid) == 4 else 0x0044, 0x08)  # noqa: PLR2004

    def power(self) -> None:
        """Come up without any sector open."""
        super().power()
        self._sector: int | None = None
        self._key = ""
        self._target: int | None = None

    def lost(self) -> Answer | None:
        """Fall back and close the sector."""
        self._sector = self._target = None
        return super().lost()

    def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Open the block's sector; a wrong key sends the card back to where it came from."""
        sector = block // SECTOR
        if self.phase is not Phase.ACTIVE or sector >= SECTORS:
            return False
        trailer = self._trailer(sector)
        own = trailer[:KEY] if command == AUTH_A else trailer[-KEY:]
        if own != key or uid != self.uid[-4:]:
            self.lost()
            return False
        self._sector, self._key = sector, "A" if command == AUTH_A else "B"
        return True

    def _trailer(self, sector: int) -> bytes:
        end = (sector + 1) * SECTOR * BLOCK
        return bytes(self.memory[end - BLOCK : end])

    def hear(self, bits: Bits, *, encrypted: bool) -> Answer | None:
        """Take a frame: encrypted ones only while a sector is open, plain ones only while none."""
        if self._sector is None:
            return super().hear(bits, encrypted=encrypted)
        if not encrypted:
            self.lost()
            return super().hear(bits, encrypted=False)
        data = bytes_of(bits)
        if len(bits) % BYTE or data[-2:] != crc_a(data[:-2]):
            self.lost()
            return nibble(NAK_CHECK)
        return self._opened(data[:-2])

    def _opened(self, data: bytes) -> Answer | None:
        if self._target is not None:
            block, self._target = self._target, None
            return self._store(block, data)
        if data[:1] == b"\x50":
            self.lost()
            self.phase = self._rest = Phase.HALT
            return None
        if len(data) != 2 or data[1] // SECTOR != self._sector:  # noqa: PLR2004  code and block
            return self._nak()
        may_read, may_write = self._rights(data[1])
        if data[0] == READ and may_read:
            return framed(self._visible(data[1]))
        if data[0] == WRITE and may_write:
            self._target = data[1]
            return nibble(ACK)
        return self._nak()

    def _nak(self) -> Answer:
        self.lost()
        return nibble(NAK_NOT_ALLOWED)

    def _rights(self, block: int) -> tuple[bool, bool]:
        trailer, at = self._trailer(block // SECTOR), block % SECTOR
        if at == SECTOR - 1:
            return True, self._key == "A"  # the transport configuration's row of table 8
        c1, c2, c3 = trailer[7] >> 4 + at & 1, trailer[8] >> at & 1, trailer[8] >> 4 + at & 1
        reads, writes = DATA_RIGHTS[c1 << 2 | c2 << 1 | c3]
        return self._key in reads, self._key in writes and block != 0

    def _visible(self, block: int) -> bytes:
        data = bytes(self.memory[block * BLOCK : (block + 1) * BLOCK])
        return bytes(KEY) + data[KEY:] if block % SECTOR == SECTOR - 1 else data

    def _store(self, block: int, data: bytes) -> Answer:
        if len(data) != BLOCK:
            return self._nak()
        self.memory[block * BLOCK : (block + 1) * BLOCK] = data
        return nibble(ACK, PROGRAMMING)
