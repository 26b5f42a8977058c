"""What is inherited counts as proven by its receipts, not by where the new gateway goes on."""

from __future__ import annotations

import pytest

from agent.chain.inheritance import Inherited, counted_in
from agent.cli.inherit import tell
from tests.agent.chain.test_epochs import Card


@pytest.fixture
def journal(tmp_path):
    """Four batches of four records: one proven, one that a node took, two that it never saw."""
    card = Card(tmp_path)
    card.seal(4)
    card.confirm(0)
    card.accept(1)
    return tmp_path / "journal.sqlite"


def test_what_has_no_receipt_is_not_proven(journal):
    found = counted_in(journal, 1, lambda _statement, _proofs: True)
    assert found == Inherited(records=16, before=8, proven=4)


def test_a_receipt_that_proves_nothing_any_more_does_not_count(journal):
    found = counted_in(journal, 1, lambda _statement, _proofs: False)
    assert found == Inherited(records=16, before=8, proven=0)


def test_from_none_of_its_batches_nothing_is_proven(journal):
    found = counted_in(journal, None, lambda _statement, _proofs: True)
    assert found == Inherited(records=16, before=0, proven=0)


@pytest.mark.parametrize(
    ("found", "missing", "lines"),
    [
        (Inherited(16, 8, 8), 0, ["16 records of the previous gateway, 8 proven", "8 records that no ledger node has"]),
        (Inherited(8, 8, 4), 1, ["4 proven", "receipts of 1 batch: run this again"]),
        (Inherited(8, 8, 4), 0, ["4 records whose receipts no policy here accepts", "ask the consortium"]),
        (Inherited(1, 1, 1), 0, ["1 record of the previous gateway, 1 proven"]),
    ],
)  # fmt: skip
def test_what_is_said_of_it(capsys, found, missing, lines):
    tell(found, missing)
    said = capsys.readouterr().out
    for line in lines:
        assert line in said
    assert (
        said.count("\n")
        == 1 + 1 + ("unproven" in said) * 2 + ("missing" in said) + ("refused" in said) * 2
    )
    assert max(map(len, said.splitlines())) < 80
