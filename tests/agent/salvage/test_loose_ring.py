"""Records out of ring blocks: of commits that are whole, the later one's where two say the same."""

from __future__ import annotations

import random

import pytest

from agent.journal.ring_block import (
    BLOCK_BYTES,
    Pairing,
    header_of,
    join_records,
    pack_commit,
    payload_of,
)
from agent.salvage.blocks import Blocks
from agent.salvage.loose_ring import records_of, whole_blocks

EPOCH = bytes(range(16))


def leaf(number: int, size: int = 6000) -> bytes:
    """A record that takes two blocks, and that nothing packs."""
    return random.Random(number).randbytes(size)


def commit(sequence: int, first: int, *leaves: bytes) -> bytes:
    return pack_commit(EPOCH, sequence, first, join_records(leaves), Pairing(64, 1, 0))


def found(*commits: bytes):
    blocks = {}
    data = b"".join(commits)
    for at in range(0, len(data), BLOCK_BYTES):
        block = data[at : at + BLOCK_BYTES]
        header = header_of(block)
        assert header is not None
        blocks[header.sequence] = header, payload_of(block, header)
    return blocks


def test_whole_commits_give_their_records():
    blocks = found(commit(3, 7, leaf(7)), commit(5, 8, b"eight", b"nine"))
    assert records_of(blocks) == {7: leaf(7), 8: b"eight", 9: b"nine"}


@pytest.mark.parametrize("lost", [3, 4])
def test_a_commit_that_lacks_a_block_gives_none_and_hides_no_other(lost):
    blocks = found(commit(3, 7, leaf(7)), commit(5, 8, b"eight"))
    del blocks[lost]
    assert records_of(blocks) == {8: b"eight"}


def test_a_later_commit_replaces_what_it_repeats_and_what_stood_behind():
    before, after = commit(3, 7, b"7", b"8", b"9"), commit(4, 8, b"eight")
    assert records_of(found(before, after)) == {7: b"7", 8: b"eight"}


def test_blocks_are_found_at_every_sector_and_torn_ones_counted(tmp_path):
    torn = bytearray(commit(9, 20, b"twenty"))
    torn[60] ^= 1
    parts = (
        bytes(3 * 512), commit(3, 7, leaf(7)), b"TLRB", bytes(508), bytes(torn),
        bytes(100), commit(5, 8, b"at no sector"), commit(6, 9, b"cut")[:-1],
    )  # fmt: skip
    (tmp_path / "raw").write_bytes(b"".join(parts))
    with Blocks(tmp_path / "raw") as raw:
        blocks, count = whole_blocks(raw)
    assert count == 1
    assert records_of(blocks[EPOCH]) == {7: leaf(7)}
