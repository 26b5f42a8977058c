"""Records shown, under their statement (PROTOCOL.md, step 6 of "Verification")."""

from __future__ import annotations

from tests.independent.bundle import Shown
from tests.independent.merkle import check_inclusion, leaf_of, part_root, root_of
from tests.independent.reasons import Refused
from tests.independent.records import Record
from tests.independent.statement import Gap, Statement


def check_root(shown: Shown, statement: Statement) -> None:
    """The records shown are under the signed root."""
    about = statement.about
    if isinstance(about, Gap):
        if shown.records:
            raise Refused("leaves")
        return
    if not shown.records:
        return
    leaves = [(one.index, leaf_of(one.salt, one.record)) for one in shown.records]
    if shown.proof is not None:
        if part_root(about.leaves, leaves, shown.proof) != about.root:
            raise Refused("proof-root")
    elif shown.records[0].path is not None:
        for one, (index, leaf) in zip(shown.records, leaves, strict=False):
            check_inclusion(about.leaves, index, one.path or [], leaf, about.root)
    elif len(leaves) != about.leaves or root_of([leaf for _, leaf in leaves]) != about.root:
        raise Refused("leaves")


def check_places(shown: Shown, statement: Statement, records: list[Record]) -> None:
    """Numbers and wall clocks."""
    about = statement.about
    if isinstance(about, Gap):
        return
    for one, record in zip(shown.records, records, strict=False):
        if record.number != about.first + one.index:
            raise Refused("record-number")
        if not about.earliest <= record.wall <= about.latest:
            raise Refused("record-time")
