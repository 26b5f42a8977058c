"""Bodies: round trip, bombs, and bodies of other batches."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import body
from evidence.body import COLUMNS, ROWS, check_body, decode_body, encode_body
from evidence.errors import EvidenceError, MalformedError, ProofError
from tests.evidence.building import World, records, seeded

SEED = seeded("seed")
ROWS_OF = [item.to_bytes() for item in records(0, 20)]
SEALED = World().seal(records(0, 20))
BATCH = SEALED.statement.batch


def packed(data, seed=SEED):
    packer = zlib.compressobj(level=9, wbits=-15)
    return seed + packer.compress(data) + packer.flush()


def refused(data, codec=ROWS, count=20):
    with pytest.raises(MalformedError) as caught:
        decode_body(data, codec, count)
    return caught.value.reason


def test_round_trip():
    assert decode_body(encode_body(SEED, ROWS_OF), COLUMNS, 20) == (SEED, ROWS_OF)


def test_codec_1_stays_readable():
    assert decode_body(packed(b"".join(ROWS_OF)), ROWS, 20) == (SEED, ROWS_OF)


def test_check_gives_the_records_of_its_batch():
    assert check_body(SEALED.body, BATCH) == list(SEALED.records)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "body-size"),
        (SEED[:31], "body-size"),
        (SEED, "body-deflate"),
        (packed(b"".join(ROWS_OF))[:-1], "body-deflate"),
        (packed(b"".join(ROWS_OF)) + b"\0", "body-deflate"),
        (SEED + b"\xff" * 10, "body-deflate"),
        (SEED + zlib.compress(b"".join(ROWS_OF)), "body-deflate"),  # with the zlib header
        (packed(b""), "cbor-truncated"),
        (packed(b"".join(ROWS_OF[:19])), "cbor-truncated"),
        (packed(b"".join([*ROWS_OF, ROWS_OF[0]])), "body-count"),
        (packed(b"".join(ROWS_OF) + b"\xff"), "body-count"),
        (packed(b"".join(ROWS_OF)[:-1]), "cbor-truncated"),
        (packed(b"\x9f" + b"".join(ROWS_OF)), "cbor-indefinite"),
    ],
)
def test_refuses(data, reason):
    assert refused(data) == reason


@pytest.mark.parametrize("codec", [0, 3, 2**63 - 1])
def test_unknown_codecs(codec):
    assert refused(encode_body(SEED, ROWS_OF), codec) == "body-codec"
    assert refused(b"", codec) == "body-codec", "it is looked at first"
    with pytest.raises(MalformedError) as caught:
        body.unpacked(b"", codec, 0)
    assert caught.value.reason == "body-codec"


def test_a_bomb_is_given_up_at_the_limit():
    assert refused(packed(bytes(body.MAX_UNPACKED_BYTES + 1)), count=1) == "body-deflate"
    layers = packed(bytes(200 * 1024 * 1024))
    assert len(layers) < 250_000
    assert refused(layers, count=1) == "body-deflate"


def test_a_count_beyond_all_records():
    assert refused(packed(b"".join(ROWS_OF)), count=2**63 - 1) == "body-count"
    assert refused(packed(b"".join(ROWS_OF)), count=65536) == "cbor-truncated"


def test_of_another_batch():
    other = World().seal(records(0, 20))
    changed = World()
    changed.seal(records(0, 1))
    elsewhere = changed.seal(records(0, 20))  # the same records under another seed
    assert check_body(other.body, BATCH)
    with pytest.raises(ProofError):
        check_body(elsewhere.body, replace(BATCH, body_bytes=len(elsewhere.body)))
    with pytest.raises(MalformedError):
        check_body(SEALED.body, replace(BATCH, body_bytes=len(SEALED.body) - 1))
    with pytest.raises(MalformedError):
        check_body(SEALED.body, replace(BATCH, count=19))
    with pytest.raises(ProofError):
        check_body(SEALED.body, replace(BATCH, root=bytes(32)))


def test_a_changed_seed():
    with pytest.raises(ProofError):
        check_body(bytes(32) + SEALED.body[32:], BATCH)


@given(st.integers(0, 8 * len(SEALED.body) - 1))
@settings(deadline=None)
def test_a_flipped_bit_gives_no_other_records(bit):
    changed = bytearray(SEALED.body)
    changed[bit // 8] ^= 1 << bit % 8
    with contextlib.suppress(EvidenceError):
        assert check_body(bytes(changed), BATCH) == list(SEALED.records)


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_hostile_bytes_raise_nothing_else(data):
    with contextlib.suppress(MalformedError):
        decode_body(SEED + data, ROWS, 3)
