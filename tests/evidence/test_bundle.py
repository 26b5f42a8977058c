"""A bundle's file: what one form it has, and what is refused before any proof is looked at."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from evidence import bundle as bundle_module
from evidence.bundle import AlteredError, Bundle, Voucher, parse_bundle
from evidence.errors import MalformedError
from tests.evidence.building import small_bundle, small_world
from tests.vectors import erasures as erased

WORLD = small_world()
PATHS = small_bundle(WORLD)
FIRST, SECOND, THIRD = PATHS.batches
PART = WORLD.in_part(WORLD.sealed[1], (0, 3))
PROOFS = replace(PATHS, batches=(FIRST, PART, THIRD))
FILES = tuple(sorted((b"one", b"two", b"three"), key=lambda file: hashlib.sha256(file).digest()))
FURTHER = replace(PART, further=(Voucher(b"receipt", 1), Voucher(b"receipt", 3)))
SEVERAL = replace(PROOFS, batches=(FIRST, FURTHER, THIRD), several=True)
ERASED = replace(erased.WORLD.bundle(erased.CUT), erasures=erased.TOLD)


def reason_of(bundle: Bundle) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_bundle(bundle.to_bytes())
    return caught.value.reason


@pytest.mark.parametrize(
    ("bundle", "version"),
    [
        (PATHS, 1),
        (PROOFS, 2),
        (replace(PROOFS, attachments=FILES), 2),
        (replace(PATHS, batches=(FIRST, THIRD), attachments=FILES[:1]), 2),
        (SEVERAL, 3),
        (ERASED, 4),
        (replace(ERASED, several=True), 5),
    ],
    ids=["paths", "proofs", "proofs and files", "files", "several logs", "erasures", "both"],
)
def test_each_version_reads_back_and_is_the_oldest_that_can_say_it(bundle, version):
    assert bundle.version == version
    read = parse_bundle(bundle.to_bytes())
    assert read == bundle
    assert read.to_bytes() == bundle.to_bytes()


def test_a_file_has_a_largest_size(monkeypatch):
    data = PATHS.to_bytes()
    monkeypatch.setattr(bundle_module, "MAX_FILE_BYTES", len(data))
    assert parse_bundle(data) == PATHS
    monkeypatch.setattr(bundle_module, "MAX_FILE_BYTES", len(data) - 1)
    with pytest.raises(MalformedError, match=f"{len(data)} bytes are more than") as caught:
        parse_bundle(data)
    assert caught.value.reason == "cbor-size"


def test_what_an_accident_changed_is_told_from_what_is_no_bundle():
    data = PATHS.to_bytes()
    for altered in (
        data[:9] + bytes([data[9] ^ 1]) + data[10:],
        data[:-1] + bytes([data[-1] ^ 1]),
    ):
        with pytest.raises(AlteredError):
            parse_bundle(altered)
    for other in (b"", b"\x83" + data[1:], data[:-1], data[:-34] + b"\x58\x21" + data[-32:]):
        with pytest.raises(MalformedError) as caught:
            parse_bundle(other)
        assert caught.value.reason == "bundle"


ITEMS = SECOND.disclosed


@pytest.mark.parametrize(
    ("disclosed", "reason"),
    [
        ((ITEMS[0], replace(ITEMS[1], path=None)), "bundle-paths"),
        ((replace(ITEMS[0], path=None), ITEMS[1]), "bundle-paths"),
        ((replace(ITEMS[0], path=()),), "bundle-paths"),
        (ITEMS[::-1], "bundle-order"),
        ((ITEMS[0], ITEMS[0]), "bundle-order"),
        (WORLD.sealed[1].shown()[1:], "bundle-order"),
    ],
    ids=["part and whole", "whole and part", "no path", "turned", "twice", "not from the first"],
)
def test_records_are_shown_in_one_form(disclosed, reason):
    batch = replace(SECOND, disclosed=disclosed)
    assert reason_of(replace(PATHS, batches=(FIRST, batch, THIRD))) == reason


@pytest.mark.parametrize(
    "changes", [{"proof": ()}, {"disclosed": ()}, {"disclosed": (), "proof": ()}]
)
def test_one_proof_is_for_a_part_of_a_batch(changes):
    batches = (FIRST, replace(PART, **changes), PART)
    assert reason_of(replace(PROOFS, batches=batches)) == "bundle-paths"


@pytest.mark.parametrize("places", [(0, 0), (1, 0), (0, 1, 1), (0, 2, 1)])
def test_receipts_stand_in_the_order_of_their_checkpoints(places):
    first, *further = (Voucher(b"receipt", place) for place in places)
    batch = replace(PART, checkpoint=first.checkpoint, further=tuple(further))
    assert reason_of(replace(SEVERAL, batches=(FIRST, batch, THIRD))) == "bundle-order"


@pytest.mark.parametrize("files", [FILES[::-1], (FILES[0], FILES[0]), (FILES[1], FILES[0])])
def test_files_stand_in_the_order_of_their_digests(files):
    assert reason_of(replace(PROOFS, attachments=files)) == "bundle-order"


def test_each_batch_of_erasures_shows_one_at_least():
    one, *others = erased.TOLD
    silent = replace(one, disclosed=(), proof=None)
    for told in ((silent, *others), (*others, silent), (silent,)):
        assert reason_of(replace(ERASED, erasures=told)) == "bundle-erasures"


def test_a_batch_is_whole_where_every_record_is_shown():
    assert [each.whole for each in (FIRST, SECOND, THIRD, PART)] == [True, False, False, False]
    assert FURTHER.vouchers == (
        Voucher(PART.receipt, PART.checkpoint), Voucher(b"receipt", 1), Voucher(b"receipt", 3),
    )  # fmt: skip
