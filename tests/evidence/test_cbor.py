"""Deterministic CBOR against cbor2, and every way of not being deterministic."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import cbor
from evidence.cbor import Raw, Tag
from evidence.errors import MalformedError
from tests.independent import cbor as stranger
from tests.independent.reasons import Refused

INTEGERS = st.integers(-(2**64), 2**64 - 1)
SCALARS = st.one_of(INTEGERS, st.text(), st.binary(), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(st.one_of(INTEGERS, st.text()), inner, max_size=5),
    ),
    max_leaves=20,
)


def refuses(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        cbor.decode(data)
    assert caught.value.reason == f"cbor-{reason}"


@given(VALUES)
def test_decodes_what_it_encodes(value):
    assert cbor.decode(cbor.encode(value)) == value


@given(VALUES)
def test_cbor2_reads_the_same(value):
    def frozen(item):
        if isinstance(item, list | tuple):
            return tuple(map(frozen, item))
        return {k: frozen(v) for k, v in item.items()} if isinstance(item, dict) else item

    assert frozen(cbor2.loads(cbor.encode(value))) == value


@given(VALUES)
def test_encoded_twice_is_the_same_bytes(value):
    encoded = cbor.encode(value)
    assert cbor.encode(cbor.decode(encoded)) == encoded


@given(st.binary(max_size=60))
def test_accepts_no_bytes_but_its_own(data):
    try:
        value = cbor.decode(data, tags=frozenset({18}))
    except MalformedError:
        return
    assert cbor.encode(value) == data


@given(SCALARS)
def test_scalars_are_the_bytes_that_cbor2_makes(value):
    assert cbor.encode(value) == cbor2.dumps(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [  # RFC 8949, appendix A
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65535, "19ffff"),
        (65536, "1a00010000"),
        (4294967295, "1affffffff"),
        (4294967296, "1b0000000100000000"),
        (1000000000000, "1b000000e8d4a51000"),
        (18446744073709551615, "1bffffffffffffffff"),
        (-1, "20"),
        (-1000, "3903e7"),
        (-18446744073709551616, "3bffffffffffffffff"),
        (False, "f4"),
        (True, "f5"),
        (None, "f6"),
        (b"\1\2\3\4", "4401020304"),
        ("ü", "62c3bc"),
        ((1, (2, 3)), "8201820203"),
        ({"a": 1, "b": (2, 3)}, "a26161016162820203"),
    ],
)
def test_examples_of_the_standard(value, encoded):
    assert cbor.encode(value).hex() == encoded
    assert cbor.decode(bytes.fromhex(encoded)) == value


def test_keys_are_in_bytewise_not_length_first_order():
    # RFC 8949 §4.2.1 names this very order: 10, 100, -1, "z", "aa"
    value = {"aa": 4, -1: 2, 100: 1, "z": 3, 10: 0}
    assert cbor.encode(value).hex() == "a50a00186401200261" + "7a03" + "62616104"


def test_boolean_keys_do_not_pass_for_numbers():
    cbor.encode({1: 0})
    with pytest.raises(TypeError):
        cbor.encode({True: 0})  # type: ignore[dict-item]  # what is refused


@pytest.mark.parametrize(
    "value", [1.5, {1.5: 0}, {b"k": 0}, 2**64, -(2**64) - 1, bytearray(b"x"), {1, 2}]
)
def test_has_no_encoding(value):
    with pytest.raises(TypeError):
        cbor.encode(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "truncated"),
        ("a2010001", "truncated"),
        ("a201000100", "order"),  # duplicate key
        ("a202000100", "order"),
        ("a2616200616100", "order"),
        ("a22000186400", "order"),  # length-first order is not ours
        ("9fff", "indefinite"),
        ("bfff", "indefinite"),
        ("5fff", "indefinite"),
        ("7fff", "indefinite"),
        ("1c", "indefinite"),
        ("1817", "minimal"),
        ("1900ff", "minimal"),
        ("1a0000ffff", "minimal"),
        ("1b00000000ffffffff", "minimal"),
        ("5800", "minimal"),
        ("7800", "minimal"),
        ("9800", "minimal"),
        ("b800", "minimal"),
        ("0000", "trailing"),
        ("f6f6", "trailing"),
        ("f93c00", "simple"),
        ("fa3fc00000", "simple"),
        ("fb3ff8000000000000", "simple"),
        ("f97e00", "simple"),  # NaN
        ("f7", "simple"),  # undefined
        ("f818", "simple"),
        ("e0", "simple"),
        ("ff", "simple"),  # a break without a beginning
        ("d28403", "tag"),
        ("c000", "tag"),
        ("d81c81d81d00", "tag"),  # a cycle by tags 28 and 29
        ("a1f500", "key"),
        ("a1f600", "key"),
        ("a1410000", "key"),
        ("a18000", "key"),
        ("61ff", "utf8"),
        ("62c328", "utf8"),
        ("63eda080", "utf8"),  # a lone surrogate
        ("18", "truncated"),
        ("1b0000", "truncated"),
        ("4401", "truncated"),
        ("8200", "truncated"),
        ("5b7fffffffffffffff", "truncated"),
        ("7b7fffffffffffffff", "truncated"),
        ("9b7fffffffffffffff", "truncated"),
        ("bb7fffffffffffffff", "truncated"),
        ("9bffffffffffffffff", "truncated"),
    ],
)
def test_refuses(data, reason):
    refuses(bytes.fromhex(data), reason)


def test_refuses_deep_nesting_without_recursing():
    cbor.decode(b"\x81" * 15 + b"\x00")
    refuses(b"\x81" * 16 + b"\x00", "depth")
    refuses(b"\x81" * 100_000, "depth")
    refuses(b"\xa1\x00" * 100_000, "depth")
    with pytest.raises(MalformedError):
        cbor.decode(b"\xd2" * 100_000, tags=frozenset({18}))


def test_refuses_a_crowd_of_small_items(monkeypatch):
    monkeypatch.setattr(cbor, "MAX_ITEMS", 1000)
    cbor.decode(b"\x99\x03\xe8" + b"\x80" * 1000)
    refuses(b"\x99\x03\xe9" + b"\x80" * 1001, "items")
    refuses(b"\x82" + (b"\x99\x01\xf4" + b"\xa0" * 500) * 2, "items")


@pytest.mark.parametrize(
    ("limit", "most", "item"),
    [
        ("MAX_ITEMS", 10, b"\x00"),
        ("MAX_ITEMS", 30, b"\xa1\x00\x00"),  # itself, its key, its value
        ("MAX_ARRAYS", 11, b"\x80"),  # and the one around them
        ("MAX_MAPS_AND_TEXTS", 10, b"\xa0"),
        ("MAX_MAPS_AND_TEXTS", 10, b"\x61a"),
    ],
)
def test_both_count_alike(monkeypatch, limit, most, item):
    """Ten of it are taken and eleven are not, of which the last may be cut."""
    for reader in (cbor, stranger):
        monkeypatch.setattr(reader, limit, most)
    assert len(cbor.decode(b"\x8a" + item * 10)) == len(stranger.decode(b"\x8a" + item * 10)) == 10
    refuses(b"\x8b" + item * 11, "items")
    with pytest.raises(Refused) as refused:
        stranger.decode(b"\x8b" + item * 11)
    assert refused.value.code == "cbor-items"


def test_refuses_more_bytes_than_any_item_has(monkeypatch):
    monkeypatch.setattr(cbor, "MAX_BYTES", 10)
    assert cbor.decode(b"\x49" + bytes(9)) == bytes(9)
    refuses(b"\x4a" + bytes(10), "size")


def test_tags_only_where_they_are_allowed():
    encoded = cbor.encode(Tag(18, (1, 2)))
    assert cbor.decode(encoded, tags=frozenset({18})) == Tag(18, (1, 2))
    refuses(encoded, "tag")


def test_end_of_first_is_as_strict():
    assert cbor.end_of_first(b"\x82\x01\x02\xff") == 3
    assert cbor.end_of_first(b"\xff\x00", 1) == 2
    with pytest.raises(MalformedError):
        cbor.end_of_first(b"\x18\x01")


@given(st.text())
def test_a_name_is_encoded_as_any_text(text):
    assert cbor.name(text) == cbor.encode(text)


LIMITS = [0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1]


@pytest.mark.parametrize("low", [-1, *LIMITS])
@pytest.mark.parametrize("high", LIMITS)
def test_many_integers_are_encoded_as_each_of_them(low, high):
    if low <= high:
        column = [low, high, low]
        assert cbor.integers(column) == [cbor2.dumps(value) for value in column]
        assert [cbor.integer(value) for value in column] == cbor.integers(column)


@pytest.mark.parametrize("column", [[2**64], [0, 2**64], [2**63, 2**64], [-1, -(2**64) - 1]])
def test_no_column_has_more_than_64_bits(column):
    with pytest.raises(TypeError, match="bounded by 64 bits"):
        cbor.integers(column)


def test_what_is_encoded_already_stays_as_it_is():
    assert cbor.encode((Raw(b"\x18\x18"), 1)) == b"\x82\x18\x18\x01"
    assert cbor.encode(Tag(18, [True, None])) == b"\xd2\x82\xf5\xf6"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "CBOR: an item wanted, nothing left at offset 0"),
        ("8201", "CBOR: 2 items wanted, 1 left at offset 1"),
        ("82011817", "CBOR: 23 in 1 bytes is not the shortest form at offset 4"),
        ("820143aabb", "CBOR: 3 bytes wanted, 2 left at offset 3"),
        ("820119aa", "CBOR: 2 bytes wanted, 1 left at offset 3"),
        ("a201000000", "CBOR: map keys are not sorted or not unique at offset 4"),
        ("a141aa00", "CBOR: map keys are integers or text at offset 3"),
        ("820161ff", "CBOR: text is not UTF-8 at offset 4"),
        ("0001", "1 bytes follow the item"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data, said):
    with pytest.raises(MalformedError) as caught:
        cbor.decode(bytes.fromhex(data))
    assert str(caught.value) == said
