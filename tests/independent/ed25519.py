"""Ed25519 as the page's "Keys" wants it, by the formulas of RFC 8032, 5.1."""

from __future__ import annotations

import hashlib
from functools import lru_cache

Point = tuple[int, int, int, int]  # X, Y, Z, T: x = X / Z, y = Y / Z, x * y = T / Z

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL: Point = (0, 1, 1, 0)


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _sum(one: Point, times: int, two: Point, more: int) -> Point:
    """`times` of one point and `more` of another."""
    steps = (NEUTRAL, one, two, _add(one, two))
    total = NEUTRAL
    for bit in range(255, -1, -1):
        total = _add(total, total)
        total = _add(total, steps[(times >> bit & 1) + 2 * (more >> bit & 1)])
    return total


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> Point | None:
    """The point that these bytes are the one encoding of."""
    number = int.from_bytes(data, "little")
    y = number & (1 << 255) - 1
    squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - squared) % P:
        return None
    x = P - x if (x & 1) != number >> 255 else x
    found = (x, y, 1, x * y % P)
    return found if _encode(found) == data else None


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


@lru_cache(maxsize=4096)
def is_key(data: bytes) -> bool:
    """Whether these bytes are a public key: the encoding of a point of no small order."""
    point = _decode(data) if len(data) == 32 else None
    return point is not None and _encode(_sum(point, 8, NEUTRAL, 0)) != _encode(NEUTRAL)


@lru_cache(maxsize=4096)  # many bundles have the same checkpoint
def verifies(key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the signature is over `data`: S below the order, no cofactor, one form of R."""
    point = _decode(key)
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return _encode(_sum(BASE, s, minus, k)) == signature[:32]
