"""Events of goods that change hands: receipts and deliveries. Pure."""

from __future__ import annotations

from agent.dock.differences import Code
from agent.dock.papers.receipt import NoPaper, Receipt, receipt_of
from agent.dock.papers.receiving_event import received
from agent.dock.papers.told import receipt_json
from agent.epcis.document import Event, article, logistic_unit, moment, own, piece
from agent.exports.left_out import NotTold
from agent.exports.shown import Checks, moment_of
from agent.exports.told import Told, observed, origin, when
from agent.observe.presence import text
from evidence.leaf import Record

DIFFERENCE = "dock-difference"
CANCELLED = "cancelled"
NO_RECEIPT = "its receipt is not shown, not whole, or of an older version"
SIGNED = {"signed": "both", "unilateral": "one", "unsigned": "nobody"}


def receiving(told: Told) -> Event:
    """Return the event of a receipt, as the dock's own paper has it."""
    receipt = _receipt(told)
    if receipt.decision == CANCELLED:
        raise NotTold("the check was cancelled: nothing was received")
    return _event(receipt) | origin(told.batch, told.record)


def accepting(told: Told) -> Event:
    """Return the event of a delivery: the goods of its receipt, and who signed."""
    receipt = _receipt(told)
    event = _event(receipt) | origin(told.batch, told.record)
    signers = SIGNED.get(text(told.record, "state"), "unknown")
    return event | {
        "eventTime": moment(moment_of(told.record.wall_ms)),
        "bizStep": "accepting",
        own("decision"): text(told.record, "decision"),
        own("signedBy"): signers,
    }


def is_damage(record: Record) -> bool:
    """Whether a record tells of goods that came damaged, as a person says."""
    return record.kind == DIFFERENCE and text(record, "code") == str(Code.DAMAGED)


def damage(told: Told) -> Event:
    """Return the event of goods that were found damaged at the door."""
    record = told.record
    return observed(
        told,
        "inspecting",
        disposition="damaged",
        **_named(record),
        **{own("receipt"): text(record, "check"), own("text"): text(record, "text")},
    )


def _named(record: Record) -> Event:
    """Return the goods of a difference: one unit, one piece, or so many of an article."""
    gtin, lot, quantity = text(record, "gtin"), text(record, "lot"), record.values.get("quantity")
    if sscc := text(record, "sscc"):
        return {"epcList": [logistic_unit(sscc)]}
    if gtin and (serial := text(record, "serial")):
        return {"epcList": [piece(gtin, serial)]}
    if not gtin:
        raise NotTold("it names no goods")
    return {"quantityList": [{"epcClass": article(gtin, lot), "quantity": quantity}]}


def _receipt(told: Told) -> Receipt:
    when(told.record)
    return receipt_in(told.checks, told.batch.gateway, text(told.record, "check"))


def receipt_in(checks: Checks, gateway: str, check: str) -> Receipt:
    """Return a receipt from its records; NotTold where they are not shown, or do not hold it."""
    try:
        return receipt_of(receipt_json(check, checks.get((gateway, check), ())))
    except (KeyError, OverflowError, ValueError) as error:
        raise NotTold(NO_RECEIPT) from error


def _event(receipt: Receipt) -> Event:
    try:
        return received(receipt)
    except NoPaper as error:
        raise NotTold("nothing came on its receipt") from error
