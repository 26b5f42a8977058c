"""The statement key in a file: P-256, P-384 or Ed25519, made on the device, mode 0600."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.durable import write_file
from agent.errors import Fatal
from agent.evidence.keys import EDDSA, ES256, ES384, Curve, PublicKey, curve_of

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey

# RFC 6979: the same statement signed twice gives the same bytes, so a repeat after a power cut
# is no second signature, and a bad random source cannot betray the key. Ed25519 is so by itself.
_ECDSA = {
    Curve.P256: ec.ECDSA(hashes.SHA256(), deterministic_signing=True),
    Curve.P384: ec.ECDSA(hashes.SHA384(), deterministic_signing=True),
}
_USUAL = {Curve.P256: ES256, Curve.P384: ES384, Curve.ED25519: EDDSA}
_EC_CURVES: dict[str, Curve] = {"secp256r1": Curve.P256, "secp384r1": Curve.P384}


class FileKey:
    """A `Signer` over a PEM file (PKCS#8, unencrypted: the file's mode and the card protect it)."""

    def __init__(self, key: PrivateKey, algorithm: int | None = None) -> None:
        """Sign as `algorithm` says; by default as is usual for the key's curve."""
        self._key = key
        self.public = _public(key)
        curve = self.public.curve
        self.algorithm = algorithm if algorithm in curve.algorithms else _USUAL[curve]

    @classmethod
    def load_or_make(cls, path: Path, algorithm: int = ES256) -> FileKey:
        """Return the key in `path`, made for `algorithm` and stored durably on the first call.

        A key that is there stays: one that cannot sign as `algorithm` says signs as is usual for
        its curve, until it is rotated.
        """
        if not path.exists():
            return cls.make(path, algorithm)
        return cls.load(path, algorithm)

    @classmethod
    def make(cls, path: Path, algorithm: int) -> FileKey:
        """Make a key for `algorithm` and store it durably in `path`."""
        key = _generate(curve_of(algorithm))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_file(path, pem, mode=0o600)
        return cls(key, algorithm)

    @classmethod
    def load(cls, path: Path, algorithm: int | None = None) -> FileKey:
        """Return the key in `path`; Fatal when the file is none that statements may have."""
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise _unusable(path) from error
        known = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _EC_CURVES
        if known or isinstance(key, Ed25519PrivateKey):
            return cls(key, algorithm)  # type: ignore[arg-type]  # mypy does not see `known`
        raise _unusable(path)

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over `message`."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        curve = self.public.curve
        r, s = utils.decode_dss_signature(self._key.sign(message, _ECDSA[curve]))
        return r.to_bytes(curve.size, "big") + s.to_bytes(curve.size, "big")


def _generate(curve: Curve) -> PrivateKey:
    if curve is Curve.ED25519:
        return Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if curve is Curve.P256 else ec.SECP384R1())


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
