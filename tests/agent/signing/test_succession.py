"""A statement key is followed by the next: at no power cut are there two, or none."""

from __future__ import annotations

import itertools
import shutil
import stat

import pytest

from agent.chain.author import GatewayAuthor
from agent.chain.building import Place, build_batch
from agent.signing import succession
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity
from agent.signing.key_store import KeyStore
from agent.signing.succession import NEXT_KEY, STATEMENT_KEY, Succession, WrongKey, prepare_next
from evidence.chain import check_link
from evidence.keys import ALGORITHMS, curve_of
from evidence.statement import parse_statement
from foundation.durable import AlreadyLocked, WriteFailed, lock_file
from tests.agent.log_world import EPOCH, ISSUER, NOW, record

ES256 = ALGORITHMS["ES256"]


class Order:
    """The batches that a gateway seals, as its journal keeps them."""

    def __init__(self, folder):
        self.folder = folder
        self.batches = []

    def open(self, algorithm=ES256):
        """Return an author as a new process has it."""
        return GatewayAuthor(Identity(ISSUER, EPOCH), Succession(self.folder, KeyStore(algorithm)))

    def seal(self, author):
        head = self.batches[-1] if self.batches else None
        place = Place.after(head)
        records = [record(place.first).to_bytes()]
        batch = build_batch(author.after(head), place, records, bytes(32), NOW, urgent=False)
        self.batches.append(batch)
        return parse_statement(batch.statement)

    def check(self, *keys):
        """Every statement follows, and is by one of `keys`."""
        known = {key.kid: key for key in keys}
        said = [parse_statement(batch.statement) for batch in self.batches]
        for before, after in itertools.pairwise(said):
            check_link(before, after)
        for statement in said:
            statement.verify(known[statement.kid])


@pytest.fixture
def order(tmp_path):
    return Order(tmp_path)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_rotation_to_any_algorithm(order, name):
    author = order.open()
    first = order.seal(author)
    old = FileKey.load(order.folder / STATEMENT_KEY).public
    new, made = prepare_next(order.folder, KeyStore(ALGORITHMS[name]))
    assert made
    assert new.curve is curve_of(ALGORITHMS[name])
    author = order.open(ALGORITHMS[name])
    naming, after = order.seal(author), order.seal(author)
    assert (first.kid, naming.kid, after.kid) == (old.kid, old.kid, new.kid)
    assert naming.claims.successor == new
    assert after.sign1.algorithm == ALGORITHMS[name]
    order.check(old, new)
    assert FileKey.load(order.folder / STATEMENT_KEY).public == new
    assert not (order.folder / NEXT_KEY).exists()
    assert stat.S_IMODE((order.folder / STATEMENT_KEY).stat().st_mode) == 0o600


def test_the_running_agent_notices_a_next_key(order):
    author = order.open()
    order.seal(author)
    new, _ = prepare_next(order.folder, KeyStore(ES256))
    assert order.seal(author).claims.successor == new
    assert order.seal(author).kid == new.kid


@pytest.mark.parametrize("cut", ["before the naming", "naming lost", "naming kept", "moved"])
def test_a_power_cut_anywhere_leaves_one_key_whose_turn_it_is(order, cut):
    order.seal(order.open())
    old = FileKey.load(order.folder / STATEMENT_KEY).public
    new, _ = prepare_next(order.folder, KeyStore(ES256))
    if cut != "before the naming":
        order.seal(order.open())
    if cut == "naming lost":
        order.batches.pop()
    if cut == "moved":
        order.seal(order.open())
    author = order.open()
    for _ in range(3):
        order.seal(author)
    order.check(old, new)
    assert parse_statement(order.batches[-1].statement).kid == new.kid


@pytest.mark.parametrize("moved", [False, True])
def test_a_disk_that_refuses_the_move_holds_up_and_confuses_nothing(order, monkeypatch, moved):
    author = order.open()
    order.seal(author)
    old = author.after(None).signer.public
    new, _ = prepare_next(order.folder, KeyStore(ES256))
    order.seal(author)

    def refuse(source, target):
        if moved:
            source.replace(target)  # and its folder could not be flushed
        raise WriteFailed("EIO")

    with monkeypatch.context() as patch:
        patch.setattr(succession, "move_file", refuse)
        with pytest.raises(WriteFailed):
            order.seal(author)
    assert [order.seal(author).kid for _ in range(2)] == [new.kid] * 2
    order.check(old, new)


def test_a_chain_that_was_looked_at_is_not_read_again_for_each_batch(tmp_path, monkeypatch):
    """Each batch asks who signs it: only what changes a key is worth the reading."""
    order = Order(tmp_path)
    author, read = order.open(), []
    order.seal(author)

    def parsed(newest):
        read.append(newest)
        return parse_statement(newest)

    monkeypatch.setattr(succession, "parse_statement", parsed)
    order.seal(author)
    assert read == []
    order.seal(order.open())
    assert read == [order.batches[1].statement]
    prepare_next(order.folder, KeyStore(ES256))
    order.seal(author)
    order.seal(author)
    del read[:]
    order.seal(author)
    assert read == []


def test_a_key_that_waits_is_not_made_anew(order):
    order.open()
    first, _ = prepare_next(order.folder, KeyStore(ES256))
    again, made = prepare_next(order.folder, KeyStore(ALGORITHMS["ES384"]))
    assert (again, made) == (first, False)
    with lock_file(order.folder / "rotate.lock"), pytest.raises(AlreadyLocked):
        prepare_next(order.folder, KeyStore(ES256))


def test_a_key_that_the_chain_does_not_wait_for_signs_nothing(order, tmp_path):
    order.seal(order.open())
    stale = tmp_path / "stale"
    stale.mkdir()
    shutil.copy(order.folder / STATEMENT_KEY, stale)
    prepare_next(order.folder, KeyStore(ES256))
    author = order.open()
    order.seal(author)
    order.seal(author)
    with pytest.raises(WrongKey) as refused:
        GatewayAuthor(Identity(ISSUER, EPOCH), Succession(stale, KeyStore())).after(
            order.batches[-1]
        )
    assert "new-epoch" in refused.value.advice


def test_another_algorithm_of_the_same_curve_needs_no_new_key(order):
    assert order.seal(order.open()).sign1.algorithm == ES256
    assert order.seal(order.open(ALGORITHMS["ESP256"])).sign1.algorithm == ALGORITHMS["ESP256"]


def test_an_algorithm_of_another_curve_waits_for_a_rotation(order):
    order.open()
    assert order.seal(order.open(ALGORITHMS["Ed25519"])).sign1.algorithm == ES256
