"""Which shelf an article belongs on, as the configuration says; and what lies wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.observe.points import ReadPoint

ANY = "*"
"""Ends the beginning of a GTIN that stands for all that begin so."""


class Homes:
    """The shelves with a `stock`; an article may belong on several, or on none."""

    def __init__(self, points: Iterable[ReadPoint]) -> None:
        self._stock = {point.name: point.stock for point in points if point.stock}

    def of(self, gtin: str) -> list[str]:
        """Return where an article belongs."""
        return [name for name, stock in self._stock.items() if any(fits(gtin, s) for s in stock)]

    def astray(self, gtin: str, point: ReadPoint) -> list[str]:
        """Return where an article belongs that came to rest at `point`, if it is not there."""
        homes = self.of(gtin) if point.kind == "shelf" else []
        return [] if point.name in homes else homes


def fits(gtin: str, stock: str) -> bool:
    """Whether an article is meant by one entry of a `stock`."""
    return gtin.startswith(stock[:-1]) if stock.endswith(ANY) else gtin == stock


def put_away(homes: Homes, pieces: Mapping[str, int]) -> list[tuple[str, int, list[str]]]:
    """Return article, pieces and shelves for all articles that belong somewhere."""
    return [(gtin, n, at) for gtin, n in sorted(pieces.items()) if (at := homes.of(gtin))]
