"""What is decided, family by family, and the values that come out (the vectors' README.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.independent.body import read_body
from tests.independent.cbor import decode, diagnostic
from tests.independent.cose import read_key
from tests.independent.envelope import read_envelope
from tests.independent.fork import check_fork
from tests.independent.logs import read_logs
from tests.independent.merkle import check_consistency, check_inclusion, leaf_of, salt_of
from tests.independent.note import read_checkpoint
from tests.independent.policy import read_policy
from tests.independent.reasons import Refused
from tests.independent.receipt import check_custody, check_receipt
from tests.independent.records import read_record
from tests.independent.sealed import open_sealed, read_reader
from tests.independent.shape import array, blob, count
from tests.independent.statement import read_statement
from tests.independent.update import read_update
from tests.independent.verify import verify_bundle
from tests.independent.wire import read_enrolment, read_frame

Given = dict[str, Any]
Values = dict[str, Any]


def _cbor(data: bytes, given: Given) -> Values:
    return {"diagnostic": diagnostic(decode(data))}


def _leaf(data: bytes, given: Given) -> Values:
    record = read_record(data)
    salt = salt_of(bytes.fromhex(given.get("seed", "")), given.get("index", 0))
    return {
        "salt": salt.hex(),
        "leaf": leaf_of(salt, data).hex(),
        "number": record.number,
        "device": record.device,
        "kind": record.kind,
        "boot": record.boot,
        "monotonic_ms": record.monotonic,
        "wall_ms": record.wall,
        "quality": record.quality,
        "clock": list(record.clock),
    }


def _merkle(data: bytes, given: Given) -> Values:
    parts = array(decode(data), 3)
    one, two = count(parts[0]), count(parts[1])
    path = [blob(item) for item in array(parts[2])]
    hashes = {name: bytes.fromhex(given[name]) for name in given if name != "proof"}
    if given["proof"] == "inclusion":
        check_inclusion(one, two, path, hashes["leaf"], hashes["root"])
    else:
        check_consistency(one, two, path, hashes["root1"], hashes["root2"])
    return {}


def _body(data: bytes, given: Given) -> Values:
    seed, records = read_body(data, given["codec"], given["count"])
    return {"seed": seed.hex(), "records": [record.hex() for record in records]}


def _key(data: bytes, given: Given) -> Values:
    key = read_key(data)
    return {
        "kid": key.kid.hex(),
        "thumbprint": key.thumbprint.hex(),
        "algorithms": sorted(key.kind.algorithms),
    }


def _statement(data: bytes, given: Given) -> Values:
    one = read_statement(data)
    one.signed.verify(read_key(bytes.fromhex(given["key"])), one.payload)
    return {
        "kid": one.kid.hex(),
        "iss": one.iss,
        "epoch": one.epoch.hex(),
        "seq": one.seq,
        "sig_structure": one.sig_structure.hex(),
        "digest": one.digest.hex(),
        "log leaf": one.leaf.hex(),
        "last seq": one.last_seq,
        "next record": one.next_record,
        "next prev": one.next_prev.hex(),
    }


def _receipt(data: bytes, given: Given) -> Values:
    key, leaf = read_key(bytes.fromhex(given["key"])), bytes.fromhex(given["log leaf"])
    return {"root": check_receipt(data, key, given["origin"], leaf).hex()}


def _custody(data: bytes, given: Given) -> Values:
    policy = read_policy(given["policy"].encode())
    kept = bytes.fromhex(given["statement"]), bytes.fromhex(given["body"])
    one = check_custody(data, policy.receipt_key, policy.log_key.name, kept)
    return {"iss": one.iss, "iat": one.issued}


def _checkpoint(data: bytes, given: Given) -> Values:
    policy = read_policy(given["policy"].encode())
    one = read_checkpoint(data)
    if one.origin != policy.log_key.name:
        raise Refused("origin")
    times = policy.signers(one.note)
    if not policy.satisfied(set(times)):
        raise Refused("quorum")
    names = {key.text: name for name, key in policy.witnesses.items()}
    return {
        "origin": one.origin,
        "size": one.size,
        "root": one.root.hex(),
        "cosigners": {names[vkey]: time for vkey, time in times.items()},
    }


def _policy(data: bytes, given: Given) -> Values:
    return {"digest": read_policy(data).digest.hex()}


def _log_set(data: bytes, given: Given) -> Values:
    return {"digest": read_logs(data).digest.hex()}


def _update(data: bytes, given: Given) -> Values:
    old = read_policy(given["policy"].encode())
    update = read_update(data, old, given["number"], [bytes.fromhex(one) for one in given["left"]])
    return {"number": update.number, "digest": update.policy.digest.hex(), "from": update.since}


def _fork(data: bytes, given: Given) -> Values:
    return {"sizes": list(check_fork(data, given["log"]))}


def _envelope(data: bytes, given: Given) -> Values:
    one = read_envelope(data)
    one.signed.verify(read_key(bytes.fromhex(given["key"])), one.digest)
    return {
        "iss": one.iss,
        "iat": one.issued,
        "digest": one.digest.hex(),
        "content type": one.content_type,
        "location": one.location,
    }


def _sealed(data: bytes, given: Given) -> Values:
    reader = read_reader(bytes.fromhex(given["private key"]))
    return {"file": open_sealed(data, reader, bytes.fromhex(given["commitment"])).hex()}


def _frame(data: bytes, given: Given) -> Values:
    one = read_frame(data)
    return {
        "type": one.type,
        "request": one.request.hex(),
        "labels": one.labels,
        "statement": None if one.statement is None else one.statement.hex(),
    }


def _enrolment(data: bytes, given: Given) -> Values:
    one = read_enrolment(data)
    return {
        "token": one.token,
        "name": one.name,
        "issuer": one.issuer,
        "curve": one.curve,
        "kid": one.key.kid.hex(),
    }


DECIDE: dict[str, Callable[[bytes, Given], Values]] = {
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
    "frame": _frame,
    "enrolment": _enrolment,
    "sealed": _sealed,
}


def check_published(content: dict[str, Any]) -> str:
    """What was published first."""
    logs = read_logs(content["policy"].encode())
    policy = read_policy(content["policy"].encode())
    salt = salt_of(bytes.fromhex(content["seed"]), content["index"])
    record = bytes.fromhex(content["record"])
    statement = read_statement(bytes.fromhex(content["statement"]))
    leaf = statement.leaf
    receipt = bytes.fromhex(content["receipt"])
    root = check_receipt(receipt, policy.receipt_key, policy.log_key.name, leaf)
    seed, records = read_body(bytes.fromhex(content["body"]), 1, 5)
    same = [
        policy.digest.hex() == content["policy_digest"],
        salt.hex() == content["salt"],
        leaf_of(salt, record).hex() == content["leaf"],
        seed.hex() == content["seed"],
        records[content["index"]] == record,
        statement.digest.hex() == content["statement_digest"],
        statement.sig_structure.hex() == content["sig_structure"],
        root == read_checkpoint(content["checkpoint"].encode()).root,
    ]
    exits = [
        verify_bundle(bytes.fromhex(one["bundle"]), logs)[0] == one["exit"]
        for one in content["bundles"]
    ]
    return f"published: values {sum(same)}/{len(same)}, exit codes {sum(exits)}/{len(exits)}"
