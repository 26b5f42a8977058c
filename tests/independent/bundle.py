"""A bundle's form (PROTOCOL.md, "Bundle", and step 1 of "Verification")."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass

from tests.independent.cbor import Item, decode
from tests.independent.reasons import Refused
from tests.independent.shape import any_map, array, blob, count, exact_map, version

WITH_ERASURES = 4
MAX_SIZE = 64 * 1024 * 1024


@dataclass(frozen=True)
class ShownRecord:
    """A record shown; `path` is of version 1."""

    index: int
    salt: bytes
    record: bytes
    path: list[bytes] | None


@dataclass(frozen=True)
class Shown:
    """A batch as it is shown: receipts with their checkpoints; `proof` is of versions 2 and 3."""

    statement: bytes
    vouchers: list[tuple[bytes, int]]
    records: list[ShownRecord]
    proof: list[bytes] | None


@dataclass(frozen=True)
class Bundle:
    """The contents of a bundle."""

    policy: bytes
    checkpoints: list[bytes]
    batches: list[Shown]
    gaps: list[int]
    files: list[bytes]
    several: bool
    erasures: list[Shown]


class Unreadable(Exception):
    """The file goes no further than step 1."""

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def read_bundle(data: bytes) -> Bundle:
    """Step 1 of "Verification"."""
    if len(data) > MAX_SIZE:
        raise Unreadable("cbor-size", 4)
    if len(data) < 35 or data[0] != 0x82 or data[-34:-32] != b"\x58\x20":
        raise Unreadable("bundle", 4)
    if hashlib.sha256(data[:-34]).digest() != data[-32:]:
        raise Unreadable("bundle-digest", 1)
    try:
        outer = array(decode(data), 2)
        blob(outer[1], 32)
        return _contents(decode(blob(outer[0])))
    except Refused as refused:
        raise Unreadable(refused.code, 4) from None


def _contents(item: Item) -> Bundle:
    found = any_map(item)
    number = version(found, 0, (1, 2, 3, 4, 5))
    exact_map(found, set(range({1: 5, 2: 6, 3: 6, 4: 7, 5: 7}[number])))
    policy = blob(found[1], 32)
    checkpoints = [blob(part) for part in array(found[2])]
    read_shown = {1: _shown_1, 2: _shown_2, 3: _shown_3, 4: _shown_2, 5: _shown_3}[number]
    batches = [read_shown(part) for part in array(found[3])]
    gaps = [count(part) for part in array(found[4])]
    files = [blob(part) for part in array(found[5])] if number > 1 else []
    for shown in batches:
        _check_order(shown, number)
    digests = [hashlib.sha256(file).digest() for file in files]
    if any(one >= two for one, two in itertools.pairwise(digests)):
        raise Refused("bundle-order")
    erasures = [read_shown(part) for part in array(found[6])] if number >= WITH_ERASURES else []
    for shown in erasures:
        _check_order(shown, number)
    if number >= WITH_ERASURES and not (erasures and all(each.records for each in erasures)):
        raise Refused("bundle-erasures")
    return Bundle(policy, checkpoints, batches, gaps, files, number in (3, 5), erasures)


def _path(item: Item) -> list[bytes] | None:
    return None if item is None else [blob(part) for part in array(item)]


def _shown_1(item: Item) -> Shown:
    parts = array(item, 4)
    records = []
    for part in array(parts[3]):
        one = array(part, 4)
        records.append(ShownRecord(count(one[0]), blob(one[1], 16), blob(one[2]), _path(one[3])))
    return Shown(blob(parts[0]), [(blob(parts[1]), count(parts[2]))], records, None)


def _shown_2(item: Item) -> Shown:
    parts = array(item, 5)
    vouchers = [(blob(parts[1]), count(parts[2]))]
    return Shown(blob(parts[0]), vouchers, _records(parts[3]), _path(parts[4]))


def _shown_3(item: Item) -> Shown:
    parts = array(item, 4)
    pairs = [array(pair, 2) for pair in array(parts[1])]
    vouchers = [(blob(pair[0]), count(pair[1])) for pair in pairs]
    if not vouchers:
        raise Refused("shape")
    shown = Shown(blob(parts[0]), vouchers, _records(parts[2]), _path(parts[3]))
    if any(one[1] >= two[1] for one, two in itertools.pairwise(vouchers)):
        raise Refused("bundle-order")
    return shown


def _records(item: Item) -> list[ShownRecord]:
    records = []
    for part in array(item):
        one = array(part, 3)
        records.append(ShownRecord(count(one[0]), blob(one[1], 16), blob(one[2]), None))
    return records


def _check_order(shown: Shown, number: int) -> None:
    """Ascending indexes; whole or in part; no empty path (`bundle-order`, `bundle-paths`)."""
    indexes = [record.index for record in shown.records]
    if any(one >= two for one, two in itertools.pairwise(indexes)):
        raise Refused("bundle-order")
    paths = [record.path for record in shown.records] if number == 1 else [shown.proof]
    if any(path == [] for path in paths) or len({path is None for path in paths}) > 1:
        raise Refused("bundle-paths")
    if number > 1 and shown.proof is not None and not shown.records:
        raise Refused("bundle-paths")
    if all(path is None for path in paths) and indexes != list(range(len(indexes))):
        raise Refused("bundle-order")
