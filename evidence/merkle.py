"""The Merkle tree of RFC 9162 §2.1: hashes, roots, proofs, and their verification.

Verification computes the only possible path length before it hashes anything, and refuses every
other. A proof says nothing about size and index unless something else signs them
(docs/PROTOCOL.md, "What a receipt does not say").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from evidence.errors import ProofError

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
"""Bounds all loops by 63 rounds; no log grows that large."""

NodeAt = Callable[[int, int], bytes]
"""(level, index) → hash of the full subtree over leaves [index·2^level, (index+1)·2^level)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def hash_leaf(entry: bytes) -> bytes:
    """Return the leaf hash SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the inner hash SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree that keeps every full subtree's hash, level by level."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; return the (level, index, hash) of every subtree it completed."""
        added = [(0, self.size, leaf)]
        self._levels[0].append(leaf)
        level, index = 0, self.size - 1
        while index % 2:
            leaf = hash_node(self._levels[level][index - 1], leaf)
            level, index = level + 1, index // 2
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(leaf)
            added.append((level, index, leaf))
        return added

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree."""
        return self._levels[level][index]

    def root(self) -> bytes:
        """Return the root over all leaves."""
        return root_at(self.node, self.size)

    def inclusion_path(self, index: int) -> list[bytes]:
        """Return the proof that leaf `index` is under `root()`."""
        return inclusion_path(self.node, index, self.size)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, without keeping the tree."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        pairs = [hash_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            pairs.append(level[-1])
        level = pairs
    return level[0]


def root_at(node: NodeAt, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return subtree(node, 0, size) if size else EMPTY_ROOT


def inclusion_path(node: NodeAt, index: int, size: int) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 9162 §2.1.3.1, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path = []
    low, high = 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(subtree(node, middle, high))
            high = middle
        else:
            path.append(subtree(node, low, middle))
            low = middle
    return path[::-1]


def consistency_path(node: NodeAt, size1: int, size2: int) -> list[bytes]:
    """Return PROOF(size1, D[size2]) of RFC 9162 §2.1.4.1; empty where the sizes are equal."""
    if not 0 < size1 <= size2:
        raise ValueError(f"no proof from {size1} to {size2}")
    path = []
    low, high = 0, size2
    while high > size1:
        middle = low + split(high - low)
        if size1 <= middle:
            path.append(subtree(node, middle, high))
            high = middle
        else:
            path.append(subtree(node, low, middle))
            low = middle
    if low > 0:  # the old tree is not a whole subtree of the new one: name its last part
        path.append(subtree(node, low, high))
    return path[::-1]


def split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def subtree(node: NodeAt, low: int, high: int) -> bytes:
    """Return the hash over leaves [low, high), `low` being aligned as RFC 9162 splits."""
    size = high - low
    level = size.bit_length() - 1
    if size == 1 << level:
        return node(level, low >> level)
    middle = low + split(size)
    return hash_node(subtree(node, low, middle), subtree(node, middle, high))


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to (RFC 9162 §2.1.3.2), or raise ProofError.

    Index, size, path length and hash lengths are checked before any hashing.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise ProofError("proof-index", f"leaf {index} is not in a tree of {size}")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    _check_hashes([leaf], 1)
    _check_hashes(path, inner + border)
    root = leaf
    for level, sibling in enumerate(path[:inner]):
        right = index >> level & 1
        root = hash_node(sibling, root) if right else hash_node(root, sibling)
    for sibling in path[inner:]:
        root = hash_node(sibling, root)
    return root


def root_before(index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root over the leaves before leaf `index`, which every path of that leaf holds.

    It is the same in all sizes of one log. Wants a path that led to a root.
    """
    inner = (index ^ (size - 1)).bit_length()
    levels = [level for level in range(inner) if index >> level & 1]
    left = [*(path[level] for level in levels), *path[inner:]]
    root = left[0] if left else EMPTY_ROOT
    for sibling in left[1:]:
        root = hash_node(sibling, root)
    return root


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return None when leaf `index` of the tree (size, root) is `leaf_hash`, else ProofError."""
    _check_hashes([root], 1)
    if root_from_inclusion(leaf_hash, index, size, path) != root:
        raise ProofError("proof-root", "the inclusion path leads to another root")


def roots_from_consistency(
    size1: int, size2: int, path: Sequence[bytes], root1: bytes
) -> tuple[bytes, bytes]:
    """Return the roots at `size1` and `size2` that a consistency path leads to (RFC 9162 §2.1.4.2).

    `root1` is used where `size1` is a power of two only: such a path does not repeat it. Wants
    0 < size1 < size2; ProofError for a path of any other length than theirs.
    """
    shift = (size1 & -size1).bit_length() - 1
    start = 0 if size1 == 1 << shift else 1
    inner = ((size1 - 1) ^ (size2 - 1)).bit_length() - shift
    border = (size1 - 1 >> inner + shift).bit_count()
    _check_hashes(path, start + inner + border)
    old = new = path[0] if start else root1
    mask = size1 - 1 >> shift
    for level, sibling in enumerate(path[start : start + inner]):
        if mask >> level & 1:
            old = hash_node(sibling, old)
            new = hash_node(sibling, new)
        else:
            new = hash_node(new, sibling)
    for sibling in path[start + inner :]:
        old = hash_node(sibling, old)
        new = hash_node(sibling, new)
    return old, new


def verify_consistency(
    size1: int, size2: int, path: Sequence[bytes], root1: bytes, root2: bytes
) -> None:
    """Return None when the tree (size2, root2) extends (size1, root1), else ProofError.

    RFC 9162 §2.1.4.2. An old size of 0 proves nothing and is refused.
    """
    _check_size(size2)
    if not 0 < size1 <= size2:
        raise ProofError("proof-size", f"no consistency from {size1} to {size2}")
    _check_hashes([root1, root2], 2)
    if size1 == size2:
        _check_hashes(path, 0)
        if root1 != root2:
            raise ProofError("proof-root", f"two roots at the same size {size1}")
        return
    old, new = roots_from_consistency(size1, size2, path, root1)
    if old != root1:
        raise ProofError("proof-old-root", "the consistency path starts from another tree")
    if new != root2:
        raise ProofError("proof-new-root", "the consistency path leads to another tree")


def _check_size(size: int) -> None:
    if not 0 < size <= MAX_SIZE:
        raise ProofError("proof-size", f"{size} is no size of a tree")


def _check_hashes(hashes: Sequence[bytes], count: int) -> None:
    if len(hashes) != count:
        raise ProofError("proof-length", f"{len(hashes)} hashes where {count} are needed")
    if any(len(digest) != HASH_BYTES for digest in hashes):
        raise ProofError("proof-hash", f"a hash is not {HASH_BYTES} bytes long")
