"""Vectors of bundles that tell what was erased: batches beside the chain, and what may not be one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from evidence import cbor
from evidence.bundle import Bundle, BundledBatch
from evidence.leaf import Record
from tests.evidence.building import World, record
from tests.vectors.case import BundleCase

AUTHENTIC, ALTERED, _, UNTRUSTED, UNREADABLE = range(5)


def erasure(number: int, first: int, last: int, count: int) -> Record:
    """Return the record that so many positions between two numbers went by a rule."""
    values = {"what": "position", "count": count, "first": first, "last": last, "days": 30}
    return record(number, "erasure", device="gateway", values=values)


def logged() -> World:
    """Return a gateway's log: two batches with positions, a reading, and two with erasures."""
    world = World()
    world.seal([record(0), record(1, "position"), record(2), record(3, "position")])
    world.seal([record(4, "position"), record(5)])
    world.seal([record(6)])
    world.seal([erasure(7, 1, 3, 2)])
    world.seal([record(8), erasure(9, 4, 4, 1), record(10)])
    stranger = replace(world.claims(), epoch=bytes(16), seq=0, previous=None)
    world.seal([erasure(0, 0, 0, 1)], claims=stranger)
    return world


WORLD = logged()
FIRST, SECOND, THIRD, ALONE, AMONG, STRANGE = WORLD.sealed
CUT = (WORLD.in_part(FIRST, (0, 2)), WORLD.in_part(SECOND, (1,)))
TOLD = (WORLD.bundled(ALONE), WORLD.in_part(AMONG, (1,)))


def _bundle(batches: tuple[BundledBatch, ...], erasures: tuple[BundledBatch, ...]) -> Bundle:
    return replace(WORLD.bundle(batches), erasures=erasures)


def _case(name: str, bundle: Bundle | bytes, exit_code: int = 0, *findings: str) -> BundleCase:
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    given = {"policy": WORLD.policy_text()}
    return BundleCase(name, data, given=given, exit=exit_code, findings=findings)


def erasure_cases() -> Iterator[BundleCase]:
    """Yield bundles of version 4."""
    yield _case("erasures: two batches beside the chain", _bundle(CUT, TOLD))
    yield _case("erasures: one beside, one in the chain", _bundle(
        (*CUT, WORLD.bundled(THIRD), WORLD.bundled(ALONE)), TOLD[1:]))  # fmt: skip
    yield from _of_others()
    yield from _spoilt()
    yield from _forms()


def _of_others() -> Iterator[BundleCase]:
    """Yield batches that are no batches of erasures of these."""
    for name, batches, erasures in (
        ("one that is in the chain, too", (*CUT, WORLD.bundled(THIRD), TOLD[0]), TOLD[:1]),
        ("one twice", CUT, (TOLD[0], TOLD[0])),
        ("with another record", CUT, (WORLD.in_part(AMONG, (0, 1)),)),
        ("of another kind alone", CUT, (WORLD.bundled(THIRD),)),
        ("of another epoch", CUT, (WORLD.bundled(STRANGE),)),
    ):
        yield _case(f"erasures: {name}", _bundle(batches, erasures), ALTERED, "erasure")


def _spoilt() -> Iterator[BundleCase]:
    """Yield batches of erasures that prove nothing."""
    for name, changes, exit_code, reason in (
        ("receipt cut", {"receipt": b"\xd2"}, ALTERED, "cbor-truncated"),
        ("receipt of another batch", {"receipt": TOLD[1].receipt}, ALTERED, "signature"),
        ("a checkpoint that is not there", {"checkpoint": 1}, ALTERED, "checkpoint"),
        (
            "records of another batch",
            {"disclosed": WORLD.bundled(THIRD).disclosed},
            ALTERED,
            "leaves",
        ),
    ):
        spoilt = replace(TOLD[0], **changes)  # type: ignore[arg-type]  # real fields
        yield _case(f"erasures: {name}", _bundle(CUT, (spoilt,)), exit_code, reason)


def _forms() -> Iterator[BundleCase]:
    """Yield files of another form."""
    none = replace(TOLD[0], disclosed=())
    yield _case("erasures: a batch that shows none", _bundle(CUT, (none,)), UNREADABLE, "bundle-erasures")  # fmt: skip
    fields = dict(cbor.decode(cbor.decode(_bundle(CUT, TOLD).to_bytes())[0]))  # type: ignore[index, arg-type, call-overload]  # our own
    for name, changes, reason in (
        ("none", {6: ()}, "bundle-erasures"),
        ("no list", {6: 0}, "shape"),
        ("in version 2", {0: 2}, "shape"),
        ("in a version for several logs", {0: 5}, "shape"),
        ("in a version that is not known", {0: 6}, "version"),
    ):
        yield _case(f"erasures: {name}", _file({**fields, **changes}), UNREADABLE, reason)
    less = {key: value for key, value in fields.items() if key != 6}
    yield _case("erasures: version 4 without", _file(less), UNREADABLE, "shape")


def _file(fields: dict[int, cbor.Value]) -> bytes:
    head = b"\x82" + cbor.encode(cbor.encode(fields))
    return head + b"\x58\x20" + hashlib.sha256(head).digest()
