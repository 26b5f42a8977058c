"""The registry of record kinds: all that readings, the agent's parts and its people make, by name.

A kind stands beside what makes it; here they are joined.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.dock.kinds import DOCK
from agent.observe.kinds import CALIBRATION, GOODS, PLACE
from agent.records.desk_kinds import (
    COMMISSION,
    FLIGHT,
    IGNORED,
    NOTE,
    PERSON,
    SALVAGED,
    SHOWN,
    VISIT,
)
from agent.records.own_kinds import ERASURE, HEALTH, LIFE
from agent.rules.kinds import CONDITIONS
from agent.shipments.kinds import ABOARD, CUSTODY, READINESS, SHIPMENT, STANDING
from drivers.kind import Kind, by_name
from drivers.kinds import KINDS as MEASURED

KINDS: Mapping[str, Kind] = by_name(
    (
        *MEASURED.values(),
        *HEALTH,
        *LIFE,
        *GOODS,
        COMMISSION,
        *DOCK,
        SHIPMENT,
        SALVAGED,
        PERSON,
        *SHOWN,
        PLACE,
        IGNORED,
        NOTE,
        *VISIT,
        *CONDITIONS,
        CALIBRATION,
        ABOARD,
        CUSTODY,
        READINESS,
        FLIGHT,
        STANDING,
        ERASURE,
    )
)
"""Every kind there is, by name, in the order in which they are printed."""

WINDOW_ONLY = Kind("", "", ())
"""What holds for a kind that the registry does not know: kept, within the window, not urgent."""


def kind_of(name: str) -> Kind:
    """Return the kind called `name`, or the one that stands for all unknown kinds."""
    return KINDS.get(name, WINDOW_ONLY)
