"""Records and salted leaves."""

from __future__ import annotations

import hashlib
import hmac

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import cbor
from evidence.errors import MalformedError
from evidence.leaf import Record, Salts, salted_leaf
from tests.evidence.building import record, seeded

NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1)
COUNTS = st.integers(0, 2**63 - 1)
RECORDS = st.builds(
    Record,
    number=COUNTS,
    device=st.text(max_size=40),
    kind=st.text(max_size=20),
    boot=COUNTS,
    monotonic_ms=COUNTS,
    wall_ms=NUMBERS,
    clock_source=st.text(max_size=5),
    clock_bound_ms=st.none() | COUNTS,
    quality=st.text(max_size=10),
    values=st.dictionaries(
        st.text(max_size=30), st.one_of(NUMBERS, st.text(), st.binary()), max_size=6
    ),
)


@given(RECORDS)
def test_round_trip(made):
    assert Record.from_bytes(made.to_bytes()) == made


def test_what_many_records_share_is_held_once():
    one, other = (Record.from_bytes(record(number).to_bytes()) for number in (1, 2))
    for name in ("device", "kind", "clock_source", "quality"):
        assert getattr(one, name) is getattr(other, name)
    assert next(iter(one.values)) is next(iter(other.values))


@given(RECORDS)
def test_the_encoding_is_that_of_the_map(made):
    fields = {
        0: made.number,
        1: made.device,
        2: made.kind,
        3: made.boot,
        4: made.monotonic_ms,
        5: made.wall_ms,
        6: (made.clock_source, made.clock_bound_ms),
        7: made.quality,
        8: made.values,
    }
    assert made.to_bytes() == cbor.encode(fields)


def test_cbor2_reads_it():
    read = cbor2.loads(record(7).to_bytes())
    assert read[0] == 7
    assert read[8] == {"temperature": 407}


FIELDS = cbor2.loads(record(7).to_bytes())


@pytest.mark.parametrize(
    "change",
    [
        {0: -1},
        {0: True},
        {0: 2**63},
        {1: b"cold-room"},
        {2: None},
        {3: "3"},
        {4: -1},
        {5: 2**63},
        {5: None},
        {6: "ntp"},
        {6: ("ntp", 40, 0)},
        {6: ("ntp", -1)},
        {6: (None, None)},
        {6: ("ntp", True)},
        {7: 0},
        {8: ()},
        {8: {1: 1}},
        {8: {"t": True}},
        {8: {"t": None}},
        {8: {"t": (1,)}},
        {8: {"t": {}}},
        {8: {"t": 2**63}},
        {8: {"t": -(2**63)}},
        {9: 0},
        {"extra": 0},
    ],
)
def test_other_shapes(change):
    with pytest.raises(MalformedError):
        Record.from_bytes(cbor.encode({**FIELDS, **change}))


@pytest.mark.parametrize("key", range(9))
def test_nothing_may_be_missing(key):
    with pytest.raises(MalformedError):
        Record.from_bytes(cbor.encode({k: v for k, v in FIELDS.items() if k != key}))


@given(st.binary(max_size=100))
def test_hostile_bytes_raise_nothing_else(data):
    with pytest.raises(MalformedError):
        Record.from_bytes(data)


def test_salt_and_leaf_are_as_written_down():
    seed, data = seeded("seed"), record(0).to_bytes()
    expected = hmac.new(seed, (5).to_bytes(8, "big"), hashlib.sha256).digest()[:16]
    assert Salts(seed)(5) == expected
    assert salted_leaf(expected, data) == hashlib.sha256(b"\0" + expected + data).digest()


def test_salts_differ_by_seed_and_index():
    assert len({Salts(seeded(s))(i) for s in "ab" for i in range(100)}) == 200


def test_seed_and_salt_have_one_length():
    # else salt ‖ record could be cut in two ways
    for wrong in (b"", bytes(15), bytes(17)):
        with pytest.raises(MalformedError):
            salted_leaf(wrong, b"record")
    with pytest.raises(MalformedError):
        Salts(bytes(16))(0)


def test_a_value_of_few_possibilities_cannot_be_guessed_from_its_leaf():
    """Whoever sees a neighbour with its salt tries every temperature; the leaf matches none.

    Without salts the same search finds it: the test would notice a leaf that is not salted.
    """
    hidden, seed = record(1), seeded("seed")
    leaf, neighbour = salted_leaf(Salts(seed)(1), hidden.to_bytes()), Salts(seed)(0)
    guesses = [hidden._replace(values={"temperature": t}).to_bytes() for t in range(-400, 1200)]
    assert hidden.to_bytes() in guesses
    tried = (b"", bytes(16), neighbour)
    assert leaf not in {hashlib.sha256(b"\0" + s + g).digest() for s in tried for g in guesses}
    bare = hashlib.sha256(b"\0" + hidden.to_bytes()).digest()
    assert bare in {hashlib.sha256(b"\0" + g).digest() for g in guesses}
