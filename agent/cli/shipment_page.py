"""A shipment as lines: what is bound, where it is, how its sensors do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.cli.times import format_time
from foundation.console import folded
from foundation.counting import counted

LABEL = 12  # width of the left column


def page(shipment: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield the lines about one shipment."""
    yield f"{shipment['name']}, since {format_time(shipment['started_ms'], utc=utc)}"
    if shipment["bound"] > 1:
        again = shipment["bound"] - 1
        yield f"  bound again {counted(again, 'time')}; the journal has each binding"
    for label, text in rows(shipment, utc=utc):
        yield from folded(f"  {label:{LABEL}}{text}", 2 + LABEL)


def rows(shipment: dict[str, Any], *, utc: bool) -> Iterator[tuple[str, str]]:
    """Yield what is known of a shipment, each with its label."""
    if shipment["notice"]:
        yield "goods", f"notice {shipment['notice']}"
    for name in ("vehicle", "destination", "owner", "custodian"):
        if shipment[name]:
            yield name, shipment[name]
    for name in ("seals", "papers"):
        if shipment[name]:
            yield name, ", ".join(shipment[name])
    if shipment["parents"]:
        yield "from", ", ".join(shipment["parents"])
    if shipment["ended_ms"] is not None:
        yield "ended", format_time(shipment["ended_ms"], utc=utc)
        yield from _clock(shipment)
        return
    due = shipment["due"]
    yield "due", f"{due}, by its notice" if due else "unknown: no notice says when"
    place = shipment["place"]
    if place is None:
        yield "place", "unknown: no position yet"
    else:
        yield "place", place["text"]
        yield "", f"by {place['device']}, {format_time(place['at_ms'], utc=utc)}"
    for sensor in shipment["sensors"]:
        yield f"{sensor['device']} ", sensor["text"]
    yield from _clock(shipment)


def _clock(shipment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield which of the times here nobody but the gateway says.

    An agent of an older version does not know, nor does one that took a shipment over from it.
    """
    over = shipment["ended_ms"] is not None
    vouched = shipment.get("vouched")
    if vouched is None:
        yield "clock", "unknown: an older version kept no word of who vouched for it"
    elif not vouched:
        which = "start or end" if over else "start"
        yield "clock", f"nobody vouched for the time of its {which}: it may be off"
    if not over and not shipment.get("vouched_now", True):
        yield "clock", "nobody vouches for it now: the times above may be off"
