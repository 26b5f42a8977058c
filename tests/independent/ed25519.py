"""Ed25519 as the page's "Keys" wants it, on python-ecdsa's arithmetic."""

from __future__ import annotations

import ecdsa  # type: ignore[import-untyped]  # it has no types
from ecdsa.eddsa import curve_ed25519  # type: ignore[import-untyped]  # it has no types
from ecdsa.ellipticcurve import INFINITY, PointEdwards  # type: ignore[import-untyped]  # no types


def _is_point(data: bytes) -> bool:
    """Whether these bytes are the one encoding of a point."""
    try:
        point = PointEdwards.from_bytes(curve_ed25519, data)
    except (ecdsa.MalformedPointError, ValueError):
        return False
    return bytes(point.to_bytes()) == data


def is_key(data: bytes) -> bool:
    """Whether these bytes are a public key: the encoding of a point of no small order."""
    if len(data) != 32 or not _is_point(data):
        return False
    return bool(PointEdwards.from_bytes(curve_ed25519, data) * 8 != INFINITY)


def verifies(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the signature is over `data`: S below the order, no cofactor, one form of R."""
    if len(signature) != 64 or not _is_point(signature[:32]):
        return False
    try:
        found = ecdsa.VerifyingKey.from_string(key, curve=ecdsa.Ed25519)
        return bool(found.verify(signature, data))
    except (ecdsa.BadSignatureError, ecdsa.MalformedPointError, ValueError):
        return False
