"""Codec 2: every record comes back to the byte, and no bytes break the reader."""

from __future__ import annotations

import contextlib
import hashlib
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.body import COLUMNS, MAX_UNPACKED_BYTES, decode_body, encode_body
from evidence.column import write_integers, write_strings
from evidence.dictionary import COLUMNS_DICTIONARY
from evidence.errors import MalformedError
from evidence.leaf import Record
from evidence.shape import MAX_INT
from evidence.varint import Output, varints
from tests.evidence.building import record, records, seeded

SEED = seeded("seed")

small = st.integers(-300, 300)
any_int = st.one_of(small, st.integers(-MAX_INT, MAX_INT))
any_uint = st.one_of(st.integers(0, 5000), st.integers(0, MAX_INT))
text = st.one_of(st.sampled_from(["", "ok", "lat", "urn:epc:id:sgtin:1"]), st.text(max_size=30))
value = st.one_of(any_int, text, st.binary(max_size=40))

some_record = st.builds(
    Record,
    number=st.just(0),
    device=st.sampled_from(["a", "b", "cold-room", "ü"]),
    kind=st.one_of(st.sampled_from(["position", "tag"]), st.text(max_size=8)),
    boot=any_uint,
    monotonic_ms=any_uint,
    wall_ms=any_int,
    clock_source=st.sampled_from(["none", "gnss", "ntp", "later"]),
    clock_bound_ms=st.one_of(st.none(), any_uint),
    quality=st.one_of(st.sampled_from(["ok", "suspect"]), text),
    values=st.dictionaries(st.one_of(st.sampled_from(["x", "y", "lat"]), text), value, max_size=6),
)


def numbered(some, first=7):
    return [each._replace(number=first + at) for at, each in enumerate(some)]


def bytes_of(some):
    return [each.to_bytes() for each in some]


def returned(encoded, parsed=None):
    return decode_body(encode_body(SEED, encoded, parsed), COLUMNS, len(encoded))[1]


@given(st.lists(some_record, min_size=1, max_size=30), st.booleans())
@settings(deadline=None)
def test_any_records_come_back(some, given_parsed):
    some = numbered(some)
    assert returned(bytes_of(some), some if given_parsed else None) == bytes_of(some)


@given(st.lists(any_int, min_size=1, max_size=60), st.integers(1, 7), st.integers(-50, 50))
@settings(deadline=None)
def test_any_columns_of_integers_come_back(values, step, slope):
    for column in (
        values,
        [v // step * step for v in values],
        [slope * at + v % 5 for at, v in enumerate(values)],
        [at * 50 // 3 for at in range(len(values))],
        [(10**8 * 3 + v % 1000 * 5 + 1) // 3 for v in values],
    ):
        some = numbered([record(0, values={"x": x}) for x in column])
        assert returned(bytes_of(some)) == bytes_of(some)


@given(
    st.lists(st.one_of(st.binary(min_size=1, max_size=20), some_record), min_size=1, max_size=12)
)
@settings(deadline=None)
def test_what_is_no_record_is_carried(some):
    encoded = [
        s if isinstance(s, bytes) else s._replace(number=at).to_bytes() for at, s in enumerate(some)
    ]
    assert returned(encoded) == encoded


def test_numbers_with_a_hole_are_carried():
    encoded = bytes_of([*records(0, 5), *records(9, 5)])
    assert returned(encoded) == encoded


def test_more_groups_and_fields_than_columns_take():
    wide = record(0)._replace(values={f"f{at}": at for at in range(65)})
    many = [record(0)._replace(device=f"d{at}") for at in range(1030)]
    some = numbered([wide, *many])
    assert returned(bytes_of(some)) == bytes_of(some)


def test_a_drifting_bound_is_one_run():
    some = [
        record(at, clock_source="gnss", clock_bound_ms=1000 + (at * 1000 + 700) // 2000)
        for at in range(256)
    ]
    assert returned(bytes_of(some)) == bytes_of(some)
    assert len(encode_body(SEED, bytes_of(some))) < 120


NOISY = [record(at, values={"temperature": at * at * 37 % 101}) for at in range(40)]
GOOD = encode_body(SEED, bytes_of(NOISY))


@given(st.integers(32, len(GOOD) - 1), st.integers(0, 255))
@settings(deadline=None)
def test_changed_bytes_raise_nothing_else(at, byte):
    changed = bytearray(GOOD)
    changed[at] = byte
    with contextlib.suppress(MalformedError):
        decode_body(bytes(changed), COLUMNS, 40)


def packed(head, behind=b""):
    packer = zlib.compressobj(level=9, wbits=-15, zdict=COLUMNS_DICTIONARY)
    return SEED + packer.compress(head) + packer.flush() + behind


def unpacked(body):
    unpacker = zlib.decompressobj(wbits=-15, zdict=COLUMNS_DICTIONARY)
    return bytearray(unpacker.decompress(body[32:])), unpacker.unused_data


HEAD, PLANES = unpacked(GOOD)


@given(st.data())
@settings(deadline=None)
def test_changed_heads_raise_nothing_else(data):
    head = bytearray(HEAD)
    for _ in range(data.draw(st.integers(1, 4))):
        head[data.draw(st.integers(0, len(head) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(MalformedError):
        decode_body(packed(bytes(head), PLANES), COLUMNS, 40)


@given(st.binary(max_size=120), st.binary(max_size=30), st.integers(1, 9))
@settings(deadline=None)
def test_hostile_heads_raise_nothing_else(head, planes, count):
    with contextlib.suppress(MalformedError):
        decode_body(packed(head, planes), COLUMNS, count)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (GOOD[:-1], "columns-bits"),
        (GOOD + b"\0", "columns-trailing"),
        (packed(bytes(HEAD) + b"\0", PLANES), "columns-trailing"),
        (packed(bytes(HEAD[:-1]), PLANES), "columns-cut"),
        (packed(bytes(MAX_UNPACKED_BYTES + 1)), "body-deflate"),
    ],
)
def test_refuses(body, reason):
    with pytest.raises(MalformedError) as caught:
        decode_body(body, COLUMNS, 40)
    assert caught.value.reason == reason


@pytest.mark.parametrize("count", [39, 41])
def test_another_count(count):
    with pytest.raises(MalformedError):
        decode_body(GOOD, COLUMNS, count)


def test_a_bomb_of_one_long_string():
    huge = record(0)._replace(values={"text": "x" * 60_000})
    body = encode_body(SEED, bytes_of(numbered([huge] * 300)))
    assert len(body) < 2000
    with pytest.raises(MalformedError) as caught:
        decode_body(body, COLUMNS, 300)
    assert caught.value.reason == "columns-size"


def bomb(count, name=b"", quality=b"ok", source=b"s"):
    """A head by hand: one group of `count` records, all columns of which say one thing."""
    out = Output()
    same = [0] * count
    write_integers(out, [0])
    out.varints(0, 1)  # no record as it is; one group
    out.string(b"k")
    out.varints(1)
    out.string(name)
    out.varints(0)
    write_strings(out, [b"d"])
    write_integers(out, [count])
    out.varints(0, 1)  # no exception of the order; one run of clocks
    for value in (count, 0, 0, 0, 0, 0):
        write_integers(out, [value])
    write_strings(out, [source])
    write_integers(out, same)
    write_strings(out, [quality] * count)
    write_integers(out, same)
    quotients, lows = out.planes.planes()
    return packed(varints((len(quotients),)) + out.head, quotients + lows)


@pytest.mark.parametrize("where", ["name", "quality", "source"])
def test_a_bomb_of_one_long_text_in_many_records(where):
    """A hundred bytes that were a gigabyte before they were refused."""
    body = bomb(65_536, **{where: b"a" * 20_000})
    assert len(body) < 200
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError) as caught:
            decode_body(body, COLUMNS, 65_536)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "columns-size"
    assert most < 4 * MAX_UNPACKED_BYTES


def test_the_dictionary_is_the_one_that_the_protocol_names():
    page = (Path(__file__).parents[2] / "docs" / "PROTOCOL.md").read_text()
    assert hashlib.sha256(COLUMNS_DICTIONARY).hexdigest() in page


@pytest.mark.parametrize("numerator", [5, 50, 500])
def test_a_column_of_thirds_takes_the_bits_of_its_units(numerator):
    """Values of a coarse converter, as its units of 5/3 are rounded: 4 units are 2 bits each."""
    units = [int(digit, 16) % 4 for digit in hashlib.shake_256(b"units").hexdigest(128)]
    thirds = [(unit * numerator + 1) // 3 for unit in units]

    def size(column):
        some = numbered([record(0, values={"x": x}) for x in column])
        return len(encode_body(SEED, bytes_of(some)))

    one_is_none = [*thirds[:-1], 1]
    assert size(one_is_none) - size(thirds) > 10
