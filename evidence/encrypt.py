"""A file sealed to recipients: COSE_Encrypt (RFC 9052 §5), ECDH-ES + A256KW (RFC 9053 §6.4).

One form only: A256GCM over `salt ‖ file`, its key wrapped once for each recipient by an ephemeral
key on the recipient's curve, X25519 or P-256. Whoever is none of them learns length, recipients'
key ids and that the file is the one committed to: SHA-256(salt ‖ file), which binds the sender to
one file for all recipients, as AES-GCM alone does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evidence import cbor, cose
from evidence.cbor import Tag
from evidence.errors import EvidenceError, MalformedError
from evidence.keys import KID_BYTES
from evidence.shape import as_array, as_bytes, as_int, as_map, exactly

ENCRYPT_TAG = 96
A256GCM, A256KW, ECDH_ES_A256KW = 3, -5, -31  # RFC 9053 §4.1, §6.2, §6.4.1
IV, EPHEMERAL = 5, -1  # RFC 9052 §3.1, RFC 9053 §6.3
KEY_BYTES, NONCE_BYTES, WRAPPED_BYTES = 32, 12, 40
SALT_BYTES = 32
MOST_RECIPIENTS = 16

_OKP, _EC2, _P256, _X25519 = 1, 2, 1, 4  # RFC 9053 §7
_COORDINATE = 32
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_CONTENT_HEADER = cbor.encode({cose.ALG: A256GCM})
_RECIPIENT_HEADER = cbor.encode({cose.ALG: ECDH_ES_A256KW})

PrivateKey = X25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKey = X25519PublicKey | ec.EllipticCurvePublicKey
Entropy = Callable[[int], bytes]


class NotForThisKey(EvidenceError):
    """The file is sealed to other recipients."""


class SealBroken(EvidenceError):
    """The sealed file, or the key wrapped for us, was changed."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file as it travels, and the commitment to what is in it."""

    data: bytes
    commitment: bytes


def seal(file: bytes, recipients: Sequence[PublicKey], entropy: Entropy) -> SealedFile:
    """Return `file` sealed to 1 to 16 recipients; `entropy` gives random bytes, never twice."""
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise ValueError(f"a file is sealed to 1 to {MOST_RECIPIENTS} recipients")
    content = entropy(SALT_BYTES) + file
    key, nonce = entropy(KEY_BYTES), entropy(NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, content, _aad())
    wrapped = tuple(_wrap(key, recipient, entropy) for recipient in recipients)
    items = (_CONTENT_HEADER, {IV: nonce}, ciphertext, wrapped)
    data = cbor.encode(Tag(ENCRYPT_TAG, items))
    return SealedFile(data, hashlib.sha256(content).digest())


def open_sealed(data: bytes, key: PrivateKey, commitment: bytes) -> bytes:
    """Return the file; NotForThisKey, SealBroken, or MalformedError where it is another form."""
    nonce, ciphertext, recipients = _parse(data)
    kid = key_id(key.public_key())
    mine = [_unwrap(one, key) for one in recipients if one.kid == kid]
    if not mine:
        raise NotForThisKey("sealed-recipient", f"it is not sealed to the key {kid.hex()}")
    try:
        content = AESGCM(mine[0]).decrypt(nonce, ciphertext, _aad())
    except InvalidTag as error:
        raise SealBroken("sealed-content", "what is sealed was changed") from error
    if hashlib.sha256(content).digest() != commitment:
        raise SealBroken("sealed-commitment", "it holds another file than the one committed to")
    return content[SALT_BYTES:]


def recipients_of(data: bytes) -> list[bytes]:
    """Return the key ids of those who can open a sealed file; MalformedError where it is none."""
    return [one.kid for one in _parse(data)[2]]


def read_public(pem: bytes) -> PublicKey:
    """Return a recipient's key from PEM (`openssl pkey -pubout`); MalformedError for others."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise MalformedError("recipient-key", "there is no public key in PEM") from error
    if isinstance(key, X25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
        return key
    raise MalformedError("recipient-key", "the key is neither X25519 nor P-256")


def read_private(pem: bytes) -> PrivateKey:
    """Return a recipient's private key from PEM without a password; MalformedError for others."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        text = "there is no private key in PEM, or a password protects it"
        raise MalformedError("recipient-key", text) from error
    if isinstance(key, X25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return key
    raise MalformedError("recipient-key", "the key is neither X25519 nor P-256")


def key_id(key: PublicKey) -> bytes:
    """Return the first 8 bytes of a recipient key's RFC 9679 thumbprint."""
    return hashlib.sha256(_cose_key(key)).digest()[:KID_BYTES]


@dataclass(frozen=True, slots=True)
class _Recipient:
    ephemeral: PublicKey
    kid: bytes
    wrapped: bytes


def _parse(data: bytes) -> tuple[bytes, bytes, list[_Recipient]]:
    outer = cbor.decode(data, tags=frozenset({ENCRYPT_TAG}))
    if not isinstance(outer, Tag):
        raise MalformedError("sealed-tag", "a COSE_Encrypt must carry tag 96")
    protected, loose, ciphertext, recipients = as_array(outer.value, "COSE_Encrypt", 4)
    # The one algorithm there is, byte for byte: nothing to negotiate, nothing to downgrade.
    if protected != _CONTENT_HEADER:
        raise MalformedError("sealed-algorithm", "the content's algorithm is not A256GCM alone")
    header = as_map(loose, "unprotected header")
    exactly(header, {IV: "IV"})
    nonce, content = as_bytes(header[IV], "IV", NONCE_BYTES), as_bytes(ciphertext, "ciphertext")
    some = as_array(recipients, "recipients")
    if not 0 < len(some) <= MOST_RECIPIENTS:
        raise MalformedError("sealed-recipients", f"it is sealed to {len(some)} recipients")
    found = [_parse_recipient(one) for one in some]
    if len({one.kid for one in found}) != len(found):
        raise MalformedError("sealed-recipients", "it is sealed twice to one recipient")
    return nonce, content, found


def _parse_recipient(value: cbor.Value) -> _Recipient:
    protected, loose, wrapped = as_array(value, "recipient", 3)
    if protected != _RECIPIENT_HEADER:
        raise MalformedError("sealed-algorithm", "a recipient's algorithm is not ECDH-ES + A256KW")
    header = as_map(loose, "recipient header")
    exactly(header, {EPHEMERAL: "ephemeral key", cose.KID: "kid"})
    return _Recipient(
        _public_key(header[EPHEMERAL]),
        as_bytes(header[cose.KID], "kid", KID_BYTES),
        as_bytes(wrapped, "wrapped key", WRAPPED_BYTES),
    )


def _wrap(key: bytes, recipient: PublicKey, entropy: Entropy) -> cbor.Value:
    ephemeral = _new_like(recipient, entropy)
    wrapped = keywrap.aes_key_wrap(_agree(ephemeral, recipient), key)
    key_of = cbor.Raw(_cose_key(ephemeral.public_key()))
    header: dict[int, cbor.Value] = {EPHEMERAL: key_of, cose.KID: key_id(recipient)}
    return (_RECIPIENT_HEADER, header, wrapped)


def _unwrap(recipient: _Recipient, key: PrivateKey) -> bytes:
    try:
        return keywrap.aes_key_unwrap(_agree(key, recipient.ephemeral), recipient.wrapped)
    except (keywrap.InvalidUnwrap, ValueError) as error:
        raise SealBroken("sealed-key", "the key that is wrapped for us was changed") from error


def _agree(private: PrivateKey, public: PublicKey) -> bytes:
    """Return the key that wraps: HKDF-SHA-256 over the shared secret (RFC 9053 §5)."""
    if isinstance(private, X25519PrivateKey) and isinstance(public, X25519PublicKey):
        secret = private.exchange(public)
    elif isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(
        public, ec.EllipticCurvePublicKey
    ):
        secret = private.exchange(ec.ECDH(), public)
    else:
        raise SealBroken("sealed-curve", "the ephemeral key is on another curve than ours")
    nobody = (None, None, None)
    context = (A256KW, nobody, nobody, (8 * KEY_BYTES, _RECIPIENT_HEADER))
    return HKDF(hashes.SHA256(), KEY_BYTES, None, cbor.encode(context)).derive(secret)


def _new_like(public: PublicKey, entropy: Entropy) -> PrivateKey:
    if isinstance(public, X25519PublicKey):
        return X25519PrivateKey.from_private_bytes(entropy(KEY_BYTES))
    # 16 bytes more than the order has, so that the remainder has no bias worth the name.
    number = int.from_bytes(entropy(_COORDINATE + 16), "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _cose_key(key: PublicKey) -> bytes:
    if isinstance(key, X25519PublicKey):
        return cbor.encode({1: _OKP, -1: _X25519, -2: key.public_bytes_raw()})
    numbers = key.public_numbers()
    x, y = (number.to_bytes(_COORDINATE, "big") for number in (numbers.x, numbers.y))
    return cbor.encode({1: _EC2, -1: _P256, -2: x, -3: y})


def _public_key(value: cbor.Value) -> PublicKey:
    fields = as_map(value, "ephemeral key")
    curve = as_int(fields.get(1), "kty"), as_int(fields.get(-1), "crv")
    if curve not in ((_OKP, _X25519), (_EC2, _P256)):
        raise MalformedError("sealed-curve", "the ephemeral key is on no curve that is used here")
    okp = curve == (_OKP, _X25519)
    exactly(fields, {1: "kty", -1: "crv", -2: "x"} | ({} if okp else {-3: "y"}))
    x = as_bytes(fields[-2], "x", _COORDINATE)
    if okp:
        return X25519PublicKey.from_public_bytes(x)
    point = b"\x04" + x + as_bytes(fields[-3], "y", _COORDINATE)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise MalformedError("sealed-curve", "the ephemeral key is no point") from error


def _aad() -> bytes:
    """Return the Enc_structure (RFC 9052 §5.3), with no external data."""
    return cbor.encode(("Encrypt", _CONTENT_HEADER, b""))
