"""Commands of ThingMagic modules and what their answers say. Pure.

After the Mercury API's serial reader (MIT) and the M5e developer's guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from drivers.errors import BadFrame, DeviceFault
from drivers.gs1.pc_word import PcWord
from drivers.rfid.causes import MODULE_FAULT
from drivers.rfid.crc16 import crc16
from drivers.rfid.mercury_frames import Answer
from drivers.rfid.mercury_frames import command as framed
from drivers.rfid.sightings import Heard

NO_TAGS = 0x0400
FAULTS = {
    0x0100: "wrong number of bytes in the command",
    0x0101: "it does not know the command",
    0x0102: "the command is not implemented",
    0x0103: "the power is more than it can do",
    0x0104: "the frequency is not allowed in its region",
    0x0105: "a parameter is not valid",
    0x0106: "the power is less than it can do",
    0x0109: "the feature is not implemented",
    NO_TAGS: "no tag answered",
    0x0401: "no tag protocol is chosen",
    0x0500: "the frequency is not valid",
    0x0501: "the channel is occupied",
    0x0503: "the antenna is not connected",
    0x0504: "it is too hot",
    0x0505: "the antenna reflects too much power",
    0x0507: "the antenna configuration is not valid",
    0x7F00: "an unknown error",
}
ADVICE = {
    0x0103: "lower power_dbm",
    0x0106: "raise power_dbm",
    0x0503: "connect the antenna, or correct the option antennas",
    0x0504: "lower power_dbm or cool the module; it reads again by itself",
    0x0505: "check the antenna's plug, cable and frequency band",
}
REGIONS = {
    "us": 0x01, "korea": 0x03, "india": 0x04, "japan": 0x05, "china-900": 0x06, "eu": 0x08,
    "korea-2": 0x09, "australia": 0x0B, "new-zealand": 0x0C,
}  # fmt: skip
MODELS = {0x00: "M5e", 0x18: "M6e", 0x19: "M6e", 0x20: "M6e Micro", 0x30: "M6e Nano"}
VERSION_LENGTH = 20  # bytes: boot loader, hardware, firmware date, firmware, protocols
PROGRAM, BOOT_LOADER = 0x03, 0x01  # of the current program's byte
GEN2 = 0x0005
CENTI = 100  # power is sent in hundredths of a dBm
SEVERAL = 0x02  # SET_ANTENNAS: a list to search one after the other
STOP_STREAM = bytes.fromhex("000002")
ANTENNA_NIBBLE = 16  # transmit port in the high half; 16 is sent as 0
SLACK = 0.5  # s over what a search takes


class Opcode(IntEnum):
    """Opcodes."""

    VERSION = 0x03
    BOOT_FIRMWARE = 0x04
    CURRENT_PROGRAM = 0x0C
    READ_MULTIPLE = 0x22
    GET_BUFFER = 0x29
    CLEAR_BUFFER = 0x2A
    STREAM = 0x2F
    GET_POWER = 0x62
    GET_REGION = 0x67
    SET_ANTENNAS = 0x91
    SET_POWER = 0x92
    SET_PROTOCOL = 0x93
    SET_REGION = 0x97


class Flag(IntEnum):
    """Metadata of a read, in the order in which its bytes come."""

    COUNT = 0x0001
    RSSI = 0x0002
    ANTENNA = 0x0004
    FREQUENCY = 0x0008
    TIMESTAMP = 0x0010
    PHASE = 0x0020
    PROTOCOL = 0x0040
    DATA = 0x0080
    GPIO = 0x0100


SIZES = {
    Flag.COUNT: 1, Flag.RSSI: 1, Flag.ANTENNA: 1, Flag.FREQUENCY: 3, Flag.TIMESTAMP: 4,
    Flag.PHASE: 2, Flag.PROTOCOL: 1, Flag.GPIO: 1,
}  # fmt: skip
WANTED = Flag.COUNT | Flag.RSSI | Flag.ANTENNA


@dataclass(frozen=True, slots=True)
class Command:
    """A command and the longest time its answer may take, in seconds."""

    opcode: Opcode
    data: bytes = b""
    within: float = 0.5

    def to_bytes(self) -> bytes:
        """Return the command's frame."""
        return framed(self.opcode, self.data)


def boot() -> Command:
    """Start the firmware from the boot loader."""
    return Command(Opcode.BOOT_FIRMWARE, within=2.0)


def stop_stream() -> Command:
    """End a continuous reading that other software left running."""
    return Command(Opcode.STREAM, STOP_STREAM)


def set_power(dbm: float) -> Command:
    """Choose the transmit power for reading."""
    return Command(Opcode.SET_POWER, round(dbm * CENTI).to_bytes(2))


def set_region(region: str) -> Command:
    """Choose the radio band by its name in REGIONS."""
    return Command(Opcode.SET_REGION, bytes([REGIONS[region]]))


def set_antennas(ports: Sequence[int]) -> Command:
    """Read with these antenna ports, one after the other."""
    pairs = bytes(port for port in ports for _ in range(2))  # transmit and receive
    return Command(Opcode.SET_ANTENNAS, pairs if len(ports) == 1 else bytes([SEVERAL]) + pairs)


def set_protocol() -> Command:
    """Read EPC Gen2 tags."""
    return Command(Opcode.SET_PROTOCOL, GEN2.to_bytes(2))


def read_multiple(milliseconds: int) -> Command:
    """Search for so long and keep what was read in the module's buffer."""
    data = bytes([0]) + (0).to_bytes(2) + milliseconds.to_bytes(2)
    return Command(Opcode.READ_MULTIPLE, data, milliseconds / 1000 + SLACK)


def get_buffer() -> Command:
    """Ask for the next tags of the buffer, with their metadata."""
    return Command(Opcode.GET_BUFFER, int(WANTED).to_bytes(2) + bytes([0]))


class MercuryFault(DeviceFault):
    """The module answered with an error; `status` is its code."""

    cause = MODULE_FAULT

    def __init__(self, status: int) -> None:
        text = FAULTS.get(status, "error")
        message = f"the module says: {text} (status 0x{status:04X})"
        super().__init__(message, advice=ADVICE.get(status))
        self.status = status


def version_text(answer: Answer) -> str:
    """Return model and firmware of a VERSION answer; BadFrame when it is none."""
    if len(answer.data) < VERSION_LENGTH:
        raise BadFrame(f"a version of {len(answer.data)} bytes")
    hardware, firmware = answer.data[4:8], answer.data[12:16]
    model = MODELS.get(hardware[0], f"module {hardware.hex('.')}")
    return f"ThingMagic {model}, firmware {firmware.hex('.')}"


def power_dbm(answer: Answer) -> float:
    """Return the power of a GET_POWER answer, with or without its option byte."""
    if len(answer.data) not in {2, 3}:
        raise BadFrame(f"a power answer of {len(answer.data)} bytes")
    return int.from_bytes(answer.data[-2:]) / CENTI


def in_boot_loader(answer: Answer) -> bool:
    """Whether the current program is the boot loader."""
    return len(answer.data) == 1 and answer.data[0] & PROGRAM == BOOT_LOADER


def tags_found(answer: Answer) -> int:
    """Return how many tags a search found: behind option and flags, in one byte or in four."""
    count = answer.data[3:]
    if len(count) not in {1, 4}:
        raise BadFrame(f"a search's answer of {len(answer.data)} bytes")
    return int.from_bytes(count)


def buffered(answer: Answer) -> list[Heard]:
    """Return the tags of a GET_BUFFER answer; BadFrame when it is cut or has bytes left over."""
    data = Reader(answer.data)
    flags = data.number(2)
    data.take(1)  # the read option
    tags = [_tag(data, flags) for _ in range(data.number(1))]
    if data.left:
        raise BadFrame(f"{data.left} bytes behind the last tag of the buffer")
    return tags


class Reader:
    """Takes bytes from the front; BadFrame when there are too few."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        if count > self.left:
            raise BadFrame(f"the buffer ends {count - self.left} bytes too soon")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, count: int) -> int:
        """Return the next `count` bytes as a number."""
        return int.from_bytes(self.take(count))


def _tag(data: Reader, flags: int) -> Heard:
    """Take one tag: metadata in the order of its flags, then PC, EPC and CRC by their bits."""
    meta = {flag: data.take(_size(data, flag)) for flag in Flag if flags & flag}
    whole = data.take(-(-data.number(2) // 8))
    if len(whole) < 4:  # noqa: PLR2004  PC and CRC, two bytes each
        raise BadFrame(f"a tag of {len(whole)} bytes")
    pc, epc, check = int.from_bytes(whole[:2]), whole[2:-2], int.from_bytes(whole[-2:])
    intact = PcWord(pc).epc_bytes == len(epc) and crc16(whole[:-2]) == check
    rssi, antenna = meta.get(Flag.RSSI), meta.get(Flag.ANTENNA)
    return Heard(
        pc=pc,
        epc=epc,
        rssi=None if rssi is None else int.from_bytes(rssi, signed=True),
        antenna=None if antenna is None else antenna[0] >> 4 or ANTENNA_NIBBLE,
        intact=intact,
        count=max(1, int.from_bytes(meta.get(Flag.COUNT, b"\x01"))),
    )


def _size(data: Reader, flag: Flag) -> int:
    return -(-data.number(2) // 8) if flag is Flag.DATA else SIZES[flag]
