"""`tallyman salvage`: a dead gateway's card, brought home by another gateway."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.light_client.verifier import accept_checkpoint, match, prove_receipts
from agent.salvage.archive import parse_archive
from agent.signing.identity import load_or_make
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys, public_text
from evidence.leaf import Record
from ledger.base.public_node import read_public_node
from ledger.enrolling import lists
from ledger.store.sqlite_store import SqliteStore
from tests.agent.assembly.test_agent_process import stop
from tests.agent.cli.test_dock_command import HereGateway
from tests.agent.salvage.dead_gateway import NOTE, PER_BATCH, DeadGateway, die
from tests.ledger.support import NOW, make_cluster, running


@pytest.fixture
def dead(tmp_path) -> DeadGateway:
    return die(tmp_path / "card")


@pytest.fixture
def gateway(tmp_path, monkeypatch, capsys):
    gateway = HereGateway(tmp_path, monkeypatch, capsys)
    yield gateway
    gateway.kill_all()


def salvaged(state: Path) -> list[Record]:
    reader = open_reader(state / FILE_NAME)
    try:
        found = reader.records(0, reader.count())
    finally:
        reader.close()
    return [record for record in found if record.kind == "salvaged"]


def test_unsigned_records_are_taken_over_once_and_marked(gateway, dead):
    agent = gateway.started()
    told = gateway.ask("salvage", str(dead.folder), "--import")
    assert told.returncode == 0, told.stderr
    assert f"imported  {dead.loose} unsigned records" in told.stdout
    agent.kill()
    agent.wait(10)
    agent = gateway.started()
    again = gateway.ask("salvage", str(dead.folder), "--import")
    assert (
        f"imported  0 unsigned records, marked as salvaged; {dead.loose} were here" in again.stdout
    )
    stop(agent)

    records = salvaged(gateway.folder / "state")
    assert [record.values["number"] for record in records] == list(
        range(dead.first_loose, dead.first_loose + dead.loose)
    )
    for record in records:
        assert (record.quality, record.device) == ("salvaged", "cargo")
        assert record.values["gateway"] == dead.identity.gateway
        assert record.values["record"] == dead.leaf(record.values["number"])


def test_what_is_there_is_told_in_plain_words_and_json(gateway, dead, capsys):
    told = gateway.ask("salvage", str(dead.folder)).stdout
    assert f"batches 0 to {dead.sealed - 1}, chain unbroken" in told
    first, last = dead.first_loose, dead.first_loose + dead.loose - 1
    assert f"unsigned  records {first} to {last}: readable" in told
    assert all(len(line) <= 80 for line in told.splitlines())
    shown = json.loads(gateway.ask("salvage", str(dead.folder), "--json").stdout)
    assert shown["lives"][0]["unsigned"] == [[first, last]]
    assert gateway.ask("salvage", str(dead.folder / "nowhere")).returncode == 2


def helper(folder: Path, *clusters) -> Path:
    """Return the configuration of a laptop with keys of its own, admitted by the nodes."""
    policies = [cluster.sequencer.policy.read_text() for cluster in clusters]
    policy = folder / "policy.txt"
    policy.write_text((f"logs {len(policies)}\n" if len(policies) > 1 else "") + "".join(policies))
    config = folder / "laptop.toml"
    config.write_text(
        f'[gateway]\nname = "laptop"\nstate_dir = "{folder / "laptop"}"\n'
        f'[ledger]\npolicy = "{policy}"\n' + "".join(map(node_table, clusters))
    )
    return config


def node_table(cluster) -> str:
    node = read_public_node(cluster.sequencer.public)
    log = cluster.policy.log.name
    return (
        f'[[ledger.node]]\nname = "{log.split(".")[0]}"\nendpoint = "{node.endpoint}"\n'
        f'server_key = "{node.curve}"\nlog = "{log}"\n'
    )


def admitted(cluster, folder: Path, name: str, state: Path) -> None:
    state.mkdir(exist_ok=True)
    identity = load_or_make(state, os.urandom)
    public = folder / f"{name}.pub"
    public.write_text(public_text(name, identity, Keys.load_or_make(state, KeyStore())))
    lists.admit(cluster.sequencer, public, NOW)


def check_receipts(archive, policy) -> None:
    """Each batch has a receipt that leads to one of the notes fetched, by the pinned policy."""
    fetched = [note for note in archive.notes if note != NOTE]
    anchors = [accept_checkpoint(note, policy, None) for note in fetched]
    by_size = {anchor.size: anchor for anchor in anchors}
    for batch in archive.lives[0].batches:
        proven = prove_receipts({0: batch.signed}, {0: batch.receipt}, policy)[0]
        match(proven, by_size[proven.size])


async def test_signed_batches_go_to_the_node_as_they_are(dead, tmp_path, capsys):
    cluster = make_cluster(tmp_path / "ledger", witnesses=0)
    admitted(cluster, tmp_path, "truck-7", dead.folder)
    admitted(cluster, tmp_path, "laptop", tmp_path / "laptop")
    config = helper(tmp_path, cluster)
    archive = tmp_path / "truck-7.salvage"
    base = ["salvage", "--config", str(config)]
    assert main([*base, str(dead.folder), "--output", str(archive)]) == 0
    async with running(cluster.sequencer):
        for _ in range(2):
            assert await asyncio.to_thread(main, [*base, str(archive), "--send"]) == 0
    told = capsys.readouterr().out
    assert f"sent      {dead.sealed} of {dead.sealed} batches" in told
    assert f"proven    {dead.sealed} of {dead.sealed} batches: the log has them" in told
    check_receipts(parse_archive(archive.read_bytes()), cluster.policy)
    store = SqliteStore(cluster.sequencer.store)
    reader = open_reader(dead.database)
    batches = [row.batch for row in reader.batches(0, dead.sealed)]
    reader.close()
    assert store.size() == 1 + dead.sealed, "each once, behind the log's own entry"
    for index, batch in enumerate(batches, 1):
        assert store.entry(index) == batch.statement
        assert store.body(index) == batch.body
        assert batch.count == PER_BATCH
    store.close()


async def test_each_of_several_logs_gets_them_and_one_that_is_away_is_named(dead, tmp_path, capsys):
    clusters = [
        make_cluster(tmp_path / name, witnesses=0, origin=f"{name}.example/log")
        for name in ("east", "north")
    ]
    for cluster in clusters:
        admitted(cluster, tmp_path, "truck-7", dead.folder)
        admitted(cluster, tmp_path, "laptop", tmp_path / "laptop")
    config = helper(tmp_path, *clusters)
    archive = tmp_path / "truck-7.salvage"
    base = ["salvage", "--config", str(config), str(dead.folder), "-o", str(archive), "--send"]
    async with running(clusters[1].sequencer):
        assert await asyncio.to_thread(main, base) != 0, "one log lacks them"
        told = capsys.readouterr()
        assert "log       east.example/log: none of its nodes answers" in told.out
        assert "unreachable" in told.err
        check_receipts(parse_archive(archive.read_bytes()), clusters[1].policy)
        async with running(clusters[0].sequencer):
            assert await asyncio.to_thread(main, base) == 0
    assert "none of its nodes answers" not in capsys.readouterr().out
    for cluster in clusters:
        store = SqliteStore(cluster.sequencer.store)
        assert store.size() == 1 + dead.sealed
        store.close()
