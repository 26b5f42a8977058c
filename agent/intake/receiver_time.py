"""How far a device's UTC may be off. Pure.

A GNSS receiver's sentences come late, and it may not know the leap seconds yet. What a modem tells
is the word of a mobile network.
"""

from __future__ import annotations

from agent.clock.belief import Estimate, Source
from agent.clock.clock import said
from drivers.reading import Reading

LATE_MS = 1000
"""A receiver sends the sentences of a fix within the second that the fix opens (NMEA 0183 at
1 Hz); when exactly they come through a serial port nobody promises."""

LEAP_MS = 18_000
"""GPS time minus UTC since 2017 (IERS Bulletin C 52). A receiver that has not heard it yet shows
GPS time, or what was right when its firmware was made."""

LEAP_KNOWN_AFTER = 750.0
"""Seconds of fixes without a break after which it was heard: the navigation message has it in page
18 of subframe 4, once in 25 frames of 30 s (IS-GPS-200 §20.3.3.5.1.6)."""

OF_NETWORK = "mobile-network"
"""The kind of reading whose time is the network's (NITZ)."""

NETWORK_MS = 3_610_000
"""An hour and ten seconds: networks' clocks are right to seconds, and what is wrong about them is
summer time. A wrong year is the driver's to see."""


class ReceiverTime:
    """What one device's readings say of the time.

    Only its own fixes tell that it has been on for so long: what was off, and comes up again, has
    forgotten the leap seconds, and no one can see that from outside.
    """

    def __init__(self) -> None:
        self._since: float | None = None  # monotonic moment of the first fix without a break

    def lost(self) -> None:
        """Note that it has no fix, or is not there."""
        self._since = None

    def word(self, reading: Reading) -> Estimate | None:
        """Return what a reading says of the time; None where it says nothing."""
        if reading.utc is None or reading.utc.tzinfo is None:
            return None
        if reading.kind == OF_NETWORK:
            return said(Source.NITZ, reading.utc, reading.monotonic, NETWORK_MS)
        bound_ms = self._bound_ms(reading.monotonic)
        return said(Source.GNSS, reading.utc, reading.monotonic, bound_ms)

    def _bound_ms(self, now: float) -> int:
        if self._since is None:
            self._since = now
        known = now - self._since >= LEAP_KNOWN_AFTER
        return LATE_MS if known else LATE_MS + LEAP_MS
