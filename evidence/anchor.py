"""Which of a bundle's checkpoints the policy accepts, and which vouch for a statement.

Steps 3 and 5 of docs/PROTOCOL.md, "Verification".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.bundle import Voucher
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import MalformedError, UntrustedError
from evidence.log_set import LogSet, check_other_log
from evidence.note import MAX_TIME
from evidence.policy import GatewayKey, seen_at
from evidence.receipt import parse_receipt
from evidence.report import Report, SeenLog
from evidence.statement import Statement


@dataclass(frozen=True, slots=True)
class Anchor:
    """An accepted checkpoint, and by when (UTC seconds) its quorum had seen it; see `seen_at`.

    With no quorum nobody vouches for a time: None.
    """

    checkpoint: Checkpoint
    time: int | None


def check_checkpoint(encoded: bytes, logs: LogSet, report: Report) -> Anchor:
    """Return a checkpoint that the policy accepts, its log noted, or raise EvidenceError."""
    signed = parse_checkpoint(encoded)
    policy = logs.log(signed.checkpoint.origin)
    times = policy.check(signed)
    if policy.minimal(signed, times).to_bytes() != encoded:
        raise MalformedError("loose", "lines that the quorum does not need, or out of order")
    checkpoint = signed.checkpoint
    _note_log(SeenLog(checkpoint.origin, checkpoint.size, tuple(sorted(times))), report)
    return Anchor(checkpoint, seen_at(times.values()))


def _note_log(new: SeenLog, report: Report) -> None:
    """Note an accepted checkpoint, which stands behind those of its log and of earlier origins."""
    last = report.logs[-1] if report.logs else SeenLog("", 0, ())
    place, before = (new.origin.encode(), new.size), (last.origin.encode(), last.size)
    if place <= before or not new.size:
        raise MalformedError("order", "checkpoints stand in the order of their sizes, once each")
    if new.origin == last.origin:
        report.logs.pop()
    report.logs.append(new)


def check_vouchers(
    statement: Statement,
    vouchers: Sequence[Voucher],
    checkpoints: Sequence[Anchor | None],
    logs: LogSet,
) -> dict[str, Anchor]:
    """Return by log the checkpoints that the receipts lead to; each is another log's."""
    anchors: dict[str, Anchor] = {}
    before: set[bytes] = set()
    for voucher in vouchers:
        receipt = parse_receipt(voucher.receipt)
        policy = logs.log(receipt.origin)
        root = receipt.root(statement.leaf)
        receipt.verify(root, policy.receipt_key)
        if voucher.checkpoint >= len(checkpoints):
            raise MalformedError("checkpoint", f"there is no checkpoint {voucher.checkpoint}")
        anchor = checkpoints[voucher.checkpoint]
        if anchor is None:
            raise UntrustedError("checkpoint", "its checkpoint was not accepted")
        if Checkpoint(receipt.origin, receipt.size, root) != anchor.checkpoint:
            raise MalformedError("receipt-root", "the receipt belongs to another state of the log")
        if receipt.origin in anchors:
            raise MalformedError("same-log", f"two receipts are from {receipt.origin!r}")
        anchors[receipt.origin] = anchor
        check_other_log(receipt.before, before)
        before.add(receipt.before)
    return anchors


def counting(
    anchors: Mapping[str, Anchor], listed: Mapping[str, GatewayKey], issued_at: int, logs: LogSet
) -> dict[str, Anchor]:
    """Return the anchors in logs under which a key was valid; UntrustedError: they are too few."""
    good: dict[str, Anchor] = {}
    refusal: UntrustedError | None = None
    for origin, anchor in anchors.items():
        if origin not in listed:
            continue
        # Without a time that others vouch for, a key that was ever revoked is worth nothing.
        anchored_at = MAX_TIME if anchor.time is None else anchor.time
        try:
            listed[origin].check(issued_at, anchored_at)
        except UntrustedError as error:
            refusal = refusal or error
        else:
            good[origin] = anchor
    if refusal is not None and len(good) < logs.threshold:
        raise refusal
    logs.check_count(len(good))
    return good
