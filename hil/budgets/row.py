"""One line of the table of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, its budget, and the floor of the same run beside it.

    `measured` is None where this machine cannot tell; `why` says why, or why a budget is missed.
    """

    what: str
    measured: float | None
    budget: float | None = None
    floor: str = ""
    why: str = ""
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Say whether the budget is met, or by how much it is missed."""
        if self.measured is None:
            return "not measured"
        if self.budget is None:
            return ""
        if self.at_least:
            share = 1 - self.measured / self.budget
        else:
            share = self.measured / self.budget - 1
        return "met" if share <= 0 else f"MISSED by {100 * share:.0f} %"

    def lines(self) -> list[str]:
        """Return the row as the table shows it, with its reason below where it needs one."""
        sign = "≥" if self.at_least else "≤"
        budget = "" if self.budget is None else f"{sign} {self.budget:g}"
        measured = "-" if self.measured is None else f"{self.measured:.2f}"
        lines = [f"{self.what:<46}{measured:>10}  {budget:<8} {self.verdict:<17}{self.floor}"]
        if self.why and self.verdict != "met":
            lines.append(f"    {self.why}")
        return [line.rstrip() for line in lines]

    def as_json(self) -> dict[str, Any]:
        """Return what `build/bench.json` holds."""
        names = ("what", "measured", "budget", "floor", "why", "verdict")
        return {name: getattr(self, name) for name in names}
