"""Custody receipts: a body may go for one that the log's key signed over just this body."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.chain.building import Author
from agent.signing.file_key import FileKey
from agent.upstream.custodian import check_custody
from evidence import cbor, cose
from evidence.custody import (
    MAX_CUSTODY_BYTES,
    SUBJECT,
    TYPE,
    Kept,
    parse_custody,
    sign_custody,
)
from evidence.errors import EvidenceError, MalformedError
from evidence.keys import EDDSA
from evidence.statement import IAT, ISS, SUB
from tests.agent.log_world import NOW, ORIGIN, EdKey, LogWorld


@pytest.fixture(scope="module")
def world():
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    world.seal()
    world.seal()
    return world


def refused(world, receipt, seq=0, body=None):
    batch = world.batches[seq]
    with pytest.raises(EvidenceError) as caught:
        check_custody(receipt, world.policy, batch.statement, batch.body if body is None else body)
    return caught.value.reason


def test_a_receipt_for_our_body_counts(world):
    for seq, batch in enumerate(world.batches):
        receipt = world.custody(seq, batch.body)
        check_custody(receipt, world.policy, batch.statement, batch.body)
        assert parse_custody(receipt).issued_at == NOW
        assert len(receipt) < 250, "sixty-four of them are one small answer"


def test_a_receipt_for_another_body_is_refused(world):
    other = world.batches[0].body + b"!"
    assert refused(world, world.custody(0, other)) == "custody-body"


def test_a_receipt_by_another_key_is_refused(world):
    body = world.batches[0].body
    assert refused(world, world.custody(0, body, key=EdKey())) == "kid"
    stranger = EdKey()
    kept = Kept(world.statement(0).digest, hashlib.sha256(body).digest())
    claimed = sign_custody(ORIGIN, NOW, kept, world.receipt_key.public, EDDSA, stranger.sign)
    assert refused(world, claimed) == "signature"


def test_a_receipt_for_another_batch_or_gateway_is_refused(world):
    """The same body under another statement: another number, or another gateway altogether."""
    body = world.batches[0].body
    assert refused(world, world.custody(1, body)) == "custody-statement"
    stranger = LogWorld(world.gateway)
    stranger.author = Author(
        "urn:uuid:9f1c1d2e-0000-4000-8000-00000000ffff", bytes(16), world.gateway
    )
    stranger.receipt_key = world.receipt_key
    stranger.seal()
    assert stranger.batches[0].body == body
    assert refused(world, stranger.custody(0, body)) == "custody-statement"


def test_a_receipt_of_another_log_is_refused(world):
    kept = parse_custody(world.custody(0, world.batches[0].body)).kept
    key = world.receipt_key
    other = sign_custody("elsewhere/log", NOW, kept, key.public, EDDSA, key.sign)
    assert refused(world, other) == "origin"


def test_an_inclusion_receipt_is_no_custody_receipt(world):
    """Both are by one key: neither may pass for the other."""
    assert refused(world, world.receipt(0)) == "shape"


@pytest.mark.parametrize(
    ("change", "payload", "reason"),
    [
        ({cose.TYP: "tallyman/enrolment"}, None, "subject"),
        ({cose.CWT_CLAIMS: {ISS: ORIGIN, SUB: "receipt", IAT: NOW}}, None, "subject"),
        ({cose.CWT_CLAIMS: {ISS: ORIGIN, SUB: SUBJECT}}, None, "shape"),
        ({}, (2, bytes(32), bytes(32)), "version"),
        ({}, (1, bytes(31), bytes(32)), "shape"),
        ({}, (1, bytes(32)), "shape"),
    ],
)
def test_objects_that_are_no_custody_receipt(world, change, payload, reason):
    key = world.receipt_key
    claims = {ISS: ORIGIN, SUB: SUBJECT, IAT: NOW}
    header = {
        cose.ALG: EDDSA,
        cose.KID: key.public.kid,
        cose.CWT_CLAIMS: claims,
        cose.TYP: TYPE,
    } | change
    content = payload or (1, bytes(32), bytes(32))
    signed = cose.sign(header, cbor.encode(content), key.sign)
    assert refused(world, signed.to_bytes()) == reason
    assert refused(world, replace(signed, payload=None).to_bytes()) in (reason, "custody-payload")
    assert refused(world, replace(signed, unprotected={99: 1}).to_bytes()) == "shape"


def test_a_receipt_without_end_is_refused_unread():
    with pytest.raises(MalformedError, match="no custody receipt"):
        parse_custody(bytes(MAX_CUSTODY_BYTES + 1))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(world, at, bit):
    receipt = bytearray(world.custody(0, world.batches[0].body))
    receipt[at % len(receipt)] ^= 1 << bit
    assert refused(world, bytes(receipt))
