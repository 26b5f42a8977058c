"""How much one peer may ask of the node: a token bucket for each CURVE key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PER_SECOND = 500
"""Messages that a peer may send in the long run; a gateway in the field sends one a minute, one
that catches up after an outage a few hundred a second."""

BURST = 1000
BYTES_PER_TOKEN = 16 * 1024
"""A message costs one token, and one more for each of these bytes of its body."""

MAX_PEERS = 4096
"""Buckets kept; the fullest ones go first, as they say nothing."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """Takes tokens from a peer's bucket, which refills by itself."""

    def __init__(
        self, monotonic: Callable[[], float], per_second: float = PER_SECOND, burst: float = BURST
    ) -> None:
        self._monotonic = monotonic
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, peer: str, size: int) -> float:
        """Return 0 and take the tokens of a message of `size` bytes, or the seconds until then."""
        now = self._monotonic()
        bucket = self._buckets.setdefault(peer, _Bucket(self._burst, now))
        grown = bucket.tokens + (now - bucket.at) * self._per_second
        bucket.tokens, bucket.at = min(self._burst, grown), now
        cost = 1 + size // BYTES_PER_TOKEN
        if cost > bucket.tokens:
            return (cost - bucket.tokens) / self._per_second
        bucket.tokens -= cost
        if len(self._buckets) > MAX_PEERS:
            del self._buckets[max(self._buckets, key=lambda key: self._buckets[key].tokens)]
        return 0.0
