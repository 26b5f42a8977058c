"""Who answered for a shipment at which time, as the records of its hand-overs tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.observe.presence import text
from agent.shipments.shipment import CUSTODY, ENDED, KIND
from agent.signing.people import SIGNED_BY
from evidence import cbor
from evidence.errors import EvidenceError
from evidence.keys import ES256, PublicKey
from evidence.leaf import Record
from evidence.shape import as_bytes, as_map

BY_BINDING = "stated"
"""State of who was named when the shipment was bound: nobody signed for that."""

DOUBTFUL = "doubtful"
"""State of a hand-over whose signatures do not hold, or that says otherwise than they."""

ROLES = ("giver", "taker")
SIGNED = ("shipment", *ROLES, "place", "remark")
"""Fields of a record that stand in what both sign."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """Who answered from `since_ms` to `until_ms` (None: still so), UTC as recorded.

    An empty `who` is nobody on record. `state` is signed, unilateral, unsigned, stated or doubtful;
    `number` is that of the record that says so.
    """

    who: str
    since_ms: int
    until_ms: int | None
    state: str
    place: str
    remark: str
    number: int

    def answers_at(self, moment_ms: int) -> bool:
        """Tell whether they answered at a moment, UTC ms."""
        return self.since_ms <= moment_ms and (self.until_ms is None or moment_ms < self.until_ms)


def custodians(name: str, records: Iterable[Record]) -> list[Custodian]:
    """Return who answered for the shipment called `name`, one after another."""
    found: list[Custodian] = []
    for record in records:
        if record.kind == KIND and text(record, "name") == name:
            _bound(found, record)
        elif record.kind == CUSTODY and text(record, "shipment") == name:
            _follow(found, record, text(record, "taker"), state_of(record))
    return found


def answering(found: Sequence[Custodian], moment_ms: int) -> Custodian | None:
    """Return who answered at a moment, UTC ms; None where it was not under way.

    Where the clock was set back in between, the later word holds.
    """
    return next((each for each in reversed(found) if each.answers_at(moment_ms)), None)


def state_of(record: Record) -> str:
    """Return how a `custody` record is signed, by its signatures and not by its word."""
    roles = [role for role in ROLES if f"{role}_signature" in record.values]
    said = text(record, "state")
    if said != SIGNED_BY[len(roles)] or (roles and not _holds(record, roles)):
        return DOUBTFUL
    return said


def _holds(record: Record, roles: Sequence[str]) -> bool:
    """Tell whether the document says what the record says, and the signatures are over it."""
    values = record.values
    document = values.get("document")
    try:
        said = as_map(cbor.decode(as_bytes(document, "document")), "document")
        for role in roles:
            key = PublicKey.from_cose(as_bytes(values.get(f"{role}_key"), "key"))
            signature = as_bytes(values.get(f"{role}_signature"), "signature")
            key.verify(ES256, as_bytes(document, "document"), signature)
    except EvidenceError:
        return False
    return all(said.get(name) == values.get(name) for name in SIGNED)


def _bound(found: list[Custodian], record: Record) -> None:
    if text(record, "state") == ENDED:
        _close(found, record)
        return
    who = text(record, "custodian")
    under_way = bool(found) and found[-1].until_ms is None
    if not under_way or (who and who != found[-1].who):
        _follow(found, record, who, BY_BINDING)


def _follow(found: list[Custodian], record: Record, who: str, state: str) -> None:
    _close(found, record)
    place, remark = text(record, "place"), text(record, "remark")
    found.append(Custodian(who, record.wall_ms, None, state, place, remark, record.number))


def _close(found: list[Custodian], record: Record) -> None:
    if found and found[-1].until_ms is None:
        found[-1] = replace(found[-1], until_ms=record.wall_ms)
