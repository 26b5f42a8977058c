"""Check a bundle against a pinned policy, with nothing else: no network, clock or disk.

The order of checks is the order of `verify_bundle`. Each finding has an outcome; the worst one is
the verdict and `tallyman verify`'s exit code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import NamedTuple

from evidence.anchor import Anchor, check_checkpoint, check_vouchers, counting
from evidence.bundle import AlteredError, Bundle, BundledBatch, parse_bundle
from evidence.chain import ChainError, EarlierStatements, HoleError, check_link, check_start
from evidence.errors import EvidenceError, MalformedError, UntrustedError
from evidence.hash_envelope import parse_envelope
from evidence.kinds import ATTACHMENT_KIND, ERASURE_KIND, GAP_KIND
from evidence.leaf import Record
from evidence.log_set import LogSet
from evidence.merkle import HASH_BYTES
from evidence.policy import Policy
from evidence.report import Attachment, Loss, Outcome, Report
from evidence.shape import as_bytes, as_uint
from evidence.statement import Follows, Statement, parse_statement
from foundation.progress import Progress, unheard

MAX_FINDINGS = 1000
"""What lies behind so many is not looked at: a hostile file could hold a million of them."""


def verify_bundle(data: bytes, policy: Policy | LogSet, progress: Progress = unheard) -> Report:
    """Return what a check of the bundle found; it raises nothing. `progress` counts batches.

    1. closing digest and form; 2. made for this policy; 3. each checkpoint: log signature, exactly
    one quorum, ascending sizes, used; 4. each statement: pinned key, signature; 5. each receipt:
    key, root, a checkpoint with that size and root, and the key valid at its time; of several logs
    each receipt is another's, and enough of them vouch; 6. each record
    shown: under the signed root, with the number and time that the statement says; batches of
    erasures go through steps 4 to 6, too, and tell of erasures in these epochs alone; 7. the
    gateway's chain: no hole, no fork, no key and no epoch that was not announced; 8. declared gaps;
    9. files: each is one that a record shown names. What the records say of files is part of step
    6: the gateway's own signature over the digest.
    """
    logs = policy if isinstance(policy, LogSet) else LogSet.of([policy])
    report = Report(threshold=logs.threshold, named=len(logs.logs))
    try:
        bundle = parse_bundle(data)
    except AlteredError as error:
        report.add(Outcome.ALTERED, error, "file")
        return report
    except MalformedError as error:
        report.add(Outcome.UNREADABLE, error, "file")
        return report
    if bundle.policy_digest != logs.digest or bundle.several is not logs.several:
        # Its signatures were chosen for another log or quorum: here they would look tampered with.
        report.same_policy = False
        text = f"made for the policy {bundle.policy_digest.hex()}, pinned is {logs.digest.hex()}"
        report.add(Outcome.UNTRUSTED, UntrustedError("other-policy", text), "file")
        return report
    if not bundle.batches:
        report.add(Outcome.UNREADABLE, MalformedError("empty", "it holds no batch"), "file")
        return report
    with suppress(_EnoughError):
        _check_contents(bundle, logs, report, progress)
    return report


def _check_contents(bundle: Bundle, logs: LogSet, report: Report, progress: Progress) -> None:
    """Check what is in a bundle that was made for this policy."""
    anchors = _check_checkpoints(bundle, logs, report)
    statements = []
    for number, batch in enumerate(bundle.batches):
        progress(number, len(bundle.batches))
        statements.append(_check_batch(number, batch, anchors, logs, report))
    _check_erasures(bundle, statements, anchors, logs, report)
    _check_chain(statements, report)
    _check_gaps(bundle, report)
    if report.outcome is Outcome.AUTHENTIC:  # else what names a file may have been rejected above
        for number, file in enumerate(bundle.attachments):
            report.add_file(file, f"attachment {number}")
            _stop_at_most(report)


class _EnoughError(Exception):
    """There are as many findings as are told."""


def _stop_at_most(report: Report) -> None:
    if len(report.findings) >= MAX_FINDINGS:
        raise _EnoughError


def _check_checkpoints(bundle: Bundle, logs: LogSet, report: Report) -> list[Anchor | None]:
    """Return the checkpoints that the policy accepts, None in the place of others."""
    anchors: list[Anchor | None] = []
    every = (*bundle.batches, *bundle.erasures)
    used = {voucher.checkpoint for batch in every for voucher in batch.vouchers}
    for number, encoded in enumerate(bundle.checkpoints):
        anchor = None
        try:
            anchor = check_checkpoint(encoded, logs, report)
            if number not in used:
                raise MalformedError("loose", "no batch needs this checkpoint")
        except EvidenceError as error:
            report.add(_blame(error), error, f"checkpoint {number}")
            _stop_at_most(report)
        anchors.append(anchor)
    return anchors


def _check_batch(
    number: int,
    bundled: BundledBatch,
    checkpoints: Sequence[Anchor | None],
    logs: LogSet,
    report: Report,
) -> Statement | None:
    """Return the batch's statement when all of the batch holds."""
    try:
        held = _held(bundled, checkpoints, logs)
    except EvidenceError as error:
        report.add(_blame(error), error, f"batch {number}")
        _stop_at_most(report)
        return None
    statement, claims = held.statement, held.statement.claims
    report.vouched({origin: anchor.time for origin, anchor in held.anchors.items()})
    if statement.gap is not None:
        gap = statement.gap
        numbers = range(gap.first, gap.first + gap.count)
        report.losses.append(Loss(claims.epoch, claims.seq, gap.last, numbers, gap.reason))
        return statement
    report.statements.append(statement)
    report.records += held.records
    report.erasures += [record for record in held.records if record.kind == ERASURE_KIND]
    report.add_attachments(held.attachments)
    report.hidden += statement.batch.count - len(held.records)
    return statement


class _Held(NamedTuple):
    """A batch of which all holds: steps 4 to 6."""

    statement: Statement
    anchors: Mapping[str, Anchor]
    records: list[Record]
    attachments: list[Attachment]


def _held(bundled: BundledBatch, checkpoints: Sequence[Anchor | None], logs: LogSet) -> _Held:
    statement = parse_statement(bundled.statement)
    claims = statement.claims
    listed = logs.gateway_keys(claims.issuer, statement.kid)
    for key in {entry.key for entry in listed.values()}:
        statement.verify(key)
    anchors = check_vouchers(statement, bundled.vouchers, checkpoints, logs)
    anchors = counting(anchors, listed, claims.issued_at, logs)
    if statement.gap is not None and bundled.disclosed:
        raise MalformedError("leaves", "a gap has no records to show")
    bundled.check_leaves(statement.batch)
    records = _check_records(statement, bundled)
    attachments = [
        _check_attachment(record, statement, anchors, logs)
        for record in records
        if record.kind == ATTACHMENT_KIND
    ]
    return _Held(statement, anchors, records, attachments)


def _check_erasures(
    bundle: Bundle,
    statements: Sequence[Statement | None],
    checkpoints: Sequence[Anchor | None],
    logs: LogSet,
    report: Report,
) -> None:
    """Take the records of erasures that stand outside the chain shown."""
    taken = {_place(statement) for statement in statements if statement is not None}
    for number, bundled in enumerate(bundle.erasures):
        try:
            held = _held(bundled, checkpoints, logs)
            _check_erasure(held, taken)
        except EvidenceError as error:
            report.add(_blame(error), error, f"erasure {number}")
            _stop_at_most(report)
            continue
        taken.add(_place(held.statement))
        report.erasures += held.records


_Place = tuple[str, bytes, int]
"""Gateway, epoch and seq."""


def _place(statement: Statement) -> _Place:
    claims = statement.claims
    return claims.issuer, claims.epoch, claims.seq


def _check_erasure(held: _Held, taken: Collection[_Place]) -> None:
    """Refuse a batch of erasures that tells of anything else, or that stands here already."""
    place = _place(held.statement)
    if place in taken or place[:2] not in {each[:2] for each in taken}:
        raise MalformedError("erasure", "it is here twice, or of another epoch than all others")
    if any(record.kind != ERASURE_KIND for record in held.records):
        raise MalformedError("erasure", "it shows a record that is no erasure")


def _check_records(statement: Statement, bundled: BundledBatch) -> list[Record]:
    batch = statement.batch
    records = [Record.from_bytes(item.record) for item in bundled.disclosed]
    for item, record in zip(bundled.disclosed, records, strict=True):
        if record.number != batch.first + item.index:
            raise MalformedError("record-number", f"record {record.number} is out of its place")
        if not batch.first_ms <= record.wall_ms <= batch.last_ms:
            raise MalformedError("record-time", f"record {record.number} is outside its batch")
    return records


def _check_attachment(
    record: Record, statement: Statement, anchors: Mapping[str, Anchor], logs: LogSet
) -> Attachment:
    """Return the file that a record names, when the gateway signed what the record says of it."""
    values = record.values
    envelope = parse_envelope(as_bytes(values.get("envelope"), "envelope"))
    if envelope.issuer != statement.claims.issuer:
        raise MalformedError("envelope-issuer", f"record {record.number} has another's envelope")
    if values.get("digest") != envelope.digest:
        raise MalformedError("envelope-digest", f"record {record.number} names another file")
    if "commitment" in values:
        as_bytes(values["commitment"], "commitment", HASH_BYTES)
    as_uint(values.get("bytes"), "bytes")
    listed = logs.gateway_keys(envelope.issuer, envelope.sign1.kid)
    for key in {entry.key for entry in listed.values()}:
        envelope.verify(key)
    counting(anchors, listed, envelope.issued_at, logs)
    return Attachment(record, envelope)


def _check_chain(statements: Sequence[Statement | None], report: Report) -> None:
    """Find holes and forks between neighbours, which must stand in the gateway's order.

    A rejected batch (None) has its own finding; nothing is said about its two sides.
    """
    if statements[0] is not None:
        with _noting(statements[0], report):
            check_start(statements[0])
    earlier = EarlierStatements()
    for before, after in pairwise(statements):
        if before is not None:
            earlier.add(before)
        if before is None or after is None:
            continue
        with _noting(after, report):
            check_link(before, after)
            if before.claims.epoch != after.claims.epoch:
                earlier.check_epoch(after)
            if after.claims.follows is not None:
                _note_lost(before, after.claims.follows, report)


@contextmanager
def _noting(statement: Statement, report: Report) -> Iterator[None]:
    """Turn what is wrong with a statement's place in the chain into a finding."""
    try:
        yield
    except ChainError as error:
        outcome = Outcome.INCOMPLETE if isinstance(error, HoleError) else Outcome.ALTERED
        report.add(outcome, error, f"statement {statement.claims.seq}")
        _stop_at_most(report)


def _note_lost(before: Statement, follows: Follows, report: Report) -> None:
    """Note what the new epoch declares lost of the old one, behind what is shown of it."""
    if follows.lost is not None and follows.lost > before.last:
        loss = Loss(follows.epoch, before.last + 1, follows.lost, None, follows.reason)
        report.losses.append(loss)


def _check_gaps(bundle: Bundle, report: Report) -> None:
    """Hold the list of declared gaps against the records shown: each must be there, none more."""
    report.gaps = [record for record in report.records if record.kind == GAP_KIND]
    shown = tuple(record.number for record in report.gaps)
    if shown != bundle.gaps and report.outcome is Outcome.AUTHENTIC:
        error = EvidenceError("gaps", "the list of gaps is not that of the gap records shown")
        report.add(Outcome.ALTERED, error, "gaps")


def _blame(error: EvidenceError) -> Outcome:
    return Outcome.UNTRUSTED if isinstance(error, UntrustedError) else Outcome.ALTERED
