"""Statements: round trip, size, and every field that is wrong."""

from __future__ import annotations

import hashlib

import cbor2
import pytest

from evidence import cbor, cose
from evidence.errors import EvidenceError, MalformedError, SignatureError
from evidence.keys import ES256
from evidence.statement import (
    EPOCH,
    IAT,
    ISS,
    MAX_STATEMENT_BYTES,
    PREV,
    SEQ,
    SUB,
    Batch,
    Claims,
    parse_statement,
    sign_statement,
)
from tests.evidence.building import EPOCH as EPOCH_ID
from tests.evidence.building import ISSUER, NOON, EcdsaSigner, seeded

SIGNER = EcdsaSigner("gateway")
CLAIMS = Claims(ISSUER, NOON, EPOCH_ID, 7, seeded("prev"))
BATCH = Batch(seeded("root"), 256, 1792, 1000 * NOON, 1000 * NOON + 60_000, "ntp", 40, 1, 1234)

HEADER_CLAIMS = {
    ISS: ISSUER,
    SUB: "batch",
    IAT: NOON,
    EPOCH: EPOCH_ID,
    SEQ: 7,
    PREV: seeded("prev"),
}
PAYLOAD = {
    1: 1,
    2: seeded("root"),
    3: 256,
    4: 1792,
    5: 1000 * NOON,
    6: 1000 * NOON + 60_000,
    7: ("ntp", 40),
    8: 1,
    9: 1234,
}


def statement(claims=CLAIMS, batch=BATCH):
    return sign_statement(claims, batch, SIGNER.public.kid, ES256, SIGNER)


def forged(claims=None, payload=None, header=None, **options):
    full = {cose.ALG: ES256, cose.KID: SIGNER.public.kid, cose.TYP: 277}
    full[cose.CWT_CLAIMS] = {**HEADER_CLAIMS, **(claims or {})}
    full.update(header or {})
    return cose.sign(
        full, cbor.encode({**PAYLOAD, **(payload or {})}), SIGNER, **options
    ).to_bytes()


def reason(data):
    with pytest.raises(MalformedError) as caught:
        parse_statement(data)
    return caught.value.reason


def test_round_trip():
    encoded = statement()
    parsed = parse_statement(encoded)
    assert (parsed.claims, parsed.batch, parsed.encoded) == (CLAIMS, BATCH, encoded)
    assert parsed.kid == SIGNER.public.kid
    parsed.verify(SIGNER.public)
    assert forged() == encoded


def test_it_is_slim():
    assert len(statement()) <= 300


def test_cbor2_reads_it():
    outer = cbor2.loads(statement())
    assert outer.tag == 18
    protected, loose, payload, signature = outer.value
    assert dict(loose) == {}
    assert len(signature) == 64
    assert cbor2.loads(protected)[15][-70002] == 7
    assert cbor2.loads(payload)[2] == seeded("root")


def test_digest_and_leaf_are_as_written_down():
    encoded = statement()
    parsed = parse_statement(encoded)
    protected, _, payload, _ = cbor2.loads(encoded).value
    structure = cbor2.dumps(["Signature1", protected, b"", payload])
    assert parsed.digest == hashlib.sha256(structure).digest()
    assert parsed.leaf == hashlib.sha256(b"\0" + encoded).digest()


def test_the_same_is_signed_the_same():
    assert statement() == statement()


def test_another_signature_over_the_same_is_the_same_digest():
    encoded = statement()
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = order - int.from_bytes(encoded[-32:], "big")
    twin = parse_statement(encoded[:-32] + s.to_bytes(32, "big"))
    twin.verify(SIGNER.public)
    assert twin.digest == parse_statement(encoded).digest
    assert twin.leaf != parse_statement(encoded).leaf


def test_first_of_an_epoch():
    first = parse_statement(statement(Claims(ISSUER, NOON, EPOCH_ID, 0, None)))
    assert first.claims.previous is None
    assert reason(forged({SEQ: 0})) == "chain"
    assert reason(forged({PREV: None})) == "chain"


@pytest.mark.parametrize("subject", ["gaps", "genesis", "receipt", "Batch", "", None, 1, b"batch"])
def test_statements_about_something_else(subject):
    assert reason(forged({SUB: subject})) == "subject"


@pytest.mark.parametrize(
    ("claims", "payload", "header"),
    [
        ({ISS: 1}, {}, {}),
        ({IAT: -1}, {}, {}),
        ({IAT: 2**63}, {}, {}),
        ({EPOCH: bytes(15)}, {}, {}),
        ({EPOCH: bytes(17)}, {}, {}),
        ({SEQ: -1}, {}, {}),
        ({SEQ: True}, {}, {}),
        ({SEQ: 2**63}, {}, {}),
        ({PREV: bytes(31)}, {}, {}),
        ({5: NOON}, {}, {}),
        ({"epoch": EPOCH_ID}, {}, {}),
        ({}, {1: True}, {}),
        ({}, {2: bytes(31)}, {}),
        ({}, {2: bytes(33)}, {}),
        ({}, {3: -1}, {}),
        ({}, {3: True}, {}),
        ({}, {4: 2**64 - 1}, {}),
        ({}, {5: 2**63}, {}),
        ({}, {6: "now"}, {}),
        ({}, {7: "ntp"}, {}),
        ({}, {7: ("ntp",)}, {}),
        ({}, {7: ("ntp", -1)}, {}),
        ({}, {7: ("ntp", False)}, {}),
        ({}, {8: None}, {}),
        ({}, {9: -5}, {}),
        ({}, {10: 0}, {}),
        ({}, {}, {3: "text/plain"}),
        ({}, {}, {395: 1}),
        ({}, {}, {cose.TYP: "application/scitt-statement+cose"}),
        ({}, {}, {cose.KID: "kid"}),
        ({}, {}, {cose.CWT_CLAIMS: ()}),
    ],
)
def test_fields_of_another_shape(claims, payload, header):
    assert reason(forged(claims, payload, header)) == "shape"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({1: 2}, "version"),
        ({3: 0}, "empty-batch"),
        ({3: 65537}, "batch-size"),
        ({4: 2**63 - 1}, "batch-size"),
        ({5: 1000 * NOON + 60_001}, "batch-time"),
    ],
)
def test_batches_that_cannot_be(payload, expected):
    assert reason(forged(payload=payload)) == expected


def test_a_statement_has_a_kilobyte_at_most():
    assert MAX_STATEMENT_BYTES == 1024
    assert reason(bytes(1024)) != "statement-size"
    assert reason(bytes(1025)) == "statement-size"


def test_other_objects():
    assert reason(forged(header={cose.TYP: 278})) == "statement-typ"
    assert reason(forged(detached=True)) == "statement-form"
    assert reason(forged(unprotected={99: 1})) == "statement-form"
    assert reason(statement() + bytes(1024)) == "statement-size"
    assert reason(b"") == "cbor-truncated"
    assert reason(forged({ISS: "x" * 1024})) == "statement-size"


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_nothing_may_be_missing(key):
    payload = {k: v for k, v in PAYLOAD.items() if k != key}
    header = {
        cose.ALG: ES256,
        cose.KID: SIGNER.public.kid,
        cose.CWT_CLAIMS: HEADER_CLAIMS,
        cose.TYP: 277,
    }
    assert reason(cose.sign(header, cbor.encode(payload), SIGNER).to_bytes()) == "shape"


def test_every_flipped_bit_is_found():
    encoded = statement()
    for bit in range(8 * len(encoded)):
        changed = bytearray(encoded)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            parse_statement(bytes(changed)).verify(SIGNER.public)


def test_by_another_key():
    with pytest.raises(SignatureError):
        parse_statement(statement()).verify(EcdsaSigner("other").public)


def test_text_of_an_error_is_short_and_printable():
    with pytest.raises(MalformedError) as caught:
        parse_statement(forged({SUB: "\x1b[2J" + "x" * 500}))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200
