"""How much goes to a node at once, and how often it is asked for receipts; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

FIRST_ROUND_BYTES = 8 * 1024
"""Two batches of the default size: on a 2 kB/s link 4 s, and an alarm waits for no longer."""

LARGEST_ROUND_BYTES = 256 * 1024
"""With the largest body beside it the most that forwarding holds in memory."""

LARGEST_ROUND = 64
"""Messages: hides the round trip, bounds what is sent twice after a cut."""

ROUND_S = 2.0
"""How long a round should take at most: what is urgent waits for its end."""


class Pace:
    """The size of a round, by how long the rounds before took. A round is one message at least."""

    def __init__(self) -> None:
        self.round_bytes = FIRST_ROUND_BYTES

    def fitting(self, items: Sequence[T], size: Callable[[T], int]) -> list[T]:
        """Return the first items that make a round."""
        total, found = 0, list[T]()
        for item in items[:LARGEST_ROUND]:
            total += size(item)
            if found and total > self.round_bytes:
                break
            found.append(item)
        return found

    def took(self, sent: int, seconds: float) -> None:
        """Learn that a round of `sent` bytes was answered after `seconds`."""
        if seconds > ROUND_S:
            self.round_bytes = max(1, min(self.round_bytes, sent) // 2)
        elif seconds < ROUND_S / 2 and sent > self.round_bytes // 2:
            self.round_bytes = min(2 * self.round_bytes, LARGEST_ROUND_BYTES)


CHECKPOINT_S = 1.0
"""A sequencer makes a checkpoint every second while entries wait (docs/PROTOCOL.md, "Frames")."""

LONGEST_PAUSE_S = 60.0
"""A log without its quorum is asked once a minute."""


class ReceiptPoll:
    """When to ask for receipts: not before they can be there, ever more seldom while they are not.

    Times are monotonic seconds. A new session knows nothing, and asks at once.
    """

    def __init__(self) -> None:
        self._waiting = True
        self._at = 0.0
        self._pause = CHECKPOINT_S

    def accepted(self, now: float) -> None:
        """Learn that the node took a statement."""
        if not self._waiting:
            self._waiting, self._at = True, now + CHECKPOINT_S

    def nothing_waits(self) -> None:
        """Learn that every statement that was accepted is proven."""
        self._waiting = False

    def got(self, now: float) -> None:
        """Learn that receipts came; the others may be there, too."""
        self._at, self._pause = now, CHECKPOINT_S

    def came_in_vain(self, now: float) -> None:
        """Learn that the node has no receipt yet."""
        self._at, self._pause = now + self._pause, min(2 * self._pause, LONGEST_PAUSE_S)

    def left(self, now: float) -> float | None:
        """Return the seconds until the next question; None when there is nothing to ask."""
        return max(0.0, self._at - now) if self._waiting else None
