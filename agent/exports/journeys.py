"""Events of shipments: what goes together, whether it may leave, who answers for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agent.epcis.document import Event, is_gln, own, party, place, transactions, urn
from agent.exports.handovers import SIGNED
from agent.exports.left_out import NotTold
from agent.exports.shown import Batch
from agent.exports.told import Told, device, observed
from agent.observe.presence import text
from agent.shipments.custody import state_of
from agent.shipments.shipment import ENDED, KIND, listed
from evidence.leaf import Record

FITNESS: Mapping[str, str] = {"ready": "conformant", "not ready": "non_conformant"}
"""What a look before departure came to → disposition."""

ALL_NAMED = ("vehicle", "owner", "due")
ALL_LISTED = ("seals", "parents")

Beginning = tuple[str, bytes, int]
"""Gateway, epoch and number of the record with which a shipment begins."""


def beginnings(batches: Iterable[Batch]) -> frozenset[Beginning]:
    """Return the records with which shipments begin; a later binding of one under way is none."""
    found: set[Beginning] = set()
    under_way: set[tuple[str, str]] = set()
    for batch, record in _in_order(batches):
        key = batch.gateway, text(record, "name")
        if text(record, "state") == ENDED:
            under_way.discard(key)
        elif key not in under_way:
            under_way.add(key)
            found.add((batch.gateway, batch.epoch, record.number))
    return frozenset(found)


def _in_order(batches: Iterable[Batch]) -> list[tuple[Batch, Record]]:
    """Return the records of shipments as they were made: within an epoch their numbers say it.

    The clock does not: after a start it may show any time. Epochs have their newest one's.
    """
    shown = [
        (batch, record) for batch in batches for record in batch.records if record.kind == KIND
    ]
    newest: dict[bytes, int] = {}
    for batch, record in shown:
        newest[batch.epoch] = max(record.wall_ms, newest.get(batch.epoch, record.wall_ms))
    return sorted(shown, key=lambda each: (newest[each[0].epoch], each[0].epoch, each[1].number))


def bound(told: Told) -> Event:
    """Return the event of a shipment that is bound, anew or for the first time, or that ends.

    With its end its sensors are taken off: whether the goods arrived, gates and receipts tell.
    """
    record = told.record
    if text(record, "state") == ENDED:
        return _associated(told, _shipment(told, "name"), "DELETE")
    place_of = told.batch.gateway, told.batch.epoch, record.number
    begins = place_of in told.beginnings and not text(record, "parents")
    return observed(
        told,
        "shipping" if begins else "",
        disposition="in_transit" if begins else None,
        epcList=[_shipment(told, "name")],
        bizTransactionList=transactions(("desadv", text(record, "notice"), "")) or None,
        sourceList=_possessing("source", text(record, "custodian")),
        destinationList=_destination(text(record, "destination")),
        **_said(record),
    )


def aboard(told: Told) -> Event:
    """Return the event of a sensor that goes along."""
    record = told.record
    child = device(told.batch, record.device)
    event = _associated(told, _shipment(told, "shipment"), "ADD", childEPCs=[child])
    profile = text(record, "profile")
    rule = urn("profile", profile, str(record.values.get("version", ""))) if profile else None
    return event | ({own("bizRules"): rule} if rule else {})


def looked_at(told: Told) -> Event:
    """Return the event of a look at papers and sensors before departure."""
    record = told.record
    fitness = FITNESS.get(text(record, "state"))
    if fitness is None:
        raise NotTold("it does not say whether the shipment may leave")
    missing = text(record, "missing")
    return observed(
        told,
        "inspecting",
        disposition=fitness,
        epcList=[_shipment(told, "shipment")],
        **({own("missing"): missing} if missing else {}),
    )


def changed_hands(told: Told) -> Event:
    """Return the event of a hand-over on the way: whoever takes it answers for it from then on."""
    record = told.record
    where, remark = text(record, "place"), text(record, "remark")
    return observed(
        told,
        "accepting",
        epcList=[_shipment(told, "shipment")],
        readPoint={"id": place(where)} if where else None,
        sourceList=_possessing("source", text(record, "giver")),
        destinationList=_possessing("destination", text(record, "taker")),
        **({own("remark"): remark} if remark else {}),
        **{own("signedBy"): SIGNED.get(state_of(record), "unknown")},
    )


def _associated(told: Told, parent: str, action: str, **fields: Any) -> Event:
    event = observed(told, "", **fields)
    return event | {"type": "AssociationEvent", "action": action, "parentID": parent}


def _shipment(told: Told, field: str) -> str:
    """Return a shipment as a URI: its name is the gateway's own."""
    name = text(told.record, field)
    if not name:
        raise NotTold("it names no shipment")
    return urn("shipment", told.batch.gateway, name)


def _possessing(key: str, who: str) -> list[dict[str, str]] | None:
    """Return who answers for the goods; None where nobody is named."""
    if not who:
        return None
    return [{"type": "possessing_party", key: party(who) if is_gln(who) else urn("party", who)}]


def _destination(where: str) -> list[dict[str, str]] | None:
    if not where:
        return None
    return [{"type": "location", "destination": place(where)}]


def _said(record: Record) -> Event:
    """Return what no field of EPCIS holds."""
    named = {own(name): text(record, name) for name in ALL_NAMED if text(record, name)}
    lists = {own(name): list(listed(text(record, name))) for name in ALL_LISTED}
    return named | {name: values for name, values in lists.items() if values}
