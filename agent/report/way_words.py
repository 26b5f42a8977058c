"""How far a vehicle went, in words. Pure."""

from __future__ import annotations

from agent.renderer.markup import Html, said
from agent.report.case import Case
from agent.shipments.route import Travelled

METRES = 1000  # in a kilometre
DECIMALS = 1


def distance(case: Case, way: Travelled) -> Html:
    """Return the way along known positions, and what is straight across between them."""
    words = case.words
    went, across = (
        words.amount(metres / METRES, DECIMALS, "km") for metres in (way.distance, way.across)
    )
    key = "way.across" if way.across else "way.whole"
    unknown = case.lasting(way.unknown_ms)
    return words(key, device=said(way.device), went=went, across=across, unknown=unknown)
