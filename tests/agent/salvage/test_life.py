"""What counts of what is left: what a known key signed, with the signed body, in unbroken runs."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch
from agent.salvage.life import (
    Batch,
    Life,
    Run,
    cuts_in,
    known_keys,
    lives_of,
    proven,
    with_cuts,
)
from agent.signing.file_key import FileKey
from evidence.cut_body import cut_body
from tests.agent.log_world import EPOCH, ISSUER, LogWorld, record


@pytest.fixture(scope="module")
def world():
    """Three batches of three records."""
    world = LogWorld(FileKey(ec.derive_private_key(7, ec.SECP256R1())))
    for _ in range(3):
        world.seal()
    return world


@pytest.fixture(scope="module")
def keys(world):
    return known_keys([world.policy], [])


def batch(world, seq: int, **changed: bytes) -> Batch:
    sealed = world.batches[seq]
    return Batch(**({"statement": sealed.statement, "body": sealed.body} | changed))


def test_a_batch_counts_by_a_key_of_a_policy_or_of_the_card(world, keys):
    whole = batch(world, 0)
    own = known_keys([], [(ISSUER, world.gateway.public)])
    assert proven([whole], keys) == proven([whole], own) == [whole]
    assert proven([whole], {}) == []
    assert proven([Batch(b"rubbish"), Batch(whole.statement[:-1] + b"\0")], keys) == []


def test_a_body_that_is_not_the_signed_one_is_left_out(world, keys):
    other = batch(world, 0, body=world.batches[1].body, receipt=b"receipt")
    assert proven([other], keys) == [batch(world, 0, body=b"", receipt=b"receipt")]


def test_of_several_copies_the_one_with_a_body_counts_then_the_one_with_a_receipt(world, keys):
    plain, proof = batch(world, 0, body=b""), batch(world, 0, body=b"", receipt=b"receipt")
    body, both = batch(world, 0), batch(world, 0, receipt=b"receipt")
    for candidates, best in (
        ([plain, proof], proof),
        ([proof, plain], proof),
        ([proof, body], body),
        ([body, proof], body),
        ([body, both], both),
        ([both, body, proof], both),
    ):
        assert proven(candidates, keys) == [best]


def test_batches_come_in_their_order(world, keys):
    whole = [batch(world, seq) for seq in range(3)]
    assert proven(whole[::-1], keys) == whole


def test_what_a_rule_left_of_a_body_counts_where_the_body_is_gone(world):
    about = world.statement(1).batch
    rest = cut_body(world.batches[1].body, about, lambda leaf: leaf != record(4).to_bytes())
    assert rest is not None
    gone, whole = batch(world, 1, body=b""), batch(world, 0)
    cuts = [(1, b"rubbish"), (1, rest.to_bytes()), (0, rest.to_bytes())]
    found = with_cuts([whole, gone], cuts)
    assert found == [whole, batch(world, 1, body=b"", cut=rest.to_bytes())]
    assert [list(each.here) for each in found] == [[0, 1, 2], [3, 5]]
    assert list(gone.here) == []
    assert with_cuts([gone], [(2, rest.to_bytes())]) == [gone], "it is another batch's"
    life = Life(ISSUER, EPOCH, (*found, batch(world, 2, body=b"")))
    assert life.runs() == [Run(0, 2, 0, 8, without_body=1, erased=1)]


def test_a_hole_parts_the_chain(world):
    life = Life(ISSUER, EPOCH, (batch(world, 0), batch(world, 2, body=b"")))
    assert life.runs() == [Run(0, 0, 0, 2, 0), Run(2, 2, 6, 8, 1)]
    assert Life(ISSUER, EPOCH).runs() == []


def test_of_the_ring_counts_what_no_body_here_holds(world):
    leaves = {number: record(number).to_bytes() for number in range(9)}
    ring = {EPOCH: leaves | {9: b"no record", 10: record(11).to_bytes()}, bytes(16): {}}
    found = lives_of([batch(world, 0), batch(world, 1, body=b"")], ring, {})
    assert found == [
        Life(
            ISSUER,
            EPOCH,
            (batch(world, 0), batch(world, 1, body=b"")),
            {number: leaves[number] for number in range(3, 9)},
        )
    ]


def test_an_epoch_of_unsigned_records_alone_is_whose_the_card_says(world):
    ring = {EPOCH: {3: record(3).to_bytes()}}
    for owners, issuer in (({EPOCH: "urn:a"}, "urn:a"), ({}, ""), ({bytes(16): "urn:a"}, "")):
        assert lives_of([], ring, owners) == [Life(issuer, EPOCH, (), ring[EPOCH])]


def test_what_batches_say_was_left_of_them_is_told_by_their_place(world):
    cut, whole = batch(world, 1, body=b"", cut=b"rest"), batch(world, 2)
    assert list(cuts_in([whole, cut, Batch(b"rubbish", cut=b"rest")])) == [(1, b"rest")]


def test_a_key_that_a_signed_batch_names_counts_from_then_on():
    first, second = (FileKey(ec.derive_private_key(n, ec.SECP256R1())) for n in (7, 8))
    before = Author(ISSUER, EPOCH, first, successor=second.public)
    leaves = [record(n).to_bytes() for n in range(3)]
    one = build_batch(before, Place.after(None), leaves, bytes(32), 1, urgent=False)
    more = [record(n).to_bytes() for n in range(3, 6)]
    two = build_batch(
        Author(ISSUER, EPOCH, second), Place.after(one), more, bytes(32), 1, urgent=False
    )
    both = [Batch(each.statement, each.body) for each in (two, one)]
    known = known_keys([], [(ISSUER, first.public)])
    assert proven(both, known) == both[::-1]
    assert proven(both[:1], known) == [], "nobody names its key"
