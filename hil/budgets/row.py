"""One line of the table of budgets."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

COLUMNS = 80
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, its budget, and the floor of the same run beside it.

    `measured` is None where this machine cannot tell; `why` says why, or why a budget is missed.
    `samples` are the runs of which `measured` is the median.
    """

    what: str
    measured: float | None
    budget: float | None = None
    floor: str = ""
    why: str = ""
    at_least: bool = False
    samples: Sequence[float] = ()

    @classmethod
    def of(
        cls,
        what: str,
        samples: Sequence[float],
        budget: float | None = None,
        floor: str = "",
        why: str = "",
        *,
        at_least: bool = False,
    ) -> Self:
        """Return the row of a noisy figure: the median of its runs counts."""
        return cls(what, median(samples), budget, floor, why, at_least, tuple(samples))

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

    @property
    def spread(self) -> str:
        """Say between which values the runs lay."""
        if len(self.samples) < 2:  # noqa: PLR2004  one run has no spread
            return ""
        low, high = min(self.samples), max(self.samples)
        return f"{low:.2f} to {high:.2f} in {len(self.samples)} runs"

    def lines(self) -> list[str]:
        """Return the row as the table shows it, with spread, floor and reason below."""
        sign = "≥" if self.at_least else "≤"
        budget = "" if self.budget is None else f"{sign} {self.budget:g}"
        measured = "-" if self.measured is None else f"{self.measured:.2f}"
        head = f"{self.what:<46}{measured:>10}  {budget:<7} {self.verdict}".rstrip()
        beside = "; ".join(filter(None, (self.spread, self.floor)))
        why = self.why if self.verdict != "met" else ""
        below = [line for text in (beside, why) for line in textwrap.wrap(text, COLUMNS - 4)]
        return [head, *(INDENT + line for line in below)]

    def as_json(self) -> dict[str, Any]:
        """Return what `build/bench.json` holds."""
        names = ("what", "measured", "budget", "floor", "why", "verdict", "samples")
        return {name: getattr(self, name) for name in names}
