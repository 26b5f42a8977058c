"""One proof for several leaves of a tree: the roots of all subtrees that hold none of them.

Much smaller than a path for each leaf, as what the paths share stands in it once or not at all
(docs/PROTOCOL.md, "Bundle"). It tells of the other leaves where they stand and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from evidence.errors import ProofError
from evidence.merkle import HASH_BYTES, NodeAt, hash_node, split, subtree


def proof_of_some(node: NodeAt, size: int, indexes: Sequence[int]) -> list[bytes]:
    """Return what proves the leaves `indexes`, ascending and at least one, of a tree of `size`."""
    return [subtree(node, low, high) for low, high in _hidden(size, indexes)]


def proof_of_fewer(
    size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes], indexes: Sequence[int]
) -> list[bytes]:
    """Return what proves `indexes`, some of the leaves that `hashes` prove, where no more is known.

    Whoever gives `leaves` and `hashes` has held them against the root (`root_from_some`).
    """
    known = dict(zip(_hidden(size, sorted(leaves)), hashes, strict=True))

    def hash_of(low: int, high: int) -> bytes:
        if (low, high) in known:
            return known[low, high]
        if high - low == 1:
            return leaves[low]
        middle = low + split(high - low)
        return hash_node(hash_of(low, middle), hash_of(middle, high))

    return [hash_of(low, high) for low, high in _hidden(size, indexes)]


def root_from_some(size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> bytes:
    """Return the root that leaf hashes by index and a proof lead to; ProofError for another shape.

    Indexes, the number of hashes and their lengths are checked before any hashing.
    """
    indexes = sorted(leaves)
    if not indexes or not 0 <= indexes[0] <= indexes[-1] < size:
        raise ProofError("proof-index", f"a leaf is not in a tree of {size}")
    needed = sum(1 for _ in _hidden(size, indexes))
    if len(hashes) != needed:
        raise ProofError("proof-length", f"{len(hashes)} hashes where {needed} are needed")
    if any(len(digest) != HASH_BYTES for digest in (*leaves.values(), *hashes)):
        raise ProofError("proof-hash", f"a hash is not {HASH_BYTES} bytes long")
    return _climb(0, size, indexes, leaves, iter(hashes))


def _climb(
    low: int, high: int, indexes: Sequence[int], leaves: Mapping[int, bytes], rest: Iterator[bytes]
) -> bytes:
    """Return the hash over leaves [low, high)."""
    if not _any(indexes, low, high):
        return next(rest)
    if high - low == 1:
        return leaves[low]
    middle = low + split(high - low)
    left = _climb(low, middle, indexes, leaves, rest)
    return hash_node(left, _climb(middle, high, indexes, leaves, rest))


def _hidden(size: int, indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the largest subtrees [low, high) without any of `indexes`, from left to right."""
    waiting = [(0, size)]
    while waiting:
        low, high = waiting.pop()
        if not _any(indexes, low, high):
            yield low, high
        elif high - low > 1:
            middle = low + split(high - low)
            waiting += [(middle, high), (low, middle)]


def _any(indexes: Sequence[int], low: int, high: int) -> bool:
    """Tell whether one of `indexes`, ascending, lies in [low, high)."""
    at = bisect_left(indexes, low)
    return at < len(indexes) and indexes[at] < high
