"""Making a bundle's batches: which records are shown, and what proves them."""

from __future__ import annotations

from collections.abc import Collection

from agent.evidence.body import check_body, leaves
from agent.evidence.bundle import BundledBatch, Disclosed
from agent.evidence.leaf import SEED_BYTES, Salts
from agent.evidence.merkle import Tree
from agent.evidence.statement import parse_statement


def show_all(statement: bytes, body: bytes, receipt: bytes, checkpoint: int) -> BundledBatch:
    """Return the batch with every record shown; `checkpoint` is an index into the bundle's."""
    records = check_body(body, parse_statement(statement).batch)
    salt = Salts(body[:SEED_BYTES])
    shown = tuple(
        Disclosed(index, salt(index), record, None) for index, record in enumerate(records)
    )
    return BundledBatch(statement, receipt, checkpoint, shown)


def show_some(
    statement: bytes, body: bytes, receipt: bytes, checkpoint: int, numbers: Collection[int]
) -> BundledBatch:
    """Return the batch with the records `numbers` shown and the others only committed to."""
    batch = parse_statement(statement).batch
    records = check_body(body, batch)
    seed = body[:SEED_BYTES]
    salt, tree = Salts(seed), Tree(leaves(seed, records))
    shown = tuple(
        Disclosed(index, salt(index), record, tuple(tree.inclusion_path(index)))
        for index, record in enumerate(records)
        if batch.first + index in numbers
    )
    return BundledBatch(statement, receipt, checkpoint, shown)
