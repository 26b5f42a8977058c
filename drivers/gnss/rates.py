"""Which baud rate a receiver speaks at, where the configured one gives only noise. Pure."""

from __future__ import annotations

LIKELY = (9600, 38400, 115200, 4800, 57600, 19200, 230400, 460800, 921600)
"""Most receivers'; u-blox from generation 9 on; fast ones; old and marine ones; the rest."""

TRIAL = 1.5  # s of noise: a receiver sends each second, and sentences are short


class Rates:
    """Tries one after the other. `known` is the one at which sentences came last, if any did."""

    def __init__(self, configured: int) -> None:
        self.configured = self.current = configured
        self.known: int | None = None
        self._untried = self._others()

    def heard(self) -> None:
        """Note that a sentence came at the current rate."""
        if self.known != self.current:
            self.known = self.current
            self._untried = self._others()

    def next(self) -> int | None:
        """Return the rate to try now; None, and begin anew, where all gave noise."""
        if self._untried:
            self.current = self._untried.pop(0)
            return self.current
        self.current = self.known or self.configured
        self._untried = self._others()
        return None

    def _others(self) -> list[int]:
        rates = dict.fromkeys((self.configured, *LIKELY))
        return [rate for rate in rates if rate != self.current]
