"""The network's time, before anybody is told of it. Pure; moments are monotonic seconds.

Networks have told wrong years, and modems show the time of their own clock as the network's. So it
counts once it was told three times alike, and it is only ever one source among others.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

ALIKE = 3  # times that must agree before one is told
SLACK = 2.0  # s; it comes in whole seconds, and an answer may take one
FARTHEST = timedelta(days=3652)  # from what is over for sure; no gateway is ten years without news


class Nitz:
    """What one modem's clock has told."""

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=ALIKE)

    def confirmed(
        self, utc: datetime | None, at: float, not_before: datetime | None
    ) -> datetime | None:
        """Return a time that was told at the moment `at`, if it may be passed on."""
        if utc is None or (not_before is not None and utc - not_before > FARTHEST):
            self._offsets.clear()
            return None
        self._offsets.append(utc.timestamp() - at)
        agree = max(self._offsets) - min(self._offsets) <= SLACK
        return utc if agree and len(self._offsets) == ALIKE else None
