"""Cards with applications behind ISO 14443-4: block protocol, SELECT, DESFire's version."""

from __future__ import annotations

from hil.emulators.nfc.cards import IsoCard, Phase, framed
from hil.emulators.nfc.field import Answer

RATS, DESELECT, WAIT_MORE = 0xE0, 0xC2, 0xF2
I_BLOCK = 0x02  # with the block's number in bit 0
SELECT = bytes.fromhex("00A40400")
NOT_FOUND, UNKNOWN = bytes.fromhex("6A82"), bytes.fromhex("6D00")

# kind → answer to select, and its applications by name.
ATS = {
    "desfire": "067577810280",
    "payment": "0A788082022063CBA3A0",
    "passport": "067833850200",
}
APPLICATIONS = {
    "payment": (b"2PAY.SYS.DDF01", bytes.fromhex("6F10840E325041592E5359532E44444630319000")),
    "passport": (bytes.fromhex("A0000002471001"), bytes.fromhex("9000")),
}
VERSION = (bytes.fromhex("9060000000"), bytes.fromhex("0401010100180591AF"))
SLOW = ("passport",)  # asks for more time before each answer


class ApplicationCard(IsoCard):
    """A card that is found like any other, and speaks in blocks once it heard RATS."""

    def __init__(self, kind: str, uid: bytes, atqa: int, sak: int) -> None:
        self._ats = bytes.fromhex(ATS[kind])
        self._application = APPLICATIONS.get(kind)
        self._knows_version = kind == "desfire"
        self._slow = kind in SLOW
        self._waiting: bytes | None = None
        super().__init__(uid, atqa, sak)

    def power(self) -> None:
        """Come up without a protocol."""
        super().power()
        self._blocks = False
        self._number = 0

    def command(self, data: bytes) -> Answer | None:
        """Take RATS, then blocks."""
        if not self._blocks:
            return self._activated() if data[0] == RATS else self.lost()
        if data[0] == DESELECT:
            self._blocks = False
            self.phase = self._rest = Phase.HALT
            return framed(bytes([DESELECT]))
        if data[0] == WAIT_MORE and self._waiting is not None:
            answer, self._waiting = self._waiting, None
            return framed(answer)
        return self._block(data) if data[0] == I_BLOCK | self._number else None

    def _activated(self) -> Answer:
        self._blocks, self._number = True, 0
        return framed(self._ats)

    def _block(self, data: bytes) -> Answer:
        answer = data[:1] + self._answer(data[1:])
        self._number ^= 1
        if self._slow:
            self._waiting = answer
            return framed(bytes([WAIT_MORE, 1]))
        return framed(answer)

    def _answer(self, command: bytes) -> bytes:
        if command.startswith(SELECT):
            name = command[len(SELECT) + 1 :].removesuffix(b"\x00")
            found = self._application is not None and name == self._application[0]
            return self._application[1] if found and self._application else NOT_FOUND
        return VERSION[1] if self._knows_version and command == VERSION[0] else UNKNOWN
