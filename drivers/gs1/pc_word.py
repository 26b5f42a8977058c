"""The protocol control word that a UHF tag sends before its EPC (Gen2 §6.3.2.1.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from drivers.gs1.errors import Fault, Gs1Error

WORD = 2  # bytes
LARGEST_EPC = 31 * WORD  # bytes; five bits count words

LOW_BYTE = 0xFF  # attribute bits of a GS1 tag, AFI of another

_USER_MEMORY = 0x0400
_EXTENDED = 0x0200
_TOGGLE = 0x0100


@dataclass(frozen=True, slots=True)
class PcWord:
    """The 16 bits of a PC word."""

    value: int

    @classmethod
    def of(
        cls,
        epc: bytes,
        *,
        attributes: int = 0,
        user_memory: bool = False,
        afi: int | None = None,
    ) -> Self:
        """Make the word for a tag with this EPC of whole words; with `afi` it is not GS1's."""
        if len(epc) % WORD or len(epc) > LARGEST_EPC:
            raise Gs1Error(Fault.LENGTH, f"{len(epc)} bytes are not 0 to 31 words")
        low = attributes if afi is None else afi
        if not 0 <= low <= LOW_BYTE:
            raise Gs1Error(Fault.RANGE, f"attribute bits or AFI {low:#x} are more than a byte")
        flags = (_USER_MEMORY if user_memory else 0) | (0 if afi is None else _TOGGLE)
        return cls(len(epc) // WORD << 11 | flags | low)

    def to_bytes(self) -> bytes:
        """Return the word as it lies in memory."""
        return self.value.to_bytes(WORD)

    @property
    def epc_bytes(self) -> int:
        """Length of the EPC that follows, in bytes (bits 10h to 14h count words)."""
        return (self.value >> 11) * WORD

    @property
    def has_user_memory(self) -> bool:
        """Whether the tag says that its user memory holds data (UMI, bit 15h)."""
        return bool(self.value & _USER_MEMORY)

    @property
    def extended(self) -> bool:
        """Whether an extended PC word follows (XI, bit 16h)."""
        return bool(self.value & _EXTENDED)

    @property
    def is_gs1(self) -> bool:
        """Whether an EPC follows (toggle, bit 17h, is 0) and not an identifier of ISO/IEC 15961."""
        return not self.value & _TOGGLE

    @property
    def afi(self) -> int | None:
        """Application family identifier (ISO/IEC 15961) of a tag that is not GS1's, or None."""
        return None if self.is_gs1 else self.value & LOW_BYTE

    @property
    def attributes(self) -> int:
        """Attribute bits of a GS1 tag (TDS, §9.4); 0 for others."""
        return self.value & LOW_BYTE if self.is_gs1 else 0
