"""Every write of a sequencer: failed, failed but persisted, and the power cut before and after it.

After each the log goes on, holds every acknowledged statement once and in order, and has signed
one history: the witness, an honest one, saw no fork.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.statement import parse_statement
from evidence.wire import Code, Label, Type
from ledger.base.errors import ForkDanger, StoreFailed
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Slot
from tests.ledger.support import (
    Gateway,
    asker,
    check_naively,
    code,
    make_cluster,
    naive_root,
    running,
)

WRITES = ["register", Slot.SIGNED, Slot.WITNESSED, Slot.COSIGNED]
STATEMENTS = 3


class PowerCut(Exception):
    """Nobody catches it: the node ends where it stands."""


@dataclass
class Fault:
    """Raises `error` at the `at`-th write of those that `which` names, before or after it."""

    error: type[Exception]
    persisted: bool
    which: list = field(default_factory=lambda: WRITES)
    at: int = 0
    seen: int = 0

    def around(self, name, write):
        hit = name in self.which and self.seen == self.at
        self.seen += name in self.which
        if hit and not self.persisted:
            raise self.error(f"before {name}")
        result = write()
        if hit:
            raise self.error(f"after {name}")
        return result


class FaultyStore(SqliteStore):
    fault: Fault

    def register(self, submissions, at):
        return self.fault.around(
            "register", lambda: super(FaultyStore, self).register(submissions, at)
        )

    def advance(self, slot, origin, old, new):
        return self.fault.around(
            slot, lambda: super(FaultyStore, self).advance(slot, origin, old, new)
        )


def opener(fault):
    def open_store(files, _):
        store = FaultyStore(files.store)
        store.fault = fault
        return store

    return open_store


@pytest.fixture
def pair(tmp_path, gateway):
    """A sequencer and one witness; both must sign."""
    cluster = make_cluster(tmp_path, witnesses=1)
    cluster.admit(gateway)
    return cluster


async def register_all(node, gateway):
    """Send the chain until each statement is accepted, as a gateway's outbox does."""
    for seq, signed in enumerate(gateway.chain):
        while True:
            answer = await node.register(signed)
            if answer.type is Type.ACCEPTED:
                assert answer.get(Label.INDEX) == seq + 1
                break
            assert code(answer) == Code.BUSY


async def check_log(cluster, gateway, node):
    """Everything once, in order, under one root that the quorum signed."""
    answer = await node.receipts(gateway, range(len(gateway.chain)))
    note = answer.get(Label.NOTE)
    signed = parse_checkpoint(note)
    cluster.policy.check(signed)
    for seq, receipt in answer.get(Label.RECEIPTS):
        statement = gateway.chain[seq][0]
        assert check_naively(cluster.policy, note, receipt, statement)[0] == seq + 1
    store = SqliteStore(cluster.sequencer.store, read_only=True)
    entries = [store.entry(index) for index in range(store.size())]
    assert entries[1:] == [statement for statement, _ in gateway.chain]
    assert [store.body(index) for index in range(1, len(entries))] == [
        body for _, body in gateway.chain
    ]
    assert signed.checkpoint.root == naive_root(entries)
    store.close()
    for files in (cluster.sequencer, *cluster.witnesses):
        store = SqliteStore(files.store, read_only=True)
        assert store.evidence() == []
        store.close()


@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_failed_write_is_made_good_without_a_restart(pair, gateway, write, persisted):
    fault = Fault(StoreFailed, persisted, [write], at=1)
    async with running(pair.witnesses[0]), running(pair.sequencer, open_store=opener(fault)):
        async with asker(pair.sequencer, gateway) as node:
            for _ in range(STATEMENTS):  # a checkpoint each: however slow, every write comes twice
                gateway.extend()
                await register_all(node, gateway)
                await check_log(pair, gateway, node)
    assert fault.seen > fault.at, "the fault never came"
    async with running(pair.witnesses[0]), running(pair.sequencer):
        async with asker(pair.sequencer, gateway) as node:
            gateway.extend()
            await register_all(node, gateway)
            await check_log(pair, gateway, node)


@pytest.mark.parametrize("persisted", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(9))
async def test_power_cut_at_any_write(pair, gateway, at, persisted):
    """Nine writes are made while three statements are taken in and cosigned."""
    fault = Fault(PowerCut, persisted, at=at)
    async with running(pair.witnesses[0]):
        with pytest.raises(ExceptionGroup) as ended:
            async with running(pair.sequencer, open_store=opener(fault)) as sequencer:
                async with asker(pair.sequencer, gateway) as node:
                    while len(gateway.chain) < 20:  # far more than nine writes
                        gateway.extend()
                        await node.register(gateway.chain[-1])
                        await node.receipts(gateway, [len(gateway.chain) - 1])
                del sequencer
        assert ended.group_contains(PowerCut, depth=1)
        async with running(pair.sequencer), asker(pair.sequencer, gateway) as node:
            await register_all(node, gateway)
            await check_log(pair, gateway, node)


async def test_restart_goes_on_from_what_was_signed(pair, gateway):
    """Signed but never sent: the same note is sent after the restart, nothing smaller."""
    async with running(pair.sequencer), asker(pair.sequencer, gateway) as node:
        gateway.extend()
        async with running(pair.witnesses[0]):
            await register_all(node, gateway)
            await node.receipts(gateway, [0])
        gateway.extend()
        await register_all(node, gateway)
        store = SqliteStore(pair.sequencer.store, read_only=True)
        async with asyncio.timeout(60):
            while (kept := store.kept(Slot.SIGNED, "example.org/log")).size < 3:
                await asyncio.sleep(0.01)
        store.close()
    async with running(pair.witnesses[0]), running(pair.sequencer):
        async with asker(pair.witnesses[0], pair.sequencer) as witness:
            async with asker(pair.sequencer, gateway) as node:
                await node.receipts(gateway, [1])
            answer = await witness.ask(Type.CHECKPOINT)
    assert answer.get(Label.NOTE) == kept.note


@pytest.mark.parametrize("news", [False, True], ids=["idle", "with-new-entries"])
async def test_old_copy_of_the_store_is_found_out_before_it_signs(pair, gateway, tmp_path, news):
    copy = tmp_path / "old.db"
    other = Gateway("truck-8")
    pair.admit(other)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(pair.witnesses[0]))
        gateway.extend()
        async with running(pair.sequencer), asker(pair.sequencer, gateway) as node:
            await register_all(node, gateway)
            await check_log(pair, gateway, node)
        shutil.copy(pair.sequencer.store, copy)
        for _ in range(3):
            gateway.extend()
        async with running(pair.sequencer), asker(pair.sequencer, gateway) as node:
            await register_all(node, gateway)
            await check_log(pair, gateway, node)
        shutil.copy(copy, pair.sequencer.store)
        if news:
            store = SqliteStore(pair.sequencer.store)
            store.register([Submission(parse_statement(other.extend()[0]))], 0)
            store.close()
        with pytest.raises(ExceptionGroup) as ended:
            async with running(pair.sequencer):
                await asyncio.sleep(10)
        assert ended.group_contains(ForkDanger)
        store = SqliteStore(pair.sequencer.store, read_only=True)
        assert store.kept(Slot.SIGNED, "example.org/log").size == 2
        store.close()
        store = SqliteStore(pair.witnesses[0].store, read_only=True)
        assert store.evidence() == []
        store.close()


@pytest.mark.parametrize("silent", [1, 2])
async def test_nothing_is_signed_before_enough_witnesses_were_heard(cluster, gateway, silent):
    """A quorum of three in four: of three witnesses two must have said how far they saw the log."""
    async with AsyncExitStack() as stack:
        for files in cluster.witnesses[silent:]:
            await stack.enter_async_context(running(files))
        await stack.enter_async_context(running(cluster.sequencer))
        async with asker(cluster.sequencer, gateway) as node:
            gateway.extend()
            await register_all(node, gateway)
            store = SqliteStore(cluster.sequencer.store, read_only=True)
            if silent == 2:
                await asyncio.sleep(1.5)  # longer than a witness gets to answer
                assert store.kept(Slot.SIGNED, "example.org/log") is None
                await stack.enter_async_context(running(cluster.witnesses[0]))
            await node.receipts(gateway, [0])
            store.close()


async def test_store_that_lost_entries_is_refused_at_start(lone, gateway):
    """The store's own checkpoint is larger than its tree."""
    gateway.extend()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await register_all(node, gateway)
        await check_log(lone, gateway, node)
    connection = sqlite3.connect(lone.sequencer.store)
    with connection:
        connection.execute("DELETE FROM entries WHERE idx = 1")
    connection.close()
    with pytest.raises(ForkDanger, match="2 entries, its store holds 1"):
        async with running(lone.sequencer):
            pass


async def test_full_disk_is_a_state(lone, gateway, caplog):
    """SQLite may use no more pages: statements are refused as busy, and taken once there is room."""

    class FullStore(SqliteStore):
        pages = 0

        def register(self, submissions, at):
            connection = self._open()
            (used,) = connection.execute("PRAGMA page_count").fetchone()
            limit = used if self.pages == 0 else self.pages
            connection.execute(f"PRAGMA max_page_count = {limit}")
            return super().register(submissions, at)

    for mark in range(40):
        gateway.extend(mark="x" * 400 + str(mark))
    async with running(lone.sequencer, open_store=lambda files, _: FullStore(files.store)):
        async with asker(lone.sequencer, gateway) as node:
            refused = False
            for signed in gateway.chain:
                answer = await node.register(signed)
                refused = refused or answer.type is Type.ERROR
                if answer.type is Type.ERROR:
                    assert code(answer) == Code.BUSY
                    break
            assert refused
            assert "full" in caplog.text
            FullStore.pages = 10_000
            await register_all(node, gateway)
            await check_log(lone, gateway, node)
