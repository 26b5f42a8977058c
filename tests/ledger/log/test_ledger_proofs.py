"""A log of 1,000 entries: roots and proofs at many sizes against the naive tree."""

from __future__ import annotations

import random

import pytest

from evidence import merkle
from evidence.merkle import hash_leaf
from evidence.statement import parse_statement
from ledger.store.chain import Accepted, Submission
from ledger.store.sqlite_store import SqliteStore
from ledger.store.tree import completed_by
from tests.ledger.support import Gateway, naive_climb, naive_root

ENTRIES = 1000


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "ledger.db"
    SqliteStore.create(path, b"genesis")
    gateway = Gateway()
    for _ in range(ENTRIES - 1):
        gateway.extend()
    store = SqliteStore(path)
    submissions = [Submission(parse_statement(signed)) for signed, _ in gateway.chain]
    verdicts = []
    for start in range(0, len(submissions), 37):
        verdicts += store.register(submissions[start : start + 37], 0)
    assert verdicts == [Accepted(index) for index in range(1, ENTRIES)]
    entries = [b"genesis", *(signed for signed, _ in gateway.chain)]
    yield store, entries
    store.close()


def sizes():
    picked = random.Random(9162).sample(range(1, ENTRIES), 40)
    powers = [n + step for n in (1, 2, 4, 8, 256, 512) for step in (-1, 0, 1)]
    return sorted({*picked, *(n for n in powers if n > 0), ENTRIES - 1, ENTRIES})


def test_entries_are_what_was_registered(filled):
    store, entries = filled
    assert store.size() == ENTRIES
    assert [store.entry(index) for index in range(ENTRIES)] == entries
    assert store.entry(ENTRIES) is None


def test_roots_and_inclusion_at_many_sizes(filled):
    store, entries = filled
    pick = random.Random(1)
    for size in sizes():
        root = merkle.root_at(store.node, size)
        assert root == naive_root(entries[:size])
        for index in {0, size - 1, pick.randrange(size), pick.randrange(size)}:
            path = merkle.inclusion_path(store.node, index, size)
            assert naive_climb(entries[index], index, size, path) == root
            merkle.verify_inclusion(hash_leaf(entries[index]), index, size, path, root)


def test_consistency_between_many_sizes(filled):
    store, entries = filled
    for old, new in zip(sizes(), sizes()[1:], strict=False):
        path = merkle.consistency_path(store.node, old, new)
        roots = naive_root(entries[:old]), naive_root(entries[:new])
        merkle.verify_consistency(old, new, path, *roots)
        path = merkle.consistency_path(store.node, old, ENTRIES)
        merkle.verify_consistency(old, ENTRIES, path, roots[0], naive_root(entries))


def test_proofs_cost_few_look_ups(filled):
    """log2(1000) is 10: a path of 10 hashes, none of which needs more than 10 nodes."""
    store, _ = filled
    looked_up = 0

    def node(level, index):
        nonlocal looked_up
        looked_up += 1
        return store.node(level, index)

    merkle.inclusion_path(node, 500, ENTRIES)
    assert looked_up <= 10 * 10


def test_appending_looks_up_the_right_edge_only(filled):
    store, entries = filled
    levels = []

    def node(level, index):
        levels.append(level)
        return store.node(level, index)

    nodes = list(completed_by(node, 511, hash_leaf(entries[511])))
    assert levels == list(range(9))
    assert nodes[-1] == (9, 0, naive_root(entries[:512]))
