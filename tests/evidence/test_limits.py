"""Limits of size, and numbers of the standards: as docs/PROTOCOL.md and IANA's registries have them."""

from __future__ import annotations

import pytest

from evidence import body, bundle, cbor, columns, cose, hash_envelope, keys, receipt, wire
from evidence import statement as statements
from evidence.algorithms import ALGORITHMS
from evidence.body import stated_bytes
from evidence.custody import parse_custody
from evidence.encrypt import MOST_RECIPIENTS
from evidence.errors import MalformedError
from evidence.hash_envelope import parse_envelope
from evidence.leaf import Record
from evidence.note import parse_note
from evidence.policy import MAX_POLICY_BYTES, parse_policy
from evidence.policy_update import parse_update
from evidence.receipt import parse_receipt
from evidence.shape import as_int, as_uint, shown
from evidence.statement import parse_statement
from evidence.wire import parse_frames

PARSERS = [
    (parse_statement, 1024, "statement-size"),
    (parse_receipt, 4096, "receipt-size"),
    (parse_custody, 1024, "custody-size"),
    (parse_envelope, 1024, "envelope"),
    (parse_note, 16_384, "note-size"),
    (parse_update, 65_536, "update-size"),
    (Record.from_bytes, 65_536, "record-size"),
    (lambda data: parse_frames([data, b""]), 262_144, "wire-size"),
    (lambda data: parse_frames([b"\x80", data]), 1_048_576, "wire-size"),
]


def reason_of(parse, data):
    with pytest.raises(MalformedError) as caught:
        parse(data)
    return caught.value.reason


@pytest.mark.parametrize(("parse", "most", "reason"), PARSERS)
def test_a_byte_too_many_is_told_before_anything_is_read(parse, most, reason):
    assert reason_of(parse, b"\x1e" * most) != reason
    assert reason_of(parse, b"\x1e" * (most + 1)) == reason


def test_the_largest_things_that_are_read():
    """Too large to be made in each test run; the checks themselves are tested with smaller ones."""
    assert (body.MAX_UNPACKED_BYTES, MAX_POLICY_BYTES) == (16_777_216, 16_777_216)
    assert (cbor.MAX_BYTES, bundle.MAX_FILE_BYTES) == (67_108_864, 67_108_864)
    assert (cbor.MAX_ITEMS, cbor.MAX_ARRAYS, cbor.MAX_MAPS_AND_TEXTS) == (
        4_194_304,
        786_432,
        65_536,
    )
    assert (statements.MAX_RECORDS, wire.MAX_RECEIPTS, MOST_RECIPIENTS) == (65_536, 64, 16)
    assert (columns.MAX_GROUPS, columns.MAX_FIELDS) == (1024, 64)
    assert (cbor.MAX_DEPTH, statements.MAX_REASON_BYTES) == (16, 200)


def test_a_policy_of_the_longest_size_is_read_line_by_line(monkeypatch):
    monkeypatch.setattr("evidence.policy.MAX_POLICY_BYTES", 20)
    with pytest.raises(MalformedError, match="needs a log"):
        parse_policy("#" + "ü" * 9 + "x")
    with pytest.raises(MalformedError, match="has 20 bytes at most"):
        parse_policy("#" + "ü" * 10)


@pytest.mark.parametrize(
    ("size", "stated"),
    [(0, 4096), (4095, 4096), (4096, 4096), (4097, 8192), (8192, 8192), (8193, 16_384)],
)
def test_a_statement_says_of_a_body_the_next_power_of_two(size, stated):
    assert stated_bytes(bytes(size)) == stated


@pytest.mark.parametrize("number", [0, 1, 2**63 - 1])
def test_a_count_has_63_bits(number):
    assert as_uint(number, "n") == as_int(number, "n") == number
    assert as_int(-number, "n") == -number


@pytest.mark.parametrize("value", [2**63, True, None, "1", 1.0])
def test_what_is_no_count(value):
    for read in (as_uint, as_int):
        with pytest.raises(MalformedError, match="n must be an"):
            read(value, "n")
    with pytest.raises(MalformedError):
        as_uint(-1, "n")
    with pytest.raises(MalformedError):
        as_int(-(2**63), "n")


def test_foreign_words_are_not_repeated_at_length():
    assert shown("a\nb") == "'a\\nb'"
    assert shown("x" * 100) == "'" + "x" * 59


def test_ids_of_iana():
    """COSE algorithms, elliptic curves and header parameters; CWT claims (RFC 8392 §3.1)."""
    assert dict(ALGORITHMS) == {
        "ES256": -7, "ESP256": -9, "ES384": -35, "ESP384": -51, "EdDSA": -8, "Ed25519": -19,
    }  # fmt: skip
    assert {each.name: (each.identifier, each.size) for each in keys.Curve} == {
        "P256": (1, 32),
        "P384": (2, 48),
        "ED25519": (6, 32),
    }
    assert (cose.SIGN1_TAG, cose.ALG, cose.CRIT, cose.KID, cose.CWT_CLAIMS, cose.TYP) == (
        18, 1, 2, 4, 15, 16,
    )  # fmt: skip
    assert (receipt.VDS, receipt.VDP, receipt.INCLUSION, receipt.RFC9162_SHA256) == (
        395,
        396,
        -1,
        1,
    )
    assert (hash_envelope.HASH_ALG, hash_envelope.CONTENT_TYPE, hash_envelope.LOCATION) == (
        258, 259, 260,
    )  # fmt: skip
    assert hash_envelope.SHA_256 == -16
    assert (statements.ISS, statements.SUB, statements.IAT, statements.SCITT_STATEMENT) == (
        1,
        2,
        6,
        277,
    )


@pytest.mark.parametrize(
    ("name", "curve"),
    [("ES256", "P256"), ("ESP256", "P256"), ("ES384", "P384"), ("ESP384", "P384"),
     ("EdDSA", "ED25519"), ("Ed25519", "ED25519")],
)  # fmt: skip
def test_an_algorithm_names_its_curve(name, curve):
    assert keys.curve_of(ALGORITHMS[name]).name == curve
