"""Where a shock was felt and what was there, in its own record: nobody looks it up afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drivers.reading import Reading
from foundation.dataclass import dataclass

SHOCK = "shock"


@dataclass(frozen=True, slots=True)
class Placed:
    """Completes the shocks of a device at `read_point`; `goods` returns what is there by its tags.

    A place without tags has no goods.
    """

    read_point: str
    goods: Callable[[str], str]

    def __call__(self, reading: Reading) -> Reading:
        """Return a reading, a shock with its place and goods."""
        if reading.kind != SHOCK:
            return reading
        there = {"read_point": self.read_point, "goods": self.goods(self.read_point) or None}
        return replace(reading, fields={**reading.fields, **there})
