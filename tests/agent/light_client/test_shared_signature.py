"""A log's one signature over a root serves all receipts under it, and none beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.light_client.verifier import prove_receipts
from agent.signing.file_key import FileKey
from evidence import cose
from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from tests.agent.log_world import LogWorld

COUNT = 20


@pytest.fixture
def world() -> LogWorld:
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    for _ in range(COUNT):
        world.seal()
    return world


@pytest.fixture
def checks(monkeypatch) -> list[bytes]:
    """What was checked against a key, in order."""
    found: list[bytes] = []
    check = PublicKey.verify

    def verify(key, algorithm, message, signature):
        found.append(message)
        check(key, algorithm, message, signature)

    monkeypatch.setattr(PublicKey, "verify", verify)
    return found


def prove(world: LogWorld, receipts: Mapping[int, bytes]) -> dict:
    return prove_receipts({seq: world.statement(seq) for seq in receipts}, receipts, world.policy)


def test_it_is_checked_once(world, checks):
    proven = prove(world, {seq: world.receipt(seq) for seq in range(COUNT)})
    assert [item.index for item in proven.values()] == list(range(1, COUNT + 1))
    assert len(checks) == 1


def test_once_for_each_state_of_the_log(world, checks):
    prove(world, {0: world.receipt(0, size=5), 1: world.receipt(1, size=5), 2: world.receipt(2)})
    assert len(checks) == 2


def test_it_counts_for_its_own_root_alone(world):
    good, other = world.receipt(0), world.receipt(1, size=5)
    borrowed = replace(cose.parse(other), signature=cose.parse(good).signature).to_bytes()
    with pytest.raises(EvidenceError) as refused:
        prove(world, {0: good, 1: borrowed})
    assert refused.value.reason == "signature"


@pytest.mark.parametrize("at", [0, COUNT - 1])
def test_a_flipped_bit_is_seen_wherever_it_stands(world, at):
    receipts = {seq: world.receipt(seq) for seq in range(COUNT)}
    parsed = cose.parse(receipts[at])
    flipped = bytes([parsed.signature[0] ^ 1]) + parsed.signature[1:]
    receipts[at] = replace(parsed, signature=flipped).to_bytes()
    with pytest.raises(EvidenceError) as refused:
        prove(world, receipts)
    assert refused.value.reason == "signature"


def test_a_header_of_another_key_is_not_covered_by_it(world):
    good, other = cose.parse(world.receipt(0)), cose.parse(world.receipt(1))
    protected = other.protected.replace(good.kid, bytes(8))
    with pytest.raises(EvidenceError) as refused:
        prove(world, {0: good.to_bytes(), 1: replace(other, protected=protected).to_bytes()})
    assert refused.value.reason == "kid"
