"""A fork's proof convinces whoever has the log's key, and none can be made against an honest log."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from agent.signing.file_key import FileKey
from evidence import cbor
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import EvidenceError
from evidence.fork import (
    ForkProof,
    contradiction,
    omits_its_start,
    read_fork,
    same_size_fork,
)
from evidence.merkle import Tree, consistency_path, hash_leaf, inclusion_path, root_at
from tests.agent.log_world import ORIGIN, EdKey, LogWorld

LARGEST = 17
WORLD = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
LOG = WORLD.policy.log


def leaves(mark, shared=0):
    return [hash_leaf(b"%d%s" % (n, b"" if n < shared else mark)) for n in range(LARGEST)]


ONE, OTHER = Tree(leaves(b"one")), Tree(leaves(b"other", shared=1))


def signed(tree, size, key=None):
    checkpoint = Checkpoint(ORIGIN, size, root_at(tree.node, size))
    return parse_checkpoint(WORLD.note(checkpoint, by=(), log_key=key))


ALL_SIZES = [(old, new) for new in range(2, LARGEST + 1) for old in range(1, new)]


@pytest.mark.parametrize(("old", "new"), ALL_SIZES)
def test_an_honest_path_of_the_other_tree_proves_it(old, new):
    older, newer = signed(ONE, old), signed(OTHER, new)
    path = consistency_path(OTHER.node, old, new)
    proof = contradiction(older, newer, path)
    if omits_its_start(old):
        assert proof is None
        hashes = inclusion_path(OTHER.node, old, new)
        proof = contradiction(older, newer, path, hashes)
    assert proof is not None
    assert proof.beginning == root_at(OTHER.node, old)
    assert read_fork(proof.to_bytes(), LOG) == proof


def test_two_roots_at_one_size_prove_it_by_themselves():
    proof = same_size_fork(signed(ONE, 5), signed(OTHER, 5))
    assert proof == ForkProof(signed(ONE, 5), signed(OTHER, 5))
    assert read_fork(proof.to_bytes(), LOG) == proof
    assert same_size_fork(signed(ONE, 5), signed(ONE, 5)) is None
    assert same_size_fork(signed(ONE, 5), signed(OTHER, 6)) is None
    assert same_size_fork(signed(ONE, 5), signed(ONE, 6)) is None


@pytest.mark.parametrize(("old", "new"), ALL_SIZES)
def test_an_honest_log_is_never_accused_by_its_own_paths(old, new):
    older, newer = signed(ONE, old), signed(ONE, new)
    path, hashes = consistency_path(ONE.node, old, new), inclusion_path(ONE.node, old, new)
    assert contradiction(older, newer, path, hashes) is None


hashes = st.lists(st.sampled_from([ONE.node(0, n) for n in range(4)] + [bytes(32)]), max_size=8)


@given(st.sampled_from(ALL_SIZES), hashes, hashes)
def test_no_path_accuses_an_honest_log(sizes, path, candidates):
    old, new = sizes
    assert contradiction(signed(ONE, old), signed(ONE, new), path, candidates) is None


def proof_of(old=5, new=9):
    path = consistency_path(OTHER.node, old, new)
    found = contradiction(signed(ONE, old), signed(OTHER, new), path)
    assert found is not None
    return found


def test_every_flipped_bit_of_the_evidence_is_found():
    data = proof_of().to_bytes()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            with pytest.raises(EvidenceError):
                read_fork(bytes(flipped), LOG)


@pytest.mark.parametrize(
    "proof",
    [
        ForkProof(signed(ONE, 5), signed(ONE, 5)),
        ForkProof(signed(ONE, 5), signed(OTHER, 9)),
        ForkProof(signed(OTHER, 9), signed(ONE, 5), bytes(32)),
        ForkProof(signed(ONE, 5), signed(OTHER, 5), bytes(32)),
        ForkProof(
            signed(ONE, 5),
            signed(ONE, 9),
            root_at(ONE.node, 5),
            tuple(consistency_path(ONE.node, 5, 9)),
        ),
        ForkProof(signed(ONE, 5), signed(OTHER, 5, EdKey())),
    ],
    ids=["same", "no path", "swapped", "root too much", "consistent", "another key"],
)
def test_what_is_no_fork_is_refused(proof):
    with pytest.raises(EvidenceError):
        read_fork(proof.to_bytes(), LOG)


@pytest.mark.parametrize("value", [(), (b"",) * 4, {}, (b"a", b"b", None, (b"short",)), 7])
def test_what_is_no_evidence_is_refused(value):
    with pytest.raises(EvidenceError):
        read_fork(cbor.encode(value), LOG)


def test_two_roots_of_one_size_need_no_path():
    proof = ForkProof(signed(ONE, 5), signed(OTHER, 5))
    assert read_fork(proof.to_bytes(), LOG) == proof
    assert str(proof) == "the log signed two roots at size 5"
