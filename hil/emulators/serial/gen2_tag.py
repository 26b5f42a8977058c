"""The memory of a UHF tag (EPC Gen2 v2 §6.3.2.1): banks, access password, locks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hil.emulators.settings import made

RESERVED, EPC, TID, USER = range(4)
WORD = 2  # bytes
EPC_CAPACITY = 20  # bytes: CRC, PC and 128 bits
DEFAULT_TID = "E28011052000"
OVERRUN, LOCKED = 0x3, 0x4  # error codes a tag backscatters, annex I
AREAS = {0: "user", 2: "tid", 4: "epc", 6: "access", 8: "kill"}  # bit of the lock payload → area
AREA_OF_BANK = {EPC: "epc", TID: "tid", USER: "user"}
WRITE_NEEDS_PASSWORD, PERMANENT = 0b10, 0b01


class TagError(Exception):
    """The tag's own error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"tag error {code:X}")
        self.code = code


class WrongPassword(Exception):
    """The tag does not answer to a wrong access password."""


class Tag:
    """A tag: when it is in the field (`enter` to `leave`, seconds since the start), its memory."""

    def __init__(
        self,
        *,
        epc: bytes,
        rssi: float = -55.0,
        enter: float = 0.0,
        leave: float = math.inf,
        pc: int | None = None,
        tid: bytes = bytes.fromhex(DEFAULT_TID) + bytes(6),
        user: bytes = bytes(64),
        access: bytes = bytes(4),
    ) -> None:
        self.rssi = rssi
        self._enter, self._leave = enter, leave
        words = -(-len(epc) // WORD)
        control = words << 11 if pc is None else pc
        whole = bytes(2) + control.to_bytes(2) + epc
        size = max(EPC_CAPACITY, len(whole))
        self._given = None if pc is None else epc  # a PC that lies: the EPC as it was told
        self.banks = {
            RESERVED: bytearray(bytes(4) + access),
            EPC: bytearray(whole.ljust(size, b"\x00")),
            TID: bytearray(tid),
            USER: bytearray(user),
        }
        self.locks = dict.fromkeys(AREAS.values(), 0)
        self.locks["tid"] = WRITE_NEEDS_PASSWORD | PERMANENT

    @property
    def pc(self) -> int:
        """The protocol control word."""
        return int.from_bytes(self.banks[EPC][2:4])

    @property
    def epc(self) -> bytes:
        """The EPC, as long as the PC word says."""
        if self._given is not None:
            return self._given
        return bytes(self.banks[EPC][4 : 4 + (self.pc >> 11) * WORD])

    def present(self, at: float) -> bool:
        """Whether it is in the field `at` seconds after the start."""
        return self._enter <= at < self._leave

    def read(self, bank: int, first: int, words: int, password: bytes) -> bytes:
        """Return words of a bank; TagError or WrongPassword."""
        self._access(password)
        if bank == RESERVED and self.locks["access"] and password == bytes(4):
            raise TagError(LOCKED)
        return bytes(self._part(bank, first, words))

    def write(self, bank: int, first: int, data: bytes, password: bytes) -> None:
        """Store words in a bank; TagError or WrongPassword."""
        self._access(password)
        self._part(bank, first, len(data) // WORD)
        lock = self.locks[AREA_OF_BANK.get(bank, "access")]
        opened = bool(lock & WRITE_NEEDS_PASSWORD) and password != bytes(4)
        if lock and (lock & PERMANENT or not opened):
            raise TagError(LOCKED)
        self.banks[bank][first * WORD : first * WORD + len(data)] = data
        if bank == EPC:
            self._given = None

    def lock(self, payload: int, password: bytes) -> None:
        """Change the locks that the 20 bits of a lock payload name (§6.3.2.12.3.5)."""
        self._access(password)
        mask, action = payload >> 10, payload & 0x3FF
        for bit, area in AREAS.items():
            part = mask >> bit & 0b11
            if part and self.locks[area] & PERMANENT:
                raise TagError(LOCKED)
            self.locks[area] = self.locks[area] & ~part | action >> bit & part

    def _access(self, password: bytes) -> None:
        if password not in {bytes(4), bytes(self.banks[RESERVED][4:8])}:
            raise WrongPassword

    def _part(self, bank: int, first: int, words: int) -> bytearray:
        memory = self.banks.get(bank, bytearray())
        if (first + words) * WORD > len(memory):
            raise TagError(OVERRUN)
        return memory[first * WORD : (first + words) * WORD]


def tag(table: Mapping[str, Any]) -> Tag:
    """Return a tag from a table whose `epc`, `tid`, `user` and `access` are in hexadecimal."""
    return made("a tag", Tag, table)
