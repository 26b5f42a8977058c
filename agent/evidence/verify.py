"""Check a bundle against a pinned policy, with nothing else: no network, clock or disk.

The order of checks is the order of `verify_bundle`. Each finding has an outcome; the worst one is
the verdict and `tallyman verify`'s exit code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from agent.evidence.bundle import AlteredError, Bundle, BundledBatch, parse_bundle
from agent.evidence.checkpoint import Checkpoint, parse_checkpoint
from agent.evidence.errors import EvidenceError, MalformedError, UntrustedError
from agent.evidence.leaf import Record
from agent.evidence.policy import Policy
from agent.evidence.receipt import parse_receipt
from agent.evidence.statement import Statement, parse_statement

GAP_KIND = "gap"


class Outcome(IntEnum):
    """What a check found, and the exit code of `tallyman verify`."""

    AUTHENTIC = 0  # and complete; declared gaps are named
    ALTERED = 1
    INCOMPLETE = 2  # an undeclared gap
    UNTRUSTED = 3  # not anchored under this policy
    UNREADABLE = 4


SEVERITY = (
    Outcome.AUTHENTIC,
    Outcome.INCOMPLETE,
    Outcome.UNTRUSTED,
    Outcome.ALTERED,
    Outcome.UNREADABLE,
)
"""From harmless to worst: of several findings the worst is the verdict."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with where it was found."""

    outcome: Outcome
    reason: str
    text: str


@dataclass(slots=True)
class Report:
    """What a check of a bundle found. Statements and records are empty where it came to nothing.

    `records` are those shown, in order; `hidden` counts those only committed to. `anchored_at` is
    the latest moment (UTC seconds) by which the quorum had seen every batch.
    """

    findings: list[Finding] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    gaps: list[Record] = field(default_factory=list)
    hidden: int = 0
    origin: str = ""
    log_size: int = 0
    cosigners: tuple[str, ...] = ()
    anchored_at: int | None = None
    same_policy: bool = True

    @property
    def outcome(self) -> Outcome:
        """The worst finding's outcome."""
        outcomes = [finding.outcome for finding in self.findings]
        return max(outcomes, key=SEVERITY.index, default=Outcome.AUTHENTIC)

    def add(self, outcome: Outcome, error: EvidenceError, where: str) -> None:
        """Note what is wrong at `where`."""
        self.findings.append(Finding(outcome, error.reason, f"{where}: {error}"))


def verify_bundle(data: bytes, policy: Policy) -> Report:
    """Return what a check of the bundle found; it raises nothing.

    1. closing digest and form; 2. each checkpoint: log signature and quorum; 3. each statement:
    pinned key, validity, signature; 4. each receipt: key, root, and a checkpoint with that size and
    root; 5. the gateway's chain: no hole, no fork; 6. each record shown: under the signed root,
    with the number and time that the statement says; 7. declared gaps.
    """
    report = Report()
    try:
        bundle = parse_bundle(data)
    except AlteredError as error:
        report.add(Outcome.ALTERED, error, "file")
        return report
    except MalformedError as error:
        report.add(Outcome.UNREADABLE, error, "file")
        return report
    report.same_policy = bundle.policy_digest == policy.digest
    checkpoints = _check_checkpoints(bundle, policy, report)
    for number, batch in enumerate(bundle.batches):
        _check_batch(number, batch, checkpoints, policy, report)
    if not bundle.batches:
        report.add(Outcome.UNREADABLE, MalformedError("empty", "it holds no batch"), "file")
    _check_chain(report)
    _check_gaps(bundle, report)
    return report


@dataclass(frozen=True, slots=True)
class _Anchor:
    """An accepted checkpoint, and when (UTC seconds) its whole quorum had seen it."""

    checkpoint: Checkpoint
    time: int


def _check_checkpoints(bundle: Bundle, policy: Policy, report: Report) -> list[_Anchor | None]:
    """Return the checkpoints that the policy accepts, None in the place of others."""
    accepted: list[_Anchor | None] = []
    for number, encoded in enumerate(bundle.checkpoints):
        try:
            signed = parse_checkpoint(encoded)
            times = policy.check(signed)
            if policy.minimal(signed).to_bytes() != encoded:
                raise MalformedError("loose", "lines that the quorum does not need")
        except EvidenceError as error:
            report.add(_blame(error), error, f"checkpoint {number}")
            accepted.append(None)
            continue
        anchor = _Anchor(signed.checkpoint, max(times.values(), default=0))
        accepted.append(anchor)
        report.anchored_at = max(report.anchored_at or 0, anchor.time)
        if signed.checkpoint.size >= report.log_size:
            report.origin, report.log_size = signed.checkpoint.origin, signed.checkpoint.size
            report.cosigners = tuple(sorted(times))
    return accepted


def _check_batch(
    number: int,
    bundled: BundledBatch,
    checkpoints: Sequence[_Anchor | None],
    policy: Policy,
    report: Report,
) -> None:
    try:
        statement = parse_statement(bundled.statement)
        entry = policy.gateway_key(statement.claims.issuer, statement.kid)
        statement.verify(entry.key)
        anchor = _check_receipt(statement, bundled, checkpoints, policy)
        entry.check(statement.claims.issued_at, anchor.time)
        bundled.check_leaves(statement.batch)
        records = _check_records(statement, bundled)
    except EvidenceError as error:
        report.add(_blame(error), error, f"batch {number}")
        return
    report.statements.append(statement)
    report.records += records
    report.hidden += statement.batch.count - len(records)


def _check_receipt(
    statement: Statement,
    bundled: BundledBatch,
    checkpoints: Sequence[_Anchor | None],
    policy: Policy,
) -> _Anchor:
    receipt = parse_receipt(bundled.receipt)
    if receipt.origin != policy.log.name:
        raise UntrustedError("origin", f"the receipt is from {receipt.origin!r}")
    root = receipt.root(statement.leaf)
    receipt.verify(root, policy.receipt_key)
    if bundled.checkpoint >= len(checkpoints):
        raise MalformedError("checkpoint", f"there is no checkpoint {bundled.checkpoint}")
    anchor = checkpoints[bundled.checkpoint]
    if anchor is None:
        raise UntrustedError("checkpoint", "its checkpoint was not accepted")
    if (receipt.size, root) != (anchor.checkpoint.size, anchor.checkpoint.root):
        raise MalformedError("receipt-root", "the receipt belongs to another state of the log")
    return anchor


def _check_records(statement: Statement, bundled: BundledBatch) -> list[Record]:
    batch = statement.batch
    records = [Record.from_bytes(item.record) for item in bundled.disclosed]
    for item, record in zip(bundled.disclosed, records, strict=True):
        if record.number != batch.first + item.index:
            raise MalformedError("record-number", f"record {record.number} is out of its place")
        if not batch.first_ms <= record.wall_ms <= batch.last_ms:
            raise MalformedError("record-time", f"record {record.number} is outside its batch")
    return records


def _check_chain(report: Report) -> None:
    """Find holes and forks between the statements, which must stand in the gateway's order."""
    for before, after in pairwise(report.statements):
        where = f"statement {after.claims.seq}"
        same_life = (before.claims.issuer, before.claims.epoch) == (
            after.claims.issuer,
            after.claims.epoch,
        )
        if not same_life:
            error = EvidenceError("epoch", "another gateway or epoch begins without a declaration")
            report.add(Outcome.INCOMPLETE, error, where)
        elif after.claims.seq != before.claims.seq + 1:
            error = EvidenceError("gap", f"statement {before.claims.seq + 1} is missing")
            report.add(Outcome.INCOMPLETE, error, where)
        elif after.claims.previous != before.digest:
            error = EvidenceError("chain", "it does not follow from the statement before it")
            report.add(Outcome.ALTERED, error, where)
        elif after.batch.first != before.batch.first + before.batch.count:
            error = EvidenceError("numbers", "its records do not follow those of the batch before")
            report.add(Outcome.ALTERED, error, where)


def _check_gaps(bundle: Bundle, report: Report) -> None:
    """Hold the list of declared gaps against the records shown: each must be there, none more."""
    report.gaps = [record for record in report.records if record.kind == GAP_KIND]
    shown = tuple(record.number for record in report.gaps)
    if shown != bundle.gaps and report.outcome is Outcome.AUTHENTIC:
        error = EvidenceError("gaps", "the list of gaps is not that of the gap records shown")
        report.add(Outcome.ALTERED, error, "gaps")


def _blame(error: EvidenceError) -> Outcome:
    return Outcome.UNTRUSTED if isinstance(error, UntrustedError) else Outcome.ALTERED
