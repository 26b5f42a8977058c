"""What is left of a body from which records were erased, and that it still proves itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from evidence import cbor
from evidence.cut_body import CutBody, cut_body, parse_cut_body, show_left
from evidence.errors import EvidenceError, MalformedError, ProofError
from evidence.leaf import Record
from tests.evidence.building import World, record, records
from tests.independent.merkle import leaf_of, part_root


def kind(leaf: bytes) -> str:
    return Record.from_bytes(leaf).kind


def mixed(world: World, kinds: str):
    """Return a sealed batch: t is a temperature, p a position, d a delivery."""
    names = {"t": "temperature", "p": "position", "d": "delivery"}
    return world.seal([record(at, names[each]) for at, each in enumerate(kinds)])


@pytest.mark.parametrize("size", range(1, 6))
def test_whatever_stays_is_proven_and_of_the_rest_nothing_is_left(size):
    for kinds in map("".join, product("tp", repeat=size)):
        world = World()
        sealed = mixed(world, kinds)
        batch = sealed.statement.batch
        cut = cut_body(sealed.body, batch, lambda leaf: kind(leaf) != "position")
        if "p" not in kinds:
            assert cut is None
            continue
        data = cut.to_bytes()
        assert parse_cut_body(data) == cut
        assert [item.index for item in cut.left] == [at for at in range(size) if kinds[at] == "t"]
        assert sealed.body[:32] not in data, "the seed gives the salts of what was erased"
        cut.check(batch)
        if cut.left:
            leaves = [(item.index, leaf_of(item.salt, item.record)) for item in cut.left]
            assert part_root(batch.count, leaves, list(cut.proof)) == batch.root


def test_a_second_rule_takes_more_of_what_the_first_one_left():
    for kinds in map("".join, product("tpd", repeat=4)):
        if "p" not in kinds or "d" not in kinds:
            continue
        world = World()
        sealed = mixed(world, kinds)
        batch = sealed.statement.batch
        first = cut_body(sealed.body, batch, lambda leaf: kind(leaf) != "position")
        second = first.only(batch, lambda leaf: kind(leaf) != "delivery")
        at_once = cut_body(sealed.body, batch, lambda leaf: kind(leaf) == "temperature")
        assert second == at_once
        assert second.only(batch, lambda leaf: kind(leaf) != "delivery") is second


def test_what_is_left_can_be_shown_in_part_and_nothing_else():
    world = World()
    sealed = mixed(world, "tptt")
    batch = sealed.statement.batch
    cut = cut_body(sealed.body, batch, lambda leaf: kind(leaf) != "position")
    shown = show_left(
        sealed.statement.encoded,
        cut,
        b"receipt",
        0,
        lambda leaf: Record.from_bytes(leaf).number > 0,
    )
    assert [item.index for item in shown.disclosed] == [2, 3]
    shown.check_leaves(batch)
    hidden = show_left(sealed.statement.encoded, cut, b"receipt", 0, lambda _: False)
    assert (hidden.disclosed, hidden.proof) == ((), None)


def test_a_cut_body_that_was_changed_proves_nothing():
    world = World()
    sealed = mixed(world, "tpt")
    batch = sealed.statement.batch
    cut = cut_body(sealed.body, batch, lambda leaf: kind(leaf) != "position")
    forged = replace(cut.left[0], record=record(0, values={"temperature": 999}).to_bytes())
    for wrong in (
        CutBody((forged, *cut.left[1:]), cut.proof),
        CutBody(cut.left[1:], cut.proof),
        CutBody(cut.left, (bytes(32), *cut.proof[1:])),
    ):
        with pytest.raises(ProofError):
            parse_cut_body(wrong.to_bytes()).check(batch)


def test_bytes_that_are_no_cut_body():
    world = World()
    sealed = world.seal(records(0, 3))
    batch = sealed.statement.batch
    data = cut_body(sealed.body, batch, lambda leaf: Record.from_bytes(leaf).number != 1).to_bytes()
    version, indexes, salts, codec, packed, proof = cbor.decode(data)
    for wrong in (
        (2, indexes, salts, codec, packed, proof),
        (version, indexes, salts[1:], codec, packed, proof),
        (version, indexes, salts[16:], codec, packed, proof),
        (version, indexes, salts, 7, packed, proof),
        (version, indexes, salts, codec, packed[:-1], proof),
        (version, indexes, salts, codec, packed, proof[1:]),
        (version, indexes, salts, codec, packed),
        (version, 5, salts, codec, packed, proof),
    ):
        with pytest.raises(MalformedError):
            parse_cut_body(cbor.encode(wrong))
    for at in range(len(data)):
        try:
            parse_cut_body(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]).check(batch)
        except EvidenceError:
            continue
        raise AssertionError(f"byte {at} may be changed")


def test_a_forged_cut_body_costs_no_more_than_the_largest_batch():
    """One of a megabyte of indexes took a quarter of an hour to refuse."""
    last = b"\x01"
    for indexes in (bytes(8192) + last, bytes(1 << 20) + last, b"\xff" * (1 << 22)):
        with pytest.raises(MalformedError, match="no batch's"):
            parse_cut_body(cbor.encode((1, indexes, bytes(16), 1, b"", b"")))
    for indexes in (b"\0", last + b"\0", b"\0" * 8192):
        with pytest.raises(MalformedError, match="end with the last record"):
            parse_cut_body(cbor.encode((1, indexes, b"", 1, b"", b"")))
