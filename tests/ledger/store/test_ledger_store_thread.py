"""The store's own thread, the history that a store must still hold, and which store a node has."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.merkle import Tree
from evidence.statement import parse_statement
from foundation.errors import Fatal
from ledger.base.errors import ForkDanger
from ledger.base.node_files import NodeFiles
from ledger.store import store_thread as store_thread_module
from ledger.store.chain import Submission
from ledger.store.history import check_history, check_kept
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Kept
from ledger.store.store_thread import StoreThread
from ledger.store.stores import create_store, open_store
from tests.evidence.building import NOON, ORIGIN, World, seeded

BOUND_S = 60.0


class Slow:
    """A store that closes when it may, or when it is interrupted."""

    def __init__(self, *, waits):
        self.may_close, self.interrupted, self.closed = threading.Event(), 0, False
        if not waits:
            self.may_close.set()

    def interrupt(self):
        self.interrupted += 1
        self.may_close.set()

    def close(self):
        assert self.may_close.wait(BOUND_S)
        self.closed = True


async def test_work_is_done_in_one_thread_one_piece_at_a_time():
    store = Slow(waits=False)
    thread = await StoreThread.open(lambda: store)

    def piece(given):
        assert given is store
        time.sleep(0.001)  # long enough for a second thread to begin, if there were one
        return threading.get_ident()

    assert len(set(await asyncio.gather(*(thread(piece) for _ in range(8))))) == 1
    await thread.close()
    assert store.closed
    with pytest.raises(RuntimeError, match="shutdown"):
        await thread(piece)


@pytest.mark.parametrize("waits", [False, True])
async def test_a_store_that_waits_for_another_machine_is_interrupted(monkeypatch, waits):
    monkeypatch.setattr(store_thread_module, "FINISH_S", 0.01 if waits else BOUND_S)
    store = Slow(waits=waits)
    thread = await StoreThread.open(lambda: store)
    async with asyncio.timeout(BOUND_S):
        await thread.close()
    assert store.closed
    assert bool(store.interrupted) is waits


async def test_a_store_that_cannot_be_opened_leaves_no_thread():
    def fails():
        raise Fatal("no store", advice="make one")

    before = threading.active_count()
    with pytest.raises(Fatal, match="no store"):
        await StoreThread.open(fails)
    async with asyncio.timeout(BOUND_S):
        while threading.active_count() > before:
            await asyncio.sleep(0.01)


LEAVES = [seeded(str(number)) for number in range(5)]


def holding(size):
    """A store with the first leaves."""
    tree = Tree(LEAVES[:size])
    return SimpleNamespace(size=lambda: size, node=tree.node)


def signed(size, root=None):
    checkpoint = Checkpoint(ORIGIN, size, root or Tree(LEAVES[:size]).root())
    return parse_checkpoint(World().note((), checkpoint=checkpoint, minimal=False))


@pytest.mark.parametrize("size", [0, 1, 4, 5])
def test_a_store_that_grew_from_what_the_log_signed_is_its_own(size):
    check_history(holding(5), signed(size))


@pytest.mark.parametrize(
    ("store", "note", "said"),
    [
        (4, signed(5), "this log signed 5 entries, its store holds 4"),
        (5, signed(5, bytes(32)), "this log signed another root at size 5 than its store has"),
        (5, signed(3, bytes(32)), "this log signed another root at size 3 than its store has"),
        (5, signed(1, bytes(32)), "this log signed another root at size 1 than its store has"),
    ],
)
def test_a_store_that_lacks_what_the_log_signed_is_an_old_copy(store, note, said):
    kept = Kept(note.checkpoint.size, note.checkpoint.root, note.to_bytes(), NOON)
    for check in (
        lambda: check_history(holding(store), note),
        lambda: check_kept(holding(store), kept),
    ):
        with pytest.raises(ForkDanger, match=f"^{said}$") as caught:
            check()
        assert caught.value.evidence == note.to_bytes()


def test_before_anything_was_signed_there_is_no_history():
    check_kept(holding(0), None)


@pytest.mark.parametrize("keeps", [True, False])
def test_a_node_without_a_url_has_its_store_in_its_folder(tmp_path, gateway, keeps):
    files = NodeFiles(tmp_path)
    create_store(files, None, b"genesis")
    config = SimpleNamespace(store=None, keep_bodies=keeps)
    store = open_store(files, config)
    assert isinstance(store, SqliteStore)
    assert (store.entry(0), files.store.exists()) == (b"genesis", True)
    text, body = gateway.extend()
    store.register([Submission(parse_statement(text), body)], NOON)
    assert store.body(1) == (body if keeps else None)
    store.close()


def test_where_psycopg_is_missing_that_is_told_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ledger.store.postgres_store", None)
    files, url = NodeFiles(tmp_path), "postgresql://db.example/ledger"
    config = SimpleNamespace(store=url, keep_bodies=True)
    for work in (lambda: create_store(files, url), lambda: open_store(files, config)):
        with pytest.raises(Fatal, match=r"^psycopg is missing: ") as caught:
            work()
        assert caught.value.advice == "install it: pip install 'tallyman-gateway[postgres]'"
