"""Which slots of a ring hold records still needed, and where the next commit goes. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from agent.journal.ring_block import most_parts
from agent.journal.ring_scan import Extent

CROWDED = 1 / 2
"""The part of telemetry's room whose use means: seal now, whatever the batch's age."""

ROOMY = 1 / 4
"""The part of telemetry's room that must be free before refused telemetry is taken again."""


def kept_for_opening(slots: int) -> int:
    """Return the slots kept free so that opening a full ring can write the newest commit anew.

    Twice a commit: it must fit in one piece on one side of the ring's end.
    """
    return 2 * most_parts(slots)


class Slots:
    """The commits of a ring of `count` slots, `extents`, oldest first, and the room they leave.

    `sequence` is that of the block behind whatever was tried last. The last `alarm` free slots are
    for records that may use the reserve.
    """

    def __init__(
        self, count: int, alarm: int, extents: Iterable[Extent] = (), sequence: int = 0
    ) -> None:
        self.count = count
        self.extents = deque(extents)
        self.sequence = sequence
        self._alarm = alarm

    def anew(self, extents: Iterable[Extent], sequence: int) -> Slots:
        """Return the slots of a file as large in which these commits lie."""
        return Slots(self.count, self._alarm, extents, sequence)

    @property
    def crowded(self) -> bool:
        """Whether so much of the ring is used that a batch should be sealed now."""
        return self._used > CROWDED * self._room

    @property
    def roomy(self) -> bool:
        """Whether there is so much room that refused telemetry may be taken again."""
        return self._room - self._used > ROOMY * self._room

    @property
    def _used(self) -> int:
        return self.count - self._free()

    @property
    def _room(self) -> int:
        """Slots that telemetry may use at once."""
        return self.count - self.kept(reserve=False)

    def kept(self, *, reserve: bool) -> int:
        """Return how many slots a commit leaves free, where it may use the `reserve` or not."""
        return kept_for_opening(self.count) + (0 if reserve else self._alarm)

    def end(self, base: int) -> int:
        """Return the number behind the last record, where those below `base` are sealed."""
        return self.extents[-1].end if self.extents else base

    def take(self, blocks: int, kept: int) -> int | None:
        """Return the sequence at which a commit of so many blocks goes; None where it does not fit.

        It lies in one piece, over nothing needed, and leaves `kept` slots free. The next commit is
        tried behind it, even when writing this one fails: never the same slots again.
        """
        for start in (self.sequence, self._behind_newest()):
            left = self.count - start % self.count
            sequence = start if blocks <= left else start + left
            if self._fits(sequence, blocks + kept):
                self.sequence = sequence + blocks
                return sequence
        return None

    def release(self, upto: int) -> list[Extent]:
        """Give the slots of records below `upto` back; return their commits."""
        released = []
        while self.extents and self.extents[0].end <= upto:
            released.append(self.extents.popleft())
        return released

    def _free(self) -> int:
        """Return how many slots lie between the newest commit and the oldest one still needed."""
        if not self.extents:
            return self.count
        newest = self.extents[-1]
        return (self.extents[0].sequence - newest.sequence - newest.blocks) % self.count

    def _behind_newest(self) -> int:
        """Return the next sequence for the slot behind the newest commit, over failed writes."""
        if not self.extents:
            return self.sequence
        end = self.extents[-1].sequence + self.extents[-1].blocks
        return self.sequence + (end - self.sequence) % self.count

    def _fits(self, sequence: int, blocks: int) -> bool:
        if not self.extents:
            return blocks <= self.count
        newest = self.extents[-1]
        skipped = (sequence - newest.sequence - newest.blocks) % self.count
        return skipped + blocks <= self._free()
