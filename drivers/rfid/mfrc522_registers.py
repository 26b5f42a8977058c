"""The registers of an MFRC522 and their SPI accesses (data sheet rev. 3.9, §8.1.2, §9). Pure."""

from __future__ import annotations

from enum import IntEnum

READ = 0x80  # §8.1.2.3: bit 7 of the address byte; the address is in bits 6 to 1


class Register(IntEnum):
    """Addresses."""

    COMMAND = 0x01
    COM_IRQ = 0x04
    DIV_IRQ = 0x05
    ERROR = 0x06
    STATUS2 = 0x08
    FIFO_DATA = 0x09
    FIFO_LEVEL = 0x0A
    CONTROL = 0x0C
    BIT_FRAMING = 0x0D
    COLL = 0x0E
    MODE = 0x11
    TX_CONTROL = 0x14
    TX_ASK = 0x15
    GAIN = 0x26
    TIMER_MODE = 0x2A
    PRESCALER = 0x2B
    RELOAD_HIGH = 0x2C
    RELOAD_LOW = 0x2D
    AUTO_TEST = 0x36
    VERSION = 0x37


class Command(IntEnum):
    """Values of CommandReg, §10.3."""

    IDLE = 0x0
    MEMORY = 0x1
    CRC = 0x3
    TRANSCEIVE = 0xC
    AUTHENTICATE = 0xE
    SOFT_RESET = 0xF


POWER_DOWN = 0x10  # of COMMAND: set until the oscillator runs
ALL_IRQS = 0x7F  # written without bit 7: cleared
RX_IRQ, IDLE_IRQ, TIMER_IRQ = 0x20, 0x10, 0x01
FLUSH = 0x80  # of FIFO_LEVEL
OVERFLOW, COLLISION, PARITY, PROTOCOL = 0x10, 0x08, 0x02, 0x01  # of ERROR
START_SEND = 0x80  # of BIT_FRAMING
ALIGN_SHIFT = 4
LAST_BITS = 0x07  # of CONTROL
CLEAR_AFTER_COLLISION = 0x00  # of COLL: bits after a collision read as zero
POSITION_UNKNOWN, POSITION = 0x20, 0x1F  # of COLL
LAST_POSITION = 32  # reads as 0
CRYPTO_ON = 0x08  # of STATUS2
ANTENNA_ON = 0x83  # TX_CONTROL: its reset value, and both drivers
FORCE_100_ASK = 0x40  # TX_ASK: type A is 100 % modulated
CRC_A_PRESET = 0x3D  # MODE: reset value with CRCPreset 01: 6363
TIMER_AUTO = 0x80  # TIMER_MODE: starts by itself after sending
TICK_PRESCALER = 169  # (2 * 169 + 1) / 13.56 MHz: one tick is 25 µs, §8.5
TICK = 25e-6  # s
SELF_TEST_ON, SELF_TEST_OFF = 0x09, 0x00  # AUTO_TEST
TEST_BUFFER = 25  # bytes, §16.1.1
FIFO_SIZE = 64  # bytes

GAINS = {18: 0x20, 23: 0x30, 33: 0x40, 38: 0x50, 43: 0x60, 48: 0x70}
"""dB → RFCfgReg, §9.3.3.6."""

VERSIONS = {
    0x90: "MFRC522 version 0.0",
    0x91: "MFRC522 version 1.0",
    0x92: "MFRC522 version 2.0",
    0x88: "FM17522 (clone)",
    0x89: "FM17522E (clone)",
    0xB2: "FM17522 (clone, B2)",
    0x12: "counterfeit MFRC522",
}
"""VersionReg → chip: §9.3.4.8, and what clones are known to say."""

ABSENT = (0x00, 0xFF)  # what a data line reads as that nobody drives

# §16.1.1: what the FIFO holds after the self test; the clone's was read from working parts.
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


def write(register: Register, *values: int) -> bytes:
    """Return the access that writes `values` to one register (the FIFO takes several)."""
    return bytes([register << 1, *values])


def read(*registers: Register) -> bytes:
    """Return the access that reads registers; the answer to each comes one byte later."""
    return bytes([READ | register << 1 for register in registers] + [0])
