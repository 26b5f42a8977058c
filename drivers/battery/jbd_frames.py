"""The frames of JBD's battery management (also sold as Xiaoxiang and Overkill Solar), pure.

By JBD's "General communication protocol", V4, for UART, RS-485 and RS-232 at 9600 baud. A frame is
DD, register, status, length, data, checksum, 77; numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.battery.pack import KELVIN, Pack, state_of
from drivers.errors import BadFrame

START, END, READ = 0xDD, 0x77, 0xA5
BASIC, CELLS = 0x03, 0x04
OK = 0x00  # status

HEAD, TAIL = 4, 3  # bytes before the data, and behind
_BASIC = struct.Struct(">HhHHHHHHHBBBBB")  # table "basic information": as far as the probes
MOST_CELLS = 32

PROTECTIONS = (
    "a cell over voltage",
    "a cell under voltage",
    "over voltage",
    "under voltage",
    "too warm to charge",
    "too cold to charge",
    "too warm to discharge",
    "too cold to discharge",
    "over current while charging",
    "over current while discharging",
    "short circuit",
    "fault of its front end",
    "switched off by software",
)
"""Bits of the protection state, from bit 0 on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An answer: of which register, with which status."""

    register: int
    status: int
    data: bytes


def request(register: int) -> bytes:
    """Return what asks for a register."""
    return bytes([START, READ, register, 0]) + _checksum(bytes([register, 0])) + bytes([END])


def parse(data: bytes) -> tuple[list[Frame], bytes]:
    """Return the whole frames in `data`, and the bytes to keep for the next call.

    Damaged frames are skipped up to where the next one may begin; what is kept begins a frame and
    is no whole one.
    """
    frames: list[Frame] = []
    while (at := data.find(START)) >= 0:
        data = data[at:]
        if len(data) < HEAD or len(data) < (size := HEAD + data[3] + TAIL):
            return frames, data
        if (
            data[size - 1] == END
            and _checksum(data[2 : size - TAIL]) == data[size - TAIL : size - 1]
        ):
            frames.append(Frame(data[1], data[2], data[HEAD : size - TAIL]))
            data = data[size:]
        else:
            data = data[1:]
    return frames, b""


def pack_of(basic: bytes, cells: bytes) -> Pack:
    """Return what the data of both registers says; BadFrame where they cannot be of a pack."""
    if len(basic) < _BASIC.size or len(basic) < _BASIC.size + 2 * basic[_BASIC.size - 1]:
        raise BadFrame(f"{len(basic)} bytes of basic information")
    if len(cells) % 2 or len(cells) > 2 * MOST_CELLS:
        raise BadFrame(f"{len(cells)} bytes of cells' voltages")
    (
        voltage, current, remaining, nominal, cycles, _, _, _, protections,
        _, charge, _, count, probes,
    ) = _BASIC.unpack_from(basic)  # fmt: skip
    if count * 2 != len(cells):
        raise BadFrame(f"{count} cells, and the voltages of {len(cells) // 2}")
    amperes = current / 100
    kelvins = struct.unpack_from(f">{probes}H", basic, _BASIC.size)
    return Pack(
        charge=float(charge),
        state=state_of(amperes, full=charge == 100 and amperes >= 0.0, empty=charge == 0),  # noqa: PLR2004  %
        voltage=voltage / 100,
        current=amperes,
        temperatures=[round(each / 10 - KELVIN, 1) for each in kelvins],
        remaining=remaining / 100,
        full=nominal / 100,
        cells=[each / 1000 for (each,) in struct.iter_unpack(">H", cells)],
        cycles=cycles,
        faults=tuple(_faults(protections)),
    )


def _faults(bits: int) -> Iterator[str]:
    for bit in range(16):
        if bits >> bit & 1:
            yield PROTECTIONS[bit] if bit < len(PROTECTIONS) else f"protection {bit}"


def _checksum(data: bytes) -> bytes:
    """Return the two's complement of the sum, as the protocol's section on checksums has it."""
    return (-sum(data) & 0xFFFF).to_bytes(2, "big")
