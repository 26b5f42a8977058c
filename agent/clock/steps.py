"""Whether somebody set the machine's clock back while others vouch for the time. Pure."""

from __future__ import annotations

from agent.clock.belief import Estimate

SET_MS = 60_000
"""A step that is somebody's deed: between two looks the kernel slews a clock by far less."""


class SystemSteps:
    """Follows the offset of the system's clock from look to look."""

    def __init__(self, offset_ms: int) -> None:
        self._offset_ms = offset_ms

    def back(self, found: Estimate, belief: Estimate) -> bool:
        """Tell whether the clock was set back, and away from what is believed.

        A step towards it is that of a clock which came up wrong and is put right; one ahead is also
        that of a machine which slept.
        """
        before, self._offset_ms = self._offset_ms, found.offset_ms
        farther = abs(found.offset_ms - belief.offset_ms) > abs(before - belief.offset_ms)
        return before - found.offset_ms >= SET_MS and farther
