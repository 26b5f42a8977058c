"""Verification of a bundle (PROTOCOL.md, "Verification")."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from dataclasses import dataclass

from tests.independent.bundle import Bundle, Shown, Unreadable, read_bundle
from tests.independent.chain import Finding, check_first, check_pair, coded
from tests.independent.envelope import read_envelope
from tests.independent.logs import Logs, read_logs
from tests.independent.note import Checkpoint, read_checkpoint
from tests.independent.policy import Policy
from tests.independent.reasons import Refused
from tests.independent.receipt import read_receipt
from tests.independent.records import Record, read_record
from tests.independent.shape import blob, count
from tests.independent.shown import check_places, check_root
from tests.independent.statement import Statement, read_statement

ORDER = (0, 2, 3, 1, 4)
MAX_FINDINGS = 1000


@dataclass(frozen=True)
class Accepted:
    """A checkpoint that the policy accepts."""

    checkpoint: Checkpoint
    times: dict[str, int]


def verify_bundle(data: bytes, logs: Logs) -> tuple[int, list[str]]:
    """The exit code and the reasons of all findings."""
    try:
        bundle = read_bundle(data)
    except Unreadable as stop:
        return stop.code, [stop.reason]
    if bundle.policy != logs.digest or bundle.several != logs.several:
        return 3, ["other-policy"]
    if not bundle.batches:
        return 4, ["empty"]
    findings = _findings(bundle, logs)
    worst = max((finding.code for finding in findings), key=ORDER.index, default=0)
    return worst, [finding.reason for finding in findings]


class _EnoughError(Exception):
    """There are as many findings as are told."""


class _Findings(list[Finding]):
    """The findings in order; the last that is told ends the work."""

    def append(self, finding: Finding) -> None:
        super().append(finding.with_traceback(None))
        if len(self) >= MAX_FINDINGS:
            raise _EnoughError


def _findings(bundle: Bundle, logs: Logs) -> list[Finding]:
    findings = _Findings()
    with contextlib.suppress(_EnoughError):
        records = _look(bundle, logs, findings)
        if not findings:
            _last_steps(bundle, records, findings)
    return findings


def _look(bundle: Bundle, logs: Logs, findings: _Findings) -> list[Record]:
    """Steps 3 to 7; the records that are shown."""
    accepted = _checkpoints(bundle, logs, findings)
    good: list[Statement | None] = []
    records: list[Record] = []
    for shown in bundle.batches:
        try:
            statement, seen = _batch(shown, logs, accepted)
            good.append(statement)
            records.extend(seen)
        except Finding as finding:
            findings.append(finding)
            good.append(None)
    _erasures(bundle, good, logs, accepted, findings)
    _chain(good, findings)
    return records


def _erasures(
    bundle: Bundle,
    good: list[Statement | None],
    logs: Logs,
    accepted: list[Accepted | None],
    findings: _Findings,
) -> None:
    """Step 6 of the batches that stand outside the chain ("Erasures")."""
    places = [(each.iss, each.epoch, each.seq) for each in good if each is not None]
    for shown in bundle.erasures:
        try:
            statement, records = _batch(shown, logs, accepted)
        except Finding as finding:
            findings.append(finding)
            continue
        place = (statement.iss, statement.epoch, statement.seq)
        known = any(place[:2] == each[:2] for each in places)
        if place in places or not known or {each.kind for each in records} != {"erasure"}:
            findings.append(Finding("erasure", 1))
        else:
            places.append(place)


def _chain(good: list[Statement | None], findings: _Findings) -> None:
    """Step 7."""
    if good[0] is not None:
        try:
            check_first(good[0])
        except Finding as finding:
            findings.append(finding)
    for place, (one, two) in enumerate(itertools.pairwise(good)):
        if one is not None and two is not None:
            above = [each for each in good[:place] if each is not None]
            try:
                check_pair(one, two, above)
            except Finding as finding:
                findings.append(finding)


def _checkpoints(bundle: Bundle, logs: Logs, findings: _Findings) -> list[Accepted | None]:
    """Step 3."""
    accepted: list[Accepted | None] = []
    before = (b"", 0)
    every = [*bundle.batches, *bundle.erasures]
    used = {place for shown in every for _, place in shown.vouchers}
    for number, data in enumerate(bundle.checkpoints):
        try:
            one = _checkpoint(data, logs, before)
        except Finding as finding:
            findings.append(finding)
            accepted.append(None)
            continue
        before = (one.checkpoint.origin.encode(), one.checkpoint.size)
        accepted.append(one)
        if number not in used:
            findings.append(Finding("loose", 1))
    return accepted


def _checkpoint(data: bytes, logs: Logs, before: tuple[bytes, int]) -> Accepted:
    with coded(1):
        checkpoint = read_checkpoint(data)
    if checkpoint.origin not in logs.parts:
        raise Finding("origin", 3)
    policy = logs.parts[checkpoint.origin]
    with coded(1):
        times = policy.signers(checkpoint.note)
    if not policy.satisfied(set(times)):
        raise Finding("quorum", 3)
    wanted = [policy.log_key]
    wanted += sorted(
        (key for key in policy.witnesses.values() if key.text in _one_quorum(policy, set(times))),
        key=lambda key: key.text,
    )
    lines = checkpoint.note.lines
    if len(lines) != len(wanted) or not all(map(lambda line, key: line.by(key), lines, wanted)):
        raise Finding("loose", 1)
    if checkpoint.size == 0 or (checkpoint.origin.encode(), checkpoint.size) <= before:
        raise Finding("order", 1)
    return Accepted(checkpoint, times)


def _one_quorum(policy: Policy, vkeys: set[str]) -> set[str]:
    """Drop each witness in turn that the quorum can do without ("Bundle")."""
    for vkey in sorted(vkeys):
        if policy.satisfied(vkeys - {vkey}):
            vkeys = vkeys - {vkey}
    return vkeys


def _batch(
    shown: Shown, logs: Logs, accepted: list[Accepted | None]
) -> tuple[Statement, list[Record]]:
    """Steps 4 to 6 of one batch."""
    with coded(1):
        statement = read_statement(shown.statement)
    listed = logs.gateways(statement.iss, statement.kid)
    if not listed:
        raise Finding("unknown-gateway", 3)
    with coded(1):
        for gateway in listed.values():
            statement.signed.verify(gateway.key, statement.payload)
    times = _receipts(shown, statement, logs, accepted)
    times = logs.check_valid(listed, statement.issued, times)
    with coded(1):
        check_root(shown, statement)
        records = [read_record(one.record) for one in shown.records]
        check_places(shown, statement, records)
    for record in records:
        if record.kind == "attachment":
            _attachment(record, statement, logs, times)
    return statement, records


def _receipts(
    shown: Shown, statement: Statement, logs: Logs, accepted: list[Accepted | None]
) -> dict[str, dict[str, int]]:
    """Step 5 but the gateway's key; the cosigners' times of each log."""
    times: dict[str, dict[str, int]] = {}
    seen: set[bytes] = set()
    for data, place in shown.vouchers:
        with coded(1):
            receipt = read_receipt(data)
        if receipt.iss not in logs.parts:
            raise Finding("origin", 3)
        with coded(1):
            root = receipt.verify(logs.parts[receipt.iss].receipt_key, statement.leaf)
        if place >= len(accepted):
            raise Finding("checkpoint", 1)
        under = accepted[place]
        if under is None:
            raise Finding("checkpoint", 3)
        told = under.checkpoint
        if (receipt.iss, receipt.size, root) != (told.origin, told.size, told.root):
            raise Finding("receipt-root", 1)
        if receipt.iss in times or receipt.before in seen:
            raise Finding("same-log", 1)
        times[receipt.iss] = under.times
        seen.add(receipt.before)
    return times


def _attachment(
    record: Record, statement: Statement, logs: Logs, times: dict[str, dict[str, int]]
) -> None:
    """Step 6: the envelope of an `attachment` record."""
    with coded(1):
        fields = record.fields
        envelope = read_envelope(blob(fields.get("envelope")))
        if envelope.iss != statement.iss:
            raise Refused("envelope-issuer")
        if envelope.digest != fields.get("digest"):
            raise Refused("envelope-digest")
        if "commitment" in fields:
            blob(fields["commitment"], 32)
        count(fields.get("bytes"))
    listed = logs.gateways(envelope.iss, envelope.kid)
    if not listed:
        raise Finding("unknown-gateway", 3)
    with coded(1):
        for gateway in listed.values():
            envelope.signed.verify(gateway.key, envelope.digest)
    logs.check_valid(listed, envelope.issued, times)


def _last_steps(bundle: Bundle, records: list[Record], findings: _Findings) -> None:
    """Steps 8 and 9."""
    if bundle.gaps != [record.number for record in records if record.kind == "gap"]:
        findings.append(Finding("gaps", 1))
        return
    named = {record.fields.get("digest") for record in records if record.kind == "attachment"}
    for file in bundle.files:
        if hashlib.sha256(file).digest() not in named:
            findings.append(Finding("attachment", 1))


def exit_code(data: bytes, policy: str) -> int:
    """The exit code of a bundle under a policy's text."""
    return verify_bundle(data, read_logs(policy.encode()))[0]
