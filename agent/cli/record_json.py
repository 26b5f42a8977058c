"""A record as one flat JSON object."""

from __future__ import annotations

from typing import Any

from agent.cli.times import utc_iso
from agent.records.convert import natural
from evidence.leaf import Record


def flat(record: Record) -> dict[str, Any]:
    """Return a record as one flat object: its head, then the kind's fields in natural units."""
    return {
        "n": record.number,
        "device": record.device,
        "kind": record.kind,
        "time": utc_iso(record.wall_ms),
        "clock": record.clock_source,
        "clock_bound_ms": record.clock_bound_ms,
        "boot": record.boot,
        "monotonic_ms": record.monotonic_ms,
        "quality": record.quality,
        **natural(record),
    }
