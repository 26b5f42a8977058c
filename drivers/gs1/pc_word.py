"""The protocol control word that a UHF tag sends before its EPC (Gen2 §6.3.2.1.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass

WORD = 2  # bytes


@dataclass(frozen=True, slots=True)
class PcWord:
    """The 16 bits of a PC word."""

    value: int

    @property
    def epc_bytes(self) -> int:
        """Length of the EPC that follows, in bytes (bits 10h to 14h count words)."""
        return (self.value >> 11) * WORD

    @property
    def has_user_memory(self) -> bool:
        """Whether the tag says that its user memory holds data (UMI, bit 15h)."""
        return bool(self.value & 0x0400)

    @property
    def extended(self) -> bool:
        """Whether an extended PC word follows (XI, bit 16h)."""
        return bool(self.value & 0x0200)

    @property
    def is_gs1(self) -> bool:
        """Whether an EPC follows (toggle, bit 17h, is 0) and not an identifier of ISO/IEC 15961."""
        return not self.value & 0x0100

    @property
    def afi(self) -> int | None:
        """Application family identifier (ISO/IEC 15961) of a tag that is not GS1's, or None."""
        return None if self.is_gs1 else self.value & 0xFF
