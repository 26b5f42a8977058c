"""The ring's block format: whole or nothing, for any records and any damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.ring_block import (
    BLOCK_BYTES,
    ROOM,
    SECTOR_BYTES,
    header_of,
    pack_commit,
    packed_bytes,
    unpack_commit,
)

EPOCH = bytes(range(16))

leaves_of_any_size = st.lists(st.binary(max_size=2 * ROOM), min_size=1, max_size=6)


@given(leaves_of_any_size, st.integers(0, 2**63), st.integers(0, 2**63))
def test_records_of_any_size_come_back(leaves, sequence, first):
    data = pack_commit(EPOCH, sequence, first, leaves)
    assert len(data) == -(-sum(map(packed_bytes, leaves)) // ROOM) * BLOCK_BYTES
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
    assert data[59:] == bytes(BLOCK_BYTES - 59)
    header = header_of(data)
    assert header is not None
    assert (header.sequence, header.first, header.count, header.parts) == (5, 7, 1, 1)


@given(st.data())
def test_a_flipped_byte_is_found(data):
    leaves = data.draw(leaves_of_any_size)
    commit = bytearray(pack_commit(EPOCH, 9, 0, leaves))
    used = 52 + sum(map(packed_bytes, leaves)) % ROOM
    at = data.draw(st.integers(0, min(used, BLOCK_BYTES) - 1))
    commit[at] ^= data.draw(st.integers(1, 255))
    found = unpack_commit(bytes(commit), EPOCH, 9)
    assert found is None or at == 5, "byte 5 is the only one without meaning"


@pytest.mark.parametrize("size", [10, 1000, ROOM + 100, 3 * ROOM])
def test_any_mix_of_old_and_new_sectors_is_the_old_the_new_or_nothing(size):
    old = pack_commit(EPOCH, 0, 0, [b"o" * size])
    new = pack_commit(EPOCH, 64, 100, [b"n" * size])
    sectors = len(new) // SECTOR_BYTES
    for kept in range(1 << min(sectors, 12)):
        mixed = b"".join(
            (new if kept >> (i % 12) & 1 else old)[i * SECTOR_BYTES : (i + 1) * SECTOR_BYTES]
            for i in range(sectors)
        )
        assert unpack_commit(mixed, EPOCH, 64) in (None, (100, [b"n" * size]))
        assert unpack_commit(mixed, EPOCH, 0) in (None, (0, [b"o" * size]))


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_noise_is_no_block(noise, head):
    whole = pack_commit(EPOCH, 0, 0, [b"a"])
    assert unpack_commit(noise.ljust(BLOCK_BYTES, b"\xff"), EPOCH, 0) is None
    if not whole.startswith(head):
        found = unpack_commit(head + whole[len(head) :], EPOCH, 0)
        assert found is None or head[5] != 0, "byte 5 is the only one without meaning"


def test_parts_of_two_commits_are_none():
    one = pack_commit(EPOCH, 4, 0, [b"1" * 2 * ROOM])
    two = pack_commit(EPOCH, 4, 9, [b"2" * 2 * ROOM])
    assert unpack_commit(one[:BLOCK_BYTES] + two[BLOCK_BYTES:], EPOCH, 4) is None
    assert unpack_commit(one[:BLOCK_BYTES], EPOCH, 4) is None
