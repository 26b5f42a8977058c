"""A shipment: which goods go in which vehicle, under which seals and sensors. A fold over records.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent.observe.presence import text
from evidence.leaf import Record

KIND = "shipment"
STARTED, ENDED = "started", "ended"
SEPARATOR = ", "
"""Between the names in a list field; none of them may hold it."""

REMEMBERED = 1000  # shipments; the oldest ended ones go first


@dataclass(frozen=True, slots=True)
class Shipment:
    """One shipment as last bound; times are wall milliseconds, `ended_ms` None while under way.

    `due` is the last day of its delivery, ISO 8601, where its notice says so.

    A new `started` record of the same name binds anew (another vehicle, a new seal): `bound` counts
    how often, and each binding stays in the journal.
    """

    name: str
    notice: str
    digest: str
    vehicle: str
    seals: tuple[str, ...]
    devices: tuple[str, ...]
    destination: str
    started_ms: int
    ended_ms: int | None = None
    bound: int = 1
    due: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as a flat object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Shipments:
    """All shipments that the records tell of."""

    def __init__(self) -> None:
        self._by_name: dict[str, Shipment] = {}

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if record.kind != KIND:
            return
        name = text(record, "name")
        before = self._by_name.pop(name, None)
        if text(record, "state") == ENDED:
            if before is not None:
                self._by_name[name] = replace(before, ended_ms=record.wall_ms)
            return
        under_way = before is not None and before.ended_ms is None
        self._by_name[name] = replace(
            shipment_of(record),
            started_ms=before.started_ms if before and under_way else record.wall_ms,
            bound=before.bound + 1 if before and under_way else 1,
        )
        ended = [each for each in self._by_name.values() if each.ended_ms is not None]
        if len(self._by_name) > REMEMBERED and ended:
            del self._by_name[ended[0].name]

    def get(self, name: str) -> Shipment | None:
        """Return the shipment called `name`, or None."""
        return self._by_name.get(name)

    def __iter__(self) -> Any:
        return iter(list(self._by_name.values()))

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        return {"shipments": [each.to_json() for each in self]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Shipments:
        """Read what `to_json` wrote; KeyError or TypeError for anything else."""
        shipments = cls()
        for each in plain["shipments"]:
            lists = {"seals": tuple(each["seals"]), "devices": tuple(each["devices"])}
            shipments._by_name[each["name"]] = Shipment(**each | lists)
        return shipments


def shipment_of(record: Record) -> Shipment:
    """Return what a `started` record binds."""
    digest = record.values.get("digest", b"")
    return Shipment(
        name=text(record, "name"),
        notice=text(record, "notice"),
        digest=digest.hex() if isinstance(digest, bytes) else "",
        vehicle=text(record, "vehicle"),
        seals=_list(text(record, "seals")),
        devices=_list(text(record, "devices")),
        destination=text(record, "destination"),
        started_ms=record.wall_ms,
        due=text(record, "due"),
    )


def _list(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(SEPARATOR)) if joined else ()
