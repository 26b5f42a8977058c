"""The ring's block format: whole or nothing, for any records and any damage."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.ring_block import (
    BLOCK_BYTES,
    PACK_UPTO,
    PACKED,
    PLAIN,
    ROOM,
    SECTOR_BYTES,
    Pairing,
    Payload,
    blocks_for,
    header_of,
    join_records,
    most_parts,
    packed_bytes,
    pairing_of,
    unpack_commit,
    unwritten,
    unwritten_of,
)
from agent.journal.ring_block import pack_commit as pack_payload

EPOCH = bytes(range(16))
PAIRING = Pairing(64, 2, 3)


def pack_commit(epoch: bytes, sequence: int, first: int, leaves: list[bytes]) -> bytes:
    return pack_payload(epoch, sequence, first, join_records(leaves), PAIRING)


def noise(size: int, seed: int) -> bytes:
    """Bytes that nothing packs."""
    return random.Random(seed).randbytes(size)


leaves_of_any_size = st.lists(st.binary(max_size=2 * ROOM), min_size=1, max_size=6)


@given(leaves_of_any_size, st.integers(0, 2**63), st.integers(0, 2**63))
def test_records_of_any_size_come_back(leaves, sequence, first):
    data = pack_commit(EPOCH, sequence, first, leaves)
    assert len(data) <= -(-sum(map(packed_bytes, leaves)) // ROOM) * BLOCK_BYTES
    assert unpack_commit(data, EPOCH, sequence) == (first, leaves)
    assert unpack_commit(data, bytes(16), sequence) is None
    assert unpack_commit(data, EPOCH, sequence + 1) is None


def test_the_layout_is_the_documented_one():
    """Written out by hand, so that a change of the format cannot pass unseen."""
    data = pack_commit(EPOCH, 5, 7, [b"abc"])
    assert data[:48] == (
        b"TLRB\x01\x00"
        b"\x00\x07\x00\x00\x00\x01"
        + EPOCH
        + bytes(7)
        + b"\x05"
        + bytes(7)
        + b"\x07"
        + bytes(3)
        + b"\x01"
    )
    assert data[52:59] == b"\x00\x00\x00\x03abc"
    assert data[59:4076] == bytes(4076 - 59)
    slots, generation, batches = (64).to_bytes(4), (2).to_bytes(4), (3).to_bytes(8)
    assert data[4076:4092] == slots + generation + batches
    assert data[4092:] == zlib.crc32(data[48:52] + data[4076:4092]).to_bytes(4)
    header = header_of(data)
    assert header is not None
    assert (header.sequence, header.first, header.count, header.parts) == (5, 7, 1, 1)


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ({}, True),
        ({"version": 0}, False),
        ({"version": 2}, True),
        ({"version": 3}, False),
        ({"length": 4044}, True),  # all that a block without a pairing holds
        ({"length": 4045}, False),
        ({"part": 1, "parts": 1}, False),
        ({"part": 255, "parts": 256, "sequence": 255}, True),
        ({"part": 255, "parts": 257, "sequence": 255}, False),
        ({"part": 1, "parts": 2, "sequence": 0}, False),  # its commit begins before the ring
        ({"part": 1, "parts": 2, "sequence": 1}, True),
        ({"count": 0}, False),
    ],
)
def test_a_header_says_what_a_block_can_be(said, is_one):
    fields = {"version": 1, "length": 7, "part": 0, "parts": 1, "sequence": 5, "first": 7}
    fields |= {"count": 1} | said
    head = b"TLRB" + bytes([fields["version"], 0])
    head += b"".join(fields[name].to_bytes(2, "big") for name in ("length", "part", "parts"))
    head += EPOCH + b"".join(fields[name].to_bytes(8, "big") for name in ("sequence", "first"))
    header = header_of((head + fields["count"].to_bytes(4, "big")).ljust(BLOCK_BYTES, b"\0"))
    assert (header is not None) is is_one
    if header is not None:
        assert {name: getattr(header, name) for name in fields} == fields
        assert (header.start, header.end) == (fields["sequence"] - fields["part"], 8)


@pytest.mark.parametrize(
    ("slots", "parts"), [(8, 1), (15, 1), (16, 2), (2047, 255), (2048, 256), (4096, 256)]
)
def test_a_commit_takes_an_eighth_of_the_ring_and_a_mebibyte_at_most(slots, parts):
    assert most_parts(slots) == parts


@pytest.mark.parametrize(
    ("payload", "blocks"), [(1, 1), (4024, 1), (4025, 2), (8048, 2), (8049, 3)]
)
def test_a_block_holds_so_much(payload, blocks):
    assert (blocks_for(payload), packed_bytes(bytes(payload - 1))) == (blocks, payload + 3)


def test_an_unwritten_block_is_the_documented_one():
    block = unwritten(EPOCH, 5, 7, PAIRING)
    assert block[:12] == b"TLRU\x01\x00\x00\x00\x00\x00\x00\x01"
    assert header_of(block) is None, "it holds no record"
    header = unwritten_of(block)
    assert header is not None
    assert (header.sequence, header.first, header.end, pairing_of(block)) == (5, 7, 7, PAIRING)
    for at in (0, 20, 60, 4075, 4080, 4095):
        other = bytearray(block)
        other[at] ^= 1
        assert unwritten_of(bytes(other)) is None


def test_a_block_of_before_there_were_pairings_is_read():
    """As it was written then: the same without the last 20 bytes, or with payload in them."""
    record = noise(BLOCK_BYTES - 52 - 4, 1)
    for leaf in (b"abc", record):
        payload = len(leaf).to_bytes(4) + leaf
        head = b"TLRB\x01\x00" + len(payload).to_bytes(2) + b"\0\0\0\x01" + EPOCH
        head += (5).to_bytes(8) + (7).to_bytes(8) + (1).to_bytes(4)
        crc = zlib.crc32(payload, zlib.crc32(head + bytes(4)))
        block = (head + crc.to_bytes(4) + payload).ljust(BLOCK_BYTES, b"\0")
        assert unpack_commit(block, EPOCH, 5) == (7, [leaf])
        assert pairing_of(block) is None


@given(st.data())
def test_a_flipped_byte_is_found(data):
    leaves = data.draw(leaves_of_any_size)
    commit = bytearray(pack_commit(EPOCH, 9, 0, leaves))
    used = 52 + header_of(bytes(commit)).length  # type: ignore[union-attr]  # it is one of ours
    at = data.draw(st.integers(0, min(used, BLOCK_BYTES) - 1))
    commit[at] ^= data.draw(st.integers(1, 255))
    found = unpack_commit(bytes(commit), EPOCH, 9)
    assert found is None or at == 5, "byte 5 is the only one without meaning"


@pytest.mark.parametrize("size", [10, 1000, ROOM + 100, 3 * ROOM])
def test_any_mix_of_old_and_new_sectors_is_the_old_the_new_or_nothing(size):
    before, after = noise(size, 1), noise(size, 2)
    old = pack_commit(EPOCH, 0, 0, [before])
    new = pack_commit(EPOCH, 64, 100, [after])
    sectors = len(new) // SECTOR_BYTES
    for kept in range(1 << min(sectors, 12)):
        mixed = b"".join(
            (new if kept >> (i % 12) & 1 else old)[i * SECTOR_BYTES : (i + 1) * SECTOR_BYTES]
            for i in range(sectors)
        )
        assert unpack_commit(mixed, EPOCH, 64) in (None, (100, [after]))
        assert unpack_commit(mixed, EPOCH, 0) in (None, (0, [before]))


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_noise_is_no_block(noise, head):
    whole = pack_commit(EPOCH, 0, 0, [b"a"])
    assert unpack_commit(noise.ljust(BLOCK_BYTES, b"\xff"), EPOCH, 0) is None
    if not whole.startswith(head):
        found = unpack_commit(head + whole[len(head) :], EPOCH, 0)
        assert found is None or head[5] != 0, "byte 5 is the only one without meaning"


def test_parts_of_two_commits_are_none():
    one = pack_commit(EPOCH, 4, 0, [noise(2 * ROOM, 1)])
    two = pack_commit(EPOCH, 4, 9, [noise(2 * ROOM, 2)])
    assert unpack_commit(one[:BLOCK_BYTES] + two[BLOCK_BYTES:], EPOCH, 4) is None
    assert unpack_commit(one[:BLOCK_BYTES], EPOCH, 4) is None


def test_records_that_are_alike_spare_blocks():
    alike = [b'{"door": %d}' % number * 20 for number in range(20)]
    data = pack_commit(EPOCH, 3, 0, alike)
    assert (len(data), data[4]) == (BLOCK_BYTES, PACKED)
    assert unpack_commit(data, EPOCH, 3) == (0, alike)


def test_eight_blocks_are_worth_packing():
    leaves = [b"a" * (ROOM - 4)] * PACK_UPTO
    assert pack_commit(EPOCH, 0, 0, leaves)[4] == PACKED
    assert PACK_UPTO == 8


@pytest.mark.parametrize(
    "leaves",
    [[b"a" * 100], [noise(ROOM, 1)], [b"a" * ROOM] * (PACK_UPTO + 1)],
    ids=["fits already", "cannot be packed", "a large commit, in a hurry"],
)
def test_what_spares_no_block_or_little_is_left_plain(leaves):
    assert pack_commit(EPOCH, 0, 0, leaves)[4] == PLAIN


def test_a_stream_that_is_none_or_too_long_or_not_alone_is_no_commit():
    whole = zlib.compress(bytes(4) * 10, 1, -15)
    too_long = zlib.compress(bytes(PACK_UPTO * ROOM + 4), 1, -15)
    assert unpack_commit(pack_payload(EPOCH, 0, 0, Payload(whole, PACKED, 10), PAIRING), EPOCH, 0)
    for data in (b"\xff" * 9, whole[:-1], whole + b"a", too_long):
        commit = pack_payload(EPOCH, 0, 0, Payload(data, PACKED, 10), PAIRING)
        assert unpack_commit(commit, EPOCH, 0) is None


@pytest.mark.parametrize(("records", "held"), [(8088, True), (8089, False)])
def test_a_stream_becomes_no_larger_than_eight_blocks_ever_were(records, held):
    """Eight blocks of 4044 bytes, as they were before there were pairings."""
    stream = zlib.compress(bytes(4) * records, 1, -15)
    commit = pack_payload(EPOCH, 0, 0, Payload(stream, PACKED, records), PAIRING)
    assert unpack_commit(commit, EPOCH, 0) == ((0, [b""] * records) if held else None)
