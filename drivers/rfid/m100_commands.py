"""Commands of M100 UHF modules and what their answers say. Pure.

After the EL-UHF-RMT01 protocol page and M5Stack's command list for the JRD-4035.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from drivers.errors import BadFrame, DeviceFault
from drivers.gs1.pc_word import PcWord
from drivers.rfid import shown
from drivers.rfid.causes import MODULE_FAULT
from drivers.rfid.crc16 import crc16
from drivers.rfid.m100_frames import Frame, FrameType

ERROR = 0xFF  # command byte of an error answer
NO_TAG = 0x15
CHANNEL_BUSY = 0x20
NOT_READ, NOT_WRITTEN, NOT_LOCKED = 0x09, 0x10, 0x13  # the selected tag did not answer
WRONG_PASSWORD = 0x16
FAULTS = {
    NOT_READ: "the selected tag did not answer to reading",
    NOT_WRITTEN: "the selected tag did not answer to writing",
    0x12: "the selected tag did not answer to killing",
    NOT_LOCKED: "the selected tag did not answer to locking",
    NO_TAG: "no tag answered",
    WRONG_PASSWORD: "the tag refused the access password",
    0x17: "the module does not know the command or its parameter",
    CHANNEL_BUSY: "no free channel was found",
}

OVERRUN, LOCKED = 0x3, 0x4
TAG_FAULTS = {  # what the tag itself answered: the low half of Ax, Bx, Cx and Dx, Gen2 annex I
    0x0: "an error without a code of its own",
    OVERRUN: "there is no such memory",
    LOCKED: "this memory is locked",
    0xB: "too little power to write",
    0xF: "an error it does not name",
}
TAG_OPERATIONS = {0xA: "reading", 0xB: "writing", 0xC: "locking", 0xD: "killing"}
TAG_ADVICE = {
    OVERRUN: "use a tag with more memory",
    LOCKED: "it opens only with the tag's access password",
    0xB: "hold the tag closer to the antenna, and still",
}

HARDWARE = 0x00  # what the version command may ask for
WORD = 2  # bytes
EPC_BIT = 0x20  # where the EPC begins in its bank, behind CRC and PC
NOT_TRUNCATED = 0x00
LONGEST_WRITE = 64  # bytes
LONGEST_SELECT = 30  # bytes: a mask has at most 255 bits, and an EPC whole words
ACTIONS = 10  # bits of a lock payload's action field
ACCESS_WITHIN = 1.0  # s; a tag may take 20 ms a word to write, and channels may be busy
MULTI_RESERVED = 0x22  # fixed by the protocol
MOST_ROUNDS = 0xFFFF
CENTI = 100  # power is sent in hundredths of a dBm
PC_AND_CRC = 5  # bytes of a tag notice that are not EPC: RSSI, PC (2), CRC (2)

REGIONS = {"china-900": 1, "us": 2, "eu": 3, "china-800": 4, "korea": 6}


class Code(IntEnum):
    """Command bytes."""

    VERSION = 0x03
    SET_REGION = 0x07
    GET_REGION = 0x08
    SELECT = 0x0C
    SINGLE_INVENTORY = 0x22
    MULTI_INVENTORY = 0x27
    STOP = 0x28
    READ = 0x39
    WRITE = 0x49
    LOCK = 0x82
    SET_POWER = 0xB6
    GET_POWER = 0xB7


class Bank(IntEnum):
    """Memory banks of a tag."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class Area(IntEnum):
    """What can be locked, by its bit in a lock payload."""

    USER = 0
    TID = 2
    EPC = 4
    ACCESS_PASSWORD = 6
    KILL_PASSWORD = 8


class Lock(Enum):
    """How an area is locked: mask and action bits."""

    OPEN = 0b10, 0b00
    WITH_PASSWORD = 0b10, 0b10
    OPEN_FOREVER = 0b11, 0b01
    FOREVER = 0b11, 0b11


@dataclass(frozen=True, slots=True)
class Command:
    """A command and the longest time its answer may take, in seconds."""

    code: Code
    payload: bytes = b""
    within: float = 0.5

    def to_bytes(self) -> bytes:
        """Return the command's frame."""
        return Frame(FrameType.COMMAND, self.code, self.payload).to_bytes()


def version() -> Command:
    """Ask for the module's hardware version."""
    return Command(Code.VERSION, bytes([HARDWARE]))


def single_inventory() -> Command:
    """Ask for one round: answered by a notice of each tag, or by an error without any."""
    return Command(Code.SINGLE_INVENTORY)


def multi_inventory(rounds: int = MOST_ROUNDS) -> Command:
    """Ask for `rounds` rounds, answered like single ones until they are done or stopped."""
    return Command(Code.MULTI_INVENTORY, bytes([MULTI_RESERVED]) + rounds.to_bytes(2))


def stop() -> Command:
    """End a running inventory."""
    return Command(Code.STOP)


def set_region(region: str) -> Command:
    """Choose the radio band by its name in REGIONS."""
    return Command(Code.SET_REGION, bytes([REGIONS[region]]))


def set_power(dbm: float) -> Command:
    """Choose the transmit power."""
    return Command(Code.SET_POWER, round(dbm * CENTI).to_bytes(2))


def get_power() -> Command:
    """Ask for the transmit power; modules know a few steps only."""
    return Command(Code.GET_POWER)


def select(epc: bytes) -> Command:
    """Let the following reads, writes and locks be of the tag `epc` only; inventories see all.

    DeviceFault for an EPC that no mask is long enough for.
    """
    if len(epc) > LONGEST_SELECT:
        raise DeviceFault(
            f"the module cannot select a tag by an EPC of {len(epc)} bytes",
            advice=f"use EPCs of at most {LONGEST_SELECT} bytes with this module",
        )
    place = bytes([Bank.EPC]) + EPC_BIT.to_bytes(4) + bytes([len(epc) * 8, NOT_TRUNCATED])
    return Command(Code.SELECT, place + epc)


def read(bank: Bank, first: int, words: int, password: int = 0) -> Command:
    """Read `words` 16-bit words of a bank."""
    return Command(Code.READ, _place(bank, first, words, password), ACCESS_WITHIN)


def write(bank: Bank, first: int, data: bytes, password: int = 0) -> Command:
    """Write whole words; at most LONGEST_WRITE bytes."""
    place = _place(bank, first, len(data) // WORD, password)
    return Command(Code.WRITE, place + data, ACCESS_WITHIN)


def lock(area: Area, state: Lock, password: int) -> Command:
    """Change the lock of one area (Gen2 §6.3.2.12.3.5)."""
    mask, action = state.value
    payload = mask << area + ACTIONS | action << area
    return Command(Code.LOCK, password.to_bytes(4) + payload.to_bytes(3), ACCESS_WITHIN)


def _place(bank: Bank, first: int, words: int, password: int) -> bytes:
    return password.to_bytes(4) + bytes([bank]) + first.to_bytes(2) + words.to_bytes(2)


def access_data(frame: Frame) -> bytes:
    """Return what stands behind PC and EPC in the answer to an access; BadFrame if it is cut."""
    payload = frame.payload
    if not payload or len(payload) <= payload[0]:
        raise BadFrame(f"an access answer of {len(payload)} bytes")
    return payload[1 + payload[0] :]


@dataclass(frozen=True, slots=True)
class TagNotice:
    """A tag as the module heard it; `rssi` in dBm. `intact` is what the tag's own CRC says."""

    rssi: int
    pc: int
    epc: bytes
    crc: int

    @property
    def intact(self) -> bool:
        """Whether CRC-16 over PC and EPC is right and the EPC as long as PC says."""
        right_length = PcWord(self.pc).epc_bytes == len(self.epc)
        return right_length and crc16(self.pc.to_bytes(2) + self.epc) == self.crc


def is_tag(frame: Frame) -> bool:
    """Whether `frame` tells of a tag; firmwares differ in the command they name."""
    inventories = (Code.SINGLE_INVENTORY, Code.MULTI_INVENTORY)
    return frame.type is FrameType.NOTICE and frame.command in inventories


def tag_notice(frame: Frame) -> TagNotice:
    """Return the tag of an inventory notice; BadFrame when it is too short for one."""
    payload = frame.payload
    if len(payload) < PC_AND_CRC:
        raise BadFrame(f"a tag notice of {len(payload)} bytes")
    return TagNotice(
        rssi=int.from_bytes(payload[:1], signed=True),
        pc=int.from_bytes(payload[1:3]),
        epc=payload[3:-2],
        crc=int.from_bytes(payload[-2:]),
    )


def error_code(frame: Frame) -> int | None:
    """Return the code of an error answer, or None when `frame` is no error."""
    if frame.type is not FrameType.ANSWER or frame.command != ERROR or not frame.payload:
        return None
    return frame.payload[0]


class ModuleFault(DeviceFault):
    """The module answered with an error; `code` is its byte."""

    cause = MODULE_FAULT

    def __init__(self, code: int, message: str, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.code = code


def fault(code: int) -> ModuleFault:
    """Return the error for a code the module answered."""
    operation = TAG_OPERATIONS.get(code >> 4)
    if operation is not None:
        cause = TAG_FAULTS.get(code & 0xF, TAG_FAULTS[0xF])
        text = f"the tag refuses {operation}: {cause} (code 0x{code:02X})"
        return ModuleFault(code, text, TAG_ADVICE.get(code & 0xF))
    text = FAULTS.get(code, "error")
    return ModuleFault(code, f"the module says {text} (code 0x{code:02X})")


def is_locked(code: int) -> bool:
    """Whether the tag refused a write because the memory is locked."""
    return _tag_says(code, LOCKED)


def is_overrun(code: int) -> bool:
    """Whether the tag answered that it has no such memory."""
    return _tag_says(code, OVERRUN)


def _tag_says(code: int, what: int) -> bool:
    return code >> 4 in TAG_OPERATIONS and code & 0xF == what


def version_text(frame: Frame) -> str:
    """Return the text of a version answer, like `M100 26dBm V1.0`."""
    return shown.text(frame.payload[1:].decode("ascii", errors="replace").strip("\x00 "))


def power_dbm(frame: Frame) -> float:
    """Return the power of a power answer; BadFrame when it holds none."""
    if len(frame.payload) != 2:  # noqa: PLR2004  one 16-bit number
        raise BadFrame(f"a power answer of {len(frame.payload)} bytes")
    return int.from_bytes(frame.payload) / CENTI
