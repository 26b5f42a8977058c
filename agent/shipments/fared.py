"""How a shipment fared: the types of its summary. Data only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from agent.shipments.doors import Door
from agent.shipments.incidents import Shock, Stretch
from agent.shipments.measured import Measured
from agent.shipments.outages import Outage
from agent.shipments.route import Travelled


@dataclass(frozen=True, slots=True)
class Fared:
    """What is known of a leg, or of all of them.

    `length_ms` is as long as it took, as far as known: `stops` counts how often the gateway was
    off, `unbridged` those of them of which nobody knows for how long. `silent` are sensors that
    went along and should have told values, and told none in any of the legs. `stretches` and
    `outages` of a leg began in it, or before and were not over: one may be in several legs.

    No shock, where not `shocks_watched`, and no stretch, where not `limits_watched`, is unknown
    and never none: nothing on record tells that a sensor of shocks or a profile of limits was
    there all the way. What a bundle hides is no record here: whoever says "none" must have looked
    whether it hides any (`Report.hidden`).
    """

    length_ms: int
    stops: int
    unbridged: int
    measured: tuple[Measured, ...]
    travelled: tuple[Travelled, ...]
    doors: tuple[Door, ...]
    shocks: tuple[Shock, ...]
    shocks_watched: bool
    stretches: tuple[Stretch, ...]
    limits_watched: bool
    outages: tuple[Outage, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LegFared:
    """One leg: from a binding or a change of custody to the next. UTC ms as recorded.

    `last` and `end_ms` are those of the record that ends it; None: it is under way.
    """

    first: int
    last: int | None
    start_ms: int
    end_ms: int | None
    vehicle: str
    destination: str
    custodian: str
    devices: tuple[str, ...]
    fared: Fared


@dataclass(frozen=True, slots=True)
class Summary:
    """A shipment from its first leg to its last; `legs` is empty where no record tells of it.

    `parents` are shipments that it was split from or that go on in it; theirs are their own.
    `start_ms` is None then, and `end_ms` while it is under way, as far as the records go.
    `doubtful` counts the records of which nobody but the gateway says when they were made.
    """

    shipment: str
    notice: str
    owner: str
    parents: tuple[str, ...]
    start_ms: int | None
    end_ms: int | None
    doubtful: int
    legs: tuple[LegFared, ...]
    fared: Fared

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, fit for JSON."""
        return asdict(self)
