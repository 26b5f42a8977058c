"""A part of a batch, shown with one proof. Each verdict is also that of the independent verifier."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import cbor
from evidence.body import encode_body, stated_bytes
from evidence.bundle import Bundle, parse_bundle
from evidence.errors import MalformedError, ProofError
from evidence.leaf import Record
from evidence.merkle import Tree, hash_leaf
from evidence.multi_proof import proof_of_some, root_from_some
from evidence.policy import parse_policy
from evidence.report import Outcome, Report
from evidence.verify import verify_bundle
from tests.evidence.building import World, record, records
from tests.independent.verify import exit_code as stranger_verifies

ALTERED, AUTHENTIC, UNREADABLE = Outcome.ALTERED, Outcome.AUTHENTIC, Outcome.UNREADABLE


def verdict(bundle: Bundle | bytes, world: World) -> Report:
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    report = verify_bundle(data, parse_policy(world.policy_text()))
    agreed = stranger_verifies(data, world.policy_text())
    assert agreed == report.outcome, report.findings
    return report


def leaves(count: int) -> list[bytes]:
    return [hash_leaf(bytes([i])) for i in range(count)]


@pytest.mark.parametrize("size", range(1, 10))
def test_every_choice_of_leaves_in_small_trees(size):
    hashes = leaves(size)
    tree = Tree(hashes)
    for chosen in product((False, True), repeat=size):
        indexes = [i for i in range(size) if chosen[i]]
        if not indexes:
            continue
        proof = proof_of_some(tree.node, size, indexes)
        shown = {i: hashes[i] for i in indexes}
        assert root_from_some(size, shown, proof) == tree.root()
        assert len(proof) <= size - len(indexes)
        assert not set(proof) & {hashes[i] for i in indexes}


@given(st.integers(2, 300), st.data())
@settings(max_examples=60)
def test_a_proof_has_one_shape(size, data):
    hashes = [hash_leaf(i.to_bytes(2, "big")) for i in range(size)]
    tree = Tree(hashes)
    indexes = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=8)))
    shown = {i: hashes[i] for i in indexes}
    proof = proof_of_some(tree.node, size, indexes)
    paths = sum(len(tree.inclusion_path(i)) for i in indexes)
    assert len(proof) <= paths
    for wrong in (proof[:-1], [*proof, bytes(32)]):
        if wrong != proof:
            with pytest.raises(ProofError) as error:
                root_from_some(size, shown, wrong)
            assert error.value.reason == "proof-length"
    if len(proof) > 1 and proof[0] != proof[-1]:
        assert root_from_some(size, shown, proof[::-1]) != tree.root()
    if proof:
        with pytest.raises(ProofError) as error:
            root_from_some(size, shown, [proof[0][:31], *proof[1:]])
        assert error.value.reason == "proof-hash"


@pytest.mark.parametrize("shown", [{}, {-1: bytes(32)}, {4: bytes(32)}])
def test_leaves_that_are_not_in_the_tree(shown):
    with pytest.raises(ProofError) as error:
        root_from_some(4, shown, [])
    assert error.value.reason == "proof-index"


def world_of_parts() -> tuple[World, Bundle]:
    """Three batches: one whole, one with 3 of 9 records and its gap, one with none."""
    world = World()
    for first, count, gap in ((0, 2, None), (2, 9, 5), (11, 3, None)):
        world.seal(records(first, count, gap_at=gap))
    first, second, third = world.sealed
    batches = (
        world.bundled(first),
        world.in_part(second, (0, 3, 4)),
        world.in_part(third, ()),
    )
    return world, world.bundle(batches)


WORLD, BUNDLE = world_of_parts()


def with_part(**changes: object) -> Bundle:
    batches = list(BUNDLE.batches)
    batches[1] = replace(batches[1], **changes)
    return replace(BUNDLE, batches=tuple(batches))


def test_a_part_is_authentic_and_the_rest_is_counted():
    report = verdict(BUNDLE, WORLD)
    assert report.outcome is AUTHENTIC
    assert BUNDLE.version == 2
    assert [shown.number for shown in report.records] == [0, 1, 2, 5, 6]
    assert [gap.number for gap in report.gaps] == [5]
    assert report.hidden == 9
    assert parse_bundle(BUNDLE.to_bytes()) == BUNDLE


def test_what_needs_no_proof_is_written_as_version_1():
    whole = WORLD.bundle([WORLD.bundled(sealed) for sealed in WORLD.sealed])
    assert whole.version == 1
    assert parse_bundle(whole.to_bytes()) == whole


PART = BUNDLE.batches[1]
PROOF = PART.proof
OTHERS = WORLD.in_part(WORLD.sealed[1], (1, 3, 4))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"proof": PROOF[:-1]}, ALTERED),
        ({"proof": (*PROOF, bytes(32))}, ALTERED),
        ({"proof": PROOF[::-1]}, ALTERED),
        ({"proof": (PROOF[0][:31], *PROOF[1:])}, ALTERED),
        ({"proof": ()}, UNREADABLE),
        ({"proof": OTHERS.proof}, ALTERED),
        ({"disclosed": PART.disclosed[:2]}, ALTERED),
        ({"disclosed": ()}, UNREADABLE),
        ({"disclosed": PART.disclosed[::-1]}, UNREADABLE),
        ({"disclosed": (replace(PART.disclosed[0], salt=bytes(16)), *PART.disclosed[1:])}, ALTERED),
        ({"disclosed": (*PART.disclosed[:2], replace(PART.disclosed[2], index=5))}, ALTERED),
        ({"disclosed": (*PART.disclosed[:2], replace(PART.disclosed[2], index=9))}, ALTERED),
        ({"disclosed": OTHERS.disclosed, "proof": OTHERS.proof}, AUTHENTIC),
    ],
)
def test_a_part_that_was_changed(changes, outcome):
    report = verdict(with_part(**changes), WORLD)
    assert report.outcome is outcome


def test_paths_and_a_proof_have_no_common_version():
    shown = WORLD.sealed[1].shown((0, 3))
    value = [PART.statement, PART.receipt, 0, [(s.index, s.salt, s.record, s.path) for s in shown]]
    for version, batch in ((1, [*value, list(PROOF)]), (2, value)):
        content = {0: version, 1: BUNDLE.policy_digest, 2: BUNDLE.checkpoints, 3: [batch], 4: []}
        content |= {5: []} if version == 2 else {}
        start = b"\x82" + cbor.encode(cbor.encode(content))
        file = start + b"\x58\x20" + hashlib.sha256(start).digest()
        assert verdict(file, WORLD).outcome is UNREADABLE


def test_one_bit_of_a_bundle_with_a_part():
    data = BUNDLE.to_bytes()
    for bit in range(0, 8 * (len(data) - 34), 97):
        changed = bytearray(data[:-34])
        changed[bit // 8] ^= 1 << bit % 8
        file = bytes(changed) + b"\x58\x20" + hashlib.sha256(changed).digest()
        assert verify_bundle(file, WORLD.policy()).outcome is not AUTHENTIC, bit


def test_a_hidden_temperature_cannot_be_guessed_from_what_is_shown():
    """All is known but one temperature in steps of 0.01 °C; no hash of the file tells which.

    With a salt that is known the same search finds it at once, so it would notice a leak.
    """
    world = World()
    known = [record(n, values={"temperature": 431 + n}) for n in range(8)]
    sealed = world.seal(known)
    bundle = world.bundle([world.in_part(sealed, (0, 1, 2, 4, 5, 6, 7))])
    data = bundle.to_bytes()
    assert verdict(bundle, world).hidden == 1
    assert sealed.seed not in data
    assert sealed.body not in data
    secret = sealed.records[3]
    assert secret not in data
    assert [len(batch.proof or ()) for batch in bundle.batches] == [1]

    guesses = [
        Record.from_bytes(secret)._replace(values={"temperature": t}).to_bytes()
        for t in range(-4000, 8501)
    ]
    assert secret in guesses
    seen = {data[at : at + 32] for at in range(len(data) - 31)}
    salts = [b"", bytes(16), *(item.salt for item in bundle.batches[0].disclosed)]
    tried = {hash_leaf(salt + guess) for salt in salts for guess in guesses}
    assert not tried & seen
    own_salt = sealed.shown()[3].salt
    assert hash_leaf(own_salt + secret) in seen
    assert own_salt not in data


def test_the_length_of_the_body_tells_nothing_of_a_hidden_value():
    """Whoever knows all records of a batch but one value packs every guess and compares lengths.

    The exact lengths differ, so a statement that signed them would tell; what it signs does not.
    """
    shown = [record(n, values={"temperature": 431 + n % 3}) for n in range(32)]
    exact, stated = set(), set()
    for guess in range(400, 1400, 7):
        guessed = [*shown[:7], shown[7]._replace(values={"temperature": guess}), *shown[8:]]
        body = encode_body(bytes(32), [each.to_bytes() for each in guessed])
        exact.add(len(body))
        stated.add(stated_bytes(body))
    assert len(exact) > 3
    assert stated == {4096}


@pytest.mark.parametrize(
    ("length", "stated"), [(32, 4096), (4096, 4096), (4097, 8192), (8192, 8192), (70_000, 131_072)]
)
def test_what_a_statement_says_of_a_length(length, stated):
    assert stated_bytes(bytes(length)) == stated


def test_versions_that_are_not_known_yet():
    for version in (0, 6, 2**40):
        content = {0: version, 1: bytes(32), 2: [], 3: [], 4: [], 5: []}
        start = b"\x82" + cbor.encode(cbor.encode(content))
        file = start + b"\x58\x20" + hashlib.sha256(start).digest()
        with pytest.raises(MalformedError, match=f"bundle version {version} is not known"):
            parse_bundle(file)
        assert verdict(file, WORLD).outcome is UNREADABLE
