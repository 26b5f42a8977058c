"""How far the label of a unit is believed; alone here, as the configuration names it at a start."""

from __future__ import annotations

from enum import StrEnum


class Belief(StrEnum):
    """How far the label of a unit stands for contents of which nothing was read.

    Never for what is advised by serial number, nor in a unit of which other lines were read.
    """

    UNITS = "units"  # units of which no line was read and none is advised by serial number
    NOTHING = "nothing"
