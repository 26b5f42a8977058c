"""The options that UHF readers have in common."""

from __future__ import annotations

from collections.abc import Iterable

from foundation.options import option

AS_SET = "as-set"  # region: leave what the reader has


def region_option(regions: Iterable[str], help_: str) -> str:
    """Declare which of `regions`, by name, the reader must transmit in."""
    return option(str, help_, AS_SET, choices=(AS_SET, *regions))


def report_interval_option() -> float:
    """Declare how many reads of a tag are one reading."""
    return option(float, "time in which reads of a tag count as one", 1.0, 0.05, 3600, "s")
