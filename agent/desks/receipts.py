"""What a check leaves: the fields of its records, and the bytes that people sign. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from agent.dock.belief import Belief
from agent.dock.differences import Came, Code, Difference, State, Verdict
from agent.dock.history import RETURNS, packed
from agent.dock.notice import Batch
from agent.dock.papers.told import plain
from agent.dock.session import Session, identity_values
from agent.signing.people import SIGNED_BY, Person
from evidence import cbor
from evidence.leaf import RecordValue

DOCUMENT_VERSION = 1
MOST_PHOTOS = 64  # bound by the receipt itself; `details` binds those of all differences


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return a difference as a flat object."""
    return {
        "code": str(difference.code),
        "what": str(difference.identity),
        "quantity": difference.quantity,
        "text": difference.text,
        "hint": difference.hint,
        "rejected": difference.rejected,
        "batch": str(difference.batch),
        "weight_g": difference.weight_g,
        "number": difference.number,
        "photo": difference.photo.hex(),
    }


def _line(difference: Difference) -> str:
    told = difference_json(difference)
    del told["number"]  # of a record beside; the rest is what differs
    if not told["photo"]:
        del told["photo"]
    return "|".join(map(str, told.values()))


def came_json(came: Came) -> dict[str, Any]:
    """Return one line of what came as a flat object."""
    return {
        "gtin": came.gtin,
        "batch": str(came.batch),
        "advised": came.advised,
        "read": came.tally.read,
        "by_hand": came.tally.by_hand,
        "believed": came.tally.believed,
        "package": came.package,
        "content": came.content,
        "weight_g": came.weight_g,
        "weighed_g": came.weighed.found,
        "about": came.about,
    }


def difference_values(check: str, difference: Difference) -> dict[str, RecordValue]:
    """Return the fields of a `dock-difference` record."""
    values: dict[str, RecordValue] = {
        "check": check,
        "quantity": difference.quantity,
        "text": difference.text,
        **identity_values(difference.identity),
        **batch_values(difference.batch),
    }
    if difference.code is not Code.NONE:
        values["code"] = str(difference.code)
    if difference.hint:
        values["hint"] = difference.hint
    if difference.rejected:
        values["rejected"] = 1
    if difference.weight_g:
        values["weight"] = difference.weight_g
    if difference.photo:
        values["photo"] = difference.photo
    return values


def batch_values(batch: Batch) -> dict[str, str]:
    """Return the fields of a record that name a batch."""
    return {name: value for name, value in batch._asdict().items() if value}


def goods_values(session: Session, came: Came) -> dict[str, RecordValue]:
    """Return the fields of a `dock-goods` record: what came, of which batch, from whom."""
    notice = session.notice
    values: dict[str, RecordValue] = {
        "check": session.opened.check,
        "notice": notice.number,
        "gtin": came.gtin,
        "quantity": came.advised,
        "read": came.tally.read,
        "by_hand": came.tally.by_hand,
        "believed": came.tally.believed,
        **batch_values(came.batch),
    }
    more: dict[str, RecordValue] = {
        "supplier": notice.supplier,
        "receiver": notice.receiver,
        "order": notice.order,
        "package": came.package,
        "content": came.content,
        "weight": came.weight_g,
        "weighed": came.weighed.found,
    }
    return values | {name: value for name, value in more.items() if value}


def receipt_values(
    session: Session,
    verdict: Verdict,
    decision: str,
    together: Mapping[str, Any],
    belief: Belief,
) -> dict[str, RecordValue]:
    """Return the fields of a `dock-check` record, but for who decided and signed."""
    lines = sorted(map(_line, verdict.differences))
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
        "read": verdict.tally.read,
        "by_hand": verdict.tally.by_hand,
        "believed": verdict.tally.believed,
        "belief": str(belief),
        "unexpected": verdict.unexpected,
        "manual": session.manual,
        "differences": len(verdict.differences),
        "details": hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest(),
        "units": packed(session.units),
    }
    more: dict[str, RecordValue] = {
        "supplier": session.notice.supplier,
        "order": session.notice.order,
        "trip": session.trip,
        "purpose": RETURNS if session.opened.returns else "",
        "codes": " ".join(verdict.codes),
    }
    values |= {name: value for name, value in more.items() if value}
    if photos := sorted({each.photo for each in verdict.differences if each.photo}):
        values["photos"] = b"".join(photos[:MOST_PHOTOS])
    if together:
        values["together"] = together["found"]
        values["receipts"] = ", ".join(each["check"] for each in together["checks"])
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
    return {
        "check": receipt["check"],
        "notice": receipt["notice"],
        "decision": receipt["decision"],
        **names,
        **signed_by_both(said, signers),
    }


def signed_by_both(said: bytes, signers: Mapping[str, Person | None]) -> dict[str, RecordValue]:
    """Return what two parties sign, by their roles, and how many of them did."""
    count = sum(person is not None for person in signers.values())
    values: dict[str, RecordValue] = {
        "state": SIGNED_BY[count],
        "document": said,
    }
    for role, person in signers.items():
        if person is not None:
            values[f"{role}_key"] = person.public.to_cose()
            values[f"{role}_signature"] = person.key.sign(said)
    return values


def shown(values: Mapping[str, RecordValue], said: bytes) -> dict[str, int | str]:
    """Return a record's fields fit for JSON, bytes as hexadecimal, with the document's SHA-256."""
    return plain(values) | {"sha256": hashlib.sha256(said).hexdigest()}
