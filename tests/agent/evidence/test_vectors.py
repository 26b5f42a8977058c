"""The published vectors (vectors.json): both verifiers agree with what is written there.

They are made once: deflate is not the same bytes everywhere, so they are read, never made anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from agent.evidence.body import check_body
from agent.evidence.checkpoint import parse_checkpoint
from agent.evidence.leaf import Record, Salts, salted_leaf
from agent.evidence.merkle import hash_leaf
from agent.evidence.policy import parse_policy
from agent.evidence.receipt import parse_receipt
from agent.evidence.statement import parse_statement
from agent.evidence.verify import verify_bundle
from tests import independent_verifier

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
POLICY = VECTORS["policy"]


def of(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name])


def test_policy():
    assert parse_policy(POLICY).digest == of("policy_digest")


def test_record_and_leaf():
    assert Salts(of("seed"))(VECTORS["index"]) == of("salt")
    assert salted_leaf(of("salt"), of("record")) == of("leaf")
    assert Record.from_bytes(of("record")).to_bytes() == of("record")


def test_statement():
    statement = parse_statement(of("statement"))
    statement.verify(parse_policy(POLICY).gateway_key(statement.claims.issuer, statement.kid).key)
    assert (
        statement.digest == of("statement_digest") == hashlib.sha256(of("sig_structure")).digest()
    )
    assert statement.leaf == hash_leaf(of("statement"))
    assert check_body(of("body"), statement.batch)[VECTORS["index"]] == of("record")


def test_receipt_and_checkpoint():
    receipt, policy = parse_receipt(of("receipt")), parse_policy(POLICY)
    root = receipt.root(hash_leaf(of("statement")))
    receipt.verify(root, policy.receipt_key)
    signed = parse_checkpoint(VECTORS["checkpoint"].encode())
    policy.check(signed)
    assert (signed.checkpoint.size, signed.checkpoint.root) == (receipt.size, root)


@pytest.mark.parametrize("case", VECTORS["bundles"], ids=lambda case: case["name"])
def test_bundle(case):
    data = bytes.fromhex(case["bundle"])
    assert verify_bundle(data, parse_policy(POLICY)).outcome == case["exit"]
    assert independent_verifier.verify(data, POLICY) == case["exit"]
