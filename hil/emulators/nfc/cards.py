"""ISO 14443 type A cards: the common part (ISO 14443-3 §6) and NXP's Type 2 tags."""

from __future__ import annotations

from enum import Enum

from hil.emulators.nfc.field import BYTE, Answer, Bits, bits_of, bytes_of, crc_a

REQA, WUPA = 0x26, 0x52
SHORT_FRAME = 7  # bits
HALT = b"\x50\x00"
SELECT_CODES = (0x93, 0x95, 0x97)
WHOLE = 0x70  # NVB of a SELECT
SELECT_LENGTH = 4  # bytes of UID in a cascade level
CASCADE_TAG = 0x88
CASCADE_BIT = 0x04  # of SAK: the UID is not complete
SIZES = {4: 1, 7: 2, 10: 3}  # bytes of UID → cascade levels

ACK = 0xA
NAK_ARGUMENT, NAK_CHECK = 0x0, 0x1  # Type 2 tags: invalid argument, CRC or parity
ACK_BITS = 4
PROGRAMMING = 0.0041  # s, NTAG21x data sheet table 22: t_WRITE


class Phase(Enum):
    """The states of ISO 14443-3 figure 7."""

    IDLE = "idle"
    READY = "ready"
    ACTIVE = "active"
    HALT = "halt"


def levels(uid: bytes) -> list[bytes]:
    """Return what each cascade level sends: four bytes and their BCC."""
    parts = [uid]
    while len(parts[-1]) > SELECT_LENGTH:
        last = parts.pop()
        parts += [bytes([CASCADE_TAG]) + last[:3], last[3:]]
    return [part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]]) for part in parts]


class IsoCard:
    """A card that can be found and selected, and does nothing else."""

    def __init__(self, uid: bytes, atqa: int, sak: int) -> None:
        if len(uid) not in SIZES:
            raise ValueError(f"a UID has 4, 7 or 10 bytes, not {len(uid)}")
        self.uid = uid
        self.atqa, self.sak = atqa, sak
        self._levels = levels(uid)
        self.power()

    def power(self) -> None:
        """Come up idle."""
        self.phase = Phase.IDLE
        self._rest = Phase.IDLE  # where an error leads: HALT for a card that was woken from it
        self._level = 0

    def hear(self, bits: Bits, *, encrypted: bool) -> Answer | None:
        """Take a frame; see `Card.hear`."""
        if encrypted:
            return self.lost()  # only MIFARE Classic understands it
        if len(bits) == SHORT_FRAME:
            return self._short(bytes_of(bits)[0])
        data = bytes_of(bits)
        if self.phase is Phase.READY:
            return self._anticollision(data, bits)
        return self._active(data, bits) if self.phase is Phase.ACTIVE else None

    def _active(self, data: bytes, bits: Bits) -> Answer | None:
        if len(bits) % BYTE or data[-2:] != crc_a(data[:-2]):
            return self.refused(data)
        if data[:-2] == HALT:
            self.phase = self._rest = Phase.HALT
            return None
        return self.command(data[:-2])

    def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Refuse: only MIFARE Classic knows it."""
        return False

    def command(self, data: bytes) -> Answer | None:
        """Take a command of the card's own; this one has none."""
        return self.lost()

    def refused(self, data: bytes) -> Answer | None:
        """Answer a frame whose check failed."""
        return self.lost()

    def lost(self) -> Answer | None:
        """Fall back, without a word."""
        self.phase = self._rest
        return None

    def _short(self, code: int) -> Answer | None:
        wakes = code == WUPA and self.phase is Phase.HALT
        if wakes or (code in {REQA, WUPA} and self.phase is Phase.IDLE):
            self._rest = self.phase
            self.phase, self._level = Phase.READY, 0
            return Answer(bits_of(self.atqa.to_bytes(2, "little")))
        if self.phase in {Phase.READY, Phase.ACTIVE}:
            self.lost()
        return None

    def _anticollision(self, data: bytes, bits: Bits) -> Answer | None:
        mine = self._levels[self._level]
        if data[0] != SELECT_CODES[self._level] or len(data) < 2:  # noqa: PLR2004  SEL and NVB
            return self.lost()
        if data[1] == WHOLE:
            return self._select(data, mine)
        known = bits[2 * BYTE :]
        if data[1] >> 4 != len(bits) // BYTE or data[1] & 0xF != len(bits) % BYTE:
            return self.lost()
        own = bits_of(mine)
        return Answer(own[len(known) :]) if own[: len(known)] == known else None

    def _select(self, data: bytes, mine: bytes) -> Answer | None:
        if data[2:7] != mine or data[7:] != crc_a(data[:7]):
            return self.lost()
        self._level += 1
        complete = self._level == len(self._levels)
        if complete:
            self.phase = Phase.ACTIVE
        return framed(bytes([self.sak if complete else CASCADE_BIT]))


def framed(data: bytes) -> Answer:
    """Return an answer with its check."""
    return Answer(bits_of(data + crc_a(data)))


def nibble(value: int, delay: float = 0.0) -> Answer:
    """Return ACK or NAK: four bits, `delay` seconds later than usual."""
    plain = Answer(bits_of(bytes([value]), ACK_BITS))
    return Answer(plain.bits, plain.delay + delay)


PAGE = 4  # bytes
READ_PAGES = 4
FIRST_USER_PAGE = 4
ULTRALIGHT_ATQA = 0x0044
TYPE2_UID = 7  # bytes, in two cascade levels

# kind → pages, GET_VERSION (none: the chip does not know it), capability container.
TYPE2 = {
    "ultralight": (16, "", "E1100600"),
    "ultralight-ev1": (20, "0004030101000B03", "00000000"),
    "ntag213": (45, "0004040201000F03", "E1101200"),
    "ntag215": (135, "0004040201001103", "E1103E00"),
    "ntag216": (231, "0004040201001303", "E1106D00"),
}


class Type2Card(IsoCard):
    """An Ultralight or NTAG21x. Counters, mirrors and dynamic lock bytes are not modelled."""

    def __init__(
        self, kind: str, uid: bytes, signature: bytes = bytes(32), password: bytes = b""
    ) -> None:
        if len(uid) != TYPE2_UID:
            raise ValueError(f"an {kind} has a UID of {TYPE2_UID} bytes, not {len(uid)}")
        pages, version, container = TYPE2[kind]
        self.memory = bytearray(pages * PAGE)
        first, second = levels(uid)
        self.memory[0:9] = first[1:4] + bytes([first[4]]) + second
        self.memory[9] = 0x48  # internal byte, NTAG21x data sheet §8.5.1
        self.memory[12:16] = bytes.fromhex(container)
        self._version = bytes.fromhex(version)
        self._signature = signature
        self._password = password
        self._open = not password
        self._target: int | None = None  # page of a COMPATIBILITY_WRITE's second half
        super().__init__(uid, ULTRALIGHT_ATQA, 0x00)

    def power(self) -> None:
        """Come up locked again."""
        super().power()
        self._open = not self._password
        self._target = None

    def refused(self, data: bytes) -> Answer | None:
        """Say that the check failed."""
        return self._nak(NAK_CHECK)

    def _nak(self, code: int) -> Answer:
        self.lost()
        return nibble(code)

    def command(self, data: bytes) -> Answer | None:
        """Do one of the chip's commands (NTAG21x data sheet §10)."""
        if self._target is not None:
            page, self._target = self._target, None
            return self._write(page, data[:PAGE]) if len(data) == 4 * PAGE else self._nak(0)
        code, arguments = data[:1], data[1:]
        if self._version:
            answer = self._newer(int.from_bytes(code), arguments)
            if answer is not None:
                return answer
        match int.from_bytes(code), len(arguments):
            case 0x30, 1:  # READ
                return self._read(arguments[0], READ_PAGES, wraps=True)
            case 0xA2, 5:  # WRITE
                return self._write(arguments[0], arguments[1:])
            case 0xA0, 1:  # COMPATIBILITY_WRITE
                self._target = arguments[0]
                return nibble(ACK)
        return self._nak(NAK_ARGUMENT)

    def _newer(self, code: int, arguments: bytes) -> Answer | None:
        """Do what the first Ultralight does not know; None when it is no such command."""
        match code, len(arguments):
            case 0x3A, 2 if arguments[0] <= arguments[1]:  # FAST_READ
                return self._read(arguments[0], arguments[1] - arguments[0] + 1, wraps=False)
            case 0x60, 0:  # GET_VERSION
                return framed(self._version)
            case 0x3C, 1:  # READ_SIG
                return framed(self._signature)
            case 0x1B, 4:  # PWD_AUTH
                return self._unlock(arguments)
        return None

    def _read(self, page: int, count: int, *, wraps: bool) -> Answer:
        pages = len(self.memory) // PAGE
        if page >= pages or (not wraps and page + count > pages):
            return self._nak(NAK_ARGUMENT)
        around = bytes(self.memory) * 2
        return framed(around[page * PAGE : (page + count) * PAGE])

    def _write(self, page: int, data: bytes) -> Answer:
        if not 2 <= page < len(self.memory) // PAGE or not self._open:  # noqa: PLR2004  UID pages
            return self._nak(NAK_ARGUMENT)
        locks = int.from_bytes(self.memory[10:12], "little")
        if page < 2 * BYTE and locks >> page & 1:
            return self._nak(NAK_ARGUMENT)
        at = page * PAGE
        if page < FIRST_USER_PAGE:  # lock bytes and capability container: bits can only be set
            keep = 2 if page == 2 else 0  # noqa: PLR2004  two bytes of the UID's page
            for index in range(keep, PAGE):
                self.memory[at + index] |= data[index]
        else:
            self.memory[at : at + PAGE] = data
        return nibble(ACK, PROGRAMMING)

    def _unlock(self, password: bytes) -> Answer:
        if password != self._password:
            return self._nak(NAK_ARGUMENT)
        self._open = True
        return framed(b"\x00\x00")  # PACK
