"""Vectors of what a log and its witnesses make: receipts, checkpoints, policies, updates, forks."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evidence import cbor, cose
from evidence.cbor import Tag
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.fork import ForkProof
from evidence.merkle import (
    MAX_SIZE,
    Tree,
    consistency_path,
    hash_leaf,
    root_from_inclusion,
)
from evidence.note import (
    MAX_TIME,
    KeyType,
    Note,
    NoteKey,
    Signature,
    cosign_note,
    sign_note,
)
from evidence.policy import Policy, parse_policy
from evidence.policy_update import Change, without_gateways
from evidence.receipt import sign_receipt
from tests.evidence.building import (
    NOON,
    ORIGIN,
    WITNESSES,
    EcdsaSigner,
    EdSigner,
    World,
    seeded,
)
from tests.vectors.case import Case, Json

ENTRIES = [b"entry %d" % number for number in range(9)]
OTHERS = [*ENTRIES[:4], *(b"another %d" % number for number in range(5))]


def tree(size: int, entries: Sequence[bytes] = ENTRIES) -> Tree:
    """Return the log's tree over the first entries."""
    return Tree([hash_leaf(entry) for entry in entries[:size]])


def world(size: int = 8, entries: Sequence[bytes] = ENTRIES, **changes: object) -> World:
    """Return a consortium whose log has so many entries."""
    return World(tree=tree(size, entries), **changes)  # type: ignore[arg-type]  # real fields


WORLD = world()
POLICY = WORLD.policy_text()

# Receipts

LEAF = hash_leaf(ENTRIES[5])
PATH = WORLD.tree.inclusion_path(5)
ROOT = WORLD.tree.root()
KEY = WORLD.receipts


def receipt_cases() -> Iterator[Case]:
    """Yield receipts for entry 5, under the receipt key and origin that are given."""
    for algorithm in (-8, -19):
        yield _receipt(f"5 of 8, alg {algorithm}", _signed_receipt(8, 5, PATH, algorithm=algorithm))
    yield _receipt(
        "5 of 8 told as 9 of 11: only a checkpoint refutes it", _signed_receipt(11, 9, PATH)
    )
    ecdsa = EcdsaSigner("receipts by ECDSA")
    data = sign_receipt(ORIGIN, 8, 5, PATH, ROOT, ecdsa.public, -7, ecdsa)
    yield _receipt("by a P-256 key", data, key=ecdsa)
    one = tree(1)
    alone = sign_receipt(ORIGIN, 1, 0, [], one.root(), KEY.public, -8, KEY)
    yield _receipt("the only entry, with an empty path", alone, leaf=one.root())
    for name, (size, index, path, reason) in {
        "another index": (8, 4, PATH, "signature"),
        "index beyond the size": (8, 8, PATH, "proof-index"),
        "size zero": (0, 0, [], "proof-size"),
        "a hash too few": (8, 5, PATH[:-1], "proof-length"),
        "a hash too many": (8, 5, [*PATH, ROOT], "proof-length"),
        "no hash": (8, 5, [], "proof-length"),
        "a hash of 31 bytes": (8, 5, [PATH[0][:31], *PATH[1:]], "proof-hash"),
        "a bit of a hash changed": (8, 5, [bytes(32), *PATH[1:]], "signature"),
    }.items():
        yield _receipt(name, _signed_receipt(size, index, path), reason)
    yield _receipt(
        "for another entry", _signed_receipt(8, 5, PATH), "signature", leaf=hash_leaf(b"x")
    )
    yield from _bad_receipt_keys()
    yield from _bad_receipt_forms()


def _receipt(
    name: str,
    data: bytes,
    reason: str | None = None,
    key: EdSigner | EcdsaSigner = KEY,
    leaf: bytes = LEAF,
) -> Case:
    given = {"key": key.public.to_cose().hex(), "origin": ORIGIN, "log leaf": leaf.hex()}
    root = tree(1).root() if leaf == tree(1).root() else ROOT
    return Case(name, data, reason, given, {} if reason else {"root": root.hex()})


def _signed_receipt(
    size: int,
    index: int,
    path: Sequence[bytes],
    *,
    origin: str = ORIGIN,
    algorithm: int = -8,
    key: EdSigner = KEY,
) -> bytes:
    return sign_receipt(origin, size, index, path, ROOT, KEY.public, algorithm, key)


def _bad_receipt_keys() -> Iterator[Case]:
    stranger = EdSigner("stranger")
    yield _receipt(
        "by another key under this kid", _signed_receipt(8, 5, PATH, key=stranger), "signature"
    )
    data = sign_receipt(ORIGIN, 8, 5, PATH, ROOT, stranger.public, -8, stranger)
    yield _receipt("by another key", data, "kid")
    yield _receipt("alg of another curve", _signed_receipt(8, 5, PATH, algorithm=-7), "algorithm")
    south = _signed_receipt(8, 5, PATH, origin="log.example.com/south")
    yield _receipt("of another log", south, "origin")
    header = {1: -8, 4: KEY.public.kid, 395: 1, 15: {1: ORIGIN, 2: "receipt"}}
    proof = cbor.encode((8, 5, tuple(PATH)))
    short = cose.sign(
        header, ROOT, lambda data: KEY(data)[:63], unprotected={396: {-1: (proof,)}}, detached=True
    )
    yield _receipt("a signature of 63 bytes", short.to_bytes(), "signature-length")


def _bad_receipt_forms() -> Iterator[Case]:
    header: dict[int | str, cbor.Value] = {
        1: -8, 4: KEY.public.kid, 395: 1, 15: {1: ORIGIN, 2: "receipt"},
    }  # fmt: skip
    proof = cbor.encode((8, 5, tuple(PATH)))
    for name, (change, reason) in {
        "vds 2": ({395: 2}, "receipt-vds"),
        "vds 3": ({395: 3}, "receipt-vds"),
        "vds true": ({395: True}, "shape"),
        "vds below 0": ({395: -1}, "receipt-vds"),
        "subject as a number": ({15: {1: ORIGIN, 2: 7}}, "subject"),
        "both: vds 2, another subject": ({395: 2, 15: {1: ORIGIN, 2: "batch"}}, "receipt-vds"),
        "both: another subject, iss no text": ({15: {1: 7, 2: "batch"}}, "subject"),
        "subject missing": ({15: {1: ORIGIN}}, "shape"),
        "another subject": ({15: {1: ORIGIN, 2: "batch"}}, "subject"),
        "iss no text": ({15: {1: 7, 2: "receipt"}}, "shape"),
        "claims as a number": ({15: 7}, "shape"),
        "a label that means nothing": ({3: 0}, "shape"),
        "a critical header": ({2: (395,)}, "cose-crit"),
        "kid of 7 bytes": ({4: KEY.public.kid[:7]}, "shape"),
        "alg as text": ({1: "EdDSA"}, "shape"),
    }.items():
        yield _form(name, {**header, **change}, {396: {-1: (proof,)}}, reason)
    without = {label: value for label, value in header.items() if label != 395}
    yield _form("vds missing", without, {396: {-1: (proof,)}}, "shape")
    yield _form("vds only unprotected", without, {395: 1, 396: {-1: (proof,)}}, "shape")
    for name, (unprotected, reason) in {
        "no proof at all": ({}, "shape"),
        "no proof in the array": ({396: {-1: ()}}, "shape"),
        "two proofs": ({396: {-1: (proof, proof)}}, "shape"),
        "a consistency proof besides": ({396: {-2: (proof,), -1: (proof,)}}, "shape"),
        "something else unprotected": ({396: {-1: (proof,)}, 99: 0}, "shape"),
        "vds in both headers": ({395: 1, 396: {-1: (proof,)}}, "cose-header"),
        "a proof that is not encoded": ({396: {-1: ((8, 5, tuple(PATH)),)}}, "shape"),
        "a proof of four items": ({396: {-1: (cbor.encode((8, 5, tuple(PATH), 0)),)}}, "shape"),
        "vdp as a number": ({396: 7}, "shape"),
        "a path that is null": ({396: {-1: (cbor.encode((8, 5, None)),)}}, "shape"),
        "a hash as text": ({396: {-1: (cbor.encode((8, 5, ("x" * 32, *PATH[1:]))),)}}, "shape"),
        "a path that is no array": ({396: {-1: (cbor.encode((8, 5, PATH[0])),)}}, "shape"),
        "size of 64 bits": ({396: {-1: (cbor.encode((2**63, 5, tuple(PATH))),)}}, "shape"),
        "index negative": ({396: {-1: (cbor.encode((8, -1, tuple(PATH))),)}}, "shape"),
        "size true": ({396: {-1: (cbor.encode((True, 0, ())),)}}, "shape"),
        "a proof in loose CBOR": ({396: {-1: (b"\x83\x18\x08\x05\x80",)}}, "cbor-minimal"),
    }.items():
        yield _form(name, header, unprotected, reason)
    good = cose.sign(header, ROOT, KEY, unprotected={396: {-1: (proof,)}}, detached=True)
    attached = (good.protected, {396: {-1: (proof,)}}, ROOT, good.signature)
    yield _receipt("payload attached", cbor.encode(Tag(18, attached)), "receipt-payload")
    bare = (good.protected, {}, ROOT, good.signature)
    yield _receipt(
        "both: payload attached, no proof", cbor.encode(Tag(18, bare)), "receipt-payload"
    )
    yield _receipt("without its tag", good.to_bytes()[1:], "cose-tag")
    rest = len(_signed_receipt(8, 5, PATH, origin="x" * 300)) - 300
    for size, refused in ((4096, None), (4097, "receipt-size")):
        name = "x" * (size - rest)
        long = _receipt(f"of {size:,} bytes", _signed_receipt(8, 5, PATH, origin=name), refused)
        yield replace(long, given={**long.given, "origin": name})
    far = [bytes([height]) * 32 for height in range(63)]
    root = root_from_inclusion(LEAF, 5, 2**63 - 1, far)
    longest = sign_receipt(ORIGIN, 2**63 - 1, 5, far, root, KEY.public, -8, KEY)
    yield replace(_receipt("with the longest path", longest), values={"root": root.hex()})


def _form(
    name: str,
    header: Mapping[int | str, cbor.Value],
    unprotected: Mapping[int, cbor.Value],
    reason: str,
) -> Case:
    made = cose.sign(header, ROOT, KEY, unprotected=dict(unprotected), detached=True)
    return _receipt(name, made.to_bytes(), reason)


# Checkpoints

TEXT = Checkpoint(ORIGIN, 8, ROOT).to_text()
LOG_LINE = sign_note(TEXT, WORLD.log_key, WORLD.log)


def checkpoint_cases() -> Iterator[Case]:
    """Yield notes under the policy that is given: a quorum is three of four witnesses."""
    cosigned = [_cosigned(name) for name in WITNESSES]
    yield _note("three cosigners", (LOG_LINE, *cosigned[:3]), cosigners=WITNESSES[:3])
    yield _note("four cosigners", (LOG_LINE, *cosigned), cosigners=WITNESSES)
    yield _note("in another order", (cosigned[2], LOG_LINE, *cosigned[:2]), cosigners=WITNESSES[:3])
    stranger = Signature("stranger.example.org", b"abcd", bytes(72))
    yield _note(
        "a line by an unknown key", (LOG_LINE, stranger, *cosigned[:3]), cosigners=WITNESSES[:3]
    )
    short = Signature("stranger.example.org", b"abcd", b"x")
    lines = (LOG_LINE, short, *cosigned[:3])
    yield _note("a line of five bytes by an unknown key", lines, cosigners=WITNESSES[:3])
    yield _latest_note()
    extended = TEXT + "an extension line\n"
    lines = [sign_note(extended, WORLD.log_key, WORLD.log)]
    lines += [_cosigned(name, extended) for name in WITNESSES[:3]]
    yield _note("an extension line", lines, cosigners=WITNESSES[:3], text=extended)
    room = 16 * 1024 - len(WORLD.note(minimal=False)) - len("x\n")
    for size, refused in ((16_384, None), (16_385, "note-size")):
        long = TEXT + "x" * (room + size - 16_384) + "x\n"
        signed_long = [sign_note(long, WORLD.log_key, WORLD.log)]
        signed_long += [_cosigned(name, long) for name in WITNESSES]
        yield _note(f"of {size:,} bytes, all signed", signed_long, refused, WITNESSES, long)
    for name, (noted, reason) in {
        "two cosigners": ((LOG_LINE, *cosigned[:2]), "quorum"),
        "one cosigner three times": ((LOG_LINE, *[cosigned[0]] * 3), "note-twice"),
        "without the log's line": (tuple(cosigned), "note-unsigned"),
        "a line with a witness's key id under another name": ((LOG_LINE, *cosigned[:2], replace(cosigned[2], name="cedar")), "quorum"),
        "the log's line twice": ((LOG_LINE, LOG_LINE, *cosigned[:3]), "note-twice"),
        "the log's line is bad": ((replace(LOG_LINE, blob=bytes(64)), *cosigned), "signature"),
        "a bad line beyond the quorum": ((LOG_LINE, *cosigned[:3], replace(cosigned[3], blob=bytes(72))), "signature"),
        "a cosignature of 71 bytes": ((LOG_LINE, *cosigned[:3], replace(cosigned[3], blob=bytes(71))), "note-cosignature"),
        "a time beyond 63 bits": ((LOG_LINE, *cosigned[:3], replace(cosigned[3], blob=b"\x80" + bytes(71))), "note-cosignature"),
        "a cosignature at another time than signed": ((LOG_LINE, *cosigned[:2], _late(cosigned[2])), "signature"),
        "a witness's line under another key id": ((LOG_LINE, *cosigned[:2], replace(cosigned[2], key_id=bytes(4))), "quorum"),
        "a quorum of unknown keys": ((LOG_LINE, *_strangers()), "quorum"),
        "a log's signature of 63 bytes": ((replace(LOG_LINE, blob=LOG_LINE.blob[1:]), *cosigned[:3]), "signature-length"),
        "both: without the log's line, a bad cosignature": ((*cosigned[:2], replace(cosigned[2], blob=bytes(72))), "note-unsigned"),
        "both: a bad log's line behind a bad cosignature": ((replace(cosigned[0], blob=bytes(72)), replace(LOG_LINE, blob=bytes(63))), "signature-length"),
        "both: the first witness of the policy twice, behind a bad one": ((LOG_LINE, replace(cosigned[1], blob=bytes(72)), cosigned[0], cosigned[0]), "note-twice"),
    }.items():  # fmt: skip
        yield _note(name, noted, reason)
    south = Checkpoint("log.example.com/south", 8, ROOT).to_text()
    signed = [
        sign_note(south, WORLD.log.note_key("log.example.com/south", KeyType.NOTE), WORLD.log)
    ]
    signed += [_cosigned(name, south) for name in WITNESSES]
    yield _note("of another log", signed, "origin", text=south)
    yield from _bad_texts()


def _note(
    name: str,
    lines: Sequence[Signature],
    reason: str | None = None,
    cosigners: Sequence[str] = (),
    text: str = TEXT,
) -> Case:
    times = {who: NOON + WITNESSES.index(who) for who in cosigners}
    said: dict[str, Json] = {"origin": ORIGIN, "size": 8, "root": ROOT.hex(), "cosigners": times}
    data = Note(text, tuple(lines)).to_text().encode()
    return Case(name, data, reason, {"policy": POLICY}, {} if reason else said)


def _cosigned(name: str, text: str = TEXT) -> Signature:
    at = NOON + WITNESSES.index(name)
    return cosign_note(text, WORLD.witness_key(name), at, WORLD.witnesses[name])


def _latest_note() -> Case:
    """Return a note of the largest size there is, cosigned at the latest time there is."""
    text = Checkpoint(ORIGIN, MAX_SIZE, ROOT).to_text()
    keys = [(WORLD.witness_key(name), WORLD.witnesses[name]) for name in WITNESSES]
    cosigned = [cosign_note(text, key, MAX_TIME, signer) for key, signer in keys]
    lines = [sign_note(text, WORLD.log_key, WORLD.log), *cosigned]
    made = _note("of the largest size, at the latest time", lines, cosigners=WITNESSES, text=text)
    times = dict.fromkeys(WITNESSES, MAX_TIME)
    return replace(made, values={**made.values, "size": MAX_SIZE, "cosigners": times})


def _late(line: Signature) -> Signature:
    return replace(line, blob=(NOON + 999).to_bytes(8, "big") + line.blob[8:])


def _strangers() -> list[Signature]:
    """Lines by other keys that bear the witnesses' names."""
    made = []
    for name in WITNESSES:
        signer = EdSigner(f"other {name}")
        key = signer.note_key(f"{name}.example.org/w", KeyType.COSIGNATURE)
        made.append(cosign_note(TEXT, key, NOON, signer))
    return made


def _bad_texts() -> Iterator[Case]:
    root = b64encode(ROOT).decode()
    for name, (text, reason) in {
        "a size with a leading zero": (f"{ORIGIN}\n08\n{root}\n", "checkpoint-size"),
        "a size with a sign": (f"{ORIGIN}\n+8\n{root}\n", "checkpoint-size"),
        "a size in foreign digits": (f"{ORIGIN}\n٨\n{root}\n", "checkpoint-size"),
        "a size in superscript digits": (f"{ORIGIN}\n²\n{root}\n", "checkpoint-size"),
        "a size below zero": (f"{ORIGIN}\n-8\n{root}\n", "checkpoint-size"),
        "a size in words": (f"{ORIGIN}\neight\n{root}\n", "checkpoint-size"),
        "a size of 64 bits": (f"{ORIGIN}\n{2**63}\n{root}\n", "checkpoint-size"),
        "no size": (f"{ORIGIN}\n{root}\n", "checkpoint-form"),
        "a root of 31 bytes": (
            f"{ORIGIN}\n8\n{b64encode(ROOT[:31]).decode()}\n",
            "checkpoint-root",
        ),
        "a root without padding": (f"{ORIGIN}\n8\n{root[:-1]}\n", "base64"),
        "a root with other spare bits": (f"{ORIGIN}\n8\n{_spare_bits(root)}\n", "base64"),
        "an empty extension line": (f"{ORIGIN}\n8\n{root}\n\nmore\n", "checkpoint-form"),
    }.items():
        yield _note(name, [sign_note(text, WORLD.log_key, WORLD.log)], reason, text=text)
    good = WORLD.note()
    for name, (data, reason) in {
        "no signature lines": (TEXT.encode(), "note-form"),
        "the last line without its end": (good[:-1], "note-form"),
        "carriage returns": (good.replace(b"\n", b"\r\n"), "note-control"),
        "a tab": (good.replace(b"\n8\n", b"\n8\t\n"), "note-control"),
        "a hyphen for the em dash": (good.replace("— ".encode(), b"- "), "note-line"),
        "a line without a signature": (good + "— x AAAA\n".encode(), "note-line"),
        "a line of a key id alone": (good + "— x AAAAAA==\n".encode(), "note-line"),
        "a line of a name alone": (good + "— x\n".encode(), "note-line"),
        "a line without a name": (good + "—  AAAAAAA=\n".encode(), "note-name"),
        "a name with a plus sign": (good + "— a+b AAAAAAA=\n".encode(), "note-name"),
        "a name with a no-break space": (good + "— a\u00a0b AAAAAAA=\n".encode(), "note-name"),
        "two spaces": (good + "— x  AAAAAAA=\n".encode(), "base64"),
        "not UTF-8": (good + b"\xff\n", "note-utf8"),
        "of 16,385 bytes": (good + b"x" * (16385 - len(good)), "note-size"),
    }.items():
        yield Case(name, data, reason, {"policy": POLICY})


def _spare_bits(text: str) -> str:
    """Return base64 of the same bytes whose unused bits are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + alphabet[alphabet.index(text[-2]) + 1] + "="


# Policies


def policy_cases() -> Iterator[Case]:
    """Yield policies with their digests, and texts that are none."""
    groups = (
        "group a any amber birch\ngroup b all cedar dunes\ngroup q 2 a b\nquorum q",
        "group q 1 amber\nquorum q",
        "quorum amber",
        "quorum none",
    )
    yield _policy("three of four", POLICY)
    for quorum in groups:
        yield _policy("; ".join(quorum.split("\n")), World(quorum=quorum).policy_text())
    words = "\n\t# indented comment\n" + POLICY.replace(" ", " \t ").replace("amber ", "first ")
    yield _policy("other words, the same digest", words)
    times = "from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z revoked 2026-06-01T12:00:00Z"
    yield _policy("a key that ends and was revoked", World(gateway_times=times).policy_text())
    four_digits = World(quorum="group q 0003 amber birch cedar dunes\nquorum q").policy_text()
    yield _policy("a threshold of four digits", four_digits)
    turned = "from 2026-01-01T00:00:00Z revoked 2026-06-01T12:00:00Z until 2027-01-01T00:00:00Z"
    yield _policy("revoked before until", World(gateway_times=turned).policy_text())
    yield _policy("a last line without its end", POLICY.removesuffix("\n"))
    yield _policy("other lines' ends in comments", f"# \u0085 \u2028 \u2029\n{POLICY}")
    for name, text in _bad_policies().items():
        yield Case(name, text.encode("utf-8", "surrogatepass"), "policy")


def _policy(name: str, text: str) -> Case:
    return Case(name, text.encode(), values={"digest": parse_policy(text).digest.hex()})


def _bad_policies() -> dict[str, str]:
    log, receipt, amber, birch, cedar, *_, gateway = POLICY.splitlines()[1:]
    lines = [log, receipt, amber, birch]

    def text(*more: str) -> str:
        return "\n".join((*lines, *more)) + "\n"

    log_key, witness_key, cedar_key = log.split()[1], amber.split()[2], cedar.split()[2]
    cedar_x = WORLD.witnesses["cedar"].public.x
    _, issuer, key, *_ = gateway.split()
    return {
        "no log": "\n".join(lines[1:]) + "\nquorum amber\n",
        "no receipt key": f"{log}\n{amber}\nquorum amber\n",
        "no quorum": text(),
        "two logs": text(log, "quorum amber"),
        "two receipt keys": text(receipt, "quorum amber"),
        "two quorums": text("quorum amber", "quorum birch"),
        "an unknown keyword": text("quorum amber", "mirror x"),
        "a log key of a witness's type": text("quorum amber").replace(log_key, witness_key),
        "a witness key of a log's type": text(f"witness x {log_key}", "quorum amber"),
        "a witness key twice": text(f"witness x {witness_key}", "quorum amber"),
        "a name twice": text("group amber 1 birch", "quorum amber"),
        "a group named none": text("group none 1 birch", "quorum amber"),
        "a vkey with another key id": text(f"witness x {_other_id(cedar_key)}", "quorum amber"),
        "a vkey of two parts": text("witness x " + "+".join(cedar_key.split("+", 2)[::2]), "quorum amber"),
        "a vkey of type 2": text(f"witness x {_vkey(bytes([2]) + cedar_x)}", "quorum amber"),
        "a vkey of 31 bytes": text(f"witness x {_vkey(bytes([4]) + cedar_x[1:])}", "quorum amber"),
        "a vkey of 33 bytes": text(f"witness x {_vkey(bytes([4]) + cedar_x + bytes(1))}", "quorum amber"),
        "a vkey of small order": text(f"witness x {_vkey(bytes([4, 1]) + bytes(31))}", "quorum amber"),
        "a vkey of no point": text(f"witness x {_vkey(bytes([4, 2]) + bytes(31))}", "quorum amber"),
        "a witness without a key": text("witness x", "quorum amber"),
        "a witness with four words": text(f"witness x {cedar_key} https://x.example more", "quorum amber"),
        "a log with three words": "\n".join([f"{log} more", *lines[1:]]) + "\nquorum amber\n",
        "a receipt key with two words": "\n".join([log, f"{receipt} more", amber]) + "\nquorum amber\n",
        "a group of a name alone": text("group q", "quorum amber"),
        "a group without members": text("group q 1", "quorum amber"),
        "two groups of one name": text("group q 1 amber", "group q 1 birch", "quorum q"),
        "a quorum of two words": text("quorum amber birch"),
        "a gateway of five words": text("quorum amber", f"gateway {issuer} {key} from 2026-01-01T00:00:00Z until"),
        "a gateway with from twice": text("quorum amber", f"gateway {issuer} {key} from 2026-01-01T00:00:00Z from 2026-01-02T00:00:00Z"),
        "a gateway with another word": text("quorum amber", f"gateway {issuer} {key} from 2026-01-01T00:00:00Z since 2026-01-02T00:00:00Z"),
        "a group of nobody": text("group q 0 amber", "quorum q"),
        "a threshold beyond the members": text("group q 3 amber birch", "quorum q"),
        "a threshold of five digits": text("group q 00001 amber", "quorum q"),
        "a threshold in foreign digits": text("group q ٢ amber birch", "quorum q"),
        "a member named below": text("group q 1 r", "group r 1 amber", "quorum q"),
        "a member of two groups": text("group a 1 amber", "group b 1 amber", "quorum a"),
        "a member twice": text("group q 2 amber amber", "quorum q"),
        "an unknown quorum": text("quorum q"),
        "a gateway key on two lines": text("quorum amber", gateway, gateway.replace(issuer, "urn:x")),
        "a gateway without from": text("quorum amber", f"gateway {issuer} {key} until 2026-01-01T00:00:00Z"),
        "a time without a zone": text("quorum amber", f"gateway {issuer} {key} from 2026-01-01T00:00:00"),
        "a time that is no day": text("quorum amber", f"gateway {issuer} {key} from 2026-02-30T00:00:00Z"),
        "a time in short digits": text("quorum amber", f"gateway {issuer} {key} from 2026-1-1T00:00:00Z"),
        "a key that is none": text("quorum amber", f"gateway {issuer} oA== from 2026-01-01T00:00:00Z"),
        "carriage returns": text("quorum amber").replace("\n", "\r\n"),
        "an escape character": text("quorum amber", "# \x1b[2J"),
        "nothing": "",
    }  # fmt: skip


def _vkey(blob: bytes) -> str:
    identifier = hashlib.sha256(b"x.example.org/w\n" + blob).digest()[:4].hex()
    return f"x.example.org/w+{identifier}+{b64encode(blob).decode()}"


def _other_id(vkey: str) -> str:
    name, _, key = vkey.split("+", 2)
    return f"{name}+00000000+{key}"


# Policy updates

IN_FORCE: Policy = WORLD.policy()
NEW_TEXT = without_gateways(
    world(quorum="group q 2 amber birch cedar dunes\nquorum q").policy_text()
)
NEW = parse_policy(NEW_TEXT)
CHANGE = Change(ORIGIN, 3, NEW.digest, IN_FORCE.digest, NOON)
YEAR_26 = -61_324_948_800  # 0026-09-09T12:00:00Z


def update_cases() -> Iterator[Case]:
    """Yield updates of the policy that is given, of which the second was the last accepted."""
    yield _update("three of the old witnesses signed", CHANGE)
    yield _update("all of them signed", CHANGE, signers=WITNESSES)
    yield _update("numbers may skip", replace(CHANGE, sequence=7))
    yield _update("a number of nine digits", replace(CHANGE, sequence=999_999_999))
    yield _update("from the year 26 on", replace(CHANGE, valid_from=YEAR_26))
    yield _update("two of the old witnesses", CHANGE, "quorum", signers=WITNESSES[:2])
    yield _update("nobody but the log", CHANGE, "quorum", signers=())
    yield _update("without the log", CHANGE, "note-unsigned", log=None)
    yield _update("by another log's key", CHANGE, "signature", log=EdSigner("other"))
    yield _update("an old number", replace(CHANGE, sequence=2), "update-sequence")
    yield _update("a policy that was left", CHANGE, "update-again", left=(NEW,))
    yield _update("follows another policy", replace(CHANGE, previous=bytes(32)), "update-previous")
    yield _update(
        "of another log", replace(CHANGE, origin="log.example.com/south"), "update-previous"
    )
    for part in ("log", "receipts"):
        text = without_gateways(world(**{part: EdSigner("another")}).policy_text())
        change = replace(CHANGE, digest=parse_policy(text).digest)
        yield _update(f"another key: {part}", change, "update-log", text=text)
    gateways = WORLD.policy_text().replace("group q 3", "group q 2")
    yield _update("with gateway lines", CHANGE, "update-text", text=gateways)
    yield _update("another text than signed", CHANGE, "update-text", text=without_gateways(POLICY))
    yield _update("a text that is no policy", CHANGE, "policy", text="log\n")
    good = CHANGE.to_text()
    for name, text in {
        "a number with a zero before it": good.replace("update 3", "update 03"),
        "number zero": good.replace("update 3", "update 0"),
        "without an origin": good.replace(ORIGIN, ""),
        "a number in foreign digits": good.replace("update 3", "update ٣"),
        "a number with a sign": good.replace("update 3", "update -3"),
        "a number in superscript digits": good.replace("update 3", "update ³"),
        "a number of ten digits": good.replace("update 3", "update 1000000000"),
        "a sixth line": good + "more\n",
        "another word": good.replace("policy update", "policy change"),
        "a digest of 31 bytes": good.replace(
            b64encode(NEW.digest).decode(), b64encode(bytes(31)).decode()
        ),
        "a time without a zone": good.replace("Z\n", "\n"),
    }.items():
        yield _update(name, CHANGE, "update-form", note_text=text)
    loose = good.replace(b64encode(NEW.digest).decode(), b64encode(bytes(32)).decode()[:-1])
    yield _update("a digest without padding", CHANGE, "base64", note_text=loose)
    zero = loose.replace("update 3", "update 0")
    yield _update("both: number zero, a digest without padding", CHANGE, "update-form", note_text=zero)  # fmt: skip
    untold = cbor.encode((b"\xff", NEW_TEXT.encode()))
    yield _given(Case("both: a note that is not UTF-8, policy as bytes", untold, "shape"))
    checkpoint = cbor.encode((WORLD.note(), NEW_TEXT))
    yield _given(Case("a checkpoint in place of an update", checkpoint, "update-form"))
    yield _given(Case("of 65,537 bytes", b"\0", "update-size", zeros=(1, 64 * 1024)))
    yield _given(Case("one item", cbor.encode((b"",)), "shape"))
    yield _given(Case("note as text", cbor.encode((WORLD.note().decode(), NEW_TEXT)), "shape"))
    yield _given(Case("policy as bytes", cbor.encode((WORLD.note(), NEW_TEXT.encode())), "shape"))


def _update(
    name: str,
    change: Change,
    reason: str | None = None,
    *,
    signers: Sequence[str] = WITNESSES[:3],
    log: EdSigner | None = WORLD.log,
    text: str = NEW_TEXT,
    note_text: str = "",
    left: Sequence[Policy] = (),
) -> Case:
    told = note_text or change.to_text()
    lines = [] if log is None else [sign_note(told, WORLD.log_key, log)]
    for who in signers:
        at = NOON + WITNESSES.index(who)
        lines.append(cosign_note(told, WORLD.witness_key(who), at, WORLD.witnesses[who]))
    data = cbor.encode((Note(told, tuple(lines)).to_text().encode(), text))
    values: dict[str, Json] = {
        "number": change.sequence,
        "digest": change.digest.hex(),
        "from": change.valid_from,
    }
    return _given(Case(name, data, reason, values={} if reason else values), left)


def _given(case: Case, left: Sequence[Policy] = ()) -> Case:
    given = {"policy": POLICY, "number": 2, "left": [policy.digest.hex() for policy in left]}
    return replace(case, given=given)


# Forks


def fork_cases() -> Iterator[Case]:
    """Yield proofs that the log whose vkey is given signed two histories, and what proves nothing."""
    five, other_five = _signed(5), _signed(5, OTHERS)
    newer, path = _signed(9, OTHERS), tuple(consistency_path(tree(9, OTHERS).node, 5, 9))
    honest_path = tuple(consistency_path(tree(9).node, 5, 9))
    begins = tree(5, OTHERS).root()
    yield _fork("one size, two roots", (five, other_five, None, ()))
    yield _fork("the newer tree begins otherwise", (five, newer, begins, path))
    eight, from_eight = _signed(8), tuple(consistency_path(tree(9, OTHERS).node, 8, 9))
    yield _fork("from a power of two", (eight, newer, tree(8, OTHERS).root(), from_eight))
    nine = _signed(9)
    for name, (items, reason) in {
        "one history": ((five, nine, tree(5).root(), honest_path), "no-fork"),
        "one checkpoint twice": ((five, five, None, ()), "no-fork"),
        "one size with a path": ((five, other_five, begins, path), "no-fork"),
        "one size with a path and no beginning": ((five, other_five, None, path), "no-fork"),
        "one size with a beginning": ((five, other_five, begins, ()), "no-fork"),
        "two sizes without a beginning": ((five, newer, None, path), "fork"),
        "a path that was spoilt": ((five, newer, begins, (bytes(32), *path[1:])), "proof-old-root"),
        "another beginning than the path's": ((five, newer, bytes(32), path), "proof-old-root"),
        "a path of an honest tree": ((five, nine, begins, honest_path), "proof-old-root"),
        "the newer one first": ((newer, five, begins, path), "proof-size"),
        "a path too short": ((five, newer, begins, path[1:]), "proof-length"),
        "a hash of 31 bytes": ((five, newer, begins, (path[0][1:], *path[1:])), "shape"),
        "three items": ((five, newer, begins), "shape"),
        "the first note as text": ((five.decode(), other_five, None, ()), "shape"),
        "the second note as text": ((five, other_five.decode(), None, ()), "shape"),
        "a beginning as text": ((five, newer, "x" * 32, path), "shape"),
        "a beginning of 31 bytes": ((five, newer, begins[1:], path), "shape"),
        "a path that is null": ((five, newer, begins, None), "shape"),
        "of another log": ((five, _foreign(), None, ()), "origin"),
        "both: the first of another log, the second no note": (
            (_foreign(), b"", None, ()),
            "origin",
        ),
        "both: of another log, a hash of 31 bytes": (
            (_foreign(), newer, begins, (path[0][1:],)),
            "shape",
        ),
        "signed by another key": (
            (five, _signed(5, OTHERS, EdSigner("thief")), None, ()),
            "signature",
        ),
    }.items():
        yield _fork(name, items, reason)


def _fork(name: str, items: tuple[cbor.Value, ...], reason: str | None = None) -> Case:
    given = {"log": WORLD.log_key.to_text()}
    values = {} if reason else {"sizes": [parse_checkpoint(x).checkpoint.size for x in items[:2]]}
    if reason is None:
        one, other = (parse_checkpoint(x) for x in items[:2])
        assert ForkProof(one, other, items[2], items[3]).to_bytes() == cbor.encode(items)
    return Case(name, cbor.encode(items), reason, given, values)


def _signed(size: int, entries: Sequence[bytes] = ENTRIES, signer: EdSigner = WORLD.log) -> bytes:
    text = Checkpoint(ORIGIN, size, tree(size, entries).root()).to_text()
    return Note(text, (sign_note(text, WORLD.log_key, signer),)).to_text().encode()


def _foreign() -> bytes:
    south = "log.example.com/south"
    text = Checkpoint(south, 5, seeded("south")).to_text()
    key = NoteKey(south, KeyType.NOTE, WORLD.log.public.x)
    return Note(text, (sign_note(text, key, WORLD.log),)).to_text().encode()
