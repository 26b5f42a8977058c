"""PC word, extended PC words and EPC together, as a tag sends them (TDS 2.3, §15.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.gs1.epc import Epc, EpcError, decode, raw_uri
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.pc_word import WORD, PcWord

_MORE = 0x8000  # XEB, the first bit of XPC_W1: a second word follows (Gen2 §6.3.2.1.2.5)
HAZARDOUS = 0x01  # attribute bit of hazardous goods (TDS, §9.4)


@dataclass(frozen=True, slots=True)
class TagMemory:
    """What a tag's EPC bank says: `content` is the EPC, or None with the reason in `problem`."""

    pc: PcWord
    xpc: tuple[int, ...]
    epc: bytes
    content: Epc | None
    raw: str
    problem: str = ""


def read_memory(data: bytes) -> TagMemory:
    """Read PC word, extended words and EPC; Gs1Error when the length is not what the PC word says.

    A tag of another family than GS1's (toggle set) is not decoded: its raw URI has the AFI.
    """
    if len(data) < WORD:
        raise Gs1Error(Fault.LENGTH, "shorter than a PC word")
    pc = PcWord(int.from_bytes(data[:WORD]))
    xpc = _extended(pc, data[WORD:])
    epc = data[WORD * (1 + len(xpc)) :]
    wanted = pc.epc_bytes
    if len(epc) + len(xpc) * WORD != wanted and len(epc) != wanted:
        raise Gs1Error(Fault.LENGTH, f"the PC word announces {wanted} bytes, and {len(epc)} follow")
    raw = raw_uri(epc, pc.afi)
    if not pc.is_gs1:
        return TagMemory(pc, xpc, epc, None, raw, f"not a GS1 tag: AFI 0x{pc.afi:02X}")
    try:
        return TagMemory(pc, xpc, epc, decode(epc), raw)
    except EpcError as error:
        return TagMemory(pc, xpc, epc, None, raw, str(error))


def _extended(pc: PcWord, rest: bytes) -> tuple[int, ...]:
    if not pc.extended:
        return ()
    words = [int.from_bytes(rest[at : at + WORD]) for at in (0, WORD)]
    count = 2 if words[0] & _MORE else 1
    if len(rest) < count * WORD:
        raise Gs1Error(Fault.LENGTH, "ends before the extended PC words")
    return tuple(words[:count])
