"""A request to be admitted: as docs/PROTOCOL.md lays it out, signed by the key that it names."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cbor2
import pytest

from evidence import cbor, cose
from evidence.enrolment import Request, parse_request, sign_request, token_digest
from evidence.errors import EvidenceError
from evidence.keys import ES256
from tests.evidence.building import ISSUER, EcdsaSigner

KEY, OTHER = EcdsaSigner("gateway"), EcdsaSigner("other")
TOKEN = "abcdefghijklmnopqrstuvw234"  # 128 bits in base32 are 26 letters
CURVE = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"  # ZeroMQ RFC 26
ASKED = Request(TOKEN, "truck-7", ISSUER, CURVE, KEY.public)


def request(signer=KEY, **changes):
    return sign_request(replace(ASKED, **changes), ES256, signer)


def forged(header=None, payload=None, signer=KEY, **changes):
    """A request with other fields, `...` for one that is left out, signed all the same."""
    genuine = cose.parse(request())
    head = dict(genuine.header) | (header or {})
    fields = dict(cbor.decode(genuine.payload)) | (payload or {})
    kept = [{k: v for k, v in each.items() if v is not ...} for each in (head, fields)]
    made = cose.sign(kept[0], cbor.encode(kept[1]), signer)
    return replace(made, **changes).to_bytes()


def refused(data):
    with pytest.raises(EvidenceError) as caught:
        parse_request(data)
    return caught.value.reason


def test_a_request_is_as_the_protocol_lays_it_out():
    """Read by another library."""
    tag = cbor2.loads(request())
    protected, unprotected, payload, signature = tag.value
    assert (tag.tag, dict(unprotected), len(signature)) == (18, {}, 64)
    assert cbor2.loads(protected) == {1: -7, 4: KEY.public.kid, 16: "tallyman/enrolment"}
    key = KEY.public.to_cose()
    assert cbor2.loads(payload) == {1: TOKEN, 2: "truck-7", 3: ISSUER, 4: CURVE, 5: key}
    assert parse_request(request()) == ASKED


def test_of_a_token_its_digest_is_kept():
    assert token_digest(TOKEN) == hashlib.sha256(TOKEN.encode()).hexdigest()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"header": {cose.TYP: "tallyman/other"}}, "enrolment"),
        ({"header": {cose.TYP: ...}}, "shape"),
        ({"header": {cose.KID: bytes(7)}}, "shape"),
        ({"header": {cose.KID: OTHER.public.kid}}, "kid"),
        ({"header": {15: {1: ISSUER}}}, "shape"),
        ({"unprotected": {99: 1}}, "enrolment"),
        ({"payload": {6: "more"}}, "shape"),
        ({"payload": {2: b"truck-7"}}, "shape"),
        ({"payload": {3: ...}}, "shape"),
        ({"payload": {5: b"key"}}, None),
        ({"payload": {4: CURVE[:-1]}}, "shape"),
        ({"payload": {4: CURVE + "x"}}, "shape"),
        ({"payload": {4: CURVE[:-1] + "é"}}, "shape"),
        ({"payload": {1: TOKEN[:-1]}}, "token"),
        ({"payload": {1: TOKEN + "a"}}, "token"),
        ({"payload": {1: TOKEN[:-1] + "1"}}, "token"),
        ({"payload": {1: TOKEN.upper()}}, "token"),
        ({"signer": OTHER}, "signature"),
    ],
)
def test_what_is_no_request(changes, reason):
    assert parse_request(forged()) == ASKED
    assert reason in (None, refused(forged(**changes)))


def test_a_request_without_its_payload_is_none():
    assert refused(replace(cose.parse(request()), payload=None).to_bytes()) == "shape"
