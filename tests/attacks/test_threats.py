"""The threats page: each row names a test that exists; here are those of what is not stopped, too."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.body import decode_body
from evidence.leaf import Record
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.statement import parse_statement
from evidence.verify import verify_bundle
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from tests.attacks.test_attack_table import functions
from tests.evidence.building import NOON, World, records, small_bundle, small_world
from tests.vectors.trust import trust_cases

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "decisions" / "threats.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## What each may try\n")[1].split("\n## ")[0]
ROWS = re.findall(r"^\| (.+) \| (.+) \| (.+) \| `(.+)` \|$", SECTION, re.MULTILINE)


def test_the_table_is_whole():
    assert len(ROWS) == SECTION.count("\n| ") - 1 > 15


@pytest.mark.parametrize(("threat", "test"), [(row[0], row[3]) for row in ROWS])
def test_each_threat_has_a_test(threat, test):
    path, _, name = test.partition("::")
    assert name in functions(path), threat


def outcome(case) -> Outcome:
    return verify_bundle(case.data, parse_policy(case.given["policy"])).outcome


def test_a_bundle_that_shows_less_is_authentic_too():
    world = small_world()
    whole = small_bundle(world)
    files = replace(whole, attachments=())
    hidden = [world.bundled(each, indexes=()) for each in world.sealed]
    for less in (
        replace(whole, batches=whole.batches[1:]),
        replace(whole, batches=whole.batches[:-1]),
        world.bundle(hidden),
        files,
    ):
        assert verify_bundle(less.to_bytes(), world.policy()).outcome is Outcome.AUTHENTIC
    report = verify_bundle(world.bundle(hidden).to_bytes(), world.policy())
    assert report.hidden == sum(len(each.records) for each in world.sealed)


def test_a_retired_key_signs_into_the_past_until_it_is_revoked():
    cases = {case.name: case for case in trust_cases()}
    retired = cases["time: a retired key, used as if before"]
    ended = cases["time: a key that was retired and ended, used as if before"]
    assert outcome(retired) is Outcome.AUTHENTIC
    assert outcome(ended) is Outcome.UNTRUSTED


ALL = "group q all amber birch cedar\nquorum q"


@pytest.mark.parametrize(
    ("ahead", "counts"), [((), True), (("amber",), True), (("amber", "birch"), False)]
)
def test_one_witness_moves_no_time_and_most_of_them_do(ahead, counts):
    """Under a quorum of three; two of them that are years ahead let a revocation come first."""
    world = World(
        quorum=ALL, gateway_times="from 2026-01-01T00:00:00Z revoked 2027-01-01T00:00:00Z"
    )
    sealed = world.seal(records(0, 2))
    note = world.note(
        ("amber", "birch", "cedar"),
        at={name: NOON + 400_000_000 * (name in ahead) for name in world.witnesses},
    )
    bundle = replace(world.bundle([world.bundled(sealed)]), checkpoints=(note,))
    found = verify_bundle(bundle.to_bytes(), world.policy()).outcome
    assert (found is Outcome.AUTHENTIC) is counts


def test_a_quorum_of_the_future_is_told_to_people():
    """Nothing offline knows what time it is; the page that is printed says when it was seen."""
    world = World()
    sealed = world.seal(records(0, 2))
    year_2100 = 4_102_444_800
    bundle = world.bundle([world.bundled(sealed)], [world.note(at=year_2100)])
    report = verify_bundle(bundle.to_bytes(), world.policy())
    assert report.outcome is Outcome.AUTHENTIC
    assert report.anchored_at >= year_2100


def test_a_statement_tells_counts_and_times_and_nothing_of_the_records():
    world = small_world()
    sealed = world.seal([replace_values(each) for each in records(9, 3)])
    batch = sealed.statement.batch
    assert (batch.count, batch.first, batch.last_ms - batch.first_ms) == (3, 9, 2000)
    for secret in (b"cold-room", b"temperature", b"Anna Rossi", b"ok"):
        assert any(secret in record for record in sealed.records)
        assert secret not in sealed.statement.encoded


def replace_values(record: Record) -> Record:
    return record._replace(values={"who": "Anna Rossi"})


@pytest.mark.parametrize("keep", [True, False])
def test_a_node_reads_the_bodies_that_it_keeps(tmp_path, keep):
    SqliteStore.create(tmp_path / "ledger.db", b"genesis")
    store = SqliteStore(tmp_path / "ledger.db", keep_bodies=keep)
    sealed = World().seal([replace_values(each) for each in records(0, 3)])
    store.register([Submission(sealed.statement, sealed.body)], NOON)
    entry, body = store.entry(1), store.body(1)
    store.close()
    batch = parse_statement(entry).batch
    if not keep:
        assert body is None
        assert not any(sealed.seed in path.read_bytes() for path in tmp_path.iterdir())
        return
    _, kept = decode_body(body, batch.codec, batch.count)
    assert [Record.from_bytes(each).values["who"] for each in kept] == ["Anna Rossi"] * 3
