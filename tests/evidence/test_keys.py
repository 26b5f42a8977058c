"""Keys and signatures: python-ecdsa agrees, and every odd signature is refused."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from ecdsa import Ed25519, NIST256p, NIST384p, SigningKey, VerifyingKey
from ecdsa.ellipticcurve import INFINITY
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import cbor
from evidence.ecdsa import Ecdsa
from evidence.errors import MalformedError, SignatureError
from evidence.keys import ED25519, EDDSA, ES256, ES384, ESP256, ESP384, Curve, PublicKey
from tests.evidence.building import EcdsaSigner, EdSigner

P256, P384, ED = EcdsaSigner("p256"), EcdsaSigner("p384", ec.SECP384R1()), EdSigner("ed")
N = NIST256p.order
MESSAGE = b"what was signed"


def refused(key, algorithm, signature, message=MESSAGE):
    with pytest.raises(SignatureError) as caught:
        key.verify(algorithm, message, signature)
    return caught.value.reason


def test_thumbprint_of_the_standard():
    # RFC 9679 §6: the key of its example and the thumbprint that it gives
    key = PublicKey(
        Curve.P256,
        bytes.fromhex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
        bytes.fromhex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"),
    )
    assert key.thumbprint.hex() == (
        "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"
    )
    assert key.kid == key.thumbprint[:8]


@pytest.mark.parametrize("signer", [P256, P384, ED], ids=["p256", "p384", "ed25519"])
def test_cose_key_round_trip(signer):
    encoded = signer.public.to_cose()
    assert PublicKey.from_cose(encoded) == signer.public
    assert hashlib.sha256(encoded).digest() == signer.public.thumbprint


def test_rfc_6979_value_by_two_libraries():
    # RFC 6979 §A.2.5, P-256, SHA-256, message "sample"
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    signature = SigningKey.from_secret_exponent(
        secret, NIST256p, hashlib.sha256
    ).sign_deterministic(b"sample")
    assert signature.hex() == (
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    )
    ours = ec.derive_private_key(secret, ec.SECP256R1())
    numbers = ours.public_key().public_numbers()
    key = PublicKey(Curve.P256, numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))
    key.verify(ES256, b"sample", signature)
    der = ours.sign(b"sample", Ecdsa(hashes.SHA256(), deterministic=True))
    assert signature[:32].lstrip(b"\0") in der


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_python_ecdsa_agrees(message):
    point = P256.public.x + P256.public.y
    assert VerifyingKey.from_string(point, NIST256p).verify(P256(message), message, hashlib.sha256)
    P256.public.verify(ES256, message, P256(message))
    assert VerifyingKey.from_string(ED.public.x, Ed25519).verify(ED(message), message)
    ED.public.verify(EDDSA, message, ED(message))


def test_p384():
    P384.public.verify(ES384, MESSAGE, P384(MESSAGE))
    P384.public.verify(ESP384, MESSAGE, P384(MESSAGE))
    point = P384.public.x + P384.public.y
    assert VerifyingKey.from_string(point, NIST384p).verify(P384(MESSAGE), MESSAGE, hashlib.sha384)


@pytest.mark.parametrize("signer", [P256, P384, ED], ids=["p256", "p384", "ed25519"])
@pytest.mark.parametrize(
    "algorithm", [ES256, ESP256, ES384, ESP384, EDDSA, ED25519, -47, 0, 5, 2**70]
)
def test_the_key_decides_the_algorithm(signer, algorithm):
    if algorithm in signer.public.curve.algorithms:
        signer.public.verify(algorithm, MESSAGE, signer(MESSAGE))
    else:
        assert refused(signer.public, algorithm, signer(MESSAGE)) == "algorithm"


def test_high_s_verifies_too():
    # So a signature's bytes identify nothing; docs/PROTOCOL.md, "Conventions".
    signature = P256(MESSAGE)
    other = N - int.from_bytes(signature[32:], "big")
    P256.public.verify(ES256, MESSAGE, signature[:32] + other.to_bytes(32, "big"))


@pytest.mark.parametrize("r", [0, 1, N - 1, N, N + 1, 2**256 - 1, None])
@pytest.mark.parametrize("s", [0, 1, N - 1, N, N + 1, 2**256 - 1, None])
def test_extreme_r_and_s(r, s):
    real = P256(MESSAGE)
    if r is None and s is None:
        return
    halves = [
        real[:32] if r is None else r.to_bytes(32, "big"),
        real[32:] if s is None else s.to_bytes(32, "big"),
    ]
    assert refused(P256.public, ES256, b"".join(halves)) == "signature"


def test_a_sum_at_infinity_is_refused():
    # r = x(Q), s = r makes u1·G + u2·Q = (z/r)·G + Q; with Q = -(z/r)·G it is the point at infinity.
    z = int.from_bytes(hashlib.sha256(MESSAGE).digest(), "big") % N
    r = 4
    point = NIST256p.generator * (-z * pow(r, -1, N) % N)
    assert point + NIST256p.generator * (z * pow(r, -1, N) % N) == INFINITY
    key = PublicKey(
        Curve.P256, int(point.x()).to_bytes(32, "big"), int(point.y()).to_bytes(32, "big")
    )
    assert refused(key, ES256, r.to_bytes(32, "big") * 2) == "signature"


@pytest.mark.parametrize("signer", [P256, P384, ED], ids=["p256", "p384", "ed25519"])
def test_wrong_lengths(signer):
    algorithm = min(signer.public.curve.algorithms)
    signature = signer(MESSAGE)
    for wrong in (b"", signature[:-1], signature + b"\0", signature * 2):
        assert refused(signer.public, algorithm, wrong) == "signature-length"


def test_der_is_no_signature_here():
    der = P256.private.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert refused(P256.public, ES256, der) == "signature-length"


def test_ed25519_s_beyond_the_order():
    order = 2**252 + 27742317777372353535851937790883648493
    signature = ED(MESSAGE)
    s = int.from_bytes(signature[32:], "little") + order
    assert refused(ED.public, EDDSA, signature[:32] + s.to_bytes(32, "little")) == "signature"


@given(st.integers(0, 511))
@settings(deadline=None)
def test_every_flipped_bit_of_a_signature(bit):
    for signer, algorithm in ((P256, ES256), (ED, EDDSA)):
        changed = bytearray(signer(MESSAGE))
        changed[bit // 8] ^= 1 << bit % 8
        refused(signer.public, algorithm, bytes(changed))


def test_another_message_and_another_key():
    refused(P256.public, ES256, P256(MESSAGE), b"another")
    refused(EcdsaSigner("other").public, ES256, P256(MESSAGE))


X, Y = P256.public.x, P256.public.y


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({1: 2, -1: 1, -2: X, -3: X}, "key-point"),
        ({1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}, "key-point"),
        ({1: 2, -1: 1, -2: b"\xff" * 32, -3: Y}, "key-point"),
        ({1: 2, -1: 1, -2: X[1:], -3: Y}, "shape"),
        ({1: 2, -1: 1, -2: X, -3: True}, "shape"),  # compressed y
        ({1: 2, -1: 1, -2: X}, "shape"),
        ({1: 2, -1: 1, -2: X, -3: Y, 3: -7}, "shape"),
        ({1: 2, -1: 1, -2: X, -3: Y, -4: X}, "shape"),  # a private key
        ({1: 2, -1: 6, -2: X, -3: Y}, "key-curve"),
        ({1: 2, -1: 8, -2: X, -3: Y}, "key-curve"),
        ({1: 1, -1: 1, -2: X}, "key-curve"),
        ({1: 3, -1: 1, -2: X, -3: Y}, "key-curve"),
        ({1: True, -1: 6, -2: X}, "shape"),
        ({1: 1, -1: -6, -2: X}, "key-curve"),
        ({1: 1, -1: 1, -2: X, -3: Y}, "key-curve"),
        ({"kty": 1}, "shape"),
        ({}, "shape"),
    ],
)
def test_keys_that_are_none(fields, reason):
    with pytest.raises(MalformedError) as caught:
        PublicKey.from_cose(cbor.encode(fields))
    assert caught.value.reason == reason


@given(st.binary(max_size=120))
@settings(deadline=None)
def test_from_cose_raises_nothing_else(data):
    with pytest.raises(MalformedError):
        PublicKey.from_cose(data)


def test_verify_with_a_key_off_its_curve_is_a_bad_signature():
    assert refused(PublicKey(Curve.P256, bytes(32), bytes(32)), ES256, P256(MESSAGE)) == "signature"
    assert refused(PublicKey(Curve.ED25519, b"\xff" * 32), EDDSA, ED(MESSAGE)) == "signature"
