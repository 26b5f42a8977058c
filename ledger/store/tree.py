"""Growing the log's tree out of stored nodes, without ever holding it in memory."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.merkle import NodeAt, hash_node

Node = tuple[int, int, bytes]
"""(level, index, hash) of a full subtree."""


def completed_by(node: NodeAt, size: int, leaf: bytes) -> Iterator[Node]:
    """Yield the full subtrees that a leaf completes as entry number `size`, the leaf first.

    Looks up one node per level that it completes: the tree's right edge, at most log2(size).
    """
    level, index = 0, size
    yield level, index, leaf
    while index % 2:
        leaf = hash_node(node(level, index - 1), leaf)
        level, index = level + 1, index // 2
        yield level, index, leaf
