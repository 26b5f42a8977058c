"""[dock]: how goods at the doors are counted."""

from __future__ import annotations

from dataclasses import dataclass

from agent.dock.differences import Belief
from foundation.options import option


@dataclass(frozen=True, slots=True)
class DockSettings:
    """[dock]."""

    belief: str = option(
        str,
        "how far the label of a unit stands for contents that nobody saw. units: where no line of "
        "it was read and none is advised by serial number; nothing: not at all",
        default=str(Belief.UNITS),
        choices=tuple(str(each) for each in Belief),
    )
    late_minutes: int = option(
        int,
        "a check that begins after its goods passed may take over what passed so long before",
        default=30,
        minimum=0,
        maximum=1440,
        unit="min",
    )
