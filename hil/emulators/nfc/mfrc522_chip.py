"""An NXP MFRC522 at register level (MFRC522 data sheet, rev. 3.9), over SPI.

Commands, FIFO, interrupts, timer, CRC coprocessor, bit framing, collisions, self test and MIFARE
authentication are modelled; power-down, the analogue settings and the test pins are not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import IntEnum

from hil.emulators.nfc.field import (
    BIT,
    BYTE,
    CARRIER,
    Field,
    Received,
    bits_of,
    bytes_of,
    crc_a,
)

FIFO_SIZE = 64  # bytes
PARITY = 9 / 8  # bits on the air for each data bit
READ_FLAG = 0x80  # of an SPI address byte, §8.1.2.3
OSCILLATOR_START = 40e-6  # s after a reset, about, §8.8.2

COMMAND, COM_IRQ, DIV_IRQ, ERROR, STATUS1, STATUS2 = 0x01, 0x04, 0x05, 0x06, 0x07, 0x08
FIFO_DATA, FIFO_LEVEL, CONTROL, BIT_FRAMING, COLL = 0x09, 0x0A, 0x0C, 0x0D, 0x0E
MODE, TX_MODE, RX_MODE, TX_CONTROL, TX_ASK = 0x11, 0x12, 0x13, 0x14, 0x15
CRC_HIGH, CRC_LOW, GAIN = 0x21, 0x22, 0x26
TIMER_MODE, PRESCALER, RELOAD_HIGH, RELOAD_LOW = 0x2A, 0x2B, 0x2C, 0x2D
AUTO_TEST, VERSION = 0x36, 0x37
READ_ONLY = {ERROR, STATUS1, CRC_HIGH, CRC_LOW, 0x2E, 0x2F, VERSION}

RESET = {  # §9.3; registers not named are zero
    COMMAND: 0x20, 0x02: 0x80, COM_IRQ: 0x14, STATUS1: 0x21, 0x0B: 0x08, CONTROL: 0x10,
    COLL: 0xA0, MODE: 0x3F, TX_CONTROL: 0x80, 0x16: 0x10, 0x17: 0x84, 0x18: 0x84, 0x19: 0x4D,
    0x1C: 0x62, 0x1F: 0xEB, CRC_HIGH: 0xFF, CRC_LOW: 0xFF, 0x24: 0x26, GAIN: 0x48, 0x27: 0x88,
    0x28: 0x20, 0x29: 0x20, AUTO_TEST: 0x40,
}  # fmt: skip

SET = 0x80  # of ComIrqReg and DivIrqReg: whether marked bits are set or cleared
TX_IRQ, RX_IRQ, IDLE_IRQ, ERROR_IRQ, TIMER_IRQ = 0x40, 0x20, 0x10, 0x02, 0x01
CRC_IRQ = 0x04
OVERFLOW, COLLISION, CRC_ERROR, PROTOCOL = 0x10, 0x08, 0x04, 0x01
START_SEND = 0x80
CRYPTO_ON = 0x08  # of Status2Reg
CRC_ENABLE = 0x80
FORCE_100_ASK = 0x40  # without it type A cards hear nothing
ANTENNA = 0x03
SELF_TEST, SELF_TEST_ON = 0x0F, 0x09
TIMER_AUTO = 0x80
POSITION_UNKNOWN = 0x20  # CollPosNotValid
KEEP_AFTER_COLLISION = 0x80  # ValuesAfterColl
COLLISIONS_SEEN = 32  # bits in which CollPos can point at a collision
AUTHENTICATION = 12  # bytes: command, block, key, UID
AUTHENTICATION_TIME = 0.002  # s, the three passes

# §16.1.1: what the FIFO holds after the self test, by version; 0x88 is Fudan's FM17522.
SELF_TESTS = {
    0x91: bytes.fromhex(
        "00C637D532B7575CC2D87C4DD970C77310E6D2AA5EA13E5A14AF3061C970DB2E"
        "642272B5BD65F4EC22BCD37235CDAA411FA7F35314DE7E02D90FB55E251D2979"
    ),
    0x92: bytes.fromhex(
        "00EB66BA57BF2395D0E30D3D27895CDE9D3BA700215B8982513AEB020CA50049"
        "7C844DB3CCD21B815D4876D5716121A986968338CF9D5B6DDC15BA3E7D953B2F"
    ),
    0x88: bytes.fromhex(
        "00D6788CE2AA0C182AB87A7FD36ACF0BB137634B69AE91C7C397AE77F437D79B"
        "7CF53C118F15C3D7C15B002AD075DE9E5164AB3EE915B5AB569A988226EA2A62"
    ),
}


class Command(IntEnum):
    """Values of CommandReg, §10.3."""

    IDLE = 0x0
    MEMORY = 0x1
    CRC = 0x3
    TRANSMIT = 0x4
    NO_CHANGE = 0x7
    TRANSCEIVE = 0xC
    AUTHENTICATE = 0xE
    RESET = 0xF


class Mfrc522Chip:
    """The chip, its antenna over `field`; `version` is what VersionReg says."""

    mode = 0  # SPI: CPOL 0, CPHA 0, §8.1.2
    fastest = 10_000_000  # Hz

    def __init__(
        self, field: Field, version: int = 0x92, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.field = field
        self._version = version
        self._clock = clock
        self._self_test_fails = False
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset, field off."""
        self.registers = bytearray(0x40)
        for register, value in RESET.items():
            self.registers[register] = value
        self.registers[VERSION] = self._version
        self._fifo = bytearray()
        self._buffer = bytes(25)
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._ready_at = self._clock() + OSCILLATOR_START
        self.field.switch(on=False)

    def faults(self) -> dict[str, Callable[[], None]]:
        """`reset`: a dip of the supply. `self-test`: a defect that the self test shows."""
        return {"reset": self.power_on, "self-test": self._break}

    def _break(self) -> None:
        self._self_test_fails = True

    def transfer(self, data: bytes) -> bytes:
        """Do one access: reads name an address with each byte, a write names it once."""
        if self._clock() < self._ready_at or not data:
            return bytes(len(data))
        if not data[0] & READ_FLAG:
            for value in data[1:]:
                self._settle()
                self._write(data[0] >> 1 & 0x3F, value)
            return bytes(len(data))
        self._settle()
        return b"\x00" + bytes(self._read(byte >> 1 & 0x3F) for byte in data[:-1])

    def _settle(self) -> None:
        """Let happen what was due by now, in order."""
        now = self._clock()
        for at, act in sorted(self._due, key=lambda due: due[0]):
            if at <= now:
                act()
        self._due = [due for due in self._due if due[0] > now]

    def _read(self, register: int) -> int:
        match register:
            case 0x09:  # FIFODataReg
                return self._fifo.pop(0) if self._fifo else 0
            case 0x0A:  # FIFOLevelReg
                return len(self._fifo)
            case _:
                return self.registers[register]

    def _write(self, register: int, value: int) -> None:
        match register:
            case 0x01:
                self._command(value)
            case 0x04 | 0x05:
                self._mark(register, value)
            case 0x08:  # Status2Reg: Crypto1 can only be turned off
                self.registers[STATUS2] = value & ~CRYPTO_ON | self.registers[STATUS2] & value & 8
            case 0x09:
                self._push(value)
            case 0x0A:
                if value & SET:
                    self._fifo.clear()
                    self.registers[ERROR] &= ~OVERFLOW
            case 0x0D:
                self.registers[BIT_FRAMING] = value
                if value & START_SEND and self.command == Command.TRANSCEIVE:
                    self._transceive()
            case _ if register not in READ_ONLY:
                self._store(register, value)

    def _store(self, register: int, value: int) -> None:
        if register == COLL:
            kept = self.registers[COLL] & ~KEEP_AFTER_COLLISION
            value = kept | value & KEEP_AFTER_COLLISION
        self.registers[register] = value
        if register == TX_CONTROL:
            self.field.switch(on=bool(value & ANTENNA))

    @property
    def command(self) -> int:
        """The command that runs."""
        return self.registers[COMMAND] & 0xF

    def _mark(self, register: int, value: int) -> None:
        if value & SET:
            self.registers[register] |= value & 0x7F
        else:
            self.registers[register] &= ~value

    def _push(self, value: int) -> None:
        if len(self._fifo) == FIFO_SIZE:
            self.registers[ERROR] |= OVERFLOW
            return
        self._fifo.append(value)
        if self.command == Command.CRC:
            self._check_sum()

    def _command(self, value: int) -> None:
        if value & 0xF == Command.NO_CHANGE:
            return
        self.registers[COMMAND] = value & 0x3F
        self.registers[ERROR] = 0
        self._due.clear()
        match self.command:
            case Command.RESET:
                self.power_on()
            case Command.MEMORY:
                self._buffer = bytes(self._fifo[:25]).ljust(25, b"\x00")
                self._fifo.clear()
                self._idle()
            case Command.CRC:
                if self.registers[AUTO_TEST] & SELF_TEST == SELF_TEST_ON:
                    self._test()
                else:
                    self._check_sum()
            case Command.AUTHENTICATE:
                self._authenticate()
            case _:
                pass

    def _idle(self) -> None:
        self.registers[COMMAND] &= ~0xF
        self.registers[COM_IRQ] |= IDLE_IRQ

    def _test(self) -> None:
        result = SELF_TESTS.get(self._version, bytes(FIFO_SIZE))
        if self._self_test_fails or self._buffer != bytes(25):
            result = bytes(byte ^ 0x10 for byte in result)
        self._fifo[:] = result
        self.registers[DIV_IRQ] |= CRC_IRQ

    def _check_sum(self) -> None:
        """Take the FIFO through the coprocessor; its preset 6363 is that of CRC_A."""
        low, high = crc_a(bytes(self._fifo))
        self.registers[CRC_LOW], self.registers[CRC_HIGH] = low, high
        self._fifo.clear()
        self.registers[DIV_IRQ] |= CRC_IRQ

    def _transceive(self) -> None:
        data = bytes(self._fifo)
        self._fifo.clear()
        framing = self.registers[BIT_FRAMING]
        if self.registers[TX_MODE] & CRC_ENABLE:
            data += crc_a(data)
        bits = bits_of(data, framing & 7)
        sent_at = self._clock() + len(bits) * BIT * PARITY
        self._due.append((sent_at, lambda: self._raise(TX_IRQ)))
        answer = None
        if self.registers[TX_ASK] & FORCE_100_ASK and bits:
            crypto = bool(self.registers[STATUS2] & CRYPTO_ON)
            answer = self.field.exchange(bits, encrypted=crypto)
        self._expect(answer, sent_at, framing >> 4 & 7)

    def _expect(self, answer: Received | None, sent_at: float, align: int) -> None:
        """Plan the end of the answer, or of the timer, whichever comes first."""
        timeout = self._timeout()
        if answer is not None and (timeout is None or answer.delay < timeout):
            done = sent_at + answer.delay + len(answer.bits) * BIT * PARITY
            self._due.append((done, lambda: self._receive(answer, align)))
        elif timeout is not None:
            self._due.append((sent_at + timeout, lambda: self._raise(TIMER_IRQ)))

    def _timeout(self) -> float | None:
        mode = self.registers[TIMER_MODE]
        if not mode & TIMER_AUTO:
            return None
        prescaler = (mode & 0xF) << 8 | self.registers[PRESCALER]
        reload = self.registers[RELOAD_HIGH] << 8 | self.registers[RELOAD_LOW]
        return (2 * prescaler + 1) * (reload + 1) / CARRIER  # §8.5

    def _raise(self, irq: int) -> None:
        self.registers[COM_IRQ] |= irq

    def _receive(self, answer: Received, align: int) -> None:
        bits, error = list(answer.bits), 0
        self.registers[COLL] = self.registers[COLL] & KEEP_AFTER_COLLISION | POSITION_UNKNOWN
        if answer.collision is not None:
            error |= COLLISION
            self._collide(answer.collision + align)
            if not self.registers[COLL] & KEEP_AFTER_COLLISION:
                bits = bits[: answer.collision] + [0] * (len(bits) - answer.collision)
        data = bytes_of([0] * align + bits)
        if self.registers[RX_MODE] & CRC_ENABLE:
            if data[-2:] != crc_a(data[:-2]):
                error |= CRC_ERROR
            data = data[:-2]
        self._fifo += data[: FIFO_SIZE - len(self._fifo)]
        control = self.registers[CONTROL] & ~7
        self.registers[CONTROL] = control | (align + len(bits)) % BYTE
        self.registers[ERROR] |= error
        self._raise(RX_IRQ | (ERROR_IRQ if error else 0))

    def _collide(self, at: int) -> None:
        """Set CollPos: counted from 1 in the FIFO's bits, RxAlign included; 32 reads as 0."""
        if at < COLLISIONS_SEEN:
            position = (at + 1) % COLLISIONS_SEEN
            self.registers[COLL] = self.registers[COLL] & KEEP_AFTER_COLLISION | position

    def _authenticate(self) -> None:
        data = bytes(self._fifo[:AUTHENTICATION])
        del self._fifo[:AUTHENTICATION]
        done = self._clock() + AUTHENTICATION_TIME
        if len(data) == AUTHENTICATION and self.field.authenticate(
            data[0], data[1], data[2:8], data[8:]
        ):
            self._due.append((done, self._authenticated))
            return
        timeout = self._timeout()
        self.registers[STATUS2] &= ~CRYPTO_ON
        if timeout is not None:
            self._due.append((done + timeout, lambda: self._raise(TIMER_IRQ)))

    def _authenticated(self) -> None:
        self.registers[STATUS2] |= CRYPTO_ON
        self._idle()
