"""The ROSpec and the AccessSpec a client gave to an emulated reader."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from hil.emulators.llrp.protocol import child, custom, parameters, tlv

ROSPEC, BOUNDARY, START, PERIODIC, GPI_TRIGGER, STOP = 177, 178, 179, 180, 181, 182
AISPEC, AI_STOP, OBSERVATION, INVENTORY = 183, 184, 185, 186
REPORT, CONTENT, MEMORY, IMPINJ_CONTENT = 237, 238, 348, 50
ACCESSSPEC, COMMAND, READ, READ_RESULT = 207, 209, 341, 349
ANTENNA_CONFIG, RECEIVER, TRANSMITTER = 222, 223, 224
NULL, IMMEDIATE, PERIODICALLY, BY_GPI = 0, 1, 2, 3  # start triggers
BY_DURATION = 1  # stop trigger of ROSpec and AISpec
BY_TAGS = 3  # stop trigger of an AISpec
DISABLED, INACTIVE, ACTIVE = 0, 1, 2
MS = 1000.0
SERIALIZED_TID, PHASE, PEAK_RSSI = 51, 52, 53
TID_BANK, EPC_BANK = 2, 1


@dataclass(slots=True)
class RoSpec:
    """An inventory: when it runs, on which antennas, and what it reports. Seconds throughout."""

    raw: bytes
    id: int
    start: int
    offset: float
    period: float
    gpi: tuple[int, int] | None
    duration: float  # 0: until stopped
    antennas: tuple[int, ...]
    trigger: int
    n: int
    content: int
    memory: int
    vendor: frozenset[int]
    hop_tables: tuple[int, ...]
    sensitivities: tuple[int, ...]
    state: int = DISABLED
    began: float = 0.0
    due: float = 0.0  # next periodic start

    def to_bytes(self) -> bytes:
        """Return it as a parameter, with its present state."""
        return tlv(ROSPEC, self.raw[:5] + bytes([self.state]) + self.raw[6:])


@dataclass(slots=True)
class AccessSpec:
    """Reads of each tag's memory: `reads` of (operation, bank, first word, words)."""

    raw: bytes
    id: int
    antenna: int
    reads: list[tuple[int, int, int, int]] = field(default_factory=list)
    enabled: bool = False


class SpecError(Exception):
    """A reader would refuse this: code of LLRPStatus, and the parameter that is to blame."""

    def __init__(self, code: int, text: str, parameter: int = 0) -> None:
        super().__init__(text)
        self.code, self.text, self.parameter = code, text, parameter


MISSING = 103  # M_MissingParameter


def _need(data: bytes, type_: int) -> bytes:
    found = child(data, type_)
    if found is None:
        raise SpecError(MISSING, f"parameter {type_} is missing", type_)
    return found


def rospec(raw: bytes) -> RoSpec:
    """Return a ROSpec from the body of its parameter; SpecError when a part is missing."""
    inner = raw[6:]
    boundary = _need(inner, BOUNDARY)
    start, stop = _need(boundary, START), _need(boundary, STOP)
    ai = _need(inner, AISPEC)
    count = struct.unpack_from(">H", ai)[0]
    antennas = struct.unpack_from(f">{count}H", ai, 2)
    ai_stop = _need(ai[2 + 2 * count :], AI_STOP)
    radio = _radio(child(ai[2 + 2 * count :], INVENTORY) or bytes(3))
    periodic, gpi = child(start[1:], PERIODIC), child(start[1:], GPI_TRIGGER)
    report = child(inner, REPORT) or struct.pack(">BH", 2, 0) + tlv(CONTENT, b"\xff\xc0")
    content = _need(report[3:], CONTENT)
    vendor = custom(report[3:], IMPINJ_CONTENT) or b""
    wanted = (SERIALIZED_TID, PHASE, PEAK_RSSI)
    return RoSpec(
        raw=raw,
        id=struct.unpack_from(">I", raw)[0],
        start=start[0],
        offset=struct.unpack_from(">I", periodic)[0] / MS if periodic else 0.0,
        period=struct.unpack_from(">I", periodic, 4)[0] / MS if periodic else 0.0,
        gpi=_gpi(gpi),
        duration=_duration(stop, ai_stop),
        antennas=antennas,
        trigger=report[0],
        n=struct.unpack_from(">H", report, 1)[0],
        content=struct.unpack_from(">H", content)[0],
        memory=(child(content[2:], MEMORY) or b"\0")[0],
        vendor=frozenset(kind for kind in wanted if custom(vendor, kind) == b"\0\1"),
        hop_tables=radio[TRANSMITTER],
        sensitivities=radio[RECEIVER],
    )


def _radio(inventory: bytes) -> dict[int, tuple[int, ...]]:
    """Return the hop tables and the sensitivities that an InventoryParameterSpec asks for."""
    settings = [part[2:] for kind, part in parameters(inventory[3:]) if kind == ANTENNA_CONFIG]
    return {
        kind: tuple(
            struct.unpack_from(">H", each)[0] for one in settings if (each := child(one, kind))
        )
        for kind in (RECEIVER, TRANSMITTER)
    }


def _gpi(body: bytes | None) -> tuple[int, int] | None:
    if body is None:
        return None
    return struct.unpack_from(">H", body)[0], body[2] >> 7


def _duration(stop: bytes, ai_stop: bytes) -> float:
    """Return the shorter of both durations; a tag observation counts with its timeout."""
    limits = []
    for kind, milliseconds in (struct.unpack_from(">BI", one) for one in (stop, ai_stop)):
        if kind == BY_DURATION and milliseconds:
            limits.append(milliseconds / MS)
    observation = child(ai_stop[5:], OBSERVATION)
    if ai_stop[0] == BY_TAGS and observation:
        limits.append(struct.unpack_from(">I", observation, 8)[0] / MS or 1.0)
    return min(limits, default=0.0)


def accessspec(raw: bytes) -> AccessSpec:
    """Return an AccessSpec from its parameter's body; operations other than reads do nothing."""
    number, antenna = struct.unpack_from(">IH", raw)
    spec = AccessSpec(raw, number, antenna)
    for type_, body in parameters(_need(raw[12:], COMMAND)):
        if type_ == READ:
            operation, _, bank, pointer, words = struct.unpack(">HIBHH", body)
            spec.reads.append((operation, bank >> 6, pointer, words))
    return spec


def read_result(operation: int, memory: bytes, pointer: int, words: int) -> bytes:
    """Return what a read of `words` from word `pointer` of a bank gave; 0 words: all of it."""
    end = (pointer + words) * 2 if words else len(memory)
    part = memory[pointer * 2 : end]
    failed = len(part) != end - pointer * 2
    if failed:
        return tlv(READ_RESULT, struct.pack(">BHH", 1, operation, 0))  # non-specific tag error
    return tlv(READ_RESULT, struct.pack(">BHH", 0, operation, len(part) // 2) + part)


def with_power(raw: bytes, power: int) -> bytes:
    """Return a ROSpec's body in which each transmitter has `power`, its table's index."""
    changed = bytearray(raw)
    marker = struct.pack(">HH", TRANSMITTER, 10)
    at = changed.find(marker)
    while at >= 0:
        struct.pack_into(">H", changed, at + 8, power)
        at = changed.find(marker, at + 10)
    return bytes(changed)
