"""The statement key in a file: ECDSA on P-256, made on the device, mode 0600."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from agent.durable import write_file
from agent.errors import Fatal
from agent.evidence.keys import ES256, Curve, PublicKey

FOLDER = "keys"
STATEMENT_KEY = "statement.pem"

# RFC 6979: the same statement signed twice gives the same bytes, so a repeat after a power cut
# is no second signature, and a bad random source cannot betray the key.
_ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class FileKey:
    """A `Signer` over a PEM file (PKCS#8, unencrypted: the file's mode and the card protect it)."""

    algorithm = ES256

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        numbers = key.public_key().public_numbers()
        size = Curve.P256.size
        self.public = PublicKey(
            Curve.P256, numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")
        )

    @classmethod
    def load_or_make(cls, path: Path) -> FileKey:
        """Return the key in `path`, made and stored durably on the first call."""
        if path.exists():
            return cls.load(path)
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_file(path, pem, mode=0o600)
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> FileKey:
        """Return the key in `path`; Fatal when the file is no P-256 key."""
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise _unusable(path) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise _unusable(path)
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte ES256 signature over `message`."""
        r, s = utils.decode_dss_signature(self._key.sign(message, _ES256))
        size = Curve.P256.size
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def statement_key(state_dir: Path) -> FileKey:
    """Return the statement key kept in `state_dir`, made there at the first call."""
    folder = state_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return FileKey.load_or_make(folder / STATEMENT_KEY)


def _unusable(path: Path) -> Fatal:
    return Fatal(
        f"{path} holds no P-256 private key",
        advice="restore it from a backup, or move it away to start a new epoch with a new key",
    )
