"""Ways and bytes as lines that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.cli.amounts import size
from agent.config.ways import SENT
from agent.desks.status import BytesStatus, Status, WayStatus
from agent.upstream.day_bytes import Carried
from foundation.console import cut

MEGA = 1_000_000
ROUTES = "routes"  # what stands for a way's name where the machine's routes decide


def lines(status: Status) -> list[str]:
    """Return what there is to say of the ways, and a table of what went over them."""
    return [cut(line) for line in (*_ways(status), *_days(status.days))]


def _ways(status: Status) -> Iterator[str]:
    if status.flight:
        yield "flight    mode is on: the modems' radios are to be off"
    if not status.ledger:
        yield "no ledger node is configured: nothing is sent"
    elif not status.ways:
        yield "no interfaces are configured: the machine's routes decide"
    for way in status.ways:
        yield f"{way.interface:9} {', '.join(_state(way)) or 'standing by'}"
        yield from _more(way)
    if status.uplink is not None:
        yield f"in all    {size(status.uplink.spent)} of {size(status.uplink.budget)} spent today"
    if status.names:
        yield f"names     {status.names}"


def way_in_words(way: WayStatus) -> str:
    """Return in one line how a way does."""
    words = [*_state(way), *([_spent(way)] if way.spent or way.budget else [])]
    return ", ".join(words) or "standing by"


def _state(way: WayStatus) -> list[str]:
    """Return what way it is, whether it is in use, and what is wrong with it."""
    words = (
        "in use" if way.used else "",
        "metered" if way.metered else "",
        SENT.get(way.sends, ""),
        way.trouble,
    )
    return [word for word in words if word]


def _spent(way: WayStatus) -> str:
    if not way.budget:
        return f"{size(way.spent)} today"
    held = ": only alarms until midnight UTC" if way.spent >= way.budget else ""
    return f"{size(way.spent)} of {size(way.budget)} spent today{held}"


def _more(way: WayStatus) -> Iterator[str]:
    """Yield through which of its interfaces a way leads, and what it costs, where bytes cost."""
    if way.others:
        those = ", ".join((way.interface, *way.others))
        yield f"          through {way.there}; one SIM card has {those}"
    if way.manager:
        yield f"          NetworkManager: {way.manager}"
    if way.spent or way.budget:
        yield f"          {_spent(way)}{_price(way, way.spent)}"
    if way.metered and not way.used:
        yield f"          standing by costs {size(way.standby)} a day{_price(way, way.standby)}"


def _price(way: WayStatus, count: int) -> str:
    """Return what so many bytes cost, empty where no price is set."""
    if not way.price_per_mb:
        return ""
    return f": {way.price_per_mb * count / MEGA:.2f} at {way.price_per_mb:g} for 1 MB"


def _days(days: Sequence[BytesStatus]) -> Iterator[str]:
    """Yield a line for each day and way, the newest first."""
    if not days:
        return
    yield "".join(["bytes     ", f"{'':12}", *(f"{name:>9}" for name in Carried), f"{'all':>9}"])
    for each in sorted(days, key=lambda day: day.day, reverse=True):
        counts = [each.carried.get(name, 0) for name in Carried]
        told = "".join(f"{size(count):>9}" for count in (*counts, sum(counts)))
        yield f"{each.day}{f' {each.way or ROUTES}':12}{told}"
