"""Finding what a ring holds: the same for the agent's open and for a reader beside it.

What is found is exact for any state that a power cut can leave (see `ring.py`): a commit that is
not whole was never acknowledged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from agent.journal.pairing import LostRecords, RingFacts
from agent.journal.ring_block import (
    BLOCK_BYTES,
    Header,
    header_of,
    most_parts,
    pairing_of,
    payload_of,
    unpack_commit,
    unwritten_of,
)
from foundation.dataclass import dataclass

_EMPTY = bytes(BLOCK_BYTES)
_CHUNK_BLOCKS = 256  # read 1 MiB at once: a scan's memory stays flat, whatever the ring's size


@dataclass(frozen=True, slots=True)
class Extent:
    """A commit in the ring: its blocks, and those of its records that count."""

    sequence: int
    blocks: int
    first: int
    count: int

    @property
    def end(self) -> int:
        """The number behind its last record."""
        return self.first + self.count


@dataclass(frozen=True, slots=True)
class Scan:
    """What a ring holds from record `base` on.

    `extents` are consecutive, but for numbers that were given up. `next_sequence` is behind every
    block that is whole. `torn` are the slots behind the newest commit with the rest of a write that
    a power cut ended. `stranded` is the first number of commits that do not follow, because one
    before them is damaged; None is sound. `patchy`: some slot is blank, be it where no record can
    have been. `facts` are what the archive is held against.
    """

    extents: tuple[Extent, ...]
    next_sequence: int
    torn: tuple[int, ...]
    stranded: int | None
    patchy: bool
    facts: RingFacts


@dataclass(frozen=True, slots=True)
class Remnant:
    """What a ring without its archive holds: records by number, and how many batches it knows."""

    records: dict[int, bytes]
    batches: int


class ForeignRing(Exception):
    """The ring holds blocks of another epoch, which the text names."""


def read_commit(fd: int, slots: int, epoch: bytes, extent: Extent) -> list[bytes] | None:
    """Return the records of a commit, all that its blocks hold; None when they are not whole."""
    at = extent.sequence % slots * BLOCK_BYTES
    found = unpack_commit(os.pread(fd, extent.blocks * BLOCK_BYTES, at), epoch, extent.sequence)
    return None if found is None or found[0] != extent.first else found[1]


def leaves_of(
    extents: Iterable[Extent], first: int, count: int, read: Callable[[Extent], list[bytes]]
) -> list[bytes]:
    """Return up to `count` records from number `first` on, of those that the commits hold."""
    found: list[bytes] = []
    for extent in extents:
        if len(found) == count:
            break
        if extent.end > first:
            skip = max(0, first - extent.first)
            found += read(extent)[skip : min(extent.count, skip + count - len(found))]
    return found


def stated_slots(fd: int) -> int:
    """Return how many slots the ring has had from its making; the file may have been cut since."""
    slots = os.fstat(fd).st_size // BLOCK_BYTES
    for _, block in _blocks(fd, slots):
        pairing = pairing_of(block)
        if pairing is not None:
            return pairing.slots
    return slots


def scan(fd: int, slots: int, epoch: bytes, base: int, lost: LostRecords | None = None) -> Scan:
    """Find the records from number `base` on; OSError passes through, ForeignRing see there.

    Commits may go on with `lost.end` where `lost.first` was the next number.
    """
    seen = _look(fd, slots)
    window = 2 * most_parts(slots)  # where the newest commit and the rest of a torn one can be
    whole = _whole(fd, slots, seen, epoch, base, window)
    starts = [s for s in sorted(whole) if whole[s].part == 0 and _complete(whole, s)]
    heads = [whole[start] for start in starts]
    extents, stranded = _chain(heads, base, lost)
    behind = starts[-1] + whole[starts[-1]].parts if starts else 0
    halves = {sequence % slots for sequence in whole if sequence >= behind}
    # The next commit lies there, or starts at slot 0 when it did not fit before the ring's end.
    near = {(behind + ahead) % slots for ahead in range(window)}
    torn = tuple(sorted(halves | (seen.broken & near)))
    facts = _facts(fd, slots, seen, heads, blank=bool(seen.blank & near))
    patchy = bool(seen.blank)
    return Scan(extents, max(whole, default=-1) + 1, torn, stranded, patchy, facts)


def remnant(fd: int, epoch: bytes) -> Remnant:
    """Return all that whole commits hold, sealed or not; OSError and ForeignRing as in `scan`."""
    slots = stated_slots(fd)
    seen = _look(fd, slots)
    whole = _whole(fd, slots, seen, epoch, 0, len(seen.headers))
    starts = [s for s in sorted(whole) if whole[s].part == 0 and _complete(whole, s)]
    records: dict[int, bytes] = {}
    for head in (whole[start] for start in starts):
        extent = Extent(head.sequence, head.parts, head.first, head.count)
        # A later commit replaces what it repeats, and what stood behind: that write had failed.
        for number in [number for number in records if number >= head.first]:
            del records[number]
        records.update(enumerate(read_commit(fd, slots, epoch, extent) or [], head.first))
    pairing = _facts(fd, slots, seen, [whole[start] for start in starts], blank=False).pairing
    return Remnant(records, pairing.batches if pairing else 0)


def may_hold(fd: int, slots: int, below: int) -> bool:
    """Tell whether a slot may hold a record with a number `below` that, or pieces of one."""
    seen = _look(fd, slots)
    return bool(seen.broken) or any(head.first < below for head in seen.headers.values())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lies in the slots: `headers` by sequence, checked for form only; blocks that say that
    they are `unwritten`; slots that are `blank`, or beyond the file's end; and the `broken` others.
    """

    headers: dict[int, Header]
    unwritten: list[Header]
    blank: set[int]
    broken: set[int]


def _look(fd: int, slots: int) -> _Seen:
    seen = _Seen({}, [], set(range(slots)), set())
    for slot, block in _blocks(fd, slots):
        if block == _EMPTY:
            continue
        seen.blank.remove(slot)
        header = header_of(block) or unwritten_of(block)
        if header is None or header.sequence % slots != slot:
            seen.broken.add(slot)
        elif header.count:
            seen.headers[header.sequence] = header
        else:
            seen.unwritten.append(header)
    return seen


def _whole(
    fd: int, slots: int, seen: _Seen, epoch: bytes, base: int, window: int
) -> dict[int, Header]:
    """Return the headers of whole blocks, and put the others among the broken ones."""
    near_end = sorted(seen.headers)[-window:]
    whole = dict(seen.headers)
    for sequence, header in seen.headers.items():
        # What is sealed is not read again: its CRC matters only near the end, for a torn write.
        if header.end <= base and sequence < near_end[0]:
            continue
        block = os.pread(fd, BLOCK_BYTES, sequence % slots * BLOCK_BYTES)
        if header_of(block) != header or payload_of(block, header) is None:
            seen.broken.add(sequence % slots)
            del whole[sequence]
        elif header.epoch != epoch:
            raise ForeignRing(header.epoch.hex())
    for header in seen.unwritten:
        if header.epoch != epoch:
            raise ForeignRing(header.epoch.hex())
    return whole


def _facts(fd: int, slots: int, seen: _Seen, heads: list[Header], *, blank: bool) -> RingFacts:
    """Return what the newest commit says, or in a ring without one an unwritten block."""
    unwritten = max(seen.unwritten, key=lambda header: header.end, default=None)
    newest = heads[-1] if heads else unwritten
    if newest is None:
        return RingFacts(0, None, blank)
    upto = newest.end if unwritten is None else max(newest.end, unwritten.end)
    block = os.pread(fd, BLOCK_BYTES, newest.sequence % slots * BLOCK_BYTES)
    return RingFacts(upto, pairing_of(block), blank)


def _blocks(fd: int, slots: int) -> Iterator[tuple[int, bytes]]:
    for start in range(0, slots, _CHUNK_BLOCKS):
        data = os.pread(fd, min(_CHUNK_BLOCKS, slots - start) * BLOCK_BYTES, start * BLOCK_BYTES)
        for at in range(len(data) // BLOCK_BYTES):
            yield start + at, data[at * BLOCK_BYTES : (at + 1) * BLOCK_BYTES]


def _complete(whole: dict[int, Header], start: int) -> bool:
    head = whole[start]
    for part in range(1, head.parts):
        other = whole.get(start + part)
        if other is None or other.part != part:
            return False
    return True


def _chain(
    heads: list[Header], base: int, lost: LostRecords | None
) -> tuple[tuple[Extent, ...], int | None]:
    """Put commits, in their order, into one unbroken line from `base` on.

    A commit always starts at the first number that was not acknowledged then. So one that starts
    within the line replaces what follows there (a write that failed, and was written anew), and one
    that starts behind its end tells that an acknowledged commit is gone.
    """
    line: list[Extent] = []
    end = base
    for head in heads:
        if head.end <= base and head.first < base:
            line, end = [], base
            continue
        if lost is not None and (end, head.first) == (lost.first, lost.end):
            end = lost.end
        if head.first > end:
            return tuple(line), head.first
        while line and line[-1].first >= head.first:
            line.pop()
        if line and line[-1].end > head.first:
            line[-1] = replace(line[-1], count=head.first - line[-1].first)
        line.append(Extent(head.sequence, head.parts, head.first, head.count))
        end = line[-1].end
    return tuple(line), None
