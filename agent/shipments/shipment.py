"""A shipment: which goods go in which vehicle, under which seals and sensors. A fold over records.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.observe.presence import text
from agent.shipments.papers import Papers
from evidence.leaf import Record, RecordValue
from foundation.dataclass import dataclass

KIND, CUSTODY = "shipment", "custody"
STARTED, ENDED = "started", "ended"
SEPARATOR = ", "
"""Between the names in a list field; none of them may hold it."""

TEXTS = ("name", "notice", "vehicle", "destination", "due", "owner", "custodian", "model")
LISTS = ("seals", "devices", "papers", "parents")

REMEMBERED = 1000  # shipments; the oldest ended ones go first


@dataclass(frozen=True, slots=True)
class Shipment:
    """One shipment as last bound; times are wall milliseconds, `ended_ms` None while under way.

    `due` is the last day of its delivery, ISO 8601, where its notice says so. `custodian` answers
    for it now. `papers` are the types of papers that must be there before it leaves, `model` is
    what a test report among them must be about. `parents` are shipments that it was split from,
    or that go on in it.

    A new `started` record of the same name binds anew (another vehicle, a new seal): `bound` counts
    how often, and each binding stays in the journal. `vouched` tells whether anybody but the
    gateway says what time it was at its start, and its end; None: an older snapshot does not say.
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
    owner: str = ""
    custodian: str = ""
    papers: tuple[str, ...] = ()
    model: str = ""
    parents: tuple[str, ...] = ()
    vouched: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as a flat object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Shipments:
    """All shipments that the records tell of, and the papers on record."""

    def __init__(self) -> None:
        self._by_name: dict[str, Shipment] = {}
        self.papers = Papers()

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        self.papers.apply(record)
        if record.kind == CUSTODY:
            self._changed_hands(record)
        if record.kind != KIND:
            return
        name = text(record, "name")
        before = self._by_name.pop(name, None)
        if text(record, "state") == ENDED:
            if before is not None:
                vouched = before.vouched if _is_vouched(record) else False
                self._by_name[name] = replace(before, ended_ms=record.wall_ms, vouched=vouched)
            return
        under_way = before is not None and before.ended_ms is None
        bound = shipment_of(record)
        self._by_name[name] = replace(
            bound,
            custodian=bound.custodian or (before.custodian if before and under_way else ""),
            started_ms=before.started_ms if before and under_way else record.wall_ms,
            bound=before.bound + 1 if before and under_way else 1,
            vouched=before.vouched if before and under_way else bound.vouched,
        )
        ended = [each for each in self._by_name.values() if each.ended_ms is not None]
        if len(self._by_name) > REMEMBERED and ended:
            del self._by_name[ended[0].name]

    def _changed_hands(self, record: Record) -> None:
        name = text(record, "shipment")
        shipment = self._by_name.get(name)
        if shipment is not None and shipment.ended_ms is None:
            self._by_name[name] = replace(shipment, custodian=text(record, "taker"))

    def get(self, name: str) -> Shipment | None:
        """Return the shipment called `name`, or None."""
        return self._by_name.get(name)

    def __iter__(self) -> Any:
        return iter(list(self._by_name.values()))

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        return {"shipments": [each.to_json() for each in self], "papers": self.papers.to_json()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Shipments:
        """Read what `to_json` wrote; KeyError or TypeError for anything else."""
        shipments = cls()
        for each in plain["shipments"]:
            lists = {name: tuple(each[name]) for name in LISTS if name in each}
            shipments._by_name[each["name"]] = Shipment(**each | lists)
        shipments.papers = Papers.from_json(plain.get("papers", []))
        return shipments


def shipment_of(record: Record) -> Shipment:
    """Return what a `started` record binds."""
    digest = record.values.get("digest", b"")
    return Shipment(
        name=text(record, "name"),
        notice=text(record, "notice"),
        digest=digest.hex() if isinstance(digest, bytes) else "",
        vehicle=text(record, "vehicle"),
        seals=listed(text(record, "seals")),
        devices=listed(text(record, "devices")),
        destination=text(record, "destination"),
        started_ms=record.wall_ms,
        due=text(record, "due"),
        owner=text(record, "owner"),
        custodian=text(record, "custodian"),
        papers=listed(text(record, "papers")),
        model=text(record, "model"),
        parents=listed(text(record, "parents")),
        vouched=_is_vouched(record),
    )


def _is_vouched(record: Record) -> bool:
    """Whether anybody but the gateway says what time it was."""
    return record.clock_bound_ms is not None


def values_of(shipment: Shipment) -> dict[str, RecordValue]:
    """Return the fields of the record that binds a shipment as it is."""
    values: dict[str, RecordValue] = {
        "state": STARTED,
        "digest": bytes.fromhex(shipment.digest),
        **{name: SEPARATOR.join(getattr(shipment, name)) for name in LISTS},
        **{name: getattr(shipment, name) for name in TEXTS},
    }
    return {name: value for name, value in values.items() if value}


def listed(joined: str) -> tuple[str, ...]:
    """Return the names that a list field holds."""
    return tuple(joined.split(SEPARATOR)) if joined else ()
