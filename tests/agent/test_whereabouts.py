"""Where recorded data is: like batches together, and nothing proven but by a receipt that holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.disclosure.whereabouts import Custody, Place, places
from agent.journal.retention import BodyRow
from agent.signing.file_key import FileKey
from evidence.log_set import LogSet
from tests.agent import log_world
from tests.agent.log_world import NOW, ORIGIN, EdKey, LogWorld


@pytest.fixture(scope="module")
def world():
    world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    for _ in range(4):
        world.seal()
    return world


def row(world, seq, **changes):
    """Batch `seq` of three records, here and with no node."""
    statement = world.batches[seq].statement
    return replace(BodyRow(seq, 3 * seq, 3, statement, True, False, None), **changes)


def found(world, *rows):
    return list(places(rows, LogSet.of([world.policy])))


def alone(first, last, **changes):
    return replace(
        Place(first, last, range(3 * first, 3 * last + 3), True, Custody.ALONE), **changes
    )


def test_batches_that_lie_alike_are_one_place(world):
    assert found(world) == []
    rows = [row(world, seq) for seq in range(4)]
    assert found(world, *rows) == [alone(0, 3)]
    assert found(world, *rows[:2], *rows[3:]) == [alone(0, 1), alone(3, 3)]
    gone = replace(rows[2], here=False)
    assert found(world, *rows[:2], gone, rows[3]) == [
        alone(0, 1), alone(2, 2, here=False), alone(3, 3),
    ]  # fmt: skip
    elsewhere = replace(rows[1], first=9)
    assert len(found(world, rows[0], elsewhere)) == 2, "numbers between them are missing"


def test_what_a_rule_erased_is_counted_apart_from_what_is_whole(world):
    rows = [row(world, 0), row(world, 1, erased=1), row(world, 2, erased=2), row(world, 3)]
    assert [(each.first, each.last, each.erased) for each in found(world, *rows)] == [
        (0, 0, 0), (1, 2, 3), (3, 3, 0),
    ]  # fmt: skip


def test_a_receipt_that_holds_proves_who_has_it_and_the_latest_counts(world):
    bodies = [batch.body for batch in world.batches]
    signed = [row(world, n, taken=True, receipt=world.custody(n, bodies[n])) for n in (0, 1)]
    (place,) = found(world, *signed)
    assert place == alone(0, 1, custody=Custody.SIGNED, by=ORIGIN, signed_at=NOW)
    assert place.proven


@pytest.mark.parametrize("later", [0, 1])
def test_of_several_receipts_the_latest_says_when(world, later, monkeypatch):
    rows = []
    for seq in (0, 1):
        monkeypatch.setattr(log_world, "NOW", NOW + (seq == later))
        receipt = world.custody(seq, world.batches[seq].body)
        rows.append(row(world, seq, taken=True, receipt=receipt))
    (place,) = found(world, *rows)
    assert place.signed_at == NOW + 1


def test_what_does_not_hold_is_said_with_why(world):
    body = world.batches[0].body
    for receipt, said in (
        (world.custody(0, body, key=EdKey()), "names another key"),
        (world.custody(1, world.batches[1].body), ""),
        (b"rubbish", ""),
    ):
        (place,) = found(world, row(world, 0, taken=True, receipt=receipt))
        assert (place.custody, place.signed_at, place.proven) == (Custody.FALSE, 0, False)
        assert said in place.by
        assert place.by


def test_a_node_that_took_it_and_did_not_sign_is_missing(world):
    (place,) = found(world, row(world, 0, taken=True))
    assert place == alone(0, 0, custody=Custody.MISSING)
    assert not place.proven
    (untaken,) = found(world, row(world, 0))
    assert untaken.proven, "nothing is missing where no node was given it"
