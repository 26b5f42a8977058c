"""Trees that are not the log's, in front of the verifier's two functions."""

from __future__ import annotations

import pytest

from evidence.errors import ProofError
from evidence.merkle import Tree, consistency_path, hash_leaf, verify_consistency
from evidence.merkle import verify_inclusion as verify

LEAVES = [hash_leaf(b"%d" % number) for number in range(8)]
TREE = Tree(LEAVES)
OTHER = Tree([hash_leaf(b"other %d" % number) for number in range(8)])


def root(size, leaves=LEAVES):
    return Tree(leaves[:size]).root()


def refused(check, *arguments):
    with pytest.raises(ProofError) as caught:
        check(*arguments)
    return caught.value.reason


def test_an_inner_node_shown_as_a_leaf():
    """The two leaves under a node, given out for one entry of 64 bytes in a tree of half the size."""
    entry, path = LEAVES[0] + LEAVES[1], [TREE.node(1, 1), TREE.node(2, 1)]
    assert refused(verify, hash_leaf(entry), 0, 4, path, TREE.root()) == "proof-root"
    verify(LEAVES[0], 0, 8, [LEAVES[1], *path], TREE.root())


def test_the_last_leaf_doubled():
    three, four = Tree(LEAVES[:3]), Tree([*LEAVES[:3], LEAVES[2]])
    path = four.inclusion_path(3)
    assert refused(verify, LEAVES[2], 3, 4, path, three.root()) == "proof-root"


def test_consistency_of_unrelated_trees():
    path, foreign = consistency_path(TREE.node, 5, 8), consistency_path(OTHER.node, 5, 8)
    old, new = root(5), TREE.root()
    assert refused(verify_consistency, 5, 8, path, old, OTHER.root()) == "proof-new-root"
    assert refused(verify_consistency, 5, 8, foreign, old, OTHER.root()) == "proof-old-root"
    assert refused(verify_consistency, 5, 8, foreign, old, new) == "proof-old-root"


def test_consistency_from_nothing():
    assert refused(verify_consistency, 0, 8, [], bytes(32), TREE.root()) == "proof-size"


def test_equal_size_and_another_root():
    assert refused(verify_consistency, 8, 8, [], TREE.root(), OTHER.root()) == "proof-root"


def test_swapped_roots_and_sizes():
    path, old, new = consistency_path(TREE.node, 5, 8), root(5), TREE.root()
    assert refused(verify_consistency, 5, 8, path, new, old) == "proof-old-root"
    assert refused(verify_consistency, 8, 5, path, new, old) == "proof-size"
