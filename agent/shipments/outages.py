"""Stretches without data, as the `gap` records of a device declare them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.observe.presence import whole
from evidence.leaf import Record

NO_REASON = "no reason given"


@dataclass(slots=True)
class Outage:
    """One stretch without data, UTC ms as recorded; None where no record given tells.

    `number` is that of the record that tells of it first.
    """

    number: int
    device: str
    start_ms: int | None
    end_ms: int | None
    reason: str


def outages(records: Iterable[Record]) -> list[Outage]:
    """Return what `gap` records open and close, in the order of its beginning."""
    found: list[Outage] = []
    for record in records:
        start, end = (whole(record, name) for name in ("from_ms", "to_ms"))
        reason = str(record.values.get("reason", NO_REASON))
        opened = [each for each in found if each.device == record.device and each.end_ms is None]
        if record.values.get("state") == "closed" and opened:
            opened[-1].end_ms = end
        else:
            found.append(Outage(record.number, record.device, start, end, reason))
    return found
