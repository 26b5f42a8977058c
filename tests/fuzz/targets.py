"""What is fuzzed: each parser that reads what strangers send, and what must hold of whatever it takes.

A target gets any bytes. It may refuse them with `EvidenceError`; any other exception is a crash, as
is a promise of the page that does not hold (one value, one encoding). Signatures count as true
here, so that what lies behind a signature is reached; that they are checked, other tests show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from evidence import cbor, cose
from evidence.body import COLUMNS, ROWS, decode_body, encode_rows
from evidence.checkpoint import parse_checkpoint
from evidence.custody import parse_custody
from evidence.cut_body import parse_cut_body
from evidence.encrypt import open_sealed, recipients_of
from evidence.enrolment import parse_request
from evidence.errors import EvidenceError, MalformedError, ProofError, SignatureError
from evidence.fork import read_fork
from evidence.hash_envelope import parse_envelope
from evidence.keys import PublicKey
from evidence.leaf import SEED_BYTES, Record
from evidence.log_set import parse_log_set
from evidence.policy import parse_policy
from evidence.policy_update import parse_update
from evidence.receipt import parse_receipt
from evidence.report import Outcome
from evidence.statement import MAX_RECORDS, parse_statement
from evidence.verify import verify_bundle
from evidence.wire import parse_frames
from tests.evidence.building import World, records, seeded
from tests.fuzz.agreement import check_agreement
from tests.fuzz.worlds.compare import check_world
from tests.independent import cose as their_cose
from tests.independent import note as their_note

Check = Callable[[bytes], None]

POLICY_TEXT = World().policy_text()
POLICY = parse_policy(POLICY_TEXT)
TAGS = frozenset({cose.SIGN1_TAG})
RECIPIENT = X25519PrivateKey.from_private_bytes(seeded("a recipient on X25519"))
CUT_FROM = World().seal(records(0, 9)).statement.batch
FEW_RECORDS = 64
"""A body's codec and count are signed: here its first byte says them; all ones: as many as may be."""
ALL_ONES = 127


def check_cbor(data: bytes) -> None:
    value = cbor.decode(data, tags=TAGS)
    assert cbor.encode(value) == data, "a second encoding of one value was accepted"


def check_cose(data: bytes) -> None:
    sign1 = cose.parse(data)
    assert sign1.to_bytes() == data
    sign1.signed_bytes(None if sign1.payload is not None else b"")
    sign1.verify(POLICY.receipt_key, None if sign1.payload is not None else b"")


def check_key(data: bytes) -> None:
    assert PublicKey.from_cose(data).to_cose() == data


def check_record(data: bytes) -> None:
    assert Record.from_bytes(data).to_bytes() == data


def check_statement(data: bytes) -> None:
    statement = parse_statement(data)
    assert statement.encoded == statement.sign1.to_bytes() == data
    about = statement.batch if statement.gap is None else statement.gap
    assert about.to_bytes() == statement.sign1.payload
    assert statement.last >= statement.claims.seq
    assert statement.next_record <= 2**63 - 1
    statement.verify(POLICY.gateways[0].key)


def check_receipt(data: bytes) -> None:
    receipt = parse_receipt(data)
    root = receipt.root(bytes(32))
    assert len(root) == len(bytes(32))
    receipt.verify(root, POLICY.receipt_key)


def check_checkpoint(data: bytes) -> None:
    signed = parse_checkpoint(data)
    assert signed.to_bytes() == data, "a note of two spellings was accepted"
    times = POLICY.check(signed)
    minimal = POLICY.minimal(signed, times)
    assert POLICY.minimal(minimal) == minimal


def check_policy(data: bytes) -> None:
    logs = parse_log_set(_text(data))
    assert 1 <= logs.threshold <= len(logs.logs)
    for policy in logs.logs.values():
        assert policy.quorum == "none" or policy.satisfied(set(policy.witnesses))


def check_update(data: bytes) -> None:
    update = parse_update(data)
    assert update.to_bytes() == data
    update.check(POLICY)


def check_fork(data: bytes) -> None:
    proof = read_fork(data, POLICY.log)
    assert proof.to_bytes() == data
    assert str(proof)


def check_bundle(data: bytes) -> None:
    """The file as it is, and as it would be for our policy and with a right closing digest."""
    reports = [verify_bundle(file, POLICY) for file in (data, _mended(data))]
    for report in reports:
        assert all(finding.text.isprintable() for finding in report.findings)
        if report.outcome is Outcome.AUTHENTIC:
            assert report.statements or report.losses
            return
    raise MalformedError(reports[-1].findings[0].reason, "no authentic bundle")


def check_envelope(data: bytes) -> None:
    envelope = parse_envelope(data)
    assert envelope.sign1.to_bytes() == data
    envelope.verify(POLICY.gateways[0].key)


def check_sealed(data: bytes) -> None:
    assert recipients_of(data)
    with suppress(EvidenceError):  # nobody knows the commitment of what was changed
        open_sealed(data, RECIPIENT, bytes(32))


def check_frames(data: bytes) -> None:
    envelope = parse_frames([data, b""])
    assert envelope.to_frames()[0] == data


def check_enrolment(data: bytes) -> None:
    request = parse_request(data)
    assert request.key.to_cose()


def check_body(data: bytes) -> None:
    if len(data) < 1 + SEED_BYTES:
        return
    codec, number = (COLUMNS, ROWS)[data[0] & 1], data[0] >> 1
    count = MAX_RECORDS if number == ALL_ONES else 1 + number % FEW_RECORDS
    seed, records = decode_body(data[1:], codec, count)
    assert len(records) == count
    if codec == ROWS:
        assert decode_body(encode_rows(seed, records), ROWS, count) == (seed, records)


def check_cut(data: bytes) -> None:
    cut = parse_cut_body(data)
    assert parse_cut_body(cut.to_bytes()) == cut
    assert [item.index for item in cut.left] == sorted({item.index for item in cut.left})
    with suppress(ProofError):  # nobody knows a root of what was changed
        cut.check(CUT_FROM)


def check_custody(data: bytes) -> None:
    custody = parse_custody(data)
    assert custody.sign1.to_bytes() == data
    custody.check(POLICY, custody.kept)


TARGETS: Mapping[str, Check] = {
    "cbor": check_cbor,
    "cose": check_cose,
    "key": check_key,
    "record": check_record,
    "statement": check_statement,
    "receipt": check_receipt,
    "custody": check_custody,
    "checkpoint": check_checkpoint,
    "policy": check_policy,
    "update": check_update,
    "fork": check_fork,
    "bundle": check_bundle,
    "envelope": check_envelope,
    "sealed": check_sealed,
    "frames": check_frames,
    "enrolment": check_enrolment,
    "body": check_body,
    "cut": check_cut,
    "agreement": check_agreement,
    "worlds": check_world,
}


def try_one(check: Check, data: bytes) -> bool:
    """Run a target on `data`; tell whether it was taken. What is no refusal, escapes."""
    try:
        check(data)
    except EvidenceError as error:
        assert error.reason
        return False
    return True


@contextmanager
def signatures_hold() -> Iterator[None]:
    """Let every signature of a right length and algorithm verify, so what lies behind is reached.

    So do those of `tests/independent`.
    """

    def verify(key: PublicKey, algorithm: int, _message: bytes, signature: bytes) -> None:
        if algorithm not in key.curve.algorithms:
            raise SignatureError("algorithm", "of another curve")
        if len(signature) != 2 * key.curve.size:
            raise SignatureError("signature-length", "of another length")

    def holds(*_: object) -> bool:
        return True

    with (
        patch.object(PublicKey, "verify", verify),
        patch.object(their_cose.PublicKey, "verifies", holds),
        patch.object(their_note.VKey, "verifies", holds),
    ):
        yield


def _mended(file: bytes) -> bytes:
    try:
        outer = cbor.decode(file)
        content = outer[0] if isinstance(outer, tuple) and outer else b""
        fields = cbor.decode(content) if isinstance(content, bytes) else None
    except EvidenceError:
        return file
    if not isinstance(fields, dict):
        return file
    start = b"\x82" + cbor.encode(cbor.encode({**fields, 1: POLICY.digest}))
    return start + b"\x58\x20" + hashlib.sha256(start).digest()


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("policy", "not UTF-8") from error
