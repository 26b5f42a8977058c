"""CURVE public keys as people pass them on: 40 characters of Z85 (ZeroMQ RFC 32)."""

from __future__ import annotations

import struct

from zmq.utils import z85

from ledger.base.key_files import Z85_KEY_CHARS


def curve_key(text: str) -> str:
    """Return the CURVE public key in `text`; ValueError when it is none."""
    if not is_curve(text):
        raise ValueError(f"no CURVE public key, {Z85_KEY_CHARS} characters of Z85")
    return text


def is_curve(text: str) -> bool:
    """Tell whether `text` is a CURVE key: canonical Z85 of 32 bytes."""
    if len(text) != Z85_KEY_CHARS or not text.isascii():
        return False
    try:
        return z85.encode(z85.decode(text.encode())).decode() == text
    except (KeyError, ValueError, struct.error):
        return False
