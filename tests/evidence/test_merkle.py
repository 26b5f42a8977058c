"""The tree against RFC 9162's own recursive definitions, published probes, and known attacks."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import merkle
from evidence.errors import ProofError
from evidence.merkle import Tree, hash_leaf, hash_node

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("TALLYMAN_DATA", CHECKOUT.parent / "shared" / "data")) / "merkle"

ENTRIES = [bytes([n]) for n in range(131)]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(leaves):
    """RFC 9162 §2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hash_node(mth(leaves[:k]), mth(leaves[k:]))


def path(m, leaves):
    """RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m, leaves):
    """RFC 9162 §2.1.4.1."""

    def subproof(m, leaves, whole):
        if m == len(leaves):
            return [] if whole else [mth(leaves)]
        k = split(len(leaves))
        if m <= k:
            return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
        return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]

    return subproof(m, leaves, True)


ROOTS = [mth(LEAVES[:n]) for n in range(131)]
TREE = Tree(LEAVES)


def test_known_roots():
    assert Tree().root() == merkle.EMPTY_ROOT == merkle.root_of([])
    assert merkle.EMPTY_ROOT.hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    # the eight entries of the Certificate Transparency reference tree
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    entries.append("606162636465666768696a6b6c6d6e6f")
    root = merkle.root_of([hash_leaf(bytes.fromhex(entry)) for entry in entries])
    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(131))
def test_every_way_to_the_root_agrees(size):
    tree = Tree(LEAVES[:size])
    assert tree.size == size
    assert tree.root() == ROOTS[size] == merkle.root_of(LEAVES[:size])
    assert merkle.root_at(TREE.node, size) == ROOTS[size]


@pytest.mark.parametrize("size", range(1, 131))
def test_inclusion_of_every_leaf(size):
    for index in range(size):
        made = merkle.inclusion_path(TREE.node, index, size)
        assert made == path(index, LEAVES[:size])
        merkle.verify_inclusion(LEAVES[index], index, size, made, ROOTS[size])


@pytest.mark.parametrize("size", range(1, 131))
def test_consistency_from_every_size(size):
    for old in range(1, size + 1):
        made = merkle.consistency_path(TREE.node, old, size)
        assert made == proof(old, LEAVES[:size])
        merkle.verify_consistency(old, size, made, ROOTS[old], ROOTS[size])


def test_append_names_the_subtrees_it_completes():
    tree = Tree()
    kept = {}
    for leaf in LEAVES[:100]:
        kept |= {(level, index): node for level, index, node in tree.append(leaf)}
    for size in range(1, 101):
        assert merkle.root_at(lambda level, index: kept[level, index], size) == ROOTS[size]


def test_no_proof_of_what_is_not_there():
    for index, size in [(-1, 5), (5, 5), (0, 0)]:
        with pytest.raises(ValueError, match="not in a tree"):
            merkle.inclusion_path(TREE.node, index, size)
    for old, size in [(0, 5), (6, 5), (-1, 5)]:
        with pytest.raises(ValueError, match="no proof"):
            merkle.consistency_path(TREE.node, old, size)


def probes(kind):
    folder = FOLDER / kind
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            return [pytest.param(None, id="missing")]
        skip = pytest.mark.skip(reason=f"no reference data at {folder}: set TALLYMAN_DATA")
        return [pytest.param(None, marks=skip, id="missing")]
    return [
        pytest.param(file, id=f"{file.parent.name}-{file.stem}")
        for file in sorted(folder.rglob("*.json"))
    ]


def read(file):
    assert file is not None, f"reference data is missing at {FOLDER}"
    probe = json.loads(file.read_text())
    return probe, [base64.b64decode(item) for item in probe["proof"] or []]


@pytest.mark.parametrize("file", probes("inclusion"))
def test_published_inclusion_probe(file):
    probe, path = read(file)
    leaf, root = base64.b64decode(probe["leafHash"]), base64.b64decode(probe["root"])
    arguments = (leaf, probe["leafIdx"], probe["treeSize"], path, root)
    if probe["wantErr"]:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(*arguments)
    else:
        merkle.verify_inclusion(*arguments)


@pytest.mark.parametrize("file", probes("consistency"))
def test_published_consistency_probe(file):
    probe, path = read(file)
    roots = base64.b64decode(probe["root1"]), base64.b64decode(probe["root2"])
    arguments = (probe["size1"], probe["size2"], path, *roots)
    if probe["wantErr"]:
        with pytest.raises(ProofError):
            merkle.verify_consistency(*arguments)
    else:
        merkle.verify_consistency(*arguments)


def accepted_pairs(index, size, most):
    made = merkle.inclusion_path(TREE.node, index, size)
    found = set()
    for other_size in range(1, most):
        for other in range(other_size):
            try:
                merkle.verify_inclusion(LEAVES[index], other, other_size, made, ROOTS[size])
            except ProofError:
                continue
            found.add((other, other_size))
    return found


def test_size_and_index_of_a_bare_proof_are_anybodys_choice():
    assert accepted_pairs(5, 8, 20) >= {(5, 8), (5, 7), (9, 11), (9, 12), (17, 19)}
    assert accepted_pairs(20, 21, 22) >= {(20, 21), (3, 4), (6, 7), (10, 11)}


@pytest.mark.parametrize("size", range(1, 65))
def test_with_the_size_known_the_index_is_unique(size):
    for index in range(size):
        made = merkle.inclusion_path(TREE.node, index, size)
        for other in set(range(size)) - {index}:
            with pytest.raises(ProofError):
                merkle.verify_inclusion(LEAVES[index], other, size, made, ROOTS[size])


@pytest.mark.parametrize("size", range(1, 33))
def test_with_the_new_size_known_the_old_size_is_unique(size):
    for old in range(1, size + 1):
        made = merkle.consistency_path(TREE.node, old, size)
        for other in set(range(1, size + 1)) - {old}:
            with pytest.raises(ProofError):
                merkle.verify_consistency(other, size, made, ROOTS[old], ROOTS[size])


@given(st.integers(1, 130), st.data())
def test_a_changed_path_fails(size, data):
    index = data.draw(st.integers(0, size - 1))
    made = merkle.inclusion_path(TREE.node, index, size)
    changed = [bytes(item) for item in made]
    how = data.draw(st.sampled_from(["flip", "drop", "double", "swap", "short", "long", "empty"]))
    at = data.draw(st.integers(0, max(0, len(made) - 1)))
    if not made or how == "double":
        changed.insert(at, (made or [LEAVES[0]])[at])
    elif how == "flip":
        bit = data.draw(st.integers(0, 255))
        changed[at] = (int.from_bytes(made[at], "big") ^ 1 << bit).to_bytes(32, "big")
    elif how == "drop":
        del changed[at]
    elif how == "swap":
        changed.reverse()
    else:
        changed[at] = {"short": made[at][:31], "long": made[at] + b"\0", "empty": b""}[how]
    if changed == made:
        return
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[index], index, size, changed, ROOTS[size])


@pytest.mark.parametrize("size", [0, -1, 2**63, 2**64, 10**40])
def test_sizes_no_tree_has(size):
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[0], 0, size, [], LEAVES[0])
    with pytest.raises(ProofError):
        merkle.verify_consistency(1, size, [], LEAVES[0], LEAVES[0])


@pytest.mark.parametrize("index", [-1, 8, 2**64])
def test_an_index_beyond_the_tree(index):
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[0], index, 8, [LEAVES[1]] * 3, ROOTS[8])


def test_more_than_63_hashes_are_never_climbed():
    with pytest.raises(ProofError) as caught:
        merkle.verify_inclusion(LEAVES[0], 0, 2**63 - 1, [LEAVES[1]] * 64, ROOTS[1])
    assert caught.value.reason == "proof-length"
    assert merkle.root_from_inclusion(LEAVES[0], 0, 2**63 - 1, [LEAVES[1]] * 63)


def test_a_node_is_no_leaf():
    # the entry l ‖ r of 64 bytes does not hash to the node over l and r
    entry = LEAVES[0] + LEAVES[1]
    assert hash_leaf(entry) != ROOTS[2]
    with pytest.raises(ProofError):
        merkle.verify_inclusion(ROOTS[2], 0, 2, [], ROOTS[2])
    with pytest.raises(ProofError):
        merkle.verify_inclusion(ROOTS[2], 0, 4, [hash_node(LEAVES[2], LEAVES[3])], ROOTS[4])


def test_a_doubled_last_leaf_is_another_tree():
    assert merkle.root_of(LEAVES[:3]) != merkle.root_of([*LEAVES[:3], LEAVES[2]])


def test_only_a_tree_of_one_has_an_empty_path():
    merkle.verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[0], 0, 2, [], LEAVES[0])


def test_consistency_between_unrelated_trees_fails():
    others = [hash_leaf(b"other" + entry) for entry in ENTRIES]
    other = Tree(others[:8])
    for old in range(1, 8):
        made = merkle.consistency_path(other.node, old, 8)
        with pytest.raises(ProofError):
            merkle.verify_consistency(old, 8, made, ROOTS[old], other.root())


def test_consistency_from_nothing_proves_nothing():
    with pytest.raises(ProofError):
        merkle.verify_consistency(0, 5, [], merkle.EMPTY_ROOT, ROOTS[5])


def test_equal_sizes_want_equal_roots_and_no_path():
    merkle.verify_consistency(5, 5, [], ROOTS[5], ROOTS[5])
    with pytest.raises(ProofError):
        merkle.verify_consistency(5, 5, [], ROOTS[5], ROOTS[6])
    with pytest.raises(ProofError):
        merkle.verify_consistency(5, 5, [ROOTS[5]], ROOTS[5], ROOTS[5])
    with pytest.raises(ProofError):
        merkle.verify_consistency(5, 5, [], b"", b"")


def test_swapped_roots_and_sizes_fail():
    made = merkle.consistency_path(TREE.node, 5, 11)
    with pytest.raises(ProofError):
        merkle.verify_consistency(5, 11, made, ROOTS[11], ROOTS[5])
    with pytest.raises(ProofError):
        merkle.verify_consistency(11, 5, made, ROOTS[11], ROOTS[5])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_leaf_and_a_root_have_32_bytes(size):
    leaf = hash_leaf(b"entry")
    for wrong in ((bytes(size), leaf), (leaf, bytes(size))):
        with pytest.raises(ProofError) as caught:
            merkle.verify_inclusion(wrong[0], 0, 1, [], wrong[1])
        assert caught.value.reason == "proof-hash"


@pytest.mark.parametrize("size", range(1, 17))
def test_every_path_holds_the_root_before_its_leaf(size):
    leaves = [hash_leaf(bytes([number])) for number in range(size)]
    tree = Tree(leaves)
    for index in range(size):
        before = mth(leaves[:index])
        assert merkle.root_before(index, size, tree.inclusion_path(index)) == before
