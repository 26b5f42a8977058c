"""How the doors stood. Pure."""

from __future__ import annotations

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, said
from agent.renderer.table import table
from agent.report.case import Case
from agent.shipments.doors import Door

HEADS = ("door", "openings", "open", "closed", "unknown")


def doors(case: Case) -> Html:
    """Return for how long each door was open; nothing where nothing watches one."""
    if not case.sums.doors:
        return NOTHING
    words = case.words
    heads = [words(f"doors.{name}") for name in HEADS]
    rows = (_row(case, each) for each in case.sums.doors)
    note = element("p", words("legs.hidden")) if case.report.hidden else NOTHING
    return section(words("doors.title"), table(words("doors.table"), heads, rows), note)


def _row(case: Case, door: Door) -> list[Html]:
    return [
        contact_name(case, door.device, door.port),
        case.words.number(door.openings, 0),
        case.lasting(door.open_ms),
        case.lasting(door.closed_ms),
        case.lasting(door.unknown_ms),
    ]


def contact_name(case: Case, device: str, port: int | None) -> Html:
    """Return what watches a door: a device, and its input where it has several."""
    if port is None:
        return said(device)
    return case.words("doors.port", device=said(device), port=port)
