"""The bytes of a serial scanner → scans. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_SYMBOL = 7089  # digits in a QR code (ISO/IEC 18004, version 40-L); no symbol holds more
LONGEST = 1024  # what is kept: as long as a record's text, and more than keys of goods need
ENDS = frozenset(b"\r\n")
EMPTY = frozenset(b"\r\n\x02\x03\0")  # STX and ETX frame a scan on some scanners


@dataclass(frozen=True, slots=True)
class RawScan:
    """What came between two ends; `problem` is why it is not whole, or empty."""

    data: bytes
    at: float  # monotonic moment of its last byte
    problem: str = ""


class Framer:
    """Cuts a stream of bytes into scans.

    With `by_gap` only silence ends a scan (scanners set to no suffix); else CR or LF does, and
    what silence leaves without one is a scan that lost its end. Silence is a read that waited for
    the gap in vain, not time between two reads: bytes may have waited for a busy program.
    """

    def __init__(self, *, by_gap: bool) -> None:
        self._by_gap = by_gap
        self._held = bytearray()
        self._over = 0  # bytes beyond LONGEST, counted and not kept
        self._last = 0.0

    @property
    def pending(self) -> bool:
        """Whether a scan has begun and not ended."""
        return bool(self._held or self._over)

    def feed(self, data: bytes, now: float) -> list[RawScan]:
        """Take what came at `now`, nothing being silence, and return the scans that it ends."""
        if not data:
            return self._end("") if self._by_gap else self.finish()
        scans: list[RawScan] = []
        for byte in data:
            if byte in ENDS and not self._by_gap:
                scans += self._end("")
                continue
            self._last = now
            self._keep(byte)
            if self._over > LARGEST_SYMBOL:  # noise without an end is told, too
                scans += self._end("")
        return scans

    def _keep(self, byte: int) -> None:
        if len(self._held) < LONGEST:
            self._held.append(byte)
        else:
            self._over += 1

    def finish(self) -> list[RawScan]:
        """Return what had begun when the link broke."""
        return self._end("the scan's end did not come") if self.pending else []

    def _end(self, problem: str) -> list[RawScan]:
        data, over = bytes(self._held), self._over
        self._held.clear()
        self._over = 0
        if over:
            problem = f"{over} bytes more than the {LONGEST} that are kept"
        data = data.strip(bytes(EMPTY))
        return [RawScan(data, self._last, problem)] if data else []
