"""A rule by which records are erased; what erases them is in `erasing.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Records of `kinds` are kept for so many `days`; `what` is what people call them."""

    what: str
    kinds: frozenset[str]
    days: int
