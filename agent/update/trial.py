"""Watching a version on trial until it has been well for long enough, or for too long not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.update.health import fault

HOLD_S = 60.0
"""A version is kept after so long without a fault: as long as the watchdog waits for a hang."""

DEADLINE_S = 600.0
"""And given back when it took longer: a modem dials in within five minutes."""

POLL_S = 2.0


def watch(
    before: str,
    version: str,
    ask: Callable[[], Mapping[str, Any] | None],
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> str:
    """Return empty once the version was well for HOLD_S, else, after DEADLINE_S, what is wrong."""
    began = well_since = monotonic()
    worst = "the agent was never asked"
    while (now := monotonic()) - began < DEADLINE_S:
        found = fault(before, version, ask())
        if found:
            worst, well_since = found, monotonic()
        elif now - well_since >= HOLD_S:
            return ""
        sleep(POLL_S)
    return worst
