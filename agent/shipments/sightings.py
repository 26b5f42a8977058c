"""Where goods were last seen, as records tell: by a reader, a scanner, a receipt, a vehicle. Pure.

Two folds: `Names` learns which things belong to a lot and which notices are about it, over the
records of all gateways; `Sightings` then takes the records of one gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agent.dock.goods_identity import Identity, of_uri
from agent.dock.history import unpacked
from agent.dock.observed import identity_of
from agent.observe.presence import text, whole
from agent.shipments.route import POSITION, fix_of
from agent.shipments.shipment import ENDED, KIND, Shipment, shipment_of
from agent.shipments.sought import Sought
from evidence.leaf import Record

TAG_STATE, LEAVE = "tag-state", "leave"
TAGGED = frozenset({TAG_STATE, "tag", "tag-suspect", "misplaced", "box-check", "commission"})
LABELLED = frozenset({"barcode", "dock-entry"})
OPEN, GOODS, RECEIPT = "dock-open", "dock-goods", "dock-check"
RELEVANT = TAGGED | LABELLED | {OPEN, GOODS, RECEIPT, KIND, POSITION}
"""Kinds of records that say where goods are."""

COUNTS = ("read", "by_hand", "believed")  # of `dock-goods`: what came, not only advised
LABEL = "label"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A thing was at a place at a moment: UTC ms as recorded, `vouched` for or not.

    `how` says by what it is known; with `gone` it left there then.
    """

    thing: str
    place: str
    wall_ms: int
    vouched: bool
    how: str
    gateway: str
    number: int
    gone: bool = False


class Names:
    """The names of what is sought, beyond what was typed."""

    def __init__(self, what: Sought) -> None:
        self.what = what
        self._things: set[Identity] = set()
        self._notices: set[str] = set()

    def take(self, record: Record) -> None:
        """Learn from one more record, of any gateway."""
        if record.kind in LABELLED:
            identity = identity_of(record)
            piece = bool(identity.sscc or identity.serial)
            if piece and self.what.names(identity, text(record, "lot")):
                self._things.add(identity)
        elif record.kind in (GOODS, RECEIPT) and any(self._of_receipt(record)):
            self._notices.add(text(record, "notice"))

    def _of_receipt(self, record: Record) -> Iterator[bool]:
        if record.kind == GOODS:
            yield self.knows(Identity(gtin=text(record, "gtin")), text(record, "lot"))
        units = record.values.get("units")
        for sscc in unpacked(units) if isinstance(units, bytes) else ():
            yield self.knows(Identity(sscc=sscc), "")

    def knows(self, identity: Identity, lot: str) -> bool:
        """Tell whether something is what is sought."""
        return identity in self._things or self.what.names(identity, lot)

    def carries(self, notice: str) -> bool:
        """Tell whether a notice is about what is sought, as a receipt tells."""
        return bool(notice) and notice in self._notices


@dataclass(slots=True)
class Sightings:
    """The last sighting of each thing by one gateway: a fold over its records."""

    names: Names
    gateway: str
    last: dict[str, Sighting] = field(default_factory=dict)
    _points: dict[str, str] = field(default_factory=dict)
    _came: dict[str, list[str]] = field(default_factory=dict)
    _under_way: dict[str, Shipment] = field(default_factory=dict)
    _carriers: set[str] = field(default_factory=set)
    """Shipments that carry what is sought, or did."""

    def take(self, record: Record) -> None:
        """Take one more record."""
        if record.kind in TAGGED:
            self._tag(record)
        elif record.kind in LABELLED:
            self._label(record)
        elif record.kind == OPEN:
            self._points[text(record, "check")] = text(record, "read_point")
        elif record.kind == GOODS:
            self._goods(record)
        elif record.kind == RECEIPT:
            self._receipt(record)
        elif record.kind == KIND:
            self._shipment(record)
        elif record.kind == POSITION:
            self._position(record)

    def _tag(self, record: Record) -> None:
        identity = of_uri(text(record, "uri"), text(record, "epc"))
        known = self.names.knows(identity, "") or self.names.knows(
            Identity(epc=text(record, "epc").upper()), ""
        )
        if not known or whole(record, "stray"):
            return
        place, thing = text(record, "read_point"), str(identity)
        gone = record.kind == TAG_STATE and text(record, "state") == LEAVE
        before = self.last.get(thing)
        if gone and before is not None and before.place != place:
            return  # it was seen elsewhere before the reader there gave it up
        how = f"tag, by {record.device}"
        self._note(record, thing, place or f"near {record.device}", how, gone=gone)

    def _label(self, record: Record) -> None:
        identity = identity_of(record)
        if not self.names.knows(identity, text(record, "lot")):
            return
        if record.kind == "barcode":
            self._note(record, str(identity), f"near {record.device}", f"scan, by {record.device}")
        elif text(record, "what") == LABEL:
            check = text(record, "check")
            self._note(record, str(identity), self._point(check), f"typed in for {check}")

    def _goods(self, record: Record) -> None:
        gtin, lot = text(record, "gtin"), text(record, "lot")
        came = any(whole(record, name) for name in COUNTS)
        if came and self.names.knows(Identity(gtin=gtin), lot):
            thing = f"(01){gtin}" + (f"(10){lot}" if lot else "")
            self._came.setdefault(text(record, "check"), []).append(thing)

    def _receipt(self, record: Record) -> None:
        check, place = text(record, "check"), text(record, "read_point")
        units = record.values.get("units")
        ssccs = unpacked(units) if isinstance(units, bytes) else []
        seen = [Identity(sscc=sscc) for sscc in ssccs]
        things = [str(each) for each in seen if self.names.knows(each, "")]
        for thing in (*self._came.pop(check, []), *things):
            self._note(record, thing, place, f"receipt {check}, {text(record, 'decision')}")

    def _shipment(self, record: Record) -> None:
        name = text(record, "name")
        before = self._under_way.pop(name, None)
        if text(record, "state") == ENDED:
            if before is not None:
                last = self.last.get(_of_notice(before))
                self._aboard(record, before, last.place if last else before.name, "its end")
            return
        bound = shipment_of(record)
        of_parents = not self._carriers.isdisjoint(bound.parents)
        if self.names.carries(bound.notice) or of_parents:
            self._carriers.add(name)
            self._under_way[name] = bound
            self._aboard(record, bound, f"aboard {bound.vehicle or name}", "its binding")

    def _position(self, record: Record) -> None:
        fix = fix_of(record)
        if fix is None:
            return
        for bound in self._under_way.values():
            if record.device in bound.devices:
                place = f"aboard {bound.vehicle or bound.name} at {fix.lat:.4f}, {fix.lon:.4f}"
                self._aboard(record, bound, place, f"position, by {record.device}")

    def _aboard(self, record: Record, bound: Shipment, place: str, how: str) -> None:
        self._note(record, _of_notice(bound), place, f"shipment {bound.name}, {how}")

    def _point(self, check: str) -> str:
        return self._points.get(check) or f"where {check} was"

    def _note(
        self, record: Record, thing: str, place: str, how: str, *, gone: bool = False
    ) -> None:
        vouched = record.clock_bound_ms is not None
        self.last[thing] = Sighting(
            thing, place, record.wall_ms, vouched, how, self.gateway, record.number, gone
        )


def _of_notice(bound: Shipment) -> str:
    return f"goods of notice {bound.notice} in {bound.name}"


def newest(found: Iterable[Sighting]) -> list[Sighting]:
    """Return the last sighting of each thing by any gateway, the newest first.

    Where nobody vouched for a gateway's clock, nobody knows whether its word is the last one: it
    stands besides, behind those whose moment is known.
    """
    last: dict[tuple[str, str], Sighting] = {}
    for each in sorted(found, key=_moment):
        last[each.thing, "" if each.vouched else each.gateway] = each
    return sorted(last.values(), key=_moment, reverse=True)


def _moment(each: Sighting) -> tuple[bool, int, int]:
    return each.vouched, each.wall_ms, each.number
