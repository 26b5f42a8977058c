"""Which 32 bytes are an Ed25519 public key (RFC 8032 §5.1.3), stricter than OpenSSL.

OpenSSL takes any bytes for a key, and under a key of small order one signature is good for many
messages. Signatures it checks as docs/PROTOCOL.md, "Keys", wants: without cofactor, R byte for
byte, S below the order.
"""

from __future__ import annotations

KEY_BYTES = 32

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P

_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})
"""The y of the eight points whose order divides the cofactor, 8."""


def is_public_key(data: bytes) -> bool:
    """Tell whether `data` is the one encoding of a point that is of no small order."""
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    # All points with x = 0 are of small order: no sign bit has to be looked at.
    return len(data) == KEY_BYTES and y < _P and y not in _SMALL_ORDER and _on_curve(y)


def _on_curve(y: int) -> bool:
    """Tell whether x² = (y² − 1) / (d·y² + 1) has a solution: Euler's criterion."""
    square = (y * y - 1) * (_D * y * y + 1) % _P  # a square just when the quotient is one
    return pow(square, (_P - 1) // 2, _P) <= 1
