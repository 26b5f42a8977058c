"""What a check leaves: the fields of its records, and the bytes that people sign. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from agent.dock.differences import Code, Difference, State, Verdict
from agent.dock.notice import Item, Notice
from agent.dock.session import RETURNS, Session, identity_values, packed
from agent.signing.people import Person
from evidence import cbor
from evidence.leaf import RecordValue

DOCUMENT_VERSION = 1


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return a difference as a flat object."""
    return {
        "code": str(difference.code),
        "what": str(difference.identity),
        "quantity": difference.quantity,
        "text": difference.text,
        "hint": difference.hint,
        "rejected": difference.rejected,
    }


def difference_values(check: str, difference: Difference) -> dict[str, RecordValue]:
    """Return the fields of a `dock-difference` record."""
    values: dict[str, RecordValue] = {
        "check": check,
        "quantity": difference.quantity,
        "text": difference.text,
        **identity_values(difference.identity),
    }
    if difference.code is not Code.NONE:
        values["code"] = str(difference.code)
    if difference.hint:
        values["hint"] = difference.hint
    if difference.rejected:
        values["rejected"] = 1
    return values


def lines(notice: Notice) -> list[Item]:
    """Return what was advised, one line for each article, batch and expiry."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for unit in notice.units:
        for item in unit.items:
            counts[item.gtin, item.lot, item.expiry] += item.quantity
    return [Item(gtin, n, lot, expiry) for (gtin, lot, expiry), n in sorted(counts.items())]


def goods_values(session: Session, line: Item) -> dict[str, RecordValue]:
    """Return the fields of a `dock-goods` record: batch and supplier stay with the goods."""
    notice = session.notice
    values: dict[str, RecordValue] = {
        "check": session.opened.check,
        "notice": notice.number,
        "gtin": line.gtin,
        "quantity": line.quantity,
    }
    more = {
        "lot": line.lot,
        "expiry": line.expiry,
        "supplier": notice.supplier,
        "receiver": notice.receiver,
        "order": notice.order,
    }
    return values | {name: value for name, value in more.items() if value}


def receipt_values(session: Session, verdict: Verdict, decision: str) -> dict[str, RecordValue]:
    """Return the fields of a `dock-check` record, but for who decided and signed."""
    lines = sorted(
        "|".join(map(str, difference_json(each).values())) for each in verdict.differences
    )
    values: dict[str, RecordValue] = {
        "check": session.opened.check,
        "notice": session.notice.number,
        "digest": session.notice.digest,
        "read_point": session.opened.read_point,
        "state": str(verdict.state),
        "disposition": str(verdict.disposition),
        "decision": decision,
        "expected": verdict.expected,
        "found": verdict.found,
        "unexpected": verdict.unexpected,
        "manual": session.manual,
        "differences": len(verdict.differences),
        "details": hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest(),
        "units": packed(session.units),
    }
    if session.notice.supplier:
        values["supplier"] = session.notice.supplier
    if session.trip:
        values["trip"] = session.trip
    if session.opened.returns:
        values["purpose"] = RETURNS
    if verdict.codes:
        values["codes"] = " ".join(verdict.codes)
    if verdict.state is State.ALREADY_RECEIVED:
        values["receipt_before"] = verdict.receipt_before
    return values


def document(receipt: Mapping[str, RecordValue]) -> bytes:
    """Return the bytes that people sign; their SHA-256 stands on the receipt."""
    return cbor.encode({"version": DOCUMENT_VERSION, **receipt})


def signed(receipt: Mapping[str, RecordValue], person: Person | None) -> dict[str, RecordValue]:
    """Return what a signature adds to a receipt: the bytes that were signed, key and signature."""
    if person is None:
        return {"signed": "no"}
    said = document(receipt)
    return {
        "signed": "yes",
        "document": said,
        "key": person.public.to_cose(),
        "signature": person.key.sign(said),
    }


def delivery_values(
    receipt: Mapping[str, RecordValue],
    names: Mapping[str, str],
    signers: Mapping[str, Person | None],
) -> dict[str, RecordValue]:
    """Return the fields of a `delivery` record: both sign the same bytes, or it is unilateral."""
    said = document({**receipt, **names})
    count = sum(person is not None for person in signers.values())
    values: dict[str, RecordValue] = {
        "check": receipt["check"],
        "notice": receipt["notice"],
        "decision": receipt["decision"],
        "state": ("unsigned", "unilateral", "signed")[count],
        "document": said,
        **names,
    }
    for role, person in signers.items():
        if person is not None:
            values[f"{role}_key"] = person.public.to_cose()
            values[f"{role}_signature"] = person.key.sign(said)
    return values


def shown(values: Mapping[str, RecordValue], said: bytes) -> dict[str, int | str]:
    """Return a record's fields fit for JSON, bytes as hexadecimal, with the document's SHA-256."""
    plain = {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }
    return plain | {"sha256": hashlib.sha256(said).hexdigest()}
