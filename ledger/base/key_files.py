"""A node's private keys: one key for one purpose, one file each, readable by their owner only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zmq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from evidence.keys import Curve, PublicKey
from evidence.note import KeyType, NoteKey
from foundation.durable import write_file
from foundation.errors import Fatal
from foundation.private_file import PRIVATE_MODE, read_private_file
from ledger.base.errors import unreadable

Z85_KEY_CHARS = 40
"""A CURVE key's 32 bytes in Z85 (ZeroMQ RFC 32)."""

_ADVICE = "restore the node's keys/ folder; a node cannot go on with other keys"


@dataclass(frozen=True, slots=True)
class CurveKey:
    """A CURVE key pair, both in Z85."""

    public: bytes
    secret: bytes


class SigningKey:
    """An Ed25519 private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature."""
        return self._private.sign(message)

    @property
    def public(self) -> bytes:
        """The raw public key."""
        return self._private.public_key().public_bytes_raw()

    def cose_key(self) -> PublicKey:
        """Return the public key as COSE has it."""
        return PublicKey(Curve.ED25519, self.public)

    def note_key(self, name: str, type_: KeyType) -> NoteKey:
        """Return the public key as signed notes have it."""
        return NoteKey(name, type_, self.public)


def make_signing_key(path: Path) -> SigningKey:
    """Make a key and write it durably; return it."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_file(path, pem, PRIVATE_MODE)
    return SigningKey(private)


def load_signing_key(path: Path) -> SigningKey:
    """Read a key; Fatal when it is missing, damaged or open to others."""
    data = _read_private(path)
    try:
        private = load_pem_private_key(data, password=None)
    except ValueError as error:
        raise Fatal(f"{path} is no private key", advice=_ADVICE) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise Fatal(f"{path} is not an Ed25519 key", advice=_ADVICE)
    return SigningKey(private)


def make_curve_key(path: Path) -> CurveKey:
    """Make a CURVE key pair and write the secret half durably; return the pair."""
    public, secret = zmq.curve_keypair()
    write_file(path, secret + b"\n", PRIVATE_MODE)
    return CurveKey(public, secret)


def load_curve_key(path: Path) -> CurveKey:
    """Read a CURVE key pair; Fatal when it is missing, damaged or open to others."""
    secret = _read_private(path).strip()
    if len(secret) != Z85_KEY_CHARS:
        raise Fatal(f"{path} is no CURVE key", advice=_ADVICE)
    return CurveKey(zmq.curve_public(secret), secret)


def _read_private(path: Path) -> bytes:
    try:
        return read_private_file(path)
    except FileNotFoundError:
        raise Fatal(f"the key {path} is not there", advice=_ADVICE) from None
    except OSError as error:
        raise unreadable(f"the key {path}", error, _ADVICE) from error
