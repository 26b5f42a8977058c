"""Vectors of bundles in which one item alone is of another type, length or number than the form says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evidence import cbor
from evidence.policy import parse_policy
from tests.evidence.building import World
from tests.vectors.case import BundleCase

ALTERED, UNTRUSTED, UNREADABLE = 1, 3, 4
POLICY = World(quorum="quorum none").policy_text()

_RECORD = (0, bytes(16), b"")
_PATHS = (b"", b"", 0, ((*_RECORD, (bytes(32),)),))
_PROOF = (b"", b"", 0, (_RECORD,), (bytes(32),))
_VOUCHERS = (b"", ((b"", 0),), (_RECORD,), (bytes(32),))
CONTENTS: Mapping[int, cbor.Value] = {
    1: {0: 1, 1: bytes(32), 2: (b"",), 3: (_PATHS,), 4: (0,)},
    2: {0: 2, 1: bytes(32), 2: (b"",), 3: (_PROOF,), 4: (0,), 5: (b"",)},
    3: {0: 3, 1: bytes(32), 2: (b"",), 3: (_VOUCHERS,), 4: (0,), 5: (b"",)},
}
"""By version the smallest contents of the form, in which nothing else is as it must be."""

_ANY = (
    ("checkpoints", (2,), 0),
    ("batches", (3,), 0),
    ("a batch", (3, 0), 0),
    ("a statement", (3, 0, 0), ""),
    ("gaps", (4,), 0),
)
_ONE_RECEIPT = (
    ("a receipt", (3, 0, 1), ""),
    ("a checkpoint's place", (3, 0, 2), "0"),
    ("a checkpoint's place that is negative", (3, 0, 2), -1),
    ("records", (3, 0, 3), 0),
    ("a record shown", (3, 0, 3, 0), 0),
)
MISTYPED: Mapping[int, Sequence[tuple[str, tuple[int, ...], cbor.Value]]] = {
    1: (
        *_ANY,
        *_ONE_RECEIPT,
        ("a record shown without its path", (3, 0, 3, 0), _RECORD),
        ("an index", (3, 0, 3, 0, 0), "0"),
        ("an index that is negative", (3, 0, 3, 0, 0), -1),
        ("a record", (3, 0, 3, 0, 2), {}),
        ("a path", (3, 0, 3, 0, 3), 0),
    ),
    2: (
        *_ANY,
        *_ONE_RECEIPT,
        ("a record shown with a path", (3, 0, 3, 0), (*_RECORD, None)),
        ("an index", (3, 0, 3, 0, 0), "0"),
        ("a salt of 15 bytes", (3, 0, 3, 0, 1), bytes(15)),
        ("a record", (3, 0, 3, 0, 2), {}),
        ("a proof", (3, 0, 4), 0),
        ("a hash of a proof", (3, 0, 4, 0), "0" * 32),
        ("files", (5,), 0),
        ("a file", (5, 0), ""),
    ),
    3: (
        *_ANY,
        ("vouchers", (3, 0, 1), 0),
        ("no voucher", (3, 0, 1), ()),
        ("a voucher", (3, 0, 1, 0), 0),
        ("a voucher of three items", (3, 0, 1, 0), (b"", 0, 0)),
        ("a receipt", (3, 0, 1, 0, 0), ""),
        ("a checkpoint's place", (3, 0, 1, 0, 1), "0"),
        ("records", (3, 0, 2), 0),
        ("a proof", (3, 0, 3), 0),
    ),
}
"""By version: what is of another type (or as told), where it stands, and what stands there."""


def form_cases() -> Iterator[BundleCase]:
    """Yield of each version a form with nothing behind it, and that form with one item spoilt."""
    for version, contents in CONTENTS.items():
        yield _case(f"form {version}: nothing else", contents, UNTRUSTED, "other-policy")
        for name, path, other in MISTYPED[version]:
            spoilt = _with(contents, path, other)
            yield _case(f"form {version}: {name}", spoilt, UNREADABLE, "shape")
    yield _closed("form: contents that are not encoded", CONTENTS[1], UNREADABLE, "shape")
    yield _crowd()


def _crowd() -> BundleCase:
    """A thousand and one checkpoints that are none: the last, and the batch, are not looked at."""
    digest = parse_policy(POLICY).digest
    contents = {**CONTENTS[1], 1: digest, 2: (b"",) * 1001, 4: ()}
    case = _closed("1,002 findings, of which 1,000 are told", cbor.encode(contents), ALTERED, "")
    return replace(case, findings=("note-form",) * 1000)


def _with(value: cbor.Value, path: tuple[int, ...], other: cbor.Value) -> cbor.Value:
    """Return `value` with `other` in the place that `path` leads to."""
    if not path:
        return other
    at, *rest = path
    if isinstance(value, dict):
        return {**value, at: _with(value[at], tuple(rest), other)}
    assert isinstance(value, tuple)
    return (*value[:at], _with(value[at], tuple(rest), other), *value[at + 1 :])


def _case(name: str, contents: cbor.Value, exit_code: int, reason: str) -> BundleCase:
    return _closed(name, cbor.encode(contents), exit_code, reason)


def _closed(name: str, content: cbor.Value, exit_code: int, reason: str) -> BundleCase:
    start = b"\x82" + cbor.encode(content)
    data = start + b"\x58\x20" + hashlib.sha256(start).digest()
    return BundleCase(name, data, given={"policy": POLICY}, exit=exit_code, findings=(reason,))
