"""Leaves, trees and their proofs (PROTOCOL.md, "Leaf", "Batch tree", "Bundle")."""

from __future__ import annotations

import hashlib
import hmac

from tests.independent.reasons import Refused
from tests.independent.shape import LIMIT


def salt_of(seed: bytes, index: int) -> bytes:
    """The salt of a record ("Leaf")."""
    return hmac.new(seed, index.to_bytes(8, "big"), hashlib.sha256).digest()[:16]


def leaf_of(salt: bytes, record: bytes) -> bytes:
    """The salted leaf of a record ("Leaf")."""
    return hashlib.sha256(b"\0" + salt + record).digest()


def log_leaf(statement: bytes) -> bytes:
    """The log's leaf of a statement ("Statement")."""
    return hashlib.sha256(b"\0" + statement).digest()


def node(left: bytes, right: bytes) -> bytes:
    """An inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: list[bytes]) -> bytes:
    """The root over all `leaves`, of which there is one at least."""
    if len(leaves) == 1:
        return leaves[0]
    cut = split(len(leaves))
    return node(root_of(leaves[:cut]), root_of(leaves[cut:]))


def _check_hashes(path: list[bytes], wanted: int) -> None:
    if len(path) != wanted:
        raise Refused("proof-length")
    if any(len(item) != 32 for item in path):
        raise Refused("proof-hash")


def _turns(index: int, size: int) -> list[bool]:
    """From the root down: whether the leaf is in the left part."""
    turns = []
    while size > 1:
        cut = split(size)
        turns.append(index < cut)
        index, size = (index, cut) if index < cut else (index - cut, size - cut)
    return turns


def inclusion_root(size: int, index: int, path: list[bytes], leaf: bytes) -> bytes:
    """The root that an inclusion path leads to (RFC 9162, 2.1.3)."""
    if not 1 <= size <= LIMIT:
        raise Refused("proof-size")
    if not 0 <= index < size:
        raise Refused("proof-index")
    turns = _turns(index, size)
    _check_hashes(path, len(turns))
    for is_left, other in zip(reversed(turns), path, strict=False):
        leaf = node(leaf, other) if is_left else node(other, leaf)
    return leaf


def root_before(size: int, index: int, path: list[bytes]) -> bytes:
    """The root over the entries before one ("Several logs")."""
    turns = _turns(index, size)
    left = [other for is_left, other in zip(reversed(turns), path, strict=False) if not is_left]
    if not left:
        return hashlib.sha256(b"").digest()
    root = left[0]
    for other in left[1:]:
        root = node(other, root)
    return root


def check_inclusion(size: int, index: int, path: list[bytes], leaf: bytes, root: bytes) -> None:
    """Refuse a path that does not lead from `leaf` to `root`."""
    if inclusion_root(size, index, path, leaf) != root:
        raise Refused("proof-root")


def _parts(old: int, size: int) -> tuple[list[bool], bool]:
    """From the root down to the node that ends at `old`: is it left; is it all of the old tree?"""
    turns = []
    whole = True
    while old != size:
        cut = split(size)
        turns.append(old <= cut)
        if old <= cut:
            size = cut
        else:
            old, size, whole = old - cut, size - cut, False
    return turns, whole


def check_consistency(old: int, new: int, path: list[bytes], root1: bytes, root2: bytes) -> None:
    """Refuse a path that does not lead from `root1` at `old` to `root2` at `new` (2.1.4)."""
    if not 1 <= old <= new <= LIMIT:
        raise Refused("proof-size")
    turns, whole = _parts(old, new)
    _check_hashes(path, len(turns) + (0 if whole else 1))
    if old == new:
        if root1 != root2:
            raise Refused("proof-root")
        return
    start, rest = (root1, path) if whole else (path[0], path[1:])
    first = second = start
    for is_left, other in zip(reversed(turns), rest, strict=False):
        if is_left:
            second = node(second, other)
        else:
            first, second = node(other, first), node(other, second)
    if first != root1:
        raise Refused("proof-old-root")
    if second != root2:
        raise Refused("proof-new-root")


def _hidden(start: int, end: int, shown: list[int]) -> int:
    """How many hashes a part needs for the leaves from `start` up to `end`."""
    if not shown:
        return 1
    if end - start == 1:
        return 0
    cut = start + split(end - start)
    left = [index for index in shown if index < cut]
    return _hidden(start, cut, left) + _hidden(cut, end, shown[len(left) :])


def part_root(size: int, leaves: list[tuple[int, bytes]], proof: list[bytes]) -> bytes:
    """The root that the leaves shown in part lead to ("Bundle", the proof of a part)."""
    indexes = [index for index, _ in leaves]
    if any(index >= size for index in indexes):
        raise Refused("proof-index")
    _check_hashes(proof, _hidden(0, size, indexes))
    rest = iter(proof)

    def walk(start: int, end: int, some: list[tuple[int, bytes]]) -> bytes:
        if not some:
            return next(rest)
        if end - start == 1:
            return some[0][1]
        cut = start + split(end - start)
        left = [pair for pair in some if pair[0] < cut]
        first = walk(start, cut, left)
        return node(first, walk(cut, end, some[len(left) :]))

    return walk(0, size, leaves)
