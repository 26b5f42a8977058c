"""Sealed files (PROTOCOL.md, "Sealed files")."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import ecdsa  # type: ignore[import-untyped]

from tests.independent.aes import open_gcm, unwrap
from tests.independent.cbor import Item, Tag, decode, encode
from tests.independent.reasons import Refused
from tests.independent.shape import any_map, array, blob, exact_map, num

TAG = 96
CONTENT, WRAPPING = encode({1: 3}), encode({1: -31})
X25519_PREFIX = bytes.fromhex("302e020100300506032b656e04220420")
P = 2**255 - 19


def x25519(scalar: bytes, point: bytes) -> bytes:
    """RFC 7748, section 5."""
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    x1 = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for turn in range(254, -1, -1):
        bit = k >> turn & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


@dataclass(frozen=True)
class Reader:
    """The private key of a recipient."""

    scalar: bytes | None  # X25519
    key: Any  # P-256: ecdsa.SigningKey, else None

    @property
    def kid(self) -> bytes:
        """The start of the key's thumbprint."""
        if self.scalar is not None:
            public: dict[int | str, Item] = {
                1: 1,
                -1: 4,
                -2: x25519(self.scalar, b"\x09" + bytes(31)),
            }
        else:
            point = self.key.verifying_key.to_string()
            public = {1: 2, -1: 1, -2: point[:32], -3: point[32:]}
        return hashlib.sha256(encode(public)).digest()[:8]

    def agree(self, ephemeral: list[bytes]) -> bytes:
        """The shared secret; a key that gives none was changed."""
        if (self.scalar is not None) != (len(ephemeral) == 1):
            raise Refused("sealed-curve")
        if self.scalar is not None:
            secret = x25519(self.scalar, ephemeral[0])
            if secret == bytes(32):
                raise Refused("sealed-key")
            return secret
        shared = _p256(ephemeral).pubkey.point * self.key.privkey.secret_multiplier
        return int(shared.x()).to_bytes(32, "big")


def read_reader(der: bytes) -> Reader:
    """A private key in PKCS #8."""
    if der.startswith(X25519_PREFIX) and len(der) == 48:
        return Reader(der[16:], None)
    try:
        key = ecdsa.SigningKey.from_der(der)
    except (ecdsa.der.UnexpectedDER, ecdsa.MalformedPointError, ValueError):
        raise Refused("recipient-key") from None
    if key.curve != ecdsa.NIST256p:
        raise Refused("recipient-key")
    return Reader(None, key)


@dataclass(frozen=True)
class Recipient:
    """One to whom a file is sealed."""

    kid: bytes
    ephemeral: list[bytes]
    wrapped: bytes


def _recipient(item: Item) -> Recipient:
    parts = array(item, 3)
    if parts[0] != WRAPPING:
        raise Refused("sealed-algorithm")
    header = exact_map(parts[1], {-1, 4})
    key = any_map(header[-1])
    pair = (num(key.get(1)), num(key.get(-1)))
    if pair not in ((1, 4), (2, 1)):
        raise Refused("sealed-curve")
    labels = (-2,) if pair == (1, 4) else (-2, -3)
    exact_map(key, {1, -1, *labels})
    ephemeral = [blob(key[label], 32) for label in labels]
    if len(ephemeral) > 1:
        _p256(ephemeral)
    return Recipient(blob(header[4], 8), ephemeral, blob(parts[2], 40))


def _p256(point: list[bytes]) -> Any:
    try:
        return ecdsa.VerifyingKey.from_string(b"".join(point), ecdsa.NIST256p)
    except (ecdsa.MalformedPointError, ValueError, AssertionError):
        raise Refused("sealed-curve") from None


def open_sealed(data: bytes, reader: Reader, commitment: bytes) -> bytes:
    """The file within a sealed one."""
    item = decode(data, (TAG,))
    if not isinstance(item, Tag):
        raise Refused("sealed-tag")
    parts = array(item.item, 4)
    if parts[0] != CONTENT:
        raise Refused("sealed-algorithm")
    nonce, sealed = blob(exact_map(parts[1], {5})[5], 12), blob(parts[2])
    some = array(parts[3])
    if not 1 <= len(some) <= 16:
        raise Refused("sealed-recipients")
    recipients = [_recipient(one) for one in some]
    if len({one.kid for one in recipients}) != len(recipients):
        raise Refused("sealed-recipients")
    mine = next((one for one in recipients if one.kid == reader.kid), None)
    if mine is None:
        raise Refused("sealed-recipient")
    key = unwrap(_wrapping_key(reader.agree(mine.ephemeral)), mine.wrapped)
    if key is None:
        raise Refused("sealed-key")
    content = open_gcm(key, nonce, sealed, encode(["Encrypt", CONTENT, b""]))
    if content is None or len(content) < 32:
        raise Refused("sealed-content")
    if hashlib.sha256(content).digest() != commitment:
        raise Refused("sealed-commitment")
    return content[32:]


def _wrapping_key(secret: bytes) -> bytes:
    """HKDF-SHA-256 without a salt, 32 bytes (RFC 9053, 5.2)."""
    nobody: Item = [None, None, None]
    context = encode([-5, nobody, nobody, [256, WRAPPING]])
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, context + b"\x01", hashlib.sha256).digest()
