"""Batches that the disk lost: no node goes on behind them until the gateway signs that they are."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from types import SimpleNamespace

from agent.chain.building import Author, Place, build_gap
from agent.chain.gaps import Gaps, declare, holes
from agent.disclosure.bundling import confirmed_rows, make_bundle, vouched_rows
from agent.journal.journal import BatchState
from agent.journal.ring_journal import RingJournal
from agent.signing.identity import Identity
from agent.upstream.states import LinkState
from evidence.bundle import parse_bundle
from evidence.log_set import LogSet
from evidence.report import Outcome
from evidence.statement import parse_statement
from evidence.verify import verify_bundle
from evidence.wire import Code, Label, Type
from ledger.store.chain import Entry, Gap, Submission, judge
from tests.agent.log_world import EPOCH, ISSUER, NOW, record
from tests.agent.upstream.gateway import HonestNode
from tests.independent.verify import exit_code as stranger_verifies

IDENTITY = Identity(ISSUER, EPOCH)


class ChainNode(HonestNode):
    """Judges by the rule of a real ledger node."""

    def register(self, envelope):
        said = parse_statement(envelope.statement)
        entries = [parse_statement(logged) for logged in self.logged]
        known = [Entry(n, s.claims.seq, s.digest, s.encoded) for n, s in enumerate(entries, 1)]
        same = next((entry for entry in known if entry.seq == said.claims.seq), None)
        verdict = judge(Submission(said), same, known[-1] if known else None)
        if isinstance(verdict, Gap):
            return envelope.error(Code.GAP, verdict.text, {Label.SEQ: verdict.wanted})
        if verdict is None:
            self.logged.append(envelope.statement)
            self.world.entries.append(envelope.statement)
        header = {Label.INDEX: len(self.logged), Label.SEQ: said.claims.seq}
        return envelope.answer(Type.ACCEPTED, header)

    def status(self, envelope):
        sealed = self.world.batches
        self.world.batches = {
            parse_statement(logged).claims.seq: SimpleNamespace(statement=logged)
            for logged in self.logged
        }
        try:
            return super().status(envelope)
        finally:
            self.world.batches = sealed


async def lose(gateway, *seqs):
    """Close the gateway, take batches out of its journal as a bad disk does, and open it again."""
    gateway.task.cancel()
    await gateway.journal.close()
    journal = sqlite3.connect(gateway.folder / "journal.sqlite")
    journal.executemany("DELETE FROM batch WHERE seq = ?", [(seq,) for seq in seqs])
    journal.commit()
    journal.close()


async def reopen(gateway, node):
    gateway.task.cancel()
    await gateway.journal.close()
    await gateway.open(node)


def bundle(journal, policy, gaps):
    rows = confirmed_rows(journal, 0, None, gaps)
    logs = LogSet.of([policy])
    return make_bundle([vouched_rows(journal, rows, logs)], logs).to_bytes()


async def test_a_loss_is_refused_until_it_is_declared_and_then_named(gateway, node, world):
    node.answer = ChainNode(world)
    await node.down()
    await gateway.open(node)
    await gateway.seal(6)
    await lose(gateway, 2, 3)
    node.up()
    await gateway.open(node)

    async def stuck():
        return gateway.forwarder.views[0].state is LinkState.REFUSED

    await gateway.until(stuck)
    assert "gap" in gateway.forwarder.views[0].detail
    assert "tallyman gap" in gateway.forwarder.views[0].advice
    states = [BatchState.ACCEPTED, BatchState.SEALED]
    assert set(await gateway.states()) <= {*states, BatchState.CONFIRMED}

    (hole,) = await gateway.journal.run(holes)
    assert (hole.first, hole.last, hole.numbers) == (2, 3, range(6, 12))
    gap = declare(hole, IDENTITY, "disk damage", world.gateway, NOW)
    Gaps(gateway.folder, EPOCH).keep(gap)
    await reopen(gateway, node)
    await gateway.confirmed(4)

    async def gap_confirmed():
        return [kept.state for kept in Gaps(gateway.folder, EPOCH)] == [BatchState.CONFIRMED]

    await gateway.until(gap_confirmed)
    (kept,) = Gaps(gateway.folder, EPOCH)
    data = await gateway.journal.run(bundle, world.policy, [kept])
    report = verify_bundle(data, world.policy)
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    (loss,) = report.losses
    assert (loss.first, loss.last, loss.records) == (2, 3, range(6, 12))
    assert stranger_verifies(data, world.policy_text) == 0
    data = await gateway.journal.run(bundle, world.policy, [])
    assert verify_bundle(data, world.policy).outcome is Outcome.INCOMPLETE
    assert stranger_verifies(data, world.policy_text) == Outcome.INCOMPLETE


async def test_a_gap_that_a_node_forgot_is_sent_again(gateway, node, world):
    await gateway.open(node)
    await gateway.seal(3)
    await lose(gateway, 1)
    await gateway.open(node)
    (hole,) = await gateway.journal.run(holes)
    gaps = gateway.outbox._gaps
    gaps.keep(declare(hole, IDENTITY, "", world.gateway, NOW))
    assert [batch.seq for batch in await gateway.outbox.unsent(9)] == [0, 1, 2]
    await gateway.outbox.accepted([0, 1, 2], with_body=True)
    assert [batch.seq for batch in await gateway.outbox.unconfirmed(9)] == [0, 1, 2]
    await gateway.outbox.forgotten(0)
    assert [batch.seq for batch in await gateway.outbox.unsent(9)] == [1, 2]
    assert await gateway.outbox.find(1) == gaps.statement(1)
    assert await gateway.outbox.body(1) == b""


async def test_a_lost_ring_is_a_gap_that_nodes_take_and_verifiers_name(gateway, node, world):
    """Six records are sealed, two are acknowledged, then the ring is gone."""
    node.answer = ChainNode(world)
    await gateway.open(node)
    await gateway.seal(2)
    await gateway.journal.commit([record(6), record(7)])
    gateway.task.cancel()
    await gateway.journal.close()
    (gateway.folder / "journal.ring").unlink()
    await gateway.open(node)
    lost = await gateway.journal.lost()
    author = Author(ISSUER, EPOCH, world.gateway)
    gap = build_gap(author, Place.after(await gateway.journal.head()), lost, NOW)
    world.batches.append(gap)
    await gateway.journal.run(RingJournal.seal, gap)
    await gateway.outbox.forgotten(0)
    await gateway.seal(2)
    await gateway.delivered(5)

    data = await gateway.journal.run(bundle, world.policy, [])
    report = verify_bundle(data, world.policy)
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    (loss,) = report.losses
    assert (loss.first, loss.last, loss.records) == (2, 2, range(6, lost.end))
    assert "journal's ring was gone" in loss.reason
    assert stranger_verifies(data, world.policy_text) == 0

    whole = parse_bundle(data)
    shown = tuple(item for item in whole.batches if item.statement != gap.statement)
    data = replace(whole, batches=shown).to_bytes()
    assert verify_bundle(data, world.policy).outcome is Outcome.INCOMPLETE
    assert stranger_verifies(data, world.policy_text) == Outcome.INCOMPLETE
    rows = await gateway.journal.run(RingJournal.bodies, 0, 9)
    assert [row.seq for row in rows] == [0, 1, 3, 4], "nobody is to sign for a gap"
