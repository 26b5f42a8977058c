"""What a check leaves: the fields of its records, and the bytes that people sign. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from agent.dock.check import Code, Difference, State, Verdict
from agent.dock.session import Session, identity_values, packed
from agent.evidence import cbor
from agent.evidence.leaf import RecordValue
from agent.signing.people import Person

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
    if verdict.codes:
        values["codes"] = " ".join(verdict.codes)
    if verdict.state is State.ALREADY_RECEIVED:
        values["receipt_before"] = verdict.receipt_before
    return values


def signed(receipt: Mapping[str, RecordValue], person: Person | None) -> dict[str, RecordValue]:
    """Return what a signature adds to a receipt: the bytes that were signed, key and signature."""
    if person is None:
        return {"signed": "no"}
    document = cbor.encode({"version": DOCUMENT_VERSION, **receipt})
    return {
        "signed": "yes",
        "document": document,
        "key": person.public.to_cose(),
        "signature": person.key.sign(document),
    }


def delivery_values(
    receipt: Mapping[str, RecordValue],
    names: Mapping[str, str],
    signers: Mapping[str, Person | None],
) -> dict[str, RecordValue]:
    """Return the fields of a `delivery` record: both sign the same bytes, or it is unilateral."""
    document = cbor.encode({"version": DOCUMENT_VERSION, **receipt, **names})
    count = sum(person is not None for person in signers.values())
    values: dict[str, RecordValue] = {
        "check": receipt["check"],
        "notice": receipt["notice"],
        "decision": receipt["decision"],
        "state": ("unsigned", "unilateral", "signed")[count],
        "document": document,
        **names,
    }
    for role, person in signers.items():
        if person is not None:
            values[f"{role}_key"] = person.public.to_cose()
            values[f"{role}_signature"] = person.key.sign(document)
    return values


def shown(values: Mapping[str, RecordValue]) -> dict[str, int | str]:
    """Return a record's fields fit for JSON: bytes as hexadecimal."""
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }
