"""Vectors of what a gateway makes: CBOR, records and leaves, trees, bodies, keys, statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from evidence import cbor, cose
from evidence.body import COLUMNS, ROWS, decode_body
from evidence.cbor import Raw, Tag
from evidence.leaf import Record, Salts, salted_leaf
from evidence.merkle import Tree, consistency_path, hash_leaf, root_from_inclusion
from evidence.statement import (
    Claims,
    Follows,
    Gap,
    parse_statement,
    sign_gap,
    sign_statement,
)
from tests.evidence.building import (
    EPOCH,
    ISSUER,
    NOON,
    EcdsaSigner,
    EdSigner,
    pack_columns,
    record,
    records,
    seeded,
    small_world,
    stored,
)
from tests.vectors.case import Case, Json
from tests.vectors.ed25519 import odd_key_cases, odd_signature_cases

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))
P256, P384, ED = EcdsaSigner("gateway"), EcdsaSigner("wide", ec.SECP384R1()), EdSigner("ed")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2 §2.4.2

# CBOR

GOOD_CBOR = (
    ("zero", "00", "0"),
    ("largest in one byte", "17", "23"),
    ("24", "1818", "24"),
    ("256", "190100", "256"),
    ("65536", "1a00010000", "65536"),
    ("2^32", "1b0000000100000000", "4294967296"),
    ("largest of 64 bits", "1bffffffffffffffff", "18446744073709551615"),
    ("minus one", "20", "-1"),
    ("smallest of 64 bits", "3bffffffffffffffff", "-18446744073709551616"),
    ("no bytes", "40", "h''"),
    ("bytes", "4201ff", "h'01ff'"),
    ("text", "63c3a961", '"éa"'),
    ("array", "83010203", "[1, 2, 3]"),
    ("nothing in a map", "a0", "{}"),
    ("integer keys before text keys", "a4000118180220036161f6", '{0: 1, 24: 2, -1: 3, "a": null}'),
    ("shorter text keys first", "a2617a0162616100", '{"z": 1, "aa": 0}'),
    ("false, true, null", "83f4f5f6", "[false, true, null]"),
    ("fifteen arrays within one another", "81" * 15 + "00", "[" * 15 + "0" + "]" * 15),
)
BAD_CBOR = (
    ("nothing", "", "cbor-truncated"),
    ("zero in two bytes", "1800", "cbor-minimal"),
    ("23 in two bytes", "1817", "cbor-minimal"),
    ("255 in three bytes", "1900ff", "cbor-minimal"),
    ("65535 in five bytes", "1a0000ffff", "cbor-minimal"),
    ("2^32-1 in nine bytes", "1b00000000ffffffff", "cbor-minimal"),
    ("length of bytes in two bytes", "580161", "cbor-minimal"),
    ("length of an array in two bytes", "980100", "cbor-minimal"),
    ("reserved length", "1c", "cbor-indefinite"),
    ("indefinite bytes", "5f4101ff", "cbor-indefinite"),
    ("indefinite text", "7f6161ff", "cbor-indefinite"),
    ("indefinite array", "9f00ff", "cbor-indefinite"),
    ("indefinite map", "bf0000ff", "cbor-indefinite"),
    ("break alone", "ff", "cbor-simple"),
    ("break within an array", "81ff", "cbor-simple"),
    ("a reserved length of a simple value", "fc", "cbor-simple"),
    ("a float that is cut", "f9", "cbor-simple"),
    ("both: a tag, nested too deeply", "81" * 15 + "c100", "cbor-depth"),
    ("both: too many items, and beyond the data", "9a00400001", "cbor-truncated"),
    ("both: keys unsorted, one of them bytes", "a26161004100f6", "cbor-order"),
    ("both: bytes as a key, and twice", "a241000041000000", "cbor-key"),
    ("key twice", "a200010002", "cbor-order"),
    ("keys unsorted", "a201000000", "cbor-order"),
    ("text key before integer key", "a26161000000", "cbor-order"),
    ("length first in place of bytewise", "a22000181800", "cbor-order"),
    ("bytes behind the item", "0000", "cbor-trailing"),
    ("tag", "c000", "cbor-tag"),
    ("tag 18 where it has no place", "d200", "cbor-tag"),
    ("an integer of 65 bits, as a bignum", "c249010000000000000000", "cbor-tag"),
    ("cycle by tag 28", "d81c81d81d00", "cbor-tag"),
    ("sixteen arrays within one another", "81" * 16 + "00", "cbor-depth"),
    ("depth bomb", "81" * 4096, "cbor-depth"),
    ("bytes beyond the data", "4401", "cbor-truncated"),
    ("huge length of bytes", "5bffffffffffffffff", "cbor-truncated"),
    ("huge length of an array", "9bffffffffffffffff", "cbor-truncated"),
    ("huge length of a map", "bb7fffffffffffffff", "cbor-truncated"),
    ("half float", "f97e00", "cbor-simple"),
    ("float", "fa47c35000", "cbor-simple"),
    ("double NaN", "fb7ff8000000000000", "cbor-simple"),
    ("undefined", "f7", "cbor-simple"),
    ("simple value 32", "f820", "cbor-simple"),
    ("text that is not UTF-8", "61ff", "cbor-utf8"),
    ("half of a surrogate pair", "63eda080", "cbor-utf8"),
    ("bytes as a key", "a1410000", "cbor-key"),
    ("null as a key", "a1f600", "cbor-key"),
    ("true as a key", "a1f500", "cbor-key"),
    ("array as a key", "a18000", "cbor-key"),
)


def cbor_cases() -> Iterator[Case]:
    """Yield items with their diagnostic notation (RFC 8949 §8), and what is no item of ours."""
    for name, data, diagnostic in GOOD_CBOR:
        yield Case(name, bytes.fromhex(data), values={"diagnostic": diagnostic})
    for name, data, reason in BAD_CBOR:
        yield Case(name, bytes.fromhex(data), reason)
    most = cbor.MAX_ITEMS + 1
    for name, item in {
        "an array of 4,194,305 items": b"\x9a" + most.to_bytes(4, "big"),
        "two arrays of 4,194,303 items together": b"\x82\x80\x9a" + (most - 2).to_bytes(4, "big"),
    }.items():
        yield Case(name, item, "cbor-items", zeros=(len(item), most))
    yield Case("of 67,108,865 bytes", b"\0", "cbor-size", zeros=(1, cbor.MAX_BYTES))


# Records and leaves


def leaf_cases() -> Iterator[Case]:
    """Yield records with salt and leaf, and what is no record."""
    seed = seeded("seed of the leaves")
    good = {
        "a temperature": record(0),
        "a gap": record(1, "gap"),
        "before 1970": record(2, wall_ms=-1),
        "an unknown bound": record(3, clock_source="none", clock_bound_ms=None),
        "all types of fields": record(4, values={"a": -5, "text": "é", "bytes": b"\0\xff"}),
        "no fields": record(5, values={}),
        "smallest numbers": record(6, wall_ms=1 - 2**63, values={"x": 1 - 2**63, "y": 2**63 - 1}),
        "largest numbers": record(2**63 - 1, monotonic_ms=0, wall_ms=0, boot=2**63 - 1, values={}),
    }
    for index, (name, made) in enumerate(good.items()):
        data = made.to_bytes()
        salted = Salts(seed)(index)
        given = {"seed": seed.hex(), "index": index}
        leaf = {"salt": salted.hex(), "leaf": salted_leaf(salted, data).hex()}
        yield Case(name, data, given=given, values={**leaf, **_parts(made)})
    for name, change in BAD_RECORDS.items():
        yield Case(name, cbor.encode({**_fields(), **change}), "shape")
    yield Case("a field missing", cbor.encode(_without(_fields(), 7)), "shape")
    yield Case("a float in a field", _with_float(), "cbor-simple")
    yield Case("an array", cbor.encode((1, 2)), "shape")
    yield Case("a number", cbor.encode(7), "shape")
    yield Case("a byte behind the record", record(0).to_bytes() + b"\0", "cbor-trailing")
    yield from _largest_records(seed)


def _largest_records(seed: bytes) -> Iterator[Case]:
    """Yield the largest record there can be, and one a byte larger; both end with zeros."""
    for size, reason in ((65_536, None), (65_537, "record-size")):
        spare = size - len(_zeros(1 << 15)) + (1 << 15)
        whole, salted = _zeros(spare), Salts(seed)(0)
        assert len(whole) == size
        leaf = {"salt": salted.hex(), "leaf": salted_leaf(salted, whole).hex()}
        yield Case(
            f"of {size:,} bytes", whole[:-spare], reason, {"seed": seed.hex(), "index": 0},
            {} if reason else {**leaf, **_parts(record(0))}, zeros=(size - spare, spare),
        )  # fmt: skip


def _zeros(size: int) -> bytes:
    return record(0, values={"x": bytes(size)}).to_bytes()


def _parts(made: Record) -> dict[str, Json]:
    return {
        "number": made.number, "device": made.device, "kind": made.kind, "boot": made.boot,
        "monotonic_ms": made.monotonic_ms, "wall_ms": made.wall_ms, "quality": made.quality,
        "clock": [made.clock_source, made.clock_bound_ms],
    }  # fmt: skip


BAD_RECORDS: Mapping[str, Mapping[int, cbor.Value]] = {
    "number negative": {0: -1},
    "number beyond 63 bits": {0: 2**63},
    "number true": {0: True},
    "device no text": {1: b"cold-room"},
    "kind no text": {2: 7},
    "boot no number": {3: "3"},
    "monotonic time negative": {4: -1},
    "clock source no text": {6: (7, None)},
    "wall clock of 64 bits": {5: -(2**63)},
    "field of 64 bits": {8: {"x": 2**63}},
    "clock of one item": {6: ("ntp",)},
    "clock bound negative": {6: ("ntp", -1)},
    "fields no map": {8: ()},
    "field with an integer name": {8: {1: 1}},
    "field true": {8: {"door": True}},
    "field null": {8: {"door": None}},
    "field within a field": {8: {"door": {}}},
    "a label that means nothing": {9: 0},
}


def _fields() -> dict[int, cbor.Value]:
    fields = cbor.decode(record(0).to_bytes())
    assert isinstance(fields, dict)
    return fields


def _without(fields: Mapping[int, cbor.Value], key: int) -> dict[int, cbor.Value]:
    return {label: value for label, value in fields.items() if label != key}


def _with_float() -> bytes:
    return cbor.encode({**_fields(), 8: {"temperature": Raw(bytes.fromhex("fa40866666"))}})


# Trees

ENTRIES = [bytes([number]) for number in range(9)]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
ROOTS = [Tree(LEAVES[:size]).root() for size in range(10)]
TREE = Tree(LEAVES)


def merkle_cases() -> Iterator[Case]:
    """Yield proofs as [size, index, path] and [old size, new size, path]; entries are one byte."""
    for size in (1, 2, 3, 7, 8):
        for index in range(size):
            path = Tree(LEAVES[:size]).inclusion_path(index)
            yield _inclusion(f"leaf {index} of {size}", size, index, path)
    for old, new in (
        (1, 1),
        (1, 2),
        (1, 8),
        (2, 3),
        (3, 4),
        (3, 7),
        (4, 8),
        (5, 9),
        (6, 8),
        (7, 8),
    ):
        path = consistency_path(TREE.node, old, new)
        yield _consistency(f"from {old} to {new}", old, new, path)
    path = [bytes([height]) * 32 for height in range(63)]
    root = root_from_inclusion(LEAVES[0], 2**62 + 5, 2**63 - 1, path)
    given = {"proof": "inclusion", "leaf": LEAVES[0].hex(), "root": root.hex()}
    longest = cbor.encode((2**63 - 1, 2**62 + 5, tuple(path)))
    yield Case("the longest path, of 63 hashes", longest, given=given)
    yield from _bad_inclusions()
    yield from _bad_consistencies()


def _bad_inclusions() -> Iterator[Case]:
    path = Tree(LEAVES[:8]).inclusion_path(5)
    yield _inclusion("leaf 5 of 8 as 5 of 7: no proof signs its size", 7, 5, path, root=8)
    yield _inclusion("leaf 5 of 8 as 9 of 11", 11, 9, path, root=8)
    yield _inclusion("leaf 5 of 8 as 9 of 12", 12, 9, path, root=8)
    yield _inclusion("leaf 5 of 8 as 17 of 19", 19, 17, path, root=8)
    bad = {
        "another index": (8, 4, path, "proof-root"),
        "index beyond the size": (8, 8, path, "proof-index"),
        "size zero": (0, 0, [], "proof-size"),
        "size one with a path": (1, 0, path[:1], "proof-length"),
        "a hash too few": (8, 5, path[1:], "proof-length"),
        "a hash too many": (8, 5, [*path, ROOTS[1]], "proof-length"),
        "no hash": (8, 5, [], "proof-length"),
        "64 hashes": (2**63 - 1, 0, [ROOTS[1]] * 64, "proof-length"),
        "hashes the other way round": (8, 5, path[::-1], "proof-root"),
        "a hash of 31 bytes": (8, 5, [path[0][:31], *path[1:]], "proof-hash"),
        "a hash of 33 bytes": (8, 5, [path[0] + b"\0", *path[1:]], "proof-hash"),
        "a hash of no bytes": (8, 5, [b"", *path[1:]], "proof-hash"),
        "a bit changed": (8, 5, [_flipped(path[0]), *path[1:]], "proof-root"),
    }
    for name, (size, index, changed, reason) in bad.items():
        yield _inclusion(f"inclusion: {name}", size, index, changed, reason, root=8)
    entry = LEAVES[0] + LEAVES[1]
    higher = [TREE.node(1, 1), TREE.node(2, 1)]
    yield _inclusion("a node shown as a leaf", 4, 0, higher, "proof-root", 8, hash_leaf(entry))
    doubled = Tree([*LEAVES[:3], LEAVES[2]]).inclusion_path(3)
    yield _inclusion("the last leaf doubled", 4, 3, doubled, "proof-root", 3, LEAVES[2])


def _bad_consistencies() -> Iterator[Case]:
    path = consistency_path(TREE.node, 5, 9)
    other = Tree([hash_leaf(b"other" + entry) for entry in ENTRIES])
    foreign = consistency_path(other.node, 5, 9)
    bad = {
        "from nothing": (0, 9, [], "proof-size", ROOTS[0]),
        "backwards": (9, 5, path, "proof-size", ROOTS[9]),
        "a hash too few": (5, 9, path[:-1], "proof-length", ROOTS[5]),
        "a hash too many": (5, 9, [*path, ROOTS[1]], "proof-length", ROOTS[5]),
        "no hash": (5, 9, [], "proof-length", ROOTS[5]),
        "a hash of 31 bytes": (5, 9, [path[0][:31], *path[1:]], "proof-hash", ROOTS[5]),
        "another old root": (5, 9, path, "proof-old-root", ROOTS[4]),
        "of an unrelated tree": (5, 9, foreign, "proof-old-root", ROOTS[5]),
        "equal sizes with a path": (9, 9, [ROOTS[1]], "proof-length", ROOTS[9]),
        "equal sizes and another root": (9, 9, [], "proof-root", ROOTS[5]),
        "a bit changed in the part that is new": (
            5, 9, [*path[:-1], _flipped(path[-1])], "proof-new-root", ROOTS[5],
        ),
    }  # fmt: skip
    for name, (old, new, changed, reason, root) in bad.items():
        yield _consistency(f"consistency: {name}", old, new, changed, reason, root)
    lied = _consistency("", 5, 9, path)
    given = {**lied.given, "root2": other.root().hex()}
    yield Case("consistency: another new root", lied.data, "proof-new-root", given)


def _inclusion(
    name: str,
    size: int,
    index: int,
    path: Sequence[bytes],
    reason: str | None = None,
    root: int | None = None,
    leaf: bytes | None = None,
) -> Case:
    said = LEAVES[index if root is None else 5] if leaf is None else leaf
    given = {"leaf": said.hex(), "root": ROOTS[size if root is None else root].hex()}
    return Case(
        name, cbor.encode((size, index, tuple(path))), reason, {"proof": "inclusion", **given}
    )


def _consistency(
    name: str,
    old: int,
    new: int,
    path: Sequence[bytes],
    reason: str | None = None,
    root1: bytes | None = None,
) -> Case:
    roots = {"root1": (root1 or ROOTS[old]).hex(), "root2": ROOTS[max(new, old)].hex()}
    data = cbor.encode((old, new, tuple(path)))
    return Case(name, data, reason, {"proof": "consistency", **roots})


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


# Bodies


def body_cases() -> Iterator[Case]:
    """Yield bodies of both codecs; the first was packed by a gateway, the others are only stored."""
    seed = seeded("seed of the body")
    some = tuple(made.to_bytes() for made in records(10, 5, gap_at=12))
    one = (record(0).to_bytes(),)
    odd = (*some[:2], some[4])
    published = parse_statement(bytes.fromhex(PUBLISHED["statement"])).batch
    given = {"codec": published.codec, "count": published.count}
    data = bytes.fromhex(PUBLISHED["body"])
    packed, unpacked = decode_body(data, published.codec, published.count)
    values = {"seed": packed.hex(), "records": [item.hex() for item in unpacked]}
    yield Case("as a gateway packs it", data, given=given, values=values)
    for name, shown in (("five records", some), ("one record", one), ("numbers with a hole", odd)):
        values = {"seed": seed.hex(), "records": [item.hex() for item in shown]}
        count: Mapping[str, Json] = {"count": len(shown)}
        columns = pack_columns(seed, shown)
        yield Case(f"codec 2: {name}", columns, given={"codec": COLUMNS, **count}, values=values)
        rows = seed + stored(b"".join(shown))
        yield Case(f"codec 1: {name}", rows, given={"codec": ROWS, **count}, values=values)
    rows, columns = seed + stored(b"".join(some)), pack_columns(seed, some)
    bad = (
        ("codec 3", rows, 3, 5, "body-codec"),
        ("no whole seed", rows[:31], ROWS, 5, "body-size"),
        ("a seed and nothing else", rows[:32], ROWS, 5, "body-deflate"),
        ("no records", rows, ROWS, 0, "body-count"),
        ("codec 1: 65,536 records, and five are there", rows, ROWS, 65536, "cbor-truncated"),
        ("more than 65,536 records", rows, ROWS, 65537, "body-count"),
        ("codec 1: a record more than signed", rows, ROWS, 4, "body-count"),
        ("codec 1: a record fewer than signed", rows, ROWS, 6, "cbor-truncated"),
        ("codec 1: not deflate", seed + b"\xff" * 9, ROWS, 5, "body-deflate"),
        ("codec 1: cut", rows[:-1], ROWS, 5, "body-deflate"),
        ("codec 1: bytes behind it", rows + b"\0", ROWS, 5, "body-deflate"),
        ("codec 2: no records", columns, COLUMNS, 0, "body-count"),
        ("codec 2: cut", columns[: 32 + 20], COLUMNS, 5, "body-deflate"),
    )
    for name, data, codec, count_, reason in bad:
        yield Case(name, data, reason, {"codec": codec, "count": count_})


# Keys


def key_cases() -> Iterator[Case]:
    """Yield COSE_Keys with kid and thumbprint, and what is none of ours."""
    for name, signer in (("P-256", P256), ("P-384", P384), ("Ed25519", ED)):
        key = signer.public
        values = {"kid": key.kid.hex(), "thumbprint": key.thumbprint.hex()}
        yield Case(
            name, key.to_cose(), values={**values, "algorithms": sorted(key.curve.algorithms)}
        )
    x, y = P256.public.x, P256.public.y
    good: dict[int, cbor.Value] = {1: 2, -1: 1, -2: x, -3: y}
    bad: Mapping[str, tuple[Mapping[int, cbor.Value], str]] = {
        "curve P-521": ({**good, -1: 3}, "key-curve"),
        "secp256k1": ({**good, -1: 8}, "key-curve"),
        "X25519": ({1: 1, -1: 4, -2: ED.public.x}, "key-curve"),
        "an EC2 key on Ed25519": ({**good, -1: 6}, "key-curve"),
        "an OKP key on P-256": ({1: 1, -1: 1, -2: x}, "key-curve"),
        "a symmetric key": ({1: 4, -1: 1, -2: x, -3: y}, "key-curve"),
        "y as a sign bit": ({**good, -3: True}, "shape"),
        "no y": ({1: 2, -1: 1, -2: x}, "shape"),
        "y of an OKP key": ({1: 1, -1: 6, -2: ED.public.x, -3: y}, "shape"),
        "kid in the key": ({**good, 2: b"kid"}, "shape"),
        "alg in the key": ({**good, 3: -7}, "shape"),
        "a private key": ({**good, -4: bytes(32)}, "shape"),
        "x of 31 bytes": ({**good, -2: x[1:]}, "shape"),
        "x of 33 bytes": ({**good, -2: b"\0" + x}, "shape"),
        "no point of the curve": ({**good, -3: x}, "key-point"),
        "kty as text": ({**good, 1: "EC"}, "shape"),
        "crv as text": ({**good, -1: "P-256"}, "shape"),
        "y of 31 bytes": ({**good, -3: y[1:]}, "shape"),
        "crv below 0": ({**good, -1: -1}, "key-curve"),
        "kty below 0": ({**good, 1: -2}, "key-curve"),
        "both: an OKP key on P-256, with a y": ({**good, 1: 1}, "key-curve"),
    }
    for name, (fields, reason) in bad.items():
        yield Case(name, cbor.encode(fields), reason)
    yield Case("a number", cbor.encode(2), "shape")
    yield from odd_key_cases()


# Statements

CLAIMS = Claims(ISSUER, NOON, EPOCH, 0, None)
NEXT = Claims(ISSUER, NOON + 1, EPOCH, 1, seeded("digest of statement 0"))
OLD_EPOCH = seeded("old epoch")[:16]
BATCH = small_world().sealed[1].statement.batch
LOST = Gap(3, 2, 6, seeded("digest of the last one lost"), "disk damage")


def statement_cases() -> Iterator[Case]:
    """Yield statements under the key that is given, and what is none."""
    ids = ((P256, -7), (P256, -9), (P384, -35), (P384, -51), (ED, -8), (ED, -19))
    for signer, algorithm in ids:
        data = sign_statement(NEXT, BATCH, signer.public.kid, algorithm, signer)
        yield _statement(f"by {signer.public.curve.name}, alg {algorithm}", data, signer)
    follows = Follows(OLD_EPOCH, 7, seeded("digest of the old epoch's last"), 9, "factory reset")
    nothing = Follows(OLD_EPOCH, None, None, 4, "all of it lost")
    unknown = Follows(OLD_EPOCH, None, None, None, "never used")
    good = {
        "the first of an epoch": CLAIMS,
        "that names a successor": replace(NEXT, successor=P384.public),
        "that names the epoch before": replace(CLAIMS, follows=follows),
        "that goes on from nothing": replace(CLAIMS, follows=nothing),
        "that follows an unused epoch": replace(CLAIMS, follows=unknown),
    }
    for name, claims in good.items():
        yield _statement(name, sign_statement(claims, BATCH, P256.public.kid, -7, P256))
    yield _statement("a gap", sign_gap(NEXT, LOST, P256.public.kid, -7, P256))
    unknown_clock = replace(BATCH, clock_source="none", clock_bound_ms=None)
    data = sign_statement(NEXT, unknown_clock, P256.public.kid, -7, P256)
    yield _statement("of a batch whose clock nobody vouches for", data)
    most = replace(BATCH, count=65_536, first=2**63 - 1 - 65_536)
    last = sign_statement(NEXT, most, P256.public.kid, -7, P256)
    yield _statement("of 65,536 records, the last there can be", last)
    one = Gap(1, 2**63 - 1 - 6, 6, None, "of one statement")
    yield _statement("a gap of one statement, up to the last record", _gap(NEXT, one))
    open_gap = Gap(3, 2, 6, None, "é" * 100)
    yield _statement("a gap with nothing signed behind it", _gap(NEXT, open_gap))
    rest = len(_named("x" * 300)) - 300
    yield _statement("of 1,024 bytes", _named("x" * (1024 - rest)))
    longer = _named("x" * (1025 - rest))
    yield _statement("of 1,025 bytes, and good but for that", longer, P256, "statement-size")
    high = _twin(sign_statement(CLAIMS, BATCH, P256.public.kid, -7, P256))
    yield _statement("with the other ECDSA signature, n - s", high)
    for case in odd_signature_cases():
        yield case if case.reason else replace(case, values=_said(case.data))
    yield from _bad_signatures()
    yield from _bad_headers()
    yield from _bad_payloads()


def _named(issuer: str) -> bytes:
    return sign_statement(replace(NEXT, issuer=issuer), BATCH, P256.public.kid, -7, P256)


def _gap(claims: Claims, gap: Gap) -> bytes:
    return sign_gap(claims, gap, P256.public.kid, -7, P256)


def _statement(
    name: str, data: bytes, signer: EcdsaSigner | EdSigner = P256, reason: str | None = None
) -> Case:
    given = {"key": signer.public.to_cose().hex()}
    if reason is not None:
        return Case(name, data, reason, given)
    return Case(name, data, None, given, _said(data))


def _said(data: bytes) -> dict[str, Json]:
    said = parse_statement(data)
    return {
        "kid": said.kid.hex(), "iss": said.claims.issuer, "epoch": said.claims.epoch.hex(),
        "seq": said.claims.seq, "sig_structure": said.sign1.signed_bytes().hex(),
        "digest": said.digest.hex(), "log leaf": said.leaf.hex(), "last seq": said.last,
        "next record": said.next_record, "next prev": said.next_previous.hex(),
    }  # fmt: skip


def _twin(data: bytes) -> bytes:
    return data[:-32] + (P256_ORDER - int.from_bytes(data[-32:], "big")).to_bytes(32, "big")


def _signed(signature: bytes) -> bytes:
    made = cose.sign(_header(), BATCH.to_bytes(), lambda _: signature)
    return made.to_bytes()


def _bad_signatures() -> Iterator[Case]:
    n, half = P256_ORDER.to_bytes(32, "big"), bytes(31) + b"\1"
    good = cose.sign(_header(), BATCH.to_bytes(), P256).signature
    other = EcdsaSigner("other")
    bad = {
        "by another key under this kid": (other(b""), "signature"),
        "a bit of the signature changed": (_flipped(good), "signature"),
        "r is zero": (bytes(32) + half, "signature"),
        "s is zero": (half + bytes(32), "signature"),
        "r is the order": (n + half, "signature"),
        "s is the order": (half + n, "signature"),
        "s beyond the order": (good[:32] + b"\xff" * 32, "signature"),
        "DER in place of r and s": (b"\x30\x45\x02\x20" + good[:32] + b"\x02\x21\0" + good[32:], "signature-length"),
        "a signature of 63 bytes": (good[1:], "signature-length"),
        "no signature": (b"", "signature-length"),
    }  # fmt: skip
    for name, (signature, reason) in bad.items():
        yield _statement(name, _signed(signature), P256, reason)
    for signer, algorithm in ((P256, -35), (P256, -8), (P384, -7), (ED, -7), (P256, -47)):
        data = sign_statement(CLAIMS, BATCH, signer.public.kid, algorithm, signer)
        yield _statement(
            f"alg {algorithm} with {signer.public.curve.name}", data, signer, "algorithm"
        )
    elsewhere = sign_statement(CLAIMS, BATCH, other.public.kid, -7, other)
    yield _statement("by another key", elsewhere, P256, "kid")


def _header() -> dict[int | str, cbor.Value]:
    return {1: -7, 4: P256.public.kid, 15: CLAIMS.to_map("batch"), 16: 277}


def _bad_headers() -> Iterator[Case]:
    claims = dict(CLAIMS.to_map("batch"))
    follows = (OLD_EPOCH, 4, bytes(32), 4, "reset")
    for name, (change, reason) in {
        "alg missing": ({1: None}, "shape"),
        "alg as text": ({1: "ES256"}, "shape"),
        "kid of 7 bytes": ({4: P256.public.kid[:7]}, "shape"),
        "kid as text": ({4: "kid"}, "shape"),
        "a critical header": ({2: (1,)}, "cose-crit"),
        "another typ": ({16: 278}, "statement-typ"),
        "a label that means nothing": ({5: 0}, "shape"),
        "claims as an array": ({15: ()}, "shape"),
        "claims as a number": ({15: 7}, "shape"),
        "typ as text": ({16: "application/scitt-statement+cose"}, "shape"),
        "typ below 0": ({16: -277}, "statement-typ"),
        "both: another typ, kid of 7 bytes": ({16: 278, 4: P256.public.kid[:7]}, "statement-typ"),
    }.items():
        yield _bad(name, {**_header(), **change}, reason)
    for name, (change, reason) in {
        "iss no text": ({1: 7}, "shape"),
        "another subject": ({2: "genesis"}, "subject"),
        "subject as a number": ({2: 7}, "subject"),
        "both: another subject, iss no text": ({1: 7, 2: "genesis"}, "subject"),
        "both: seq 0 with prev, successor on no curve": ({-70003: bytes(32), -70004: cbor.encode({1: 2, -1: 8})}, "key-curve"),
        "both: seq 0 with prev, follows itself": ({-70003: bytes(32), -70005: (EPOCH, *follows[1:])}, "chain"),
        "iat negative": ({6: -1}, "shape"),
        "iat true": ({6: True}, "shape"),
        "epoch of 15 bytes": ({-70001: EPOCH[1:]}, "shape"),
        "seq of 64 bits": ({-70002: 2**63}, "shape"),
        "seq 0 with prev": ({-70003: bytes(32)}, "chain"),
        "seq 1 without prev": ({-70002: 1}, "chain"),
        "prev of 31 bytes": ({-70002: 1, -70003: bytes(31)}, "shape"),
        "a claim that means nothing": ({-70006: 0}, "shape"),
        "successor as a map": ({-70004: {}}, "shape"),
        "successor that is no key": ({-70004: b"\xa0"}, "shape"),
        "successor on no curve": ({-70004: cbor.encode({1: 2, -1: 8, -2: bytes(32), -3: bytes(32)})}, "key-curve"),
        "follows behind seq 0": ({-70002: 1, -70003: bytes(32), -70005: follows}, "follows"),
        "follows itself": ({-70005: (EPOCH, *follows[1:])}, "follows"),
        "follows a seq without its digest": ({-70005: (OLD_EPOCH, 4, None, 4, "")}, "follows"),
        "follows a digest without its seq": ({-70005: (OLD_EPOCH, None, bytes(32), 4, "")}, "follows"),
        "follows with less lost than held": ({-70005: (OLD_EPOCH, 4, bytes(32), 3, "")}, "follows"),
        "follows an epoch of 15 bytes": ({-70005: (OLD_EPOCH[1:], *follows[1:])}, "shape"),
        "follows an epoch as text": ({-70005: ("x" * 16, *follows[1:])}, "shape"),
        "follows a negative seq": ({-70005: (OLD_EPOCH, -1, *follows[2:])}, "shape"),
        "follows with lost beyond 63 bits": ({-70005: (*follows[:3], 2**63, "")}, "shape"),
        "follows with a reason in bytes": ({-70005: (*follows[:4], b"reset")}, "shape"),
        "follows of four items": ({-70005: follows[:4]}, "shape"),
        "follows with a reason of 201 bytes": ({-70005: (*follows[:4], "x" * 201)}, "reason"),
    }.items():  # fmt: skip
        yield _bad(name, {**_header(), 15: {**claims, **change}}, reason)
    yield _bad("a claim missing", {**_header(), 15: _without(claims, 6)}, "shape")
    yield _bad("typ missing", _without(_header(), 16), "shape")
    yield from _bad_frames()


def _bad(name: str, header: Mapping[int, cbor.Value], reason: str, payload: bytes = b"") -> Case:
    made = cose.sign(dict(header), payload or BATCH.to_bytes(), P256)
    return _statement(name, made.to_bytes(), P256, reason)


def _bad_frames() -> Iterator[Case]:
    good = cose.sign(_header(), BATCH.to_bytes(), P256)
    items = (good.protected, {}, good.payload, good.signature)
    loose = bytes.fromhex("bf") + good.protected[1:] + b"\xff"
    for name, (data, reason) in {
        "without its tag": (cbor.encode(items), "cose-tag"),
        "tagged 17": (cbor.encode(Tag(17, items)), "cbor-tag"),
        "tagged 98": (cbor.encode(Tag(98, items)), "cbor-tag"),
        "tagged twice": (b"\xd2" + good.to_bytes(), "shape"),
        "of three items": (cbor.encode(Tag(18, items[:3])), "shape"),
        "a byte behind it": (good.to_bytes() + b"\0", "cbor-trailing"),
        "an unprotected header": (cbor.encode(Tag(18, (items[0], {99: 1}, *items[2:]))), "statement-form"),
        "alg in both headers": (cbor.encode(Tag(18, (items[0], {1: -7}, *items[2:]))), "cose-header"),
        "a critical header, unprotected": (cbor.encode(Tag(18, (items[0], {2: (1,)}, *items[2:]))), "cose-crit"),
        "a tag in an unprotected header": (cbor.encode(Tag(18, (items[0], {99: Tag(18, 1)}, *items[2:]))), "shape"),
        "payload detached": (cbor.encode(Tag(18, (*items[:2], None, items[3]))), "statement-form"),
        "payload no bytes": (cbor.encode(Tag(18, (*items[:2], {}, items[3]))), "shape"),
        "signature no bytes": (cbor.encode(Tag(18, (*items[:3], None))), "shape"),
        "protected header as text": (cbor.encode(Tag(18, ("", *items[1:]))), "shape"),
        "protected header of a number": (cbor.encode(Tag(18, (cbor.encode(7), *items[1:]))), "shape"),
        "unprotected header as a number": (cbor.encode(Tag(18, (items[0], 7, *items[2:]))), "shape"),
        "no protected header": (cbor.encode(Tag(18, (b"", *items[1:]))), "cbor-truncated"),
        "protected header of indefinite length": (cbor.encode(Tag(18, (loose, *items[1:]))), "cbor-indefinite"),
        "of 1,025 bytes": (good.to_bytes() + bytes(1025 - len(good.to_bytes())), "statement-size"),
    }.items():  # fmt: skip
        yield _statement(name, data, P256, reason)


def _bad_payloads() -> Iterator[Case]:
    fields = cbor.decode(BATCH.to_bytes())
    assert isinstance(fields, dict)
    for name, (change, reason) in {
        "version 2": ({1: 2}, "version"),
        "version below 0": ({1: -1}, "version"),
        "version 2, and a label that version 1 has not": ({1: 2, 10: 0}, "version"),
        "version true": ({1: True}, "shape"),
        "root of 31 bytes": ({2: bytes(31)}, "shape"),
        "leaf count true": ({3: True}, "shape"),
        "first number negative": ({4: -1}, "shape"),
        "first time of 64 bits": ({5: -(2**63)}, "shape"),
        "last time of 64 bits": ({6: 2**63}, "shape"),
        "clock source no text": ({7: (b"ntp", 40)}, "shape"),
        "clock bound below zero": ({7: ("ntp", -1)}, "shape"),
        "body length negative": ({9: -1}, "shape"),
        "no records": ({3: 0}, "empty-batch"),
        "65,537 records": ({3: 65537}, "batch-size"),
        "records beyond 63 bits": ({4: 2**63 - 1}, "batch-size"),
        "time that runs backwards": ({5: fields[6] + 1}, "batch-time"),
        "clock of three items": ({7: ("ntp", 40, 0)}, "shape"),
        "codec negative": ({8: -1}, "shape"),
        "a payload label that means nothing": ({10: 0}, "shape"),
    }.items():
        yield _bad(name, _header(), reason, cbor.encode({**fields, **change}))
    yield _bad("a payload label missing", _header(), "shape", cbor.encode(_without(fields, 9)))
    yield _bad("a payload that is a number", _header(), "shape", b"\x07")
    yield _bad("a payload that is no CBOR", _header(), "cbor-truncated", b"\xa9")
    gap = cbor.decode(LOST.to_bytes())
    assert isinstance(gap, dict)
    header = {**_header(), 15: NEXT.to_map("gap")}
    for name, (change, reason) in {
        "gap version 2": ({1: 2}, "version"),
        "gap version true": ({1: True}, "shape"),
        "gap with a last seq as text": ({2: "3"}, "shape"),
        "gap with a first number negative": ({3: -1}, "shape"),
        "gap with a negative number of records": ({4: -1}, "shape"),
        "gap with a reason in bytes": ({6: b"disk damage"}, "shape"),
        "gap that ends before it begins": ({2: 0}, "gap"),
        "gap beyond 63 bits": ({3: 2**63 - 1}, "batch-size"),
        "both: gap beyond 63 bits, that ends before it begins": (
            {2: 0, 3: 2**63 - 1},
            "batch-size",
        ),
        "gap with a prev of 31 bytes": ({5: bytes(31)}, "shape"),
        "gap with a reason of 201 bytes": ({6: "é" * 100 + "x"}, "reason"),
        "gap with a label that means nothing": ({7: 0}, "shape"),
    }.items():
        yield _bad(name, header, reason, cbor.encode({**gap, **change}))
    yield _bad("gap with a payload that is a number", header, "shape", b"\x07")
    naming = replace(NEXT, successor=P384.public)
    yield _statement("gap that names a successor", _gap(naming, LOST), P256, "gap")
    first = replace(CLAIMS, follows=Follows(OLD_EPOCH, None, None, None, "reset"))
    yield _statement("gap that follows an epoch", _gap(first, LOST), P256, "gap")
    yield _bad("a batch that says it is a gap", header, "shape")
