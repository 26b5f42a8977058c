"""Which bodies an erasure takes, and what is noted before the first one goes."""

from __future__ import annotations

import tomllib

import pytest

from evidence.statement import parse_statement
from foundation.durable import lock_file
from foundation.errors import Fatal, Retry
from ledger.base.errors import StoreFailed
from ledger.log import erasure
from ledger.log.erasure import Erased, Erasure, read_erased
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import NOW, Gateway, keep_as_one_file, make_cluster

DAY = 86_400


class Node:
    """A stopped node: truck-7 sent three batches, one without its body, truck-8 two, all of NOW."""

    def __init__(self, folder):
        self.cluster = make_cluster(folder, witnesses=1)
        self.files = self.cluster.sequencer
        self.gateways = [Gateway(), Gateway("truck-8")]
        store = SqliteStore(self.files.store)
        for gateway, count in zip(self.gateways, (3, 2), strict=True):
            sent = [gateway.extend() for _ in range(count)]
            bare = [(sent[0][0], b""), *sent[1:]] if count == 3 else sent
            store.register([Submission(parse_statement(text), body) for text, body in bare], NOW)
        store.close()

    def bodies(self):
        store = SqliteStore(self.files.store, read_only=True)
        found = [index for index in range(store.size()) if store.body(index) is not None]
        store.close()
        return found


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def asked(gateway="", since=None, until=None):
    return Erasure(gateway, since, until, "A. Keeper", "asked for")


@pytest.mark.parametrize("page", [1, 2, 256])
def test_bodies_of_one_gateway_or_of_all_go_and_those_of_others_stay(node, monkeypatch, page):
    monkeypatch.setattr(erasure, "PAGE", page)
    assert node.bodies() == [2, 3, 4, 5]
    one, every = asked(node.gateways[1].issuer), asked(since=NOW, until=NOW)
    kept = keep_as_one_file(node.files.store)
    assert [erasure.count(node.files, each) for each in (one, every)] == [2, 4]
    assert node.files.store.read_bytes() == kept, "to count changes nothing"
    assert erasure.erase(node.files, one, NOW + DAY) == 2
    assert node.bodies() == [2, 3]
    assert erasure.erase(node.files, every, NOW + 2 * DAY) == 2
    assert node.bodies() == []
    assert read_erased(node.files.erased) == (
        Erased(one, NOW + DAY, 2),
        Erased(every, NOW + 2 * DAY, 2),
    )
    store = SqliteStore(node.files.store)
    sent = [Submission(parse_statement(text), body) for text, body in node.gateways[0].chain]
    store.register(sent, NOW)
    store.close()
    assert node.bodies() == [], "also what comes later of them is not kept"


def test_what_lies_outside_the_time_stays_and_the_question_is_noted(node):
    early = asked(until=NOW - 1)
    assert erasure.count(node.files, early) == erasure.erase(node.files, early, NOW) == 0
    assert node.bodies() == [2, 3, 4, 5]
    assert read_erased(node.files.erased) == (Erased(early, NOW, 0),)
    text = node.files.erased.read_text()
    assert text.startswith("# Bodies erased on this node: tallyman-ledger erase writes this file")
    assert tomllib.loads(text) == {
        "erasure": [
            {
                "at": "2026-02-02T02:40:00Z",
                "by": "A. Keeper",
                "reason": "asked for",
                "batches": 0,
                "until": "2026-02-02T02:39:59Z",
            }
        ]
    }
    assert node.files.erased.stat().st_mode & 0o777 == 0o600


def test_it_is_noted_before_anything_goes(node, monkeypatch):
    def broken(self, indices):
        raise StoreFailed("ledger.db: disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "erase", broken)
        with pytest.raises(StoreFailed):
            erasure.erase(node.files, asked(since=NOW), NOW)
    assert [each.batches for each in read_erased(node.files.erased)] == [4]
    assert erasure.erase(node.files, asked(since=NOW), NOW + 1) == 4, "done again it is whole"
    assert node.bodies() == []


def test_a_running_node_is_stopped_first(node):
    with lock_file(node.files.run_lock):
        assert erasure.count(node.files, asked(since=NOW)) == 4
        with pytest.raises(Retry, match=r"^the node runs: ") as caught:
            erasure.erase(node.files, asked(since=NOW), NOW)
    assert caught.value.advice == "stop it first: sudo systemctl stop tallyman-ledger"
    assert node.bodies() == [2, 3, 4, 5]
    assert not node.files.erased.exists()


def test_a_witness_holds_no_records(node):
    for work in (
        lambda files: erasure.count(files, asked(since=NOW)),
        lambda files: erasure.erase(files, asked(since=NOW), NOW),
    ):
        with pytest.raises(Fatal, match=r"^bravo is a witness: it holds no records$") as caught:
            work(node.cluster.witnesses[0])
        assert caught.value.advice == "ask the sequencer"
