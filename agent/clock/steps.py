"""Whether somebody set the machine's clock back while others vouch for the time. Pure."""

from __future__ import annotations

from agent.clock.belief import Estimate

SET_MS = 60_000
"""A step, or several, by which records could be made to look earlier: less helps nobody."""


class SystemSteps:
    """Follows the offset of the system's clock from look to look.

    Slewing moves the monotonic clock, too, so an offset changes only where somebody sets the clock.
    """

    def __init__(self, offset_ms: int) -> None:
        self._offset_ms = offset_ms

    def back(self, found: Estimate, belief: Estimate) -> bool:
        """Tell whether the clock was set back, at once or bit by bit, away from what is believed.

        A step towards it is that of a clock which came up wrong and is put right; one ahead is also
        that of a machine which slept.
        """
        before = self._offset_ms
        farther = abs(found.offset_ms - belief.offset_ms) > abs(before - belief.offset_ms)
        by_ms = before - found.offset_ms
        if farther and 0 < by_ms < SET_MS:
            return False  # a bit, which counts with those that follow
        self._offset_ms = found.offset_ms
        return farther and by_ms > 0
