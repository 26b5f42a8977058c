"""What a line's level means: the words of what is wired to it."""

from __future__ import annotations

from collections.abc import Mapping

ACTIVE = ("low", "high")
"""Levels, by their number, at which a line is active."""

BEAM = "beam"

INPUTS: Mapping[str, tuple[str, str]] = {
    "door": ("closed", "open"),
    "light": ("dark", "light"),
    "tamper": ("intact", "open"),
    BEAM: ("clear", "broken"),
    "ignition": ("off", "on"),
    "switch": ("off", "on"),
}
"""By what is wired: what it is while the line is not active, and while it is."""


def is_active(level: int, active: str) -> bool:
    """Tell whether a line is active at a level."""
    return ACTIVE[level] == active


def level_for(active: str, *, on: bool) -> int:
    """Return the level at which a line is active, or is not."""
    return int((active == "high") is on)
