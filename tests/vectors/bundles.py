"""Vectors of bundles: honest ones, and each way to spoil one that the page names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evidence import cbor, cose
from evidence.bundle import Bundle
from evidence.checkpoint import Checkpoint, SignedCheckpoint
from evidence.note import Note, Signature, cosign_note, parse_note, sign_note
from evidence.receipt import sign_receipt
from evidence.statement import parse_statement
from tests.evidence import building, lifecycle
from tests.evidence.building import (
    NOON,
    EcdsaSigner,
    EdSigner,
    World,
    record,
    records,
    small_bundle,
    small_world,
)
from tests.vectors.case import BundleCase

WORLD = small_world()
BUNDLE = small_bundle(WORLD)
FILE = BUNDLE.to_bytes()
PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))
AUTHENTIC, ALTERED, INCOMPLETE, UNTRUSTED, UNREADABLE = range(5)
FIRST, SECOND, THIRD = BUNDLE.batches


def bundle_cases() -> Iterator[BundleCase]:
    """Yield bundles, each with the policy that it is held against."""
    yield from _honest()
    yield from _files()
    yield from _contents()
    yield from _checkpoints()
    yield from _statements()
    yield from _receipts()
    yield from _records()
    yield from _chains()
    yield from _keys()
    yield from _lives()
    yield from _published()


def _case(
    name: str,
    bundle: Bundle | bytes,
    exit_code: int = AUTHENTIC,
    *findings: str,
    policy: str | None = None,
) -> BundleCase:
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    given = {"policy": WORLD.policy_text() if policy is None else policy}
    return BundleCase(name, data, given=given, exit=exit_code, findings=findings)


def _closed(content: bytes) -> bytes:
    start = b"\x82" + cbor.encode(content)
    return start + b"\x58\x20" + hashlib.sha256(start).digest()


def _closed_within(content: bytes) -> bytes:
    """Return a file that ends as it must, though its second item is longer than a digest."""
    start = b"\x82" + cbor.encode(content) + b"\x58\x22"
    return start + b"\x58\x20" + hashlib.sha256(start).digest()


def _with(number: int, **changes: object) -> Bundle:
    batches = list(BUNDLE.batches)
    batches[number] = replace(batches[number], **changes)  # type: ignore[arg-type]  # real fields
    return replace(BUNDLE, batches=tuple(batches))


def _honest() -> Iterator[BundleCase]:
    yield _case("a batch whole, one in part, one hidden", BUNDLE)
    yield _case("all of it whole", WORLD.bundle([WORLD.bundled(each) for each in WORLD.sealed]))
    hidden = [WORLD.bundled(each, indexes=()) for each in WORLD.sealed]
    yield _case("all of it hidden", WORLD.bundle(hidden))
    middle = WORLD.bundle([WORLD.bundled(WORLD.sealed[1])])
    yield _case("a part of the chain", middle)
    yield _case("a gap record that is hidden", replace(_shown(1, (0,)), gaps=()))
    big = World()
    big.seal(records(0, 7))
    part = big.bundle([big.bundled(big.sealed[0], indexes=(0, 3, 6))])
    yield _case("three of seven records", part)
    yield _case("under two checkpoints", _two_checkpoints()[0])
    none = World(quorum="quorum none")
    none.seal(records(0, 2))
    text = none.policy_text()
    bare = none.bundle([none.bundled(none.sealed[0])], [none.note(())])
    yield _case("a policy with no quorum", bare, policy=text)
    yield _case("an extension line in the checkpoint", _extended())


def _shown(number: int, indexes: Sequence[int]) -> Bundle:
    return _with(number, disclosed=WORLD.sealed[number].shown(indexes))


def _two_checkpoints() -> tuple[Bundle, list[bytes]]:
    """Return a bundle under two checkpoints, and these."""
    world = World()
    world.seal(records(0, 3))
    first, note = world.bundled(world.sealed[0]), world.note()
    world.seal(records(3, 3))
    second, notes = world.bundled(world.sealed[1], checkpoint=1), [note, world.note(at=NOON + 90)]
    return world.bundle([first, second], notes), notes


def _extended() -> Bundle:
    text = parse_note(BUNDLE.checkpoints[0]).text + "an extension line\n"
    lines = [sign_note(text, WORLD.log_key, WORLD.log)]
    for name in WORLD.witnesses:
        key = WORLD.witness_key(name)
        lines.append(cosign_note(text, key, NOON, WORLD.witnesses[name]))
    signed = SignedCheckpoint(Checkpoint.from_text(text), Note(text, tuple(lines)))
    return replace(BUNDLE, checkpoints=(WORLD.policy().minimal(signed).to_bytes(),))


def _files() -> Iterator[BundleCase]:
    """Yield files that break step 1."""
    content = cbor.decode(FILE)
    assert isinstance(content, tuple)
    fields = cbor.decode(content[0])
    assert isinstance(fields, dict)
    altered = FILE[:100] + bytes([FILE[100] ^ 1]) + FILE[101:]
    yield _case("a byte changed in the file", altered, ALTERED, "bundle-digest")
    wrong = FILE[:-1] + bytes([FILE[-1] ^ 1])
    yield _case("a bit of the closing digest changed", wrong, ALTERED, "bundle-digest")
    for name, data, reason in (
        ("nothing", b"", "bundle"),
        ("the last byte missing", FILE[:-1], "bundle"),
        ("the first byte missing", FILE[1:], "bundle"),
        ("a byte behind the end", FILE + b"\0", "bundle"),
        ("another kind of file", b"PK\x03\x04" + bytes(100), "bundle"),
        ("contents that are two files", _closed(FILE[:-34] * 2), "cbor-truncated"),
        ("contents in loose CBOR", _closed(b"\xbf\xff"), "cbor-indefinite"),
        ("contents nested too deeply", _closed(b"\x81" * 17), "cbor-depth"),
        ("contents that are no map", _closed(b"\x80"), "shape"),
        ("version 9", _closed(cbor.encode({**fields, 0: 9})), "version"),
        ("version true", _closed(cbor.encode({**fields, 0: True})), "shape"),
        ("a label that means nothing", _closed(cbor.encode({**fields, 5: 0})), "shape"),
        ("no list of gaps", _closed(cbor.encode({k: fields[k] for k in range(4)})), "shape"),
        ("policy digest of 31 bytes", _closed(cbor.encode({**fields, 1: bytes(31)})), "shape"),
        ("a checkpoint as text", _closed(cbor.encode({**fields, 2: ("",)})), "shape"),
        ("a gap number negative", _closed(cbor.encode({**fields, 4: (-1,)})), "shape"),
        ("a closing digest within more", _closed_within(content[0]), "shape"),
        ("a batch of three items", _closed(cbor.encode({**fields, 3: (fields[3][0][:3],)})), "shape"),
    ):  # fmt: skip
        yield _case(f"file: {name}", data, UNREADABLE, reason)
    items = SECOND.disclosed
    for name, shown, reason in (
        ("records out of order", items[::-1], "bundle-order"),
        ("a record twice", (items[0], items[0]), "bundle-order"),
        ("whole and in part at once", (replace(items[0], path=None), items[1]), "bundle-paths"),
        ("an empty path", (replace(items[0], path=()),), "bundle-paths"),
        ("whole, and the first record left out", WORLD.sealed[1].shown()[1:], "bundle-order"),
        ("a salt of 15 bytes", (replace(items[0], salt=bytes(15)),), "shape"),
        ("a hash as text", (replace(items[0], path=("",)),), "shape"),
    ):
        yield _case(f"file: {name}", _with(1, disclosed=shown), UNREADABLE, reason)


def _contents() -> Iterator[BundleCase]:
    """Yield bundles that break step 2."""
    other = replace(BUNDLE, policy_digest=bytes(32))
    yield _case("made for another policy", other, UNTRUSTED, "other-policy")
    empty = replace(BUNDLE, checkpoints=(), batches=(), gaps=())
    yield _case("no batch", empty, UNREADABLE, "empty")


LOG_LINE, *COSIGNED = parse_note(BUNDLE.checkpoints[0]).signatures
STRANGER = Signature("stranger", b"abcd", bytes(72))
REFUSED = ("checkpoint",) * 3


def _noted(lines: Sequence[Signature]) -> Bundle:
    text = parse_note(BUNDLE.checkpoints[0]).text
    return replace(BUNDLE, checkpoints=(Note(text, tuple(lines)).to_text().encode(),))


def _checkpoints() -> Iterator[BundleCase]:
    """Yield bundles that break step 3: all batches then lack an accepted checkpoint."""
    for name, lines, exit_code, reason in (
        ("two cosigners", (LOG_LINE, *COSIGNED[:2]), UNTRUSTED, "quorum"),
        ("the log's line alone", (LOG_LINE,), UNTRUSTED, "quorum"),
        ("without the log's line", COSIGNED, ALTERED, "note-unsigned"),
        ("a cosigner twice", (LOG_LINE, COSIGNED[0], *COSIGNED), ALTERED, "note-twice"),
        ("the log's line last", (*COSIGNED, LOG_LINE), ALTERED, "loose"),
        ("witnesses in another order", (LOG_LINE, *COSIGNED[::-1]), ALTERED, "loose"),
        ("a stranger's line besides", (LOG_LINE, *COSIGNED, STRANGER), ALTERED, "loose"),
        ("a cosignature of another", (LOG_LINE, *COSIGNED[:2], replace(COSIGNED[2], blob=COSIGNED[1].blob)), ALTERED, "signature"),
    ):  # fmt: skip
        yield _case(f"checkpoint: {name}", _noted(lines), exit_code, reason, *REFUSED)
    four = replace(BUNDLE, checkpoints=(WORLD.note(minimal=False),))
    yield _case("checkpoint: all four cosigners", four, ALTERED, "loose", *REFUSED)
    form = replace(BUNDLE, checkpoints=(BUNDLE.checkpoints[0].replace(b"\n4\n", b"\n04\n"),))
    yield _case(
        "checkpoint: a size with a zero before it", form, ALTERED, "checkpoint-size", *REFUSED
    )
    south = World(origin="log.example.com/south", tree=WORLD.tree)
    foreign = replace(BUNDLE, checkpoints=(south.note(),))
    yield _case("checkpoint: of another log", foreign, UNTRUSTED, "origin", *REFUSED)
    two, notes = _two_checkpoints()
    back = tuple(replace(batch, checkpoint=1 - batch.checkpoint) for batch in two.batches)
    descending = replace(two, checkpoints=tuple(notes[::-1]), batches=back)
    yield _case("checkpoint: sizes descend", descending, ALTERED, "order", "checkpoint")
    smaller = World().note()
    moved = tuple(replace(batch, checkpoint=1) for batch in BUNDLE.batches)
    unused = replace(BUNDLE, checkpoints=(smaller, *BUNDLE.checkpoints), batches=moved)
    yield _case("checkpoint: one that no batch uses", unused, ALTERED, "loose")
    nothing = Checkpoint(building.ORIGIN, 0, hashlib.sha256().digest())
    void = replace(BUNDLE, checkpoints=(WORLD.note(checkpoint=nothing),))
    yield _case("checkpoint: of a log without entries", void, ALTERED, "order", *REFUSED)
    lie = Checkpoint(building.ORIGIN, 5, WORLD.tree.root())
    lied = replace(BUNDLE, checkpoints=(WORLD.note(checkpoint=lie),))
    yield _case("checkpoint: lies about its size", lied, ALTERED, *["receipt-root"] * 3)


def _statements() -> Iterator[BundleCase]:
    """Yield bundles that break step 4."""
    genuine = parse_statement(FIRST.statement)
    header = dict(genuine.sign1.header)
    header[15] = {**header[15], 2: "genesis"}
    forged = cose.sign(header, genuine.sign1.payload or b"", WORLD.gateway).to_bytes()
    yield _case("statement: about something else", _with(0, statement=forged), ALTERED, "subject")
    twin = FIRST.statement[:-32] + (
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        - int.from_bytes(FIRST.statement[-32:], "big")
    ).to_bytes(32, "big")
    yield _case(
        "statement: with n - s, which the log has not",
        _with(0, statement=twin),
        ALTERED,
        "signature",
    )
    world = small_world(issuer="urn:uuid:someone-else")
    elsewhere = small_bundle(world)
    yield _case(
        "statement: another issuer with this key", elsewhere, UNTRUSTED, *["unknown-gateway"] * 3
    )
    other = small_bundle(small_world(gateway=EcdsaSigner("other")))
    yield _case(
        "statement: by a key that the policy has not", other, UNTRUSTED, *["unknown-gateway"] * 3
    )
    false = small_world(gateway=_FalseGateway("gateway"))
    yield _case(
        "statement: forged, and logged by all", small_bundle(false), ALTERED, *["signature"] * 3
    )


class _FalseGateway(EcdsaSigner):
    """Bears the gateway's public key and kid, and signs with another."""

    def __call__(self, message: bytes) -> bytes:
        return EcdsaSigner("thief")(message)


def _receipts() -> Iterator[BundleCase]:
    """Yield bundles that break step 5."""
    sealed = WORLD.sealed[0]
    path, size, root = WORLD.tree.inclusion_path(sealed.index), WORLD.tree.size, WORLD.tree.root()

    def signed(size: int, index: int, path: Sequence[bytes], *, origin: str = building.ORIGIN,
               key: EdSigner = WORLD.receipts, named: EdSigner = WORLD.receipts) -> bytes:  # fmt: skip
        return sign_receipt(origin, size, index, path, root, named.public, -8, key)

    stranger = EdSigner("stranger")
    for name, receipt, exit_code, reason in (
        ("cut", FIRST.receipt[:-1], ALTERED, "cbor-truncated"),
        ("of another log", signed(size, 1, path, origin="log.example.com/south"), UNTRUSTED, "origin"),
        ("a path too short", signed(size, 1, path[:-1]), ALTERED, "proof-length"),
        ("of the next batch", SECOND.receipt, ALTERED, "signature"),
        ("by another key", signed(size, 1, path, key=stranger, named=stranger), ALTERED, "kid"),
        ("by another key under this kid", signed(size, 1, path, key=stranger), ALTERED, "signature"),
        ("1 of 4 told as 1 of 3", signed(3, 1, path), ALTERED, "receipt-root"),
        ("1 of 4 told as 9 of 12", signed(12, 9, path), ALTERED, "proof-length"),
    ):  # fmt: skip
        yield _case(f"receipt: {name}", _with(0, receipt=receipt), exit_code, reason)
    yield _case(
        "receipt: a checkpoint that is not there", _with(2, checkpoint=1), ALTERED, "checkpoint"
    )


def _records() -> Iterator[BundleCase]:
    """Yield bundles that break step 6."""
    items = SECOND.disclosed
    changed = items[0].record.replace(b"cold-room", b"cold-rook")
    for name, shown, reason in (
        ("a record changed", replace(items[0], record=changed), "proof-root"),
        ("a salt changed", replace(items[0], salt=bytes(16)), "proof-root"),
        ("another index", replace(items[0], index=1), "proof-root"),
        ("an index beyond the batch", replace(items[0], index=5), "proof-index"),
        ("a path too long", replace(items[0], path=(*items[0].path, bytes(32))), "proof-length"),
    ):
        yield _case(
            f"record: {name}", replace(_with(1, disclosed=(shown,)), gaps=()), ALTERED, reason
        )
    whole = WORLD.sealed[1].shown()
    short = _with(1, disclosed=whole[:-1])
    yield _case("record: said to be whole, and one is missing", short, ALTERED, "leaves")
    for name, made, batch, reason in (
        ("a number out of its place", records(0, 3), {"first": 5}, "record-number"),
        ("earlier than its batch", records(0, 3), {"first_ms": 1000 * NOON + 1}, "record-time"),
        ("later than its batch", records(0, 3), {"last_ms": 1000 * NOON}, "record-time"),
        ("a quality that is no text", [record(0), record(1, quality=7)], {}, "shape"),
    ):
        world = World()
        world.seal(made, **batch)
        yield _case(f"record: {name}", _whole(world), ALTERED, reason)
    life = lifecycle.lost()
    data = life.bundle([life.bundled(item) for item in life.sealed])
    gap = replace(data.batches[1], disclosed=(replace(whole[0], index=0),))
    shown = replace(data, batches=(data.batches[0], gap, data.batches[2]))
    yield _case(
        "record: shown of a gap statement", shown, ALTERED, "leaves", policy=life.policy_text()
    )
    for gaps in ((), (3,), (4, 4), (0, 4)):
        yield _case(f"gaps told: {list(gaps)}", replace(BUNDLE, gaps=gaps), ALTERED, "gaps")


def _whole(world: World) -> Bundle:
    batches = [world.bundled(sealed) for sealed in world.sealed]
    return Bundle(world.policy().digest, (world.note(),), tuple(batches), ())


def _chains() -> Iterator[BundleCase]:
    """Yield bundles that break step 7 within one epoch; `_lives` has keys, epochs and gaps."""
    dropped = replace(BUNDLE, batches=(FIRST, THIRD), gaps=())
    yield _case("chain: a batch left out", dropped, INCOMPLETE, "gap")
    twice = replace(BUNDLE, batches=(FIRST, FIRST, SECOND, THIRD))
    yield _case("chain: a batch twice", twice, ALTERED, "order")
    turned = replace(BUNDLE, batches=(SECOND, FIRST, THIRD))
    yield _case("chain: two batches the other way round", turned, ALTERED, "order", "gap")
    for name, first, changes, exit_code, reason in (
        ("prev of something else", 2, {"previous": bytes(32)}, ALTERED, "chain"),
        ("records that nobody numbered", 3, {}, INCOMPLETE, "numbers"),
        ("a record numbered twice", 1, {}, ALTERED, "numbers"),
    ):
        world = World()
        world.seal(records(0, 2))
        world.seal(records(first, 2), replace(world.claims(), **changes))
        yield _case(f"chain: {name}", _whole(world), exit_code, reason)
    text, both = _two_gateways()
    yield _case("chain: another gateway goes on", both, INCOMPLETE, "epoch", policy=text)
    world = World()
    world.seal(records(0, 2))
    world.seal(records(2, 2))
    world.seal(records(2, 1), replace(world.sealed[1].statement.claims))
    yield _case("chain: two statements with one number", _whole(world), ALTERED, "equivocation")


def _two_gateways() -> tuple[str, Bundle]:
    one = World()
    one.seal(records(0, 2))
    other = EcdsaSigner("another gateway")
    both = World(issuer="urn:uuid:another", gateway=other, tree=one.tree, epoch=bytes(16))
    both.seal(records(2, 2))
    line = both.policy_text().splitlines()[-1]
    bundle = one.bundle([one.bundled(one.sealed[0]), both.bundled(both.sealed[0])])
    return one.policy_text() + line + "\n", bundle


def _keys() -> Iterator[BundleCase]:
    """Yield one honest bundle under policies that differ in when its key was valid."""
    for name, times, exit_code, reason in (
        ("valid from the cosignature on", "from 2026-09-21T14:14:22Z", AUTHENTIC, ""),
        ("valid from a second later on", "from 2026-09-21T14:14:24Z", UNTRUSTED, "key-early"),
        ("expired behind the last statement", _until("2026-09-21T14:13:23Z"), AUTHENTIC, ""),
        ("expired a second before", _until("2026-09-21T14:13:20Z"), UNTRUSTED, "key-expired"),
        ("revoked a second after the cosignature", _revoked("2026-09-21T14:14:24Z"), AUTHENTIC, ""),
        ("revoked at the cosignature", _revoked("2026-09-21T14:14:22Z"), UNTRUSTED, "key-revoked"),
    ):
        text = WORLD.policy_text().replace("from 2026-01-01T00:00:00Z", times)
        findings = [reason] * 3 if reason else []
        yield _case(f"key: {name}", BUNDLE, exit_code, *findings, policy=text)
    none = World(quorum="quorum none")
    none.seal(records(0, 2))
    text = none.policy_text().strip() + " revoked 2099-01-01T00:00:00Z\n"
    bare = none.bundle([none.bundled(none.sealed[0])], [none.note(())])
    yield _case(
        "key: revoked, and no quorum vouches for a time",
        bare,
        UNTRUSTED,
        "key-revoked",
        policy=text,
    )


def _until(moment: str) -> str:
    return f"from 2026-01-01T00:00:00Z until {moment}"


def _revoked(moment: str) -> str:
    return f"from 2026-01-01T00:00:00Z revoked {moment}"


FINDINGS: Mapping[str, tuple[str, ...]] = {
    "the statement that names the new key left out": ("gap",),
    "a new key that the policy does not list": ("unknown-gateway",) * 2,
    "a new key that the old did not name": ("key-change",),
    "the old key goes on behind its successor": ("key-change",),
    "the old epoch's last statement left out": ("gap",),
    "the new epoch's first statement left out": ("epoch",),
    "a new epoch that names a third one": ("epoch",),
    "a new epoch from another statement": ("chain",),
    "an old epoch that went on behind its end": ("order",),
    "a new epoch without a declaration": ("epoch",),
    "the gap statement left out": ("gap",),
    "a statement that does not fit the gap's end": ("chain",),
    "a gap that leaves a record out": ("numbers",),
}


def _lives() -> Iterator[BundleCase]:
    for name, policy, data, exit_code in lifecycle.cases():
        yield _case(f"life: {name}", data, exit_code, *FINDINGS.get(name, ()), policy=policy)


PUBLISHED_FINDINGS: Mapping[str, tuple[str, ...]] = {
    "a byte changed": ("bundle-digest",),
    "cut short": ("bundle",),
    "a batch missing in the middle": ("gap",),
    "a batch twice": ("order",),
    "receipts of two batches swapped": ("signature", "signature"),
    "a record changed": ("proof-root",),
    "the salt of a record changed": ("proof-root",),
    "a declared gap not listed": ("gaps",),
    "two cosigners of three": ("quorum", *REFUSED),
    "one cosigner twice": ("note-twice", *REFUSED),
    "a cosigner more than needed": ("loose", *REFUSED),
    "without the log's signature": ("note-unsigned", *REFUSED),
    "a receipt that lies about its size": ("proof-length",),
    "made for another policy": ("other-policy",),
}


def _published() -> Iterator[BundleCase]:
    """Yield what was published first, kept as it is: an old bundle verifies for ever."""
    for each in PUBLISHED["bundles"]:
        data, findings = bytes.fromhex(each["bundle"]), PUBLISHED_FINDINGS.get(each["name"], ())
        name, policy = f"kept: {each['name']}", PUBLISHED["policy"]
        yield _case(name, data, each["exit"], *findings, policy=policy)
