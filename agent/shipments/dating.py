"""When a record was made: by its own clock where somebody vouches for that, else by a record of the
same run of the gateway whose clock somebody vouches for. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.observe.presence import whole
from evidence.leaf import Record

TOLD = ("from_ms", "to_ms")
"""Fields in which records tell of moments by the same clock."""


class Dating:
    """Dates the records of one bundle.

    A gateway that starts without a network or satellites counts from the last shutdown, or from
    1970. Once it knows better, so does the page: within a run the monotonic clock goes on.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._offsets: dict[int, int] = {}  # of each boot, UTC minus the monotonic clock, ms
        for record in records:
            if record.clock_bound_ms is not None:
                self._offsets.setdefault(record.boot, record.wall_ms - record.monotonic_ms)

    @property
    def vouched(self) -> bool:
        """Whether there is any moment that somebody vouches for."""
        return bool(self._offsets)

    def of(self, record: Record) -> int | None:
        """Return when it was made, ms of UTC; None where nobody knows.

        Where nobody vouches for any moment at all, what the gateway believed is all there is.
        """
        if record.clock_bound_ms is not None or not self.vouched:
            return record.wall_ms
        offset = self._offsets.get(record.boot)
        return None if offset is None else offset + record.monotonic_ms

    def dated(self, record: Record) -> Record:
        """Return a record with its moments as they are known by now, as far as they are."""
        at = self.of(record)
        if at is None or at == record.wall_ms:
            return record
        told = {name: whole(record, name) for name in TOLD}
        moved = {name: ms + at - record.wall_ms for name, ms in told.items() if ms is not None}
        return record._replace(wall_ms=at, values={**record.values, **moved})

    def doubtful(self, record: Record) -> bool:
        """Whether nobody but the gateway itself says when a record was made."""
        return record.clock_bound_ms is None and record.boot not in self._offsets
