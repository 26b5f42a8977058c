"""The file of a salvage, item by item as docs/PROTOCOL.md has it; nothing else is one."""

from __future__ import annotations

import hashlib

import pytest

from agent.salvage.archive import Archive, parse_archive
from agent.salvage.life import Batch, Life
from evidence import cbor
from evidence.errors import MalformedError

EPOCH, OTHER = bytes(range(16)), bytes(16)
LIFE, BATCH, RECORD, NOTE, CUT = 0, 1, 2, 3, 4
NAMED = (LIFE, "urn:a", EPOCH)


def file(version: int, *items: object) -> bytes:
    content = b"\x82\x70tallyman-salvage" + bytes([version])
    content += b"".join(cbor.encode(item) for item in items)
    return content + b"\x58\x20" + hashlib.sha256(content).digest()


WITHOUT_CUTS = Archive(
    (
        Life("urn:a", EPOCH, (Batch(b"s0", b"b0", b"r0"), Batch(b"s1")), {7: b"leaf"}),
        Life("urn:b", OTHER, (), {0: b"first", 1: b"second"}),
    ),
    (b"note",),
)
WITH_CUTS = Archive((Life("urn:a", EPOCH, (Batch(b"s0", cut=b"rest"), Batch(b"s1", b"b1")), {}),))


def test_an_archive_is_of_version_1_where_no_body_is_cut():
    expected = file(
        1,
        (NOTE, b"note"),
        NAMED,
        (BATCH, b"s0", b"b0", b"r0"),
        (BATCH, b"s1", b"", b""),
        (RECORD, 7, b"leaf"),
        (LIFE, "urn:b", OTHER),
        (RECORD, 0, b"first"),
        (RECORD, 1, b"second"),
    )
    assert WITHOUT_CUTS.to_bytes() == expected
    assert parse_archive(expected) == WITHOUT_CUTS


def test_what_is_left_of_a_cut_body_stands_behind_its_batch_in_version_2():
    expected = file(2, NAMED, (BATCH, b"s0", b"", b""), (CUT, b"rest"), (BATCH, b"s1", b"b1", b""))
    assert WITH_CUTS.to_bytes() == expected
    assert parse_archive(expected) == WITH_CUTS


def test_an_archive_of_nothing_is_one():
    assert parse_archive(Archive(()).to_bytes()) == Archive(())


@pytest.mark.parametrize(
    ("version", "items"),
    [
        (1, [(BATCH, b"s", b"b", b"r")]),  # of no life
        (1, [(RECORD, 7, b"leaf")]),
        (1, [NAMED, (BATCH, b"s", b"b")]),
        (1, [NAMED, (BATCH, b"s", b"b", "r")]),
        (1, [NAMED, (RECORD, -1, b"leaf")]),
        (1, [NAMED, (RECORD, 7, "leaf")]),
        (1, [(LIFE, "urn:a", EPOCH[:-1])]),
        (1, [(LIFE, b"urn:a", EPOCH)]),
        (1, [(NOTE, "note")]),
        (1, [NAMED, (BATCH, b"s", b"b", b"r"), (CUT, b"rest")]),  # before there were any
        (2, [(CUT, b"rest")]),
        (2, [NAMED, (CUT, b"rest")]),  # of no batch
        (2, [NAMED, (5, b"x")]),
        (1, [()]),
        (1, [7]),
    ],
)
def test_items_that_no_archive_has_are_refused(version, items):
    with pytest.raises(MalformedError):
        parse_archive(file(version, *items))


def test_a_changed_byte_is_found_before_any_item_is_read():
    data = WITHOUT_CUTS.to_bytes()
    for at in (len(data) - 1, data.index(b"leaf")):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(MalformedError, match="cut short or altered") as caught:
            parse_archive(changed)
        assert caught.value.reason == "salvage-digest"


@pytest.mark.parametrize("data", [b"", b"\x82\x70tallyman-salvage\x01", file(3, NAMED)])
def test_another_file_is_named_as_one(data):
    with pytest.raises(
        MalformedError, match=r"not a salvage archive of a known version|cut short or altered"
    ):
        parse_archive(data)
