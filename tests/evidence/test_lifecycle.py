"""New keys, new epochs and declared losses: both verifiers, on published and on fresh bundles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence import cbor, cose
from evidence.errors import EvidenceError
from evidence.keys import ALGORITHMS, PublicKey, curve_of
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.statement import (
    MAX_REASON_BYTES,
    Claims,
    Follows,
    Gap,
    parse_statement,
    sign_gap,
    sign_statement,
)
from evidence.verify import verify_bundle
from tests.evidence.building import EPOCH, ISSUER, NOON, EcdsaSigner
from tests.evidence.lifecycle import OLD, WIDE, Life, cases, epochs, lost, rotated
from tests.independent.reasons import Refused
from tests.independent.statement import read_statement
from tests.independent.verify import exit_code as stranger_verifies


@pytest.mark.parametrize(
    ("policy", "data", "code"),
    [pytest.param(policy, data, code, id=name) for name, policy, data, code in cases()],
)
def test_published_bundle(policy, data, code):
    """tests/vectors holds these same bytes."""
    report = verify_bundle(data, parse_policy(policy))
    assert report.outcome == code, report.findings
    assert stranger_verifies(data, policy) == code


def test_losses_are_named():
    report = verify_bundle(lost().file(), Life().policy())
    (loss,) = report.losses
    assert (loss.first, loss.last, loss.records, loss.reason) == (1, 3, range(2, 8), "disk damage")
    report = verify_bundle(epochs(lost=8).file(), Life().policy())
    (loss,) = report.losses
    assert (loss.epoch, loss.first, loss.last, loss.records) == (EPOCH, 2, 8, None)


def test_an_epoch_that_follows_all_of_the_one_before_lost_nothing():
    """What the bundle shows of the old epoch is no loss, whatever the new one goes on from."""
    for life in (epochs(), epochs(seq=None, digest=None, lost=1)):
        report = verify_bundle(life.file(), Life().policy())
        assert (report.outcome, report.losses) == (Outcome.AUTHENTIC, [])


def test_an_old_key_that_is_revoked_keeps_what_the_quorum_saw_before():
    """A rotation splits time: what the old key signed before its revocation stays proven."""
    life = rotated(WIDE)
    data, lines = life.file(), life.policy_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("gateway"))
    for revoked, outcome in (
        ("2030-01-01T00:00:00Z", Outcome.AUTHENTIC),
        ("2026-02-01T00:00:00Z", Outcome.UNTRUSTED),
    ):
        text = "\n".join([*lines[:at], f"{lines[at]} revoked {revoked}", *lines[at + 1 :]])
        assert verify_bundle(data, parse_policy(text)).outcome is outcome
        assert stranger_verifies(data, text) == outcome


def resigned(algorithm: int, key: EcdsaSigner) -> bytes:
    """A statement of `key` whose header names another algorithm."""
    life = Life()
    batch = life.more().statement.batch
    claims = Claims(ISSUER, NOON, EPOCH, 0, None)
    return sign_statement(claims, batch, key.public.kid, algorithm, key)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_key_decides_the_algorithm(name):
    """Both ids of a curve verify; a header that asks for another is a downgrade, and refused."""
    for key in (OLD, WIDE):
        statement = parse_statement(resigned(ALGORITHMS[name], key))
        if curve_of(ALGORITHMS[name]) is key.public.curve:
            statement.verify(key.public)
        else:
            with pytest.raises(EvidenceError) as refused:
                statement.verify(key.public)
            assert refused.value.reason == "algorithm"


GAP = Gap(3, 2, 6, bytes(32), "disk damage")
CLAIMS = Claims(ISSUER, NOON, EPOCH, 1, bytes(32))


def gap_statement(claims: Claims = CLAIMS, gap: Gap = GAP) -> bytes:
    return sign_gap(claims, gap, OLD.public.kid, -7, OLD)


def test_a_gap_statement_reads_back():
    statement = parse_statement(gap_statement())
    assert (statement.gap, statement.last, statement.next_record) == (GAP, 3, 8)
    assert statement.next_previous == GAP.next_previous
    own = parse_statement(gap_statement(gap=replace(GAP, next_previous=None)))
    assert own.next_previous == own.digest
    longest = replace(GAP, reason="é" * (MAX_REASON_BYTES // 2))
    assert parse_statement(gap_statement(gap=longest)).gap == longest


@pytest.mark.parametrize(
    ("reason", "claims", "gap"),
    [
        ("gap", {}, {"last": 0}),
        ("shape", {}, {"last": -1}),
        ("shape", {}, {"first": 2**63}),
        ("batch-size", {}, {"first": 2**63 - 1, "count": 1}),
        ("shape", {}, {"next_previous": bytes(31)}),
        ("reason", {}, {"reason": "x" * (MAX_REASON_BYTES + 1)}),
        ("gap", {"successor": WIDE.public}, {}),
        ("chain", {"seq": 0}, {}),
        ("gap", {"seq": 0, "previous": None, "follows": Follows(bytes(16), None, None, 4, "")}, {}),
    ],
)
def test_gap_statements_that_are_none(reason, claims, gap):
    with pytest.raises(EvidenceError) as refused:
        parse_statement(gap_statement(replace(CLAIMS, **claims), replace(GAP, **gap)))
    assert refused.value.reason == reason
    with pytest.raises(Refused):
        read_statement(gap_statement(replace(CLAIMS, **claims), replace(GAP, **gap)))


OTHER = bytes(range(16, 32))


@pytest.mark.parametrize(
    ("reason", "value"),
    [
        ("shape", (OTHER, 4, bytes(32), 4)),
        ("shape", (bytes(15), 4, bytes(32), 4, "")),
        ("follows", (OTHER, 4, None, 4, "")),
        ("follows", (OTHER, None, bytes(32), 4, "")),
        ("follows", (OTHER, 4, bytes(32), 3, "")),
        ("follows", (OTHER, 4, bytes(32), None, "")),
        ("follows", (EPOCH, 4, bytes(32), 4, "")),
        ("shape", (OTHER, True, bytes(32), 4, "")),
        ("shape", (OTHER, 4, bytes(32), 4, b"")),
        ("reason", (OTHER, 4, bytes(32), 4, "x" * (MAX_REASON_BYTES + 1))),
    ],
)
def test_epochs_that_follow_nothing(reason, value):
    batch = Life().more().statement.batch
    claims = Claims(ISSUER, NOON, EPOCH, 0, None).to_map("batch") | {-70005: value}
    header = {cose.ALG: -7, cose.KID: OLD.public.kid, cose.CWT_CLAIMS: claims, cose.TYP: 277}
    data = cose.sign(header, batch.to_bytes(), OLD).to_bytes()
    with pytest.raises(EvidenceError) as refused:
        parse_statement(data)
    assert refused.value.reason == reason
    with pytest.raises(Refused):
        read_statement(data)


@pytest.mark.parametrize("successor", [b"", cbor.encode({1: 2}), b"key", 7])
def test_successors_that_are_no_keys(successor):
    batch = Life().more().statement.batch
    claims = Claims(ISSUER, NOON, EPOCH, 0, None).to_map("batch") | {-70004: successor}
    header = {cose.ALG: -7, cose.KID: OLD.public.kid, cose.CWT_CLAIMS: claims, cose.TYP: 277}
    data = cose.sign(header, batch.to_bytes(), OLD).to_bytes()
    with pytest.raises(EvidenceError):
        parse_statement(data)
    with pytest.raises(Refused):
        read_statement(data)


def test_the_largest_statement_stays_below_a_kibibyte():
    batch = Life().more().statement.batch
    follows = Follows(OTHER, 2**62, bytes(32), 2**62, "x" * MAX_REASON_BYTES)
    claims = Claims(ISSUER, NOON, EPOCH, 0, None, WIDE.public, follows)
    statement = parse_statement(sign_statement(claims, batch, WIDE.public.kid, -35, WIDE))
    assert statement.claims.follows == follows
    assert isinstance(statement.claims.successor, PublicKey)


@pytest.mark.parametrize(
    ("seq", "lost", "count"), [(None, None, 0), (None, 0, 1), (None, 4, 5), (4, 4, 0), (4, 9, 5)]
)
def test_what_an_epoch_lost_is_counted_from_0(seq, lost, count):
    digest = None if seq is None else bytes(32)
    assert Follows(EPOCH, seq, digest, lost, "restored card").lost_count == count
