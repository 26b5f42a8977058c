"""Records out of ring blocks, wherever they lie: each block tells by itself whether it is whole."""

from __future__ import annotations

from collections import defaultdict

from agent.journal.ring_block import (
    BLOCK_BYTES,
    MAGIC,
    SECTOR_BYTES,
    Header,
    header_of,
    payload_of,
    split_records,
    unpacked,
)
from agent.salvage.blocks import Blocks

Found = dict[bytes, dict[int, tuple[Header, bytes]]]
"""Whole blocks with their payloads, by epoch and sequence."""


def whole_blocks(medium: Blocks) -> tuple[Found, int]:
    """Return the blocks whose CRC holds, and how many others have a block's head.

    They are looked for at every sector, so an image without a readable file system will do.
    """
    found: Found = defaultdict(dict)
    torn = 0
    for base, data in medium.chunks(overlap=BLOCK_BYTES):
        at = data.find(MAGIC)
        while 0 <= at < len(data):
            block = data[at : at + BLOCK_BYTES]
            header = header_of(block) if len(block) == BLOCK_BYTES else None
            if (base + at) % SECTOR_BYTES == 0 and header is not None:
                payload = payload_of(block, header)
                if payload is None:
                    torn += 1
                else:
                    found[header.epoch][header.sequence] = header, payload
            at = data.find(MAGIC, at + 1)
    return found, torn


def records_of(blocks: dict[int, tuple[Header, bytes]]) -> dict[int, bytes]:
    """Return records by number, of the commits that are whole.

    A later commit replaces what it repeats, and what stood behind: that write had failed.
    """
    records: dict[int, bytes] = {}
    for start, (head, _) in sorted(blocks.items()):
        if head.part:
            continue
        parts = [blocks.get(start + part) for part in range(head.parts)]
        payload = b"".join(part[1] for part in parts if part is not None)
        plain = unpacked(payload, head.version) if None not in parts else None
        leaves = None if plain is None else split_records(plain, head.count)
        if leaves is None:
            continue
        for number in [number for number in records if number >= head.first]:
            del records[number]
        records.update(enumerate(leaves, head.first))
    return records
