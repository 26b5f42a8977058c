"""Files of four mebibytes made to cost a verifier as much as they can, all with a right closing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from evidence import cbor
from evidence.body import leaves
from evidence.bundle import Bundle
from evidence.merkle import Tree
from tests.evidence.building import NOON, World, records, seeded, small_world

SIZE = 4 << 20
ROOM = SIZE - 200
"""What the rest of a file leaves free."""

WORLD = small_world()
POLICY = WORLD.policy_text()
EMPTY, ZERO, NULL = b"\x80", b"\0", b"\xf6"
NO_BATCH = b"\x84\x40\x40\x00\x80"
"""Of version 1: neither statement nor receipt, checkpoint 0, no records."""


def closed(content: bytes) -> bytes:
    """Return the file of these contents."""
    start = b"\x82" + cbor.encode(content)
    return start + b"\x58\x20" + hashlib.sha256(start).digest()


def many(item: bytes, number: int | None = None) -> bytes:
    """Return an array of one item, so often or as often as there is room."""
    number = ROOM // len(item) if number is None else number
    return cbor.head(cbor.ARRAY, number) + item * number


def bundle(notes: bytes = EMPTY, batches: bytes = b"\x81" + NO_BATCH, gaps: bytes = EMPTY) -> bytes:
    """Return a bundle of version 1 for our policy, with whatever stands in its places."""
    digest = cbor.encode(WORLD.policy().digest)
    parts = (b"\xa5\x00\x01\x01", digest, b"\x02", notes, b"\x03", batches, b"\x04", gaps)
    return closed(b"".join(parts))


def nested() -> bytes:
    """As many arrays as there may be, and the rest byte strings of two, the largest for their size."""
    arrays = many(b"\x81" * 11 + ZERO, cbor.MAX_ARRAYS // 11 - 1)
    strings = many(b"\x42ab", (ROOM - len(arrays)) // 3)
    return bundle(notes=b"\x82" + arrays + strings)


def records_of_nothing() -> bytes:
    """A batch with as many records as fit, which are none."""
    number = ROOM // 25
    shown = b"".join(
        b"\x84" + cbor.encode(at) + b"\x50" + bytes(16) + b"\x40\xf6" for at in range(number)
    )
    head = b"\x84\x40\x40\x00" + cbor.head(cbor.ARRAY, number)
    return bundle(batches=b"\x81" + head + shown)


def unfolding_record() -> bytes:
    """A record of one field after the other, under a signed root."""
    number = (ROOM - 1500) // 7
    fields = b"".join(b"\x65" + b"%05x" % at + ZERO for at in range(number))
    head = bytes.fromhex("a900000160026003000400050006826000076008")
    record = head + cbor.head(cbor.MAP, number) + fields
    world = World()
    root = Tree(leaves(seeded("seed 0"), [record])).root()
    sealed = replace(world.seal(records(0, 1), root=root), records=(record,))
    return Bundle(world.policy().digest, (world.note(),), (world.bundled(sealed),), ()).to_bytes()


def honest_statements() -> bytes:
    """As many batches as fit, each under a checkpoint of its own: all of it is right."""
    world, batches, notes, left = World(), [], [], ROOM
    while left > 2000:
        first = world.sealed[-1].statement.next_record if world.sealed else 0
        sealed = world.seal(records(first, 1))
        note = world.note(at=NOON + 60 + len(notes))
        batches.append(world.bundled(sealed, checkpoint=len(notes), indexes=()))
        notes.append(note)
        left -= len(sealed.statement.encoded) + len(batches[-1].receipt) + len(note) + 20
    return Bundle(world.policy().digest, tuple(notes), tuple(batches), ()).to_bytes()


FILES: Mapping[str, Callable[[], bytes]] = {
    "empty maps": lambda: closed(many(b"\xa0")),
    "texts of a wide letter": lambda: closed(many(b"\x62\xc4\x80")),
    "arrays and short strings": nested,
    "checkpoints of no bytes": lambda: bundle(notes=many(b"\x40")),
    "batches of no statement": lambda: bundle(batches=many(b"\x84\x46abcdef\x40\x00\x80")),
    "gaps": lambda: bundle(gaps=many(b"\x19\xff\xff")),
    "records of no bytes": records_of_nothing,
    "a record of a million bytes and more": unfolding_record,
    "honest statements, each with a checkpoint": honest_statements,
}
