"""Making a bundle's batches: which records are shown, and what proves them."""

from __future__ import annotations

from collections.abc import Callable

from evidence.body import check_body, leaves
from evidence.bundle import BundledBatch, Disclosed
from evidence.leaf import SEED_BYTES, Salts
from evidence.merkle import Tree
from evidence.multi_proof import proof_of_some
from evidence.statement import parse_statement

Shows = Callable[[bytes], bool]
"""Tells of a record's bytes whether it is shown."""


def show_some(
    statement: bytes, body: bytes, receipt: bytes, checkpoint: int, shows: Shows
) -> BundledBatch:
    """Return the batch with the records that `shows` picks; the others are only committed to.

    `checkpoint` is an index into the bundle's. What goes into a bundle of the others are hashes
    over salted leaves: neither seed nor body.
    """
    records = check_body(body, parse_statement(statement).batch)
    seed = body[:SEED_BYTES]
    salt = Salts(seed)
    shown = tuple(
        Disclosed(index, salt(index), record)
        for index, record in enumerate(records)
        if shows(record)
    )
    proof = None
    if 0 < len(shown) < len(records):
        tree = Tree(leaves(seed, records))
        proof = tuple(proof_of_some(tree.node, tree.size, [item.index for item in shown]))
    return BundledBatch(statement, receipt, checkpoint, shown, proof)
