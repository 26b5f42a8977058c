"""Events of goods that change hands: receipts and deliveries. Pure."""

from __future__ import annotations

from agent.dock.papers.receipt import NoPaper, Receipt, receipt_of
from agent.dock.papers.receiving_event import received
from agent.dock.papers.told import receipt_json
from agent.epcis.document import Event, moment, own
from agent.exports.left_out import NotTold
from agent.exports.shown import Checks, moment_of
from agent.exports.told import Told, origin, when
from agent.observe.presence import text

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
