"""Whether what is kept beside a batch still proves it: its bytes, and every key's end, anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.journal.journal import Proof
from agent.light_client.kept_proofs import KeptProofs
from agent.light_client.policies import Policies, anchored_under, stands
from agent.signing.file_key import FileKey
from evidence.checkpoint import parse_checkpoint
from evidence.errors import EvidenceError
from evidence.policy import parse_policy
from tests.agent.log_world import MEMBERS, NOW, ORIGIN, EdKey, LogWorld


@pytest.fixture(scope="module")
def world():
    world = LogWorld(FileKey(ec.derive_private_key(5, ec.SECP256R1())))
    world.seal()
    world.seal()
    return world


def held(world, proof, *policies, threshold=1):
    known = {ORIGIN: policies or [world.policy]}
    return KeptProofs(known, threshold).hold(world.statement(0).encoded, [proof])


def proof_of(world, seq=0, size=None, **note):
    return Proof(world.receipt(seq, size), world.note(**note))


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def test_what_was_confirmed_still_holds(world):
    assert held(world, proof_of(world))
    assert held(world, proof_of(world, time=NOW + 10**9)), "no clock is asked"


def test_what_changed_on_the_disk_holds_no_more(world):
    good = proof_of(world)
    for bad in (
        Proof(flipped(good.receipt), good.checkpoint),
        Proof(b"", good.checkpoint),
        Proof(good.receipt, b""),
        Proof(good.receipt, good.checkpoint[:-9]),
        proof_of(world, seq=1),
        proof_of(world, size=2),
        proof_of(world, by=MEMBERS[:2]),
        proof_of(world, log_key=EdKey()),
    ):
        assert not held(world, bad)
    proofs = KeptProofs({ORIGIN: [world.policy]}, 1)
    assert proofs.hold(world.statement(0).encoded[:-1], [good]) is False
    assert not proofs.hold(world.statement(0).encoded, [])
    assert proofs.hold(world.statement(0).encoded, [proof_of(world, seq=1), good])


def test_a_log_that_took_what_the_gateway_did_not_sign_vouches_for_nothing():
    world = LogWorld(FileKey(ec.derive_private_key(5, ec.SECP256R1())))
    forged = replace(world.seal(), statement=flipped(world.batches[0].statement))
    world.batches[0], world.entries[1] = forged, forged.statement
    proofs = KeptProofs({ORIGIN: [world.policy]}, 1)
    assert not proofs.hold(forged.statement, [proof_of(world)])


def test_enough_logs_must_vouch_and_one_twice_is_one(world):
    good = proof_of(world)
    assert not held(world, good, threshold=2)
    twice = [good, proof_of(world, by=MEMBERS[1:])]
    assert not KeptProofs({ORIGIN: [world.policy]}, 2).hold(world.statement(0).encoded, twice)
    assert not KeptProofs({"another.example/log": [world.policy]}, 1).hold(
        world.statement(0).encoded, [good]
    )


def test_any_policy_that_was_in_force_will_do(world):
    members = " ".join(MEMBERS)
    strict = parse_policy(world.policy_text.replace(f"3 {members}", f"4 {members}"))
    good = proof_of(world)
    assert not held(world, good, strict)
    assert held(world, good, strict, world.policy)
    assert held(world, good, world.policy, strict)
    other_receipts = LogWorld(world.gateway)
    other_receipts.log_key, other_receipts.cosigners = world.log_key, world.cosigners
    assert not held(world, good, other_receipts.policy)
    assert held(world, good, other_receipts.policy, world.policy)


def revoked(world, at, text=None):
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return parse_policy((text or world.policy_text).rstrip() + f" revoked {stamp}\n")


def test_a_key_counts_until_the_moment_of_its_end(world):
    good = proof_of(world)
    assert not held(world, good, revoked(world, NOW))
    assert held(world, good, revoked(world, NOW + 1))
    assert held(world, good, revoked(world, NOW), world.policy)


def test_where_nobody_says_when_a_revoked_key_counts_no_more(world):
    lines = [
        line for line in world.policy_text.splitlines() if not line.startswith(("group", "quorum"))
    ]
    lines.insert(-1, "quorum none")
    text = "\n".join(lines)
    assert held(world, proof_of(world), parse_policy(text))
    assert not held(world, proof_of(world), revoked(world, NOW + 10**6, text))


def test_a_key_that_no_policy_lists_counts(world):
    text = world.policy_text[: world.policy_text.index("gateway ")]
    assert held(world, proof_of(world), parse_policy(text))


def test_a_bundle_stands_under_one_policy(world):
    after = LogWorld(world.gateway)
    after.log_key, after.receipt_key = world.log_key, world.receipt_key
    old, new = world.note(), after.note(world.checkpoint())
    policies = Policies((world.policy, after.policy))
    for notes, found in (
        ([], (0, after.policy)),
        ([None], (1, after.policy)),
        ([new, None], (2, after.policy)),
        ([old, None, old], (3, world.policy)),
        ([None, old, new, new], (2, world.policy)),
        ([new, old], (1, after.policy)),
        ([world.note(by=MEMBERS[:1])], (0, None)),
    ):
        assert anchored_under(policies, notes) == found
    with pytest.raises(EvidenceError):
        anchored_under(policies, [b"no note"])
    few = parse_checkpoint(world.note(by=MEMBERS[:1]))
    assert [stands(each, world.policy) for each in (parse_checkpoint(old), few)] == [True, False]
