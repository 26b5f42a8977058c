"""Which checkpoint an answer is proven under, and from which size on it is shown to have grown."""

from __future__ import annotations

import hashlib

import pytest

from evidence.custody import Kept as KeptBody
from evidence.merkle import consistency_path, inclusion_path
from evidence.statement import parse_statement
from evidence.wire import Code, Label
from ledger.base.errors import Refused
from ledger.base.node_files import NodeFiles
from ledger.log import proofs
from ledger.log.policy_chain import keep_update
from ledger.log.proofs import Proven, prove
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Kept, Slot
from tests.ledger.support import NOW, Gateway

ORIGIN = "example.org/log"
GATEWAY, STRANGER = Gateway(), "urn:uuid:nobody"
for _ in range(4):
    GATEWAY.extend()
STATEMENTS = [parse_statement(encoded) for encoded, _ in GATEWAY.chain]


def checkpoint(size):
    return Kept(size, bytes(32), b"size %d" % size, NOW)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A log of the genesis and the gateway's four statements, the last one without a body."""
    path = tmp_path_factory.mktemp("log") / "ledger.db"
    SqliteStore.create(path, b"genesis")
    store = SqliteStore(path)
    bodies = [*(body for _, body in GATEWAY.chain[:3]), b""]
    store.register([Submission(*each) for each in zip(STATEMENTS, bodies, strict=True)], NOW)
    yield store
    store.close()


class Serving:
    """The log with these checkpoints in its slots."""

    def __init__(self, store, served, closing=None):
        self.store, self.slots = store, {}
        if served:
            self.slots[Slot.COSIGNED, ORIGIN] = checkpoint(served)
        if closing:
            self.slots[Slot.CLOSING, GATEWAY.signer.public.kid.hex()] = checkpoint(closing)

    def kept(self, slot, name):
        return self.slots.get((slot, name))

    def __getattr__(self, name):
        return getattr(self.store, name)

    def prove(self, *seqs, trusted=0):
        return prove(self, ORIGIN, GATEWAY.issuer, GATEWAY.epoch, seqs, trusted)


def proven(store, size, seqs, old=None):
    """What stands under a checkpoint of `size`: a statement's entry is the one behind its number."""
    paths = {seq: (seq + 1, inclusion_path(store.node, seq + 1, size)) for seq in seqs}
    grown = [] if old is None else consistency_path(store.node, old, size)
    return Proven(checkpoint(size), paths, old, grown)


@pytest.mark.parametrize(
    ("asked", "served", "shown"),
    [([0], 2, [0]), ([0, 1], 2, [0]), ([3], 4, []), ([3], 5, [3]), ([0, 1, 2, 3], 5, [0, 1, 2, 3])],
)
def test_what_the_served_checkpoint_covers_is_proven(made, asked, served, shown):
    wanted = proven(made, served, shown) if shown else None
    assert Serving(made, served).prove(*asked) == wanted


def test_before_the_first_checkpoint_nothing_is(made):
    assert Serving(made, None).prove(0) is None


@pytest.mark.parametrize(
    ("trusted", "old"), [(0, None), (1, 1), (3, 3), (4, 4), (5, None), (6, None)]
)
def test_it_is_shown_to_have_grown_from_a_smaller_one_that_is_trusted(made, trusted, old):
    assert Serving(made, 5).prove(0, trusted=trusted) == proven(made, 5, [0], old)


@pytest.mark.parametrize(
    ("seq", "trusted", "size"), [(0, 0, 3), (1, 0, 3), (2, 0, 5), (0, 1, 5), (0, 3, 5)]
)
def test_who_trusts_none_has_those_of_a_key_that_ended_from_before_its_end(
    made, seq, trusted, size
):
    """Under a later checkpoint nobody could tell that the entry came before the end."""
    answer = Serving(made, 5, closing=3).prove(seq, trusted=trusted)
    assert answer == proven(made, size, [seq], trusted or None)


def test_nothing_asked_is_nothing_proven(made):
    assert Serving(made, 5, closing=3).prove() is None


def test_the_first_that_is_not_in_the_log_is_named(made):
    with pytest.raises(Refused, match=r"^statement 4 is not in the log$") as caught:
        Serving(made, 5).prove(0, 4, 9)
    assert (caught.value.code, caught.value.extra) == (Code.UNKNOWN_ENTRY, {Label.SEQ: 4})


def test_statements_and_bodies_are_those_of_their_gateway(made):
    epoch = GATEWAY.epoch
    assert proofs.statement(made, GATEWAY.issuer, epoch, 2) == STATEMENTS[2].encoded
    assert proofs.statement(made, GATEWAY.issuer, epoch, 4) is None
    assert proofs.statement(made, STRANGER, epoch, 2) is None
    assert proofs.bodies(made, GATEWAY.issuer, epoch, [0, 2, 3, 4]) == {
        seq: KeptBody(STATEMENTS[seq].digest, hashlib.sha256(GATEWAY.chain[seq][1]).digest())
        for seq in (0, 2)
    }


@pytest.mark.parametrize(
    ("old", "size", "known"),
    [(0, 3, False), (1, 1, True), (1, 5, True), (3, 2, False), (5, 5, True), (5, 6, False)],
)
def test_paths_between_sizes_that_the_log_reached(made, old, size, known):
    if known:
        assert proofs.consistency(made, old, size) == consistency_path(made.node, old, size)
        return
    with pytest.raises(Refused, match=f"^no consistency path from {old} to {size}$") as caught:
        proofs.consistency(made, old, size)
    assert caught.value.code == Code.UNKNOWN_ENTRY


@pytest.mark.parametrize(
    ("index", "size", "known"),
    [(0, 1, True), (1, 1, False), (4, 5, True), (5, 5, False), (4, 6, False), (0, 0, False)],
)
def test_paths_of_entries_at_sizes_that_the_log_reached(made, index, size, known):
    if known:
        assert proofs.inclusion(made, index, size) == inclusion_path(made.node, index, size)
        return
    with pytest.raises(Refused, match=f"^no entry {index} at size {size}$") as caught:
        proofs.inclusion(made, index, size)
    assert caught.value.code == Code.UNKNOWN_ENTRY


class Update:
    """A policy update by its number alone."""

    def __init__(self, sequence):
        self.change, self.sequence = self, sequence

    def to_bytes(self):
        return b"update %d" % self.sequence


def test_updates_stand_beside_the_policy_that_the_log_was_founded_under(tmp_path, monkeypatch):
    files, synced = NodeFiles(tmp_path), []
    monkeypatch.setattr("ledger.log.policy_chain.sync_folder", synced.append)
    keep_update(files, "founding", Update(1))
    keep_update(files, "after the first", Update(2))
    assert synced == [tmp_path], "the folder is made once, and durably"
    found = {path.name: path.read_bytes() for path in files.updates.iterdir()}
    assert found == {
        "founding.txt": b"founding",
        "000000001.cbor": b"update 1",
        "000000002.cbor": b"update 2",
    }
    assert {path.stat().st_mode & 0o777 for path in files.updates.iterdir()} == {0o644}


def test_a_power_cut_before_the_first_update_leaves_none(tmp_path):
    """The folder and the founding policy were there already."""
    files = NodeFiles(tmp_path)
    files.updates.mkdir()
    (files.updates / "founding.txt").write_text("cut sh")
    keep_update(files, "founding", Update(1))
    assert (files.updates / "founding.txt").read_text() == "founding"
