"""COSE_Sign1: form, signature, and the ways to smuggle something past it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import cbor, cose
from evidence.cbor import Raw, Tag
from evidence.errors import EvidenceError, MalformedError, SignatureError
from evidence.keys import ES256, ES384
from tests.evidence.building import EcdsaSigner

SIGNER = EcdsaSigner("gateway")
HEADER = {cose.ALG: ES256, cose.KID: SIGNER.public.kid}


def signed(header=None, payload=b"content", **options):
    return cose.sign({**HEADER, **(header or {})}, payload, SIGNER, **options)


def wrapped(protected=None, loose=None, payload=b"content", signature=bytes(64), tag=18):
    encoded = cbor.encode(HEADER) if protected is None else protected
    return cbor.encode(Tag(tag, (encoded, loose or {}, payload, signature)))


def test_round_trip():
    made = signed(unprotected={99: b"loose"})
    again = cose.parse(made.to_bytes())
    assert again == made
    again.verify(SIGNER.public)
    assert again.algorithm == ES256


def test_the_structure_that_is_signed():
    # RFC 9052 §4.4: ["Signature1", protected, external, payload]
    protected = cbor.encode(HEADER)
    made = signed()
    assert made.signed_bytes() == cbor.encode(("Signature1", protected, b"", b"content"))
    SIGNER.public.verify(ES256, made.signed_bytes(), made.signature)


def test_detached_payload_must_be_given_and_only_then():
    made = cose.parse(signed(detached=True).to_bytes())
    made.verify(SIGNER.public, detached=b"content")
    with pytest.raises(SignatureError):
        made.verify(SIGNER.public, detached=b"other")
    with pytest.raises(MalformedError):
        made.verify(SIGNER.public)
    with pytest.raises(MalformedError):
        signed().verify(SIGNER.public, detached=b"content")


def test_an_empty_payload_is_a_payload():
    made = cose.parse(signed(payload=b"").to_bytes())
    made.verify(SIGNER.public)
    with pytest.raises(MalformedError):
        made.verify(SIGNER.public, detached=b"")


def test_the_digest_is_of_what_was_signed():
    made = signed()
    assert made.digest() == cose.Sign1(made.protected, made.header, {}, b"content", b"").digest()
    assert made.digest() != signed(payload=b"other").digest()


def test_a_key_of_another_name_is_not_tried():
    with pytest.raises(SignatureError) as caught:
        signed().verify(EcdsaSigner("other").public)
    assert caught.value.reason == "kid"


def test_another_algorithm_than_the_keys():
    with pytest.raises(SignatureError) as caught:
        cose.parse(signed({cose.ALG: ES384}).to_bytes()).verify(SIGNER.public)
    assert caught.value.reason == "algorithm"


@pytest.mark.parametrize("algorithm", [None, "ES256", True, b"-7", 2**63])
def test_no_algorithm_at_all(algorithm):
    made = cose.parse(signed({cose.ALG: algorithm}).to_bytes())
    with pytest.raises(MalformedError):
        made.verify(SIGNER.public)


def test_headers_that_are_not_protected_do_not_count():
    protected = cbor.encode({cose.KID: SIGNER.public.kid})
    made = cose.parse(wrapped(protected, {cose.ALG: ES256}))
    with pytest.raises(MalformedError):
        made.verify(SIGNER.public)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (wrapped(cbor.encode(HEADER | {cose.CRIT: (cose.ALG,)})), "cose-crit"),
        (wrapped(loose={cose.CRIT: (cose.ALG,)}), "cose-crit"),
        (wrapped(loose={cose.ALG: ES256}), "cose-header"),
        (wrapped(loose={cose.KID: b"other"}), "cose-header"),
        (wrapped(tag=17), "cbor-tag"),
        (wrapped()[1:], "cose-tag"),  # untagged
        (b"\xd2" + wrapped(), "shape"),  # tagged twice
        (wrapped(loose={99: Tag(18, 0)}), "shape"),  # tagged within
        (wrapped(loose={99: (0, (Tag(18, 0), 0))}), "shape"),
        (wrapped(loose={99: {1: 0, 2: Tag(18, 0)}}), "shape"),
        (wrapped() + b"\0", "cbor-trailing"),
        (wrapped(b""), "cbor-truncated"),  # an empty protected header has no alg
        (wrapped(cbor.encode((1,))), "shape"),
        (wrapped(b"\xa2\x04\x41\x00\x01\x26"), "cbor-order"),
        (wrapped(b"\xbf\xff"), "cbor-indefinite"),
        (wrapped(payload="text"), "shape"),
        (wrapped(payload=True), "shape"),
        (wrapped(signature=None), "shape"),
        (cbor.encode(Tag(18, (b"\xa0", {}, b""))), "shape"),
        (cbor.encode(Tag(18, (b"\xa0", {}, b"", b"", b""))), "shape"),
        (cbor.encode(Tag(18, (b"\xa0", (), b"", b""))), "shape"),
        (cbor.encode(Tag(18, ({}, {}, b"", b""))), "shape"),
        (cbor.encode(Tag(18, (Raw(b"\x58\x01\xa0"), {}, b"", b""))), "cbor-minimal"),
    ],
)
def test_refuses(data, reason):
    with pytest.raises(MalformedError) as caught:
        cose.parse(data)
    assert caught.value.reason == reason


@given(st.data())
@settings(deadline=None)
def test_mutated_objects_raise_nothing_else(data):
    changed = bytearray(signed().to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    original = signed().to_bytes()
    try:
        cose.parse(bytes(changed)).verify(SIGNER.public)
    except EvidenceError:
        return
    assert bytes(changed) == original
