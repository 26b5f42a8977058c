"""The node takes the chains that a verifier calls authentic, and none that one calls altered."""

from __future__ import annotations

import json

import pytest

from evidence.bundle import parse_bundle
from evidence.statement import parse_statement
from ledger.store.chain import Accepted, Gap, Submission
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import NOW
from tests.vectors.case import whole
from tests.vectors.make import FOLDER

AUTHENTIC, ALTERED = 0, 1
LIVES = [
    case
    for case in json.loads((FOLDER / "bundle.json").read_text("utf-8"))["cases"]
    if case["name"].startswith(("life: ", "epoch: ")) and case["exit"] in (AUTHENTIC, ALTERED)
]


def chain_of(case):
    batches = parse_bundle(whole(case)).batches
    return [Submission(parse_statement(batch.statement)) for batch in batches]


@pytest.fixture
def store(tmp_path):
    SqliteStore.create(tmp_path / "ledger.db", b"genesis")
    store = SqliteStore(tmp_path / "ledger.db")
    yield store
    store.close()


@pytest.mark.parametrize("case", LIVES, ids=[case["name"] for case in LIVES])
@pytest.mark.parametrize("together", [True, False], ids=["in one group", "one by one"])
def test_chain_is_taken_as_it_is_verified(store, case, together):
    chain = chain_of(case)
    groups = [chain] if together else [[each] for each in chain]
    verdicts = [verdict for group in groups for verdict in store.register(group, NOW)]
    taken = all(isinstance(verdict, Accepted) for verdict in verdicts)
    assert taken is (case["exit"] == AUTHENTIC), verdicts


def test_epoch_that_begins_late_is_refused(store):
    (late,) = [
        case
        for case in json.loads((FOLDER / "bundle.json").read_text("utf-8"))["cases"]
        if case["name"] == "epoch: the first one begins with record 3"
    ]
    (verdict,) = store.register(chain_of(late), NOW)
    assert verdict == Gap(0, "records 0 to 2 are missing: an epoch begins with record 0")


def test_there_are_chains_of_both_kinds():
    assert {case["exit"] for case in LIVES} == {AUTHENTIC, ALTERED}
    assert len(LIVES) > 20
