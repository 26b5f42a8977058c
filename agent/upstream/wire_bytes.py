"""What a message takes on the way to a node or back: CURVE, ZMTP, TCP and IP. Pure.

That is what the contract of a SIM card counts. What TCP sends once more after a loss is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

SEAL_BYTES = 8 + 8 + 16 + 1
"""Around a frame: the command's name, a short nonce, Poly1305's tag and flags (ZeroMQ RFC 26)."""

SHORT_HEAD_BYTES, LONG_HEAD_BYTES = 2, 9
MOST_SHORT = 255
"""A frame's head, and the most that one of two bytes counts (ZeroMQ RFC 37, "Framing")."""

HEADER_BYTES = 20 + 20 + 12
"""Of a packet: IPv4, TCP (RFC 9293), and TCP's timestamps (RFC 7323), which Linux sends."""

SEGMENT_BYTES = 1348
"""What a packet of 1,400 bytes holds, as mobile networks carry them."""

HANDSHAKE_BYTES = 868 + 15 * HEADER_BYTES + 2 * 60
"""A connection until both sides may speak: greetings and CURVE, in 15 packets behind two SYN."""


def message_bytes(frames: Iterable[bytes]) -> int:
    """Return what a message of these frames takes, with what acknowledges it: a packet for two."""
    sealed = sum(map(_frame_bytes, frames))
    segments = math.ceil(sealed / SEGMENT_BYTES)
    return sealed + HEADER_BYTES * (segments + math.ceil(segments / 2))


def _frame_bytes(frame: bytes) -> int:
    size = len(frame) + SEAL_BYTES
    return size + (SHORT_HEAD_BYTES if size <= MOST_SHORT else LONG_HEAD_BYTES)
