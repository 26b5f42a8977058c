"""What our own code says to a vector, in the vectors' terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from evidence import cbor
from evidence.body import decode_body
from evidence.checkpoint import parse_checkpoint
from evidence.custody import Kept, parse_custody
from evidence.encrypt import open_sealed
from evidence.enrolment import parse_request
from evidence.errors import EvidenceError, MalformedError, UntrustedError
from evidence.fork import read_fork
from evidence.hash_envelope import parse_envelope
from evidence.keys import PublicKey
from evidence.leaf import Record, Salts, salted_leaf
from evidence.log_set import parse_log_set
from evidence.merkle import verify_consistency, verify_inclusion
from evidence.note import NoteKey
from evidence.policy import parse_policy
from evidence.policy_update import old_update, parse_update
from evidence.receipt import parse_receipt
from evidence.shape import as_array, as_bytes, as_uint
from evidence.statement import parse_statement
from evidence.verify import verify_bundle
from evidence.wire import parse_frames

Given = Mapping[str, Any]
Values = dict[str, Any]


BUNDLES = ("bundle", "several")
"""Families of bundles: they have an exit code in place of a verdict."""


def verdict(family: str, data: bytes, given: Given) -> dict[str, Any]:
    """Return what a vector should say: its verdict with reason or values, or exit and findings."""
    if family in BUNDLES:
        report = verify_bundle(data, parse_log_set(given["policy"]))
        findings = [finding.reason for finding in report.findings]
        return {"exit": int(report.outcome), "findings": findings}
    try:
        values = CHECKS[family](data, given)
    except EvidenceError as error:
        return {"verdict": "refused", "reason": error.reason}
    return {"verdict": "accepted", "values": values}


def _cbor(data: bytes, _: Given) -> Values:
    return {"diagnostic": diagnostic(cbor.decode(data))}


def diagnostic(value: object) -> str:
    """Return a value in the diagnostic notation of RFC 8949 §8."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, tuple):
        return f"[{', '.join(map(diagnostic, value))}]"
    if isinstance(value, dict):
        pairs = (f"{diagnostic(key)}: {diagnostic(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _leaf(data: bytes, given: Given) -> Values:
    record = Record.from_bytes(data)
    salted = Salts(bytes.fromhex(given["seed"]))(given["index"])
    return {
        "salt": salted.hex(),
        "leaf": salted_leaf(salted, data).hex(),
        "number": record.number,
        "device": record.device,
        "kind": record.kind,
        "boot": record.boot,
        "monotonic_ms": record.monotonic_ms,
        "wall_ms": record.wall_ms,
        "quality": record.quality,
        "clock": [record.clock_source, record.clock_bound_ms],
    }


def _merkle(data: bytes, given: Given) -> Values:
    one, other, path = as_array(cbor.decode(data), "proof", 3)
    first, second = as_uint(one, "size"), as_uint(other, "index or size")
    hashes = [as_bytes(item, "hash") for item in as_array(path, "path")]
    if given["proof"] == "inclusion":
        leaf, root = bytes.fromhex(given["leaf"]), bytes.fromhex(given["root"])
        verify_inclusion(leaf, second, first, hashes, root)
    else:
        roots = bytes.fromhex(given["root1"]), bytes.fromhex(given["root2"])
        verify_consistency(first, second, hashes, *roots)
    return {}


def _body(data: bytes, given: Given) -> Values:
    seed, records = decode_body(data, given["codec"], given["count"])
    return {"seed": seed.hex(), "records": [record.hex() for record in records]}


def _key(data: bytes, _: Given) -> Values:
    key = PublicKey.from_cose(data)
    return {
        "kid": key.kid.hex(),
        "thumbprint": key.thumbprint.hex(),
        "algorithms": sorted(key.curve.algorithms),
    }


def _statement(data: bytes, given: Given) -> Values:
    said = parse_statement(data)
    said.verify(PublicKey.from_cose(bytes.fromhex(given["key"])))
    return {
        "kid": said.kid.hex(),
        "iss": said.claims.issuer,
        "epoch": said.claims.epoch.hex(),
        "seq": said.claims.seq,
        "sig_structure": said.sign1.signed_bytes().hex(),
        "digest": said.digest.hex(),
        "log leaf": said.leaf.hex(),
        "last seq": said.last,
        "next record": said.next_record,
        "next prev": said.next_previous.hex(),
    }


def _receipt(data: bytes, given: Given) -> Values:
    receipt = parse_receipt(data)
    if receipt.origin != given["origin"]:
        raise UntrustedError("origin", "the receipt is from another log")
    root = receipt.root(bytes.fromhex(given["log leaf"]))
    receipt.verify(root, PublicKey.from_cose(bytes.fromhex(given["key"])))
    return {"root": root.hex()}


def _custody(data: bytes, given: Given) -> Values:
    custody = parse_custody(data)
    ours = Kept(bytes.fromhex(given["statement"]), bytes.fromhex(given["body"]))
    custody.check(parse_policy(given["policy"]), ours)
    return {"iss": custody.origin, "iat": custody.issued_at}


def _checkpoint(data: bytes, given: Given) -> Values:
    signed = parse_checkpoint(data)
    times = parse_policy(given["policy"]).check(signed)
    said = signed.checkpoint
    return {"origin": said.origin, "size": said.size, "root": said.root.hex(), "cosigners": times}


def _policy(data: bytes, _: Given) -> Values:
    return {"digest": parse_policy(_text(data)).digest.hex()}


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("policy", "not UTF-8") from error


def _log_set(data: bytes, _: Given) -> Values:
    return {"digest": parse_log_set(_text(data)).digest.hex()}


def _update(data: bytes, given: Given) -> Values:
    update = parse_update(data)
    if update.change.sequence <= given["number"]:
        raise old_update(update)
    if update.policy.digest.hex() in given["left"]:
        raise UntrustedError("update-again", "this policy was in force before")
    update.check(parse_policy(given["policy"]))
    change = update.change
    return {"number": change.sequence, "digest": change.digest.hex(), "from": change.valid_from}


def _fork(data: bytes, given: Given) -> Values:
    proof = read_fork(data, NoteKey.from_text(given["log"]))
    return {"sizes": [proof.older.checkpoint.size, proof.newer.checkpoint.size]}


def _envelope(data: bytes, given: Given) -> Values:
    envelope = parse_envelope(data)
    envelope.verify(PublicKey.from_cose(bytes.fromhex(given["key"])))
    said = {"iss": envelope.issuer, "iat": envelope.issued_at, "digest": envelope.digest.hex()}
    return {**said, "content type": envelope.content_type, "location": envelope.location}


def _sealed(data: bytes, given: Given) -> Values:
    key = load_der_private_key(bytes.fromhex(given["private key"]), password=None)
    assert isinstance(key, X25519PrivateKey | EllipticCurvePrivateKey)
    return {"file": open_sealed(data, key, bytes.fromhex(given["commitment"])).hex()}


def _frame(data: bytes, _: Given) -> Values:
    envelope = parse_frames([data, b""])
    return {
        "type": int(envelope.type),
        "request": envelope.request.hex(),
        "labels": sorted(envelope.header),
        "statement": envelope.statement.hex() or None,
    }


def _enrolment(data: bytes, _: Given) -> Values:
    request = parse_request(data)
    said = {"token": request.token, "name": request.name, "issuer": request.issuer}
    return {**said, "curve": request.curve, "kid": request.key.kid.hex()}


CHECKS: Mapping[str, Callable[[bytes, Given], Values]] = {
    "cbor": _cbor,
    "leaf": _leaf,
    "merkle": _merkle,
    "body": _body,
    "key": _key,
    "statement": _statement,
    "receipt": _receipt,
    "custody": _custody,
    "checkpoint": _checkpoint,
    "policy": _policy,
    "logset": _log_set,
    "update": _update,
    "fork": _fork,
    "envelope": _envelope,
    "sealed": _sealed,
    "frame": _frame,
    "enrolment": _enrolment,
}
