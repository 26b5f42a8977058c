"""How long a node's battery lasts, from the voltages it reported. Pure.

A primary cell falls slowly and nearly straight until its knee, so a straight line through the last
weeks errs late; the cut-off voltage stands above the knee for that reason.
"""

from __future__ import annotations

from collections import deque

CUT_OFF = 2.4
"""V; a CR2032 or two alkaline cells are in their knee below it; radios brown out at 2.0 to 2.1."""

DAY = 86400.0  # s
SHORTEST = 2 * DAY  # of reports, before a forecast is made: temperature moves a cell by 0.1 V a day
FEWEST = 3  # voltages that make a line
NEW_BATTERY = 0.5  # V of rise: no temperature does that
MOST = 200  # voltages kept; one every few hours is usual
LONGEST_FORECAST = 3650  # days; more says nothing


class Battery:
    """The voltages of one node, with the seconds (of any steady clock) at which they came."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=MOST)

    def take(self, volts: float, now: float) -> None:
        """Note a voltage; a rise of NEW_BATTERY is a new one."""
        if self._points and volts > self._points[-1][1] + NEW_BATTERY:
            self._points.clear()
        self._points.append((now, volts))

    def days_left(self) -> int | None:
        """Return the days until CUT_OFF, or None where the reports do not tell."""
        if len(self._points) < FEWEST or self._points[-1][0] - self._points[0][0] < SHORTEST:
            return None
        slope, volts = self._line()
        if volts <= CUT_OFF:
            return 0
        if slope >= 0.0:
            return None
        days = (volts - CUT_OFF) / -slope / DAY
        return int(days) if days <= LONGEST_FORECAST else None

    def _line(self) -> tuple[float, float]:
        """Return the slope, and the line's value at the last moment (least squares)."""
        count = len(self._points)
        middle = sum(at for at, _ in self._points) / count
        level = sum(volts for _, volts in self._points) / count
        spread = sum((at - middle) ** 2 for at, _ in self._points)
        slope = sum((at - middle) * (volts - level) for at, volts in self._points) / spread
        now = self._points[-1][0]
        return slope, level + slope * (now - middle)
