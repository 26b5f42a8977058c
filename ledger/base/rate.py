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

BATCHES_PER_TOKEN = 8
"""And one more for each of these batches that it asks about: each is looked up, a body hashed."""

PAUSE_S = 0.128
"""Who is refused waits so long at least, and so does what it sent right behind: else that would
overtake. At PER_SECOND there is room then for all that a gateway sends at once, 64 messages."""

MAX_PEERS = 4096
"""Buckets kept; the fullest ones go first, as they say nothing."""


def cost(size: int, batches: int = 0) -> int:
    """Return the tokens of a message of `size` bytes that asks about so many batches."""
    return 1 + size // BYTES_PER_TOKEN + batches // BATCHES_PER_TOKEN


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    closed_until: float = 0.0


class RateLimit:
    """Takes tokens from a peer's bucket, which refills by itself."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        per_second: float = PER_SECOND,
        burst: float = BURST,
        pause: float = PAUSE_S,
    ) -> None:
        self._monotonic = monotonic
        self._pause = pause
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, peer: str, tokens: int = 1) -> float:
        """Return 0 and take the tokens of a message, or the seconds until it may come again."""
        now = self._monotonic()
        bucket = self._buckets.setdefault(peer, _Bucket(self._burst, now))
        grown = bucket.tokens + (now - bucket.at) * self._per_second
        bucket.tokens, bucket.at = min(self._burst, grown), now
        if now < bucket.closed_until:
            return bucket.closed_until - now
        if tokens > bucket.tokens:
            wait = max(self._pause, (tokens - bucket.tokens) / self._per_second)
            bucket.closed_until = now + wait
            return wait
        bucket.tokens -= tokens
        if len(self._buckets) > MAX_PEERS:
            del self._buckets[max(self._buckets, key=lambda key: self._buckets[key].tokens)]
        return 0.0
