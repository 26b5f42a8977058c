"""How long a check took, stage by stage: from its records, for comparing ways to work. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from agent.dock.differences import Seen


def stages(
    opened_ms: int, seen: Iterable[Seen], decided_ms: int, *, signed: bool
) -> dict[str, Any]:
    """Return the moments of a check, and how many observations of each kind it rests on.

    `first_ms` and `last_ms` are None where nothing was seen or typed in it.
    """
    observations = list(seen)
    times = [each.at_ms for each in observations]
    return {
        "opened_ms": opened_ms,
        "first_ms": min(times, default=None),
        "last_ms": max(times, default=None),
        "decided_ms": decided_ms,
        "signed": signed,
        "sources": dict(Counter(each.source for each in observations)),
    }
