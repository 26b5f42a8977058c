"""What is erased at a node is gone from its store and its files; the log, and its proofs, stay."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from agent.upstream.custodian import parse_custodies
from evidence.leaf import SEED_BYTES
from evidence.statement import parse_statement
from evidence.wire import Label, Type
from ledger.base.errors import StoreFailed
from ledger.base.public_node import Role
from ledger.log.erasure import read_erased
from ledger.node.init import Plan, init_node
from ledger.store.chain import Accepted, Submission
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import (
    NOW,
    Cluster,
    Gateway,
    NodeFiles,
    asker,
    check_naively,
    command,
    free_endpoint,
    make_cluster,
    running,
)

WHO = ("--by", "office", "--reason", "a driver asked")


@pytest.fixture(params=[SqliteStore, PostgresStore])
def store(request, tmp_path):
    postgres = request.param is PostgresStore
    where = request.getfixturevalue("postgres") if postgres else tmp_path / "ledger.db"
    request.param.create(where, b"genesis")
    store = request.param(where)
    yield store
    store.close()


def keep(store, gateway, marks):
    """Register a batch for each mark; return their submissions."""
    signed = [gateway.extend(mark) for mark in marks]
    sent = [Submission(parse_statement(statement), body) for statement, body in signed]
    assert all(isinstance(verdict, Accepted) for verdict in store.register(sent, NOW))
    return sent


def test_an_erased_body_does_not_come_back(store, gateway):
    other = Gateway(name="truck-8")
    sent = keep(store, gateway, "abc")
    kept = keep(store, other, "d")
    tree = [store.node(0, index) for index in range(5)]
    ours = store.holdings(-1, gateway.issuer, 10)
    assert [(each.index, each.kept) for each in ours] == [(1, True), (2, True), (3, True)]
    store.erase([1, 3])
    assert [store.body(index) for index in range(1, 5)] == [
        None, sent[1].body, None, kept[0].body,
    ]  # fmt: skip
    store.register(sent, NOW)
    assert [each.kept for each in store.holdings(-1, "", 10)] == [False, True, False, True]
    assert [store.entry(index) for index in (1, 3)] == [
        sent[index].statement.encoded for index in (0, 2)
    ]
    assert [store.node(0, index) for index in range(5)] == tree


def test_holdings_are_read_in_pages(store, gateway):
    keep(store, gateway, "abcde")
    first = store.holdings(-1, "", 2)
    assert [each.index for each in first] == [1, 2], "the log's own entry is no gateway's"
    assert [each.index for each in store.holdings(2, gateway.issuer, 2)] == [3, 4]
    assert store.holdings(5, "", 2) == store.holdings(-1, "urn:uuid:nobody", 2) == []


@pytest.fixture
def node(tmp_path, gateway):
    """A node that runs no more, with three batches of one gateway and one of another."""
    cluster = make_cluster(tmp_path, witnesses=0)
    cluster.admit(gateway)
    return cluster


async def fill(cluster, *gateways):
    async with running(cluster.sequencer):
        for gateway in gateways:
            async with asker(cluster.sequencer, gateway) as node:
                for mark in "abc":
                    await node.register(gateway.extend(mark * 40))
                await node.receipts(gateway, [0, 1, 2])


def erase(cluster, *words):
    return command("erase", cluster.sequencer.folder, *words, *WHO)


async def test_nothing_of_an_erased_record_is_left_in_the_files(node, gateway):
    await fill(node, gateway)
    bodies = [body for _, body in gateway.chain]
    held = [path for path in node.sequencer.folder.iterdir() if path.name.startswith("ledger.db")]
    before = b"".join(path.read_bytes() for path in held)
    assert all(body in before for body in bodies), "each with its seed: its first bytes"
    done = erase(node, "--gateway", "truck-7")
    assert (done.returncode, done.stderr) == (0, "")
    assert "erased     the records of 3 batches here, with their seeds" in done.stdout
    assert "may hold copies" in done.stdout
    assert max(map(len, done.stdout.replace(str(node.folder), "").splitlines())) < 80
    after = b"".join(path.read_bytes() for path in node.sequencer.folder.glob("ledger.db*"))
    for body in bodies:
        for start in range(0, len(body) - 8, 8):
            assert body[start : start + 8] not in after
    async with running(node.sequencer), asker(node.sequencer, gateway) as asks:
        answer = await asks.receipts(gateway, [0, 1, 2])
        for seq, receipt in answer.get(Label.RECEIPTS):
            index, _ = check_naively(
                node.policy, answer.get(Label.NOTE), receipt, gateway.chain[seq][0]
            )
            assert index == seq + 1
        await asks.register(gateway.chain[1])
        header = {Label.EPOCH: gateway.epoch, Label.SEQS: [0, 1, 2]}
        assert parse_custodies(await asks.ask(Type.CUSTODY, header)) == {}
        assert (await asks.register(gateway.extend("later"))).type is Type.ACCEPTED
        assert set(parse_custodies(await asks.ask(Type.CUSTODY, {**header, Label.SEQS: [3]}))) == {
            3
        }


async def test_a_node_on_postgresql_is_erased_alike(postgres, tmp_path, gateway):
    endpoint, files = free_endpoint(), NodeFiles(tmp_path / "alpha")
    plan = Plan("alpha", Role.SEQUENCER, endpoint, endpoint, "example.org/log", (), None, postgres)
    init_node(files, plan, NOW)
    cluster = Cluster(tmp_path, files, [])
    cluster.admit(gateway)
    await fill(cluster, gateway)
    done = erase(cluster, "--gateway", "truck-7")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the records of 3 batches" in done.stdout
    assert "0 batches" in erase(cluster, "--gateway", "truck-7", "--dry-run").stdout
    store = PostgresStore(postgres, read_only=True)
    assert [store.body(index) for index in (1, 2, 3)] == [None] * 3
    assert store.size() == 4
    store.close()


async def test_a_time_and_a_gateway_choose_and_erased_toml_says_who_asked(node, gateway):
    other = Gateway(name="truck-8")
    node.admit(other)
    await fill(node, gateway, other)
    # All batches of these tests are of NOW, 2026-02-02T02:40:00Z.
    assert (
        "would erase the records of 6"
        in erase(node, "--since", "2026-02-01T00:00:00Z", "--dry-run").stdout
    )
    assert read_erased(node.sequencer.erased) == ()
    early = erase(node, "--until", "2026-02-02T02:39:59Z")
    late = erase(node, "--since", "2026-02-02T02:40:01Z")
    assert "0 batches" in early.stdout
    assert "0 batches" in late.stdout
    one = erase(node, "--gateway", other.issuer, "--since", "2026-02-02T02:40:00Z")
    assert "3 batches" in one.stdout
    rest = erase(node, "--until", "2026-02-02T02:40:00Z")
    assert "the records of 3 batches" in rest.stdout, "the others were erased before"
    noted = read_erased(node.sequencer.erased)
    assert [each.batches for each in noted] == [0, 0, 3, 3]
    assert [each.asked.gateway for each in noted] == ["", "", other.issuer, ""]
    assert {(each.asked.by, each.asked.reason) for each in noted} == {("office", "a driver asked")}
    assert node.sequencer.erased.stat().st_mode & 0o777 == 0o600


async def test_a_running_node_is_stopped_first_and_what_cannot_be_meant_is_told(node, gateway):
    import asyncio

    async with running(node.sequencer):
        busy = await asyncio.to_thread(erase, node, "--gateway", "truck-7")
    assert (busy.returncode, "systemctl stop tallyman-ledger" in busy.stderr) == (1, True)
    for words, says in (
        ((), "--gateway, --since or --until"),
        (("--gateway", "truck-77"), "did you mean 'truck-7'"),
        (("--since", "yesterday"), "2026-01-31T12:00:00Z"),
        (("--since", "2026-02-02T00:00:00Z", "--until", "2026-02-01T00:00:00Z"), "exchange them"),
    ):
        wrong = erase(node, *words)
        assert wrong.returncode == 2
        assert says in " ".join(wrong.stderr.split())
        assert "Traceback" not in wrong.stderr
    assert read_erased(node.sequencer.erased) == ()


def test_bodies_that_came_in_any_order_leave_no_copies_where_rows_were_moved(tmp_path):
    """Zeroing what is deleted is not enough: pages that are split keep what they held before."""
    path = tmp_path / "ledger.db"
    SqliteStore.create(path, b"genesis")
    gateway, rng = Gateway(), random.Random(7)
    store = SqliteStore(path)
    signed = [gateway.extend(rng.randbytes(60).hex()) for _ in range(400)]
    sent = [Submission(parse_statement(statement), body) for statement, body in signed]
    store.register([replace(each, body=b"") for each in sent], NOW)
    for each in rng.sample(sent, len(sent)):  # bodies come late, and one by one
        store.register([each], NOW)
    store.erase(range(1, len(sent) + 1, 2))
    store.close()
    data = path.read_bytes()
    for number, each in enumerate(sent):
        assert (each.body[:SEED_BYTES] in data) == bool(number % 2)


def test_a_witness_holds_no_records(tmp_path):
    cluster = make_cluster(tmp_path, witnesses=1)
    said = command("erase", cluster.witnesses[0].folder, "--since", "2026-02-02T00:00:00Z", *WHO)
    assert (said.returncode, "holds no records" in said.stderr) == (2, True)


def test_who_reads_the_store_meanwhile_is_told_of(tmp_path, gateway):
    """A backup program's transaction keeps what was erased in the write-ahead log."""
    import sqlite3

    path = tmp_path / "ledger.db"
    SqliteStore.create(path, b"genesis")
    store = SqliteStore(path)
    keep(store, gateway, "a")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM bodies").fetchall()
    with pytest.raises(StoreFailed, match="still holds what was erased"):
        store.erase([1])
    reader.close()
    store.erase([1])
    assert (tmp_path / "ledger.db-wal").stat().st_size == 0
    store.close()
