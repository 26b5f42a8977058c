"""Vectors of custody receipts: a node signs that it has the body of a statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from evidence import cbor, cose
from evidence.cbor import Tag
from evidence.custody import MAX_CUSTODY_BYTES, Kept, sign_custody
from tests.evidence.building import (
    NOON,
    ORIGIN,
    EcdsaSigner,
    EdSigner,
    World,
    small_world,
)
from tests.vectors.case import Case

WORLD = small_world()
KEY = WORLD.receipts
SEALED = WORLD.sealed[1]
OURS = Kept(SEALED.statement.digest, hashlib.sha256(SEALED.body).digest())
HEADER: Mapping[int | str, cbor.Value] = {
    1: -8, 4: KEY.public.kid, 15: {1: ORIGIN, 2: "custody", 6: NOON}, 16: "tallyman/custody",
}  # fmt: skip


def custody_cases() -> Iterator[Case]:
    """Yield custody receipts under the policy, for the statement and body that are given."""
    for algorithm in (-8, -19):
        yield _custody(f"by Ed25519, alg {algorithm}", _signed(algorithm=algorithm))
    wide = World(receipts=EcdsaSigner("receipts by ECDSA"))  # type: ignore[arg-type]  # signs too
    by_ecdsa = sign_custody(ORIGIN, NOON, OURS, wide.receipts.public, -7, wide.receipts)
    yield _custody("by P-256", by_ecdsa, world=wide)
    yield from _bad_bindings()
    yield from _bad_forms()
    yield from _sizes()


def _signed(origin: str = ORIGIN, algorithm: int = -8, kept: Kept = OURS,
            key: EdSigner = KEY, named: EdSigner = KEY) -> bytes:  # fmt: skip
    return sign_custody(origin, NOON, kept, named.public, algorithm, key)


def _custody(name: str, data: bytes, reason: str | None = None, world: World = WORLD) -> Case:
    given = {
        "policy": world.policy_text(),
        "statement": OURS.statement.hex(),
        "body": OURS.body.hex(),
    }
    values = {} if reason else {"iss": world.origin, "iat": NOON}
    return Case(name, data, reason, given, values)


def _bad_bindings() -> Iterator[Case]:
    thief, other = EdSigner("thief"), replace(OURS, statement=bytes(32))
    yield _custody("for another statement", _signed(kept=other), "custody-statement")
    yield _custody("for another body", _signed(kept=replace(OURS, body=bytes(32))), "custody-body")
    turned = Kept(OURS.body, OURS.statement)
    yield _custody("statement and body exchanged", _signed(kept=turned), "custody-statement")
    yield _custody("of another log", _signed(origin="log.example.com/south"), "origin")
    yield _custody("by another key", _signed(key=thief, named=thief), "kid")
    yield _custody("by another key under this kid", _signed(key=thief), "signature")
    yield _custody("alg of another curve", _signed(algorithm=-7), "algorithm")
    short = cose.sign(HEADER, OURS.to_bytes(), lambda data: KEY(data)[:63])
    yield _custody("a signature of 63 bytes", short.to_bytes(), "signature-length")
    yield _custody("a receipt of the log", WORLD.receipt(SEALED), "shape")


def _bad_forms() -> Iterator[Case]:
    claims = HEADER[15]
    assert isinstance(claims, dict)
    for name, (change, reason) in {
        "another subject": ({15: {**claims, 2: "receipt"}}, "subject"),
        "another typ": ({16: "tallyman/enrolment"}, "subject"),
        "typ as a number": ({16: 277}, "subject"),
        "subject as a number": ({15: {**claims, 2: 7}}, "subject"),
        "both: another subject, iat negative": ({15: {**claims, 2: "receipt", 6: -1}}, "shape"),
        "iat negative": ({15: {**claims, 6: -1}}, "shape"),
        "claims as a number": ({15: 7}, "shape"),
        "iss no text": ({15: {**claims, 1: 7}}, "shape"),
        "a claim that means nothing": ({15: {**claims, 7: 0}}, "shape"),
        "a label that means nothing": ({3: 0}, "shape"),
        "a critical header": ({2: (16,)}, "cose-crit"),
        "kid of 7 bytes": ({4: KEY.public.kid[:7]}, "shape"),
        "alg as text": ({1: "EdDSA"}, "shape"),
    }.items():
        yield _custody(name, _made({**HEADER, **change}), reason)
    for name, (payload, reason) in {
        "version 2": ((2, OURS.statement, OURS.body), "version"),
        "version below 0": ((-1, OURS.statement, OURS.body), "version"),
        "version true": ((True, OURS.statement, OURS.body), "shape"),
        "two items": ((1, OURS.statement), "shape"),
        "a digest of 31 bytes": ((1, OURS.statement, OURS.body[1:]), "shape"),
        "a statement's digest of 31 bytes": ((1, OURS.statement[1:], OURS.body), "shape"),
        "a digest as text": ((1, OURS.statement.hex(), OURS.body), "shape"),
    }.items():
        yield _custody(name, _made(HEADER, cbor.encode(payload)), reason)
    behind = OURS.to_bytes() + b"\0"
    yield _custody("a byte behind the payload", _made(HEADER, behind), "cbor-trailing")
    good = cose.sign(HEADER, OURS.to_bytes(), KEY)
    detached = cbor.encode(Tag(18, (good.protected, {}, None, good.signature)))
    yield _custody("payload detached", detached, "custody-payload")
    loose = cose.sign(HEADER, OURS.to_bytes(), KEY, unprotected={99: 0})
    yield _custody("an unprotected header", loose.to_bytes(), "shape")
    yield _custody("without its tag", good.to_bytes()[1:], "cose-tag")
    yield _custody("a byte behind it", good.to_bytes() + b"\0", "cbor-trailing")


def _made(header: Mapping[int | str, cbor.Value], payload: bytes = OURS.to_bytes()) -> bytes:
    return cose.sign(header, payload, KEY).to_bytes()


def _sizes() -> Iterator[Case]:
    """Yield the largest one, and one a byte larger, which differ in the log's name alone."""
    rest = len(_signed(origin="x" * 300)) - 300
    for size, reason in ((MAX_CUSTODY_BYTES, None), (MAX_CUSTODY_BYTES + 1, "custody-size")):
        world = World(origin="x" * (size - rest))
        data = _signed(origin=world.origin)
        assert len(data) == size
        yield _custody(f"of {size:,} bytes", data, reason, world)
