"""Receipts that the gateway before never fetched: each is asked for until some node has it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.journal.journal import BatchState, Confirmation
from agent.journal.ring_journal import RingJournal
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from agent.upstream import missing_receipts
from agent.upstream.link import LinkDown, NodeAddress
from agent.upstream.missing_receipts import fetch_missing
from agent.upstream.proofs import Fetched
from evidence.errors import MalformedError
from tests.agent.log_world import EPOCH, LogWorld, record

NOW_MS = 1_800_000_000_000
CONFIRMED, SEALED = BatchState.CONFIRMED, BatchState.SEALED


@pytest.fixture
def journal(tmp_path):
    """Four batches, of which the first is confirmed."""
    world = LogWorld(FileKey(ec.derive_private_key(7, ec.SECP256R1())))
    journal = RingJournal(tmp_path / "journal.sqlite", EPOCH)
    for seq in range(4):
        records = [record(2 * seq), record(2 * seq + 1)]
        journal.commit(records)
        journal.seal(world.seal(records))
    journal.set_confirmed([Confirmation(0, 7, b"old", 9)], b"note", 1)
    yield journal
    journal.close()


class Nodes:
    """What each node proves, by its name; an error is raised."""

    def __init__(self, monkeypatch, tmp_path, **answers) -> None:
        self.answers, self.asked = answers, []
        self.curve = CurveKey.load_or_make(tmp_path / "curve.toml")
        monkeypatch.setattr(missing_receipts, "fetch_proofs", self.fetch)

    async def fetch(self, link, epoch, statements, policy):
        assert epoch == EPOCH
        self.asked.append((link.node.name, policy, sorted(statements)))
        answer = self.answers[link.node.name]
        if isinstance(answer, Exception):
            raise answer
        anchor = SimpleNamespace(signed=SimpleNamespace(to_bytes=lambda: b"newer note"))
        proof = SimpleNamespace(index=5, size=12)
        proofs = {seq: (b"receipt %d" % seq, proof) for seq in answer if seq in statements}
        return [Fetched(proofs, anchor)]

    def missing(self, journal, upto, logs, threshold=1):
        """Fetch what is missing from the nodes of each log; return how many are unconfirmed."""
        nodes = {
            log: [NodeAddress(name, "tcp://127.0.0.1:9", "k" * 40) for name in names]
            for log, names in logs.items()
        }
        rule = SimpleNamespace(
            logs={log: f"policy of {log}" for log in logs},
            several=len(logs) > 1,
            threshold=threshold,
        )
        return fetch_missing(journal, EPOCH, upto, nodes, self.curve, rule, bytes, NOW_MS)


def states(journal):
    return [row.state for row in journal.batches(0, 9)]


def test_nodes_of_a_log_are_asked_in_turn_for_what_the_ones_before_did_not_have(
    journal, monkeypatch, tmp_path
):
    nodes = Nodes(
        monkeypatch, tmp_path, a=LinkDown("off"), b=[1], c=MalformedError("x", "y"), d=[2], e=[]
    )
    assert nodes.missing(journal, 2, {"log": "abcde"}) == 0
    assert nodes.asked == [
        (name, "policy of log", seqs)
        for name, seqs in (("a", [1, 2]), ("b", [1, 2]), ("c", [2]), ("d", [2]))
    ]
    assert states(journal) == [CONFIRMED, CONFIRMED, CONFIRMED, SEALED]
    row = journal.batch(1)
    assert (row.entry_index, row.receipt, row.checkpoint_size, row.confirmed_ms) == (
        5, b"receipt 1", 12, NOW_MS
    )  # fmt: skip
    assert journal.checkpoint(12) == b"newer note"


def test_what_no_node_has_is_counted(journal, monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, tmp_path, a=[3])
    assert nodes.missing(journal, 3, {"log": "a"}) == 2
    assert nodes.missing(journal, 0, {"log": "a"}) == 0
    assert len(nodes.asked) == 1, "of what is proven nothing is asked"


def test_they_are_asked_for_in_portions_that_a_node_answers(journal, monkeypatch, tmp_path):
    monkeypatch.setattr(missing_receipts, "MAX_RECEIPTS", 2)
    nodes = Nodes(monkeypatch, tmp_path, a=[1, 2, 3])
    assert nodes.missing(journal, 3, {"log": "a"}) == 0
    assert [seqs for *_, seqs in nodes.asked] == [[1, 2], [3]]


def test_of_several_logs_each_is_asked_for_its_own(journal, monkeypatch, tmp_path):
    nodes = Nodes(monkeypatch, tmp_path, a=[0, 1, 2, 3], b=[0, 1])
    assert nodes.missing(journal, 3, {"east": "a", "north": "b"}, threshold=2) == 2
    assert [(name, policy, seqs) for name, policy, seqs in nodes.asked] == [
        ("a", "policy of east", [0, 1, 2, 3]),
        ("b", "policy of north", [0, 1, 2, 3]),
    ]
    assert states(journal)[:2] == [CONFIRMED, CONFIRMED]
    assert [len(journal.vouchers(2).proofs(seq)) for seq in range(4)] == [2, 2, 1, 1]
