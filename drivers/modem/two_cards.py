"""Which of two SIM cards is used: the first, unless it gives no data; and back to it. Pure.

Moments are monotonic seconds. Which card is in use is kept in the device's notes, so that a restart
does not go back before its time.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST, SECOND = 1, 2
GIVES_NO_DATA = frozenset({
    "modem.no-sim", "modem.pin", "modem.pin-refused", "modem.puk", "modem.locked",
    "modem.sim-fails", "modem.refused", "modem.no-roaming", "modem.card-unknown",
    "modem.emergency", "modem.messages-only", "modem.no-network", "modem.no-call",
    "modem.no-packets", "modem.out-of-data",
})  # fmt: skip
"""Causes that another card may be spared: its contract, its network, itself. A hang is none."""


@dataclass(frozen=True, slots=True)
class CardPace:
    """How fast to change cards, in seconds.

    A card must give no data for `confirmed`: a modem registers in two minutes. After `back` on the
    second card the first is tried again, then after twice as long, up to `longest`.
    """

    confirmed: float = 300.0
    back: float = 1800.0
    longest: float = 21_600.0


class TwoCards:
    """The choice; `used` is FIRST or SECOND."""

    def __init__(self, pace: CardPace, used: int = FIRST) -> None:
        self.used = used
        self._pace = pace
        self._bad_since: float | None = None
        self._used_since: float | None = None
        self._back = pace.back
        self._returned = False  # the first card is in use again, and has not yet shown to be good

    def wanted(self, cause: str, now: float) -> int:
        """Return the card to use, by what is wrong with the one in use; empty where nothing is."""
        if self._used_since is None:
            self._used_since = now
        if cause not in GIVES_NO_DATA:
            self._bad_since = None
            if self.used == FIRST and not cause:
                self._returned, self._back = False, self._pace.back
        elif self._bad_since is None:
            self._bad_since = now
        if self._bad_since is not None and now - self._bad_since >= self._pace.confirmed:
            return SECOND if self.used == FIRST else FIRST
        due = self.used == SECOND and now - self._used_since >= self._back
        return FIRST if due else self.used

    def kept(self, now: float) -> None:
        """Note that the modem does not change its card: it is asked again in the same time."""
        self._used_since, self._bad_since = now, None

    def changed(self, used: int, now: float) -> None:
        """Note that another card is in use now."""
        if used == SECOND and self._returned:
            self._back = min(2 * self._back, self._pace.longest)
        self._returned = used == FIRST
        self.used, self._used_since, self._bad_since = used, now, None
