"""What is written for a web server when, and who a log is by its keys and its policies."""

from __future__ import annotations

import shutil

import pytest

from evidence.checkpoint import Checkpoint
from evidence.merkle import root_at
from evidence.policy import parse_policy
from evidence.statement import parse_statement
from evidence.wire import Code, Label, Type
from foundation.errors import Fatal
from ledger.base.key_files import make_signing_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role
from ledger.log import publisher as publisher_module
from ledger.log.log_identity import load_log_identity
from ledger.log.policy_chain import load_chain
from ledger.log.publisher import Publisher
from ledger.node.init import Plan, init_node
from ledger.policy.change import propose, publish
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Kept, Slot
from tests.evidence.building import World
from tests.ledger.support import NOW, Gateway, asker, code, make_cluster, running

ADDRESS = "tcp://127.0.0.1:7411"
ORIGIN = "log.example.com/north"
WORLD = World()


class Log:
    """A log whose served checkpoint is of the size that a test says; visits to it are counted."""

    def __init__(self, path):
        SqliteStore.create(path, b"genesis")
        self.store, self.gateway, self.size, self.visits = SqliteStore(path), Gateway(), 0, 0

    async def __call__(self, work):
        self.visits += 1
        return work(self)

    def grow(self, size):
        signed = [self.gateway.extend()[0] for _ in range(size - self.store.size())]
        self.store.register([Submission(parse_statement(each)) for each in signed], NOW)
        self.size = size

    def kept(self, slot, origin):
        assert (slot, origin) == (Slot.COSIGNED, ORIGIN)
        if not self.size:
            return None
        checkpoint = Checkpoint(ORIGIN, self.size, root_at(self.store.node, self.size))
        note = WORLD.note(checkpoint=checkpoint)
        return Kept(self.size, checkpoint.root, note, NOW)

    def node(self, level, index):
        return self.store.node(level, index)

    def entry(self, index):
        return self.store.entry(index)


@pytest.fixture
def log(tmp_path):
    log = Log(tmp_path / "ledger.db")
    yield log
    log.store.close()


def files_in(folder):
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


async def test_a_checkpoint_is_published_once_with_the_tiles_that_are_new(log, tmp_path):
    folder = tmp_path / "deep" / "public"
    publisher = Publisher(folder, ORIGIN, log)
    await publisher.publish()
    assert not folder.exists(), "nothing is cosigned yet"
    log.grow(3)
    await publisher.publish()
    first = ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"]
    assert files_in(folder) == first
    assert (folder / "checkpoint").read_bytes() == log.kept(Slot.COSIGNED, ORIGIN).note
    assert (folder / "tile/0/000.p/3").read_bytes() == b"".join(
        log.node(0, index) for index in range(3)
    )
    assert {each.stat().st_mode & 0o777 for each in folder.rglob("*") if each.is_file()} == {0o644}
    (folder / "checkpoint").unlink()
    await publisher.publish()
    assert "checkpoint" not in files_in(folder), "it was published before"
    log.grow(5)
    await publisher.publish()
    assert files_in(folder) == sorted([*first, "tile/0/000.p/5", "tile/entries/000.p/5"])
    assert publisher.fault == ""


@pytest.mark.parametrize(("at_once", "visits"), [(256, 2), (2, 2), (1, 3)])
async def test_a_large_log_is_read_piece_by_piece(log, tmp_path, monkeypatch, at_once, visits):
    """Statements wait while the store is read: a visit for what is served, and one for each piece."""
    monkeypatch.setattr(publisher_module, "MAX_TILES", at_once)
    log.grow(3)
    await Publisher(tmp_path / "public", ORIGIN, log).publish()
    assert log.visits == visits
    assert len(files_in(tmp_path / "public")) == 3


async def test_a_folder_that_takes_nothing_is_told_once_until_it_does(log, tmp_path, caplog):
    blocker = tmp_path / "public"
    publisher = Publisher(blocker, ORIGIN, log)
    for size in (2, 3):
        blocker.write_text("a file")
        log.grow(size)
        for _ in range(2):
            await publisher.publish()
            assert publisher.fault == f"cannot make {blocker}: File exists"
        blocker.unlink()
        await publisher.publish()
        assert (publisher.fault, (blocker / "checkpoint").exists()) == ("", True)
        shutil.rmtree(blocker)
    assert len([each for each in caplog.messages if "the log is not published" in each]) == 2


async def test_folders_of_tiles_are_durable_before_what_is_in_them(log, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(
        publisher_module, "sync_folder", lambda folder: synced.append(folder.relative_to(tmp_path))
    )
    log.grow(2)
    await Publisher(tmp_path / "public", ORIGIN, log).publish()
    assert [str(each) for each in synced] == [
        ".", "public", "public/tile", "public/tile/entries", "public/tile", "public/tile/0",
    ]  # fmt: skip


@pytest.fixture
def exchanged(tmp_path, lone):
    """A log that was founded by alpha alone, and that bravo joined; return its files."""
    bravo = NodeFiles(tmp_path / "bravo")
    plan = Plan("bravo", Role.WITNESS, ADDRESS, ADDRESS, "bravo/log")
    joined = init_node(bravo, plan, NOW)
    update = propose(lone.sequencer, [joined], None, NOW)
    publish(lone.sequencer, [update], [joined])
    return lone.sequencer


def test_a_chain_of_policies_begins_with_the_founding_one(tmp_path, exchanged):
    alone = make_cluster(tmp_path / "other", witnesses=0)
    chain = load_chain(alone.sequencer)
    assert ([each.digest for each in chain.policies], chain.updates) == ([alone.policy.digest], ())
    chain = load_chain(exchanged)
    founding = parse_policy((exchanged.updates / "founding.txt").read_text())
    in_force = parse_policy(exchanged.policy.read_text())
    assert [each.digest for each in chain.policies] == [founding.digest, in_force.digest]
    assert (chain.sequence, len(chain.updates)) == (1, 1)


def test_updates_that_do_not_follow_one_another_stop_the_node(exchanged):
    (path,) = exchanged.updates.glob("*.cbor")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Fatal, match=f"^the policy updates in {exchanged.updates} do not") as caught:
        load_chain(exchanged)
    assert "as tallyman-ledger policy-publish made it" in caught.value.advice


async def test_who_knows_the_founding_policy_is_given_what_followed(exchanged, gateway):
    chain = load_chain(exchanged)
    async with running(exchanged), asker(exchanged, gateway) as node:
        for policy, given in zip(chain.policies, ([chain.updates[0].to_bytes()], []), strict=True):
            answer = await node.ask(Type.UPDATES, {Label.DIGEST: policy.digest})
            assert (answer.type, list(answer.get(Label.UPDATES))) == (Type.UPDATES, given)
        assert code(await node.ask(Type.UPDATES, {})) == Code.MALFORMED


@pytest.mark.parametrize("which", ["log", "receipt"])
def test_a_log_is_known_by_both_of_its_keys(lone, which):
    files = lone.sequencer
    assert load_log_identity(files).origin == "example.org/log"
    path = {"log": files.log_key, "receipt": files.receipt_key}[which]
    path.unlink()
    make_signing_key(path)
    with pytest.raises(Fatal, match=f"names another {which} key than the one in") as caught:
        load_log_identity(files)
    assert caught.value.advice == "put back the policy.txt and the keys/ folder that init made"
