"""The statement key in a file: P-256, P-384 or Ed25519, made on the device, mode 0600."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.signing import pkcs8
from evidence.ecdsa import Ecdsa
from evidence.keys import EDDSA, ES256, ES384, Curve, PublicKey, curve_of
from foundation.durable import write_file
from foundation.errors import Fatal
from foundation.private_file import PRIVATE_MODE, read_private_file

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey

# RFC 6979: the same statement signed twice gives the same bytes, so a repeat after a power cut
# is no second signature, and a bad random source cannot betray the key. Ed25519 is so by itself.
_ECDSA = {
    Curve.P256: Ecdsa(hashes.SHA256(), deterministic=True),
    Curve.P384: Ecdsa(hashes.SHA384(), deterministic=True),
}
_USUAL = {Curve.P256: ES256, Curve.P384: ES384, Curve.ED25519: EDDSA}
_EC_CURVES: dict[str, Curve] = {"secp256r1": Curve.P256, "secp384r1": Curve.P384}
_CURVES = {"secp256r1": ec.SECP256R1, "secp384r1": ec.SECP384R1}
_ED25519 = "ed25519"


class FileKey:
    """A `Signer` over a PEM file (PKCS#8, unencrypted: the file's mode and the card protect it)."""

    def __init__(self, key: PrivateKey, algorithm: int | None = None) -> None:
        """Sign as `algorithm` says; by default as is usual for the key's curve."""
        self._key = key
        self.public = _public(key)
        curve = self.public.curve
        self.algorithm = algorithm if algorithm in curve.algorithms else _USUAL[curve]

    @classmethod
    def make(cls, path: Path, algorithm: int = ES256) -> FileKey:
        """Make a key for `algorithm` and store it durably in `path`."""
        key = _generate(curve_of(algorithm))
        write_file(path, pkcs8.write(_secret(key)), mode=PRIVATE_MODE)
        return cls(key, algorithm)

    @classmethod
    def load(cls, path: Path, algorithm: int | None = None) -> FileKey:
        """Return the key in `path`; Fatal when others may read it, or it is none for statements.

        One that cannot sign as `algorithm` says signs as is usual for its curve.
        """
        pem = read_private_file(path)
        try:
            key = _private_key(pem)
        except (ValueError, TypeError) as error:
            raise _unusable(path) from error
        return cls(key, algorithm)

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over `message`."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        curve = self.public.curve
        r, s = utils.decode_dss_signature(self._key.sign(message, _ECDSA[curve]))
        return r.to_bytes(curve.size, "big") + s.to_bytes(curve.size, "big")

    def forget(self) -> None:
        """Do nothing: the key went with its file."""


def _generate(curve: Curve) -> PrivateKey:
    if curve is Curve.ED25519:
        return Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if curve is Curve.P256 else ec.SECP384R1())


def _private_key(pem: bytes) -> PrivateKey:
    """Return the key of a PEM file; ValueError or TypeError when it is none for statements."""
    stored = pkcs8.read(pem)
    if stored is None:
        return _foreign(pem)
    if stored.form == _ED25519:
        return Ed25519PrivateKey.from_private_bytes(stored.secret)
    key = ec.derive_private_key(int.from_bytes(stored.secret, "big"), _CURVES[stored.form]())
    if _secret(key) != stored:
        raise ValueError("the point is not the secret's")
    return key


def _foreign(pem: bytes) -> PrivateKey:
    """Read a key in a form that this program does not write."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  see agent/signing/pkcs8.py
        load_pem_private_key,
    )

    key = load_pem_private_key(pem, password=None)
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _EC_CURVES:
        return key
    raise ValueError("no curve of ours")


def _secret(key: PrivateKey) -> pkcs8.Secret:
    if isinstance(key, Ed25519PrivateKey):
        return pkcs8.Secret(_ED25519, key.private_bytes_raw())
    public = _public(key)
    secret = key.private_numbers().private_value.to_bytes(public.curve.size, "big")
    return pkcs8.Secret(key.curve.name, secret, public.x + public.y)


def _public(key: PrivateKey) -> PublicKey:
    if isinstance(key, Ed25519PrivateKey):
        return PublicKey(Curve.ED25519, key.public_key().public_bytes_raw())
    curve, numbers = _EC_CURVES[key.curve.name], key.public_key().public_numbers()
    x, y = (number.to_bytes(curve.size, "big") for number in (numbers.x, numbers.y))
    return PublicKey(curve, x, y)


def _unusable(path: Path) -> Fatal:
    return Fatal(
        f"{path} holds no P-256, P-384 or Ed25519 private key",
        advice="restore it from a backup, or start over: tallyman keys new-epoch --reason lost-key",
    )
