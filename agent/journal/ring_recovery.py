"""Opening a ring for writing: what is there is held against the archive, and made sound.

A commit that is not whole was never acknowledged: it is cut, and declared. Where the ring may have
held records that are neither in it nor in the archive, it goes on with numbers that none of them
had. A ring of another size, one in which blocks say too little, and one that is crowded is written
anew with the records that are still needed. There is no other recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from agent.journal.journal import JournalDamaged, MixedGateways
from agent.journal.pairing import (
    ArchiveFacts,
    LostRecords,
    missing_batches,
    next_number,
    ring_fault,
)
from agent.journal.ring_block import (
    BLOCK_BYTES,
    ROOM,
    Pairing,
    join_records,
    pack_commit,
    packed_bytes,
    unwritten,
)
from agent.journal.ring_damage import NAMES_DAMAGE, NEW_EPOCH, Damage
from agent.journal.ring_file import RingFile
from agent.journal.ring_scan import Extent, ForeignRing, Scan, leaves_of
from agent.journal.ring_slots import Slots, kept_for_opening
from agent.journal.torn_tail import TornTail
from foundation.dataclass import dataclass

Stretch = tuple[int, list[bytes]]
"""The first number of consecutive records, and the records."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A ring that takes commits.

    `generation` is what its next block says, `durable_generation` what one says already. `made`:
    there was none before. `anew`: this opening wrote the whole file. `torn` blocks were cut.
    """

    slots: Slots
    generation: int
    durable_generation: int
    made: bool
    anew: bool
    torn: int


class Recovery:
    """One opening of a ring."""

    def __init__(
        self,
        file: RingFile,
        epoch: bytes,
        archive: ArchiveFacts,
        damage: Damage,
        *,
        slots: int,
        alarm_slots: int,
    ) -> None:
        """The ring is to have so many `slots`, the last free ones of them for alarms."""
        self._file = file
        self._epoch = epoch
        self._archive = archive
        self._damage = damage
        self._wanted = slots
        self._alarm_slots = alarm_slots
        self._slots = Slots(slots, alarm_slots)
        self._generation = archive.generation + 1
        self._durable_generation = 0
        self._anew = False

    def run(self) -> Recovered:
        """Take over the ring that is there, or make one; JournalDamaged, JournalUnavailable."""
        made = not self._file.path.exists()
        torn = self._make_first() if made else self._take_over()
        return Recovered(
            self._slots, self._generation, self._durable_generation, made, self._anew, torn
        )

    @property
    def _upto(self) -> int:
        return next_number(self._slots.end(self._archive.upto), self._damage.lost)

    def _pairing(self, slots: int) -> Pairing:
        return Pairing(slots, self._generation, self._archive.batches)

    def _make_first(self) -> int:
        """Make the ring of a new journal, or in the place of one that is gone; return 0."""
        archive = self._archive
        if archive.batches or archive.generation:
            self._damage.give_up(archive.upto, archive.slots or self._wanted, "gone")
        self._make(self._wanted, b"", ())
        return 0

    def _make(self, slots: int, head: bytes, extents: Iterable[Extent]) -> None:
        """Put a ring in this one's place which begins with the blocks `head`, of these commits."""
        self._file.make(slots, head, self._unwritten(slots))
        self._file.name()
        self._durable_generation = self._generation
        self._slots = Slots(slots, self._alarm_slots, extents, len(head) // BLOCK_BYTES)
        self._anew = True

    def _unwritten(self, slots: int) -> Callable[[int], bytes]:
        return unwritten_blocks(self._epoch, self._upto, self._pairing(slots))

    def _take_over(self) -> int:
        """Go on with what is there; return how many torn blocks were cut."""
        self._file.open()
        found = self._scan()
        self._check(found)
        self._slots = Slots(self._file.slots, self._alarm_slots, found.extents, found.next_sequence)
        pairing = found.facts.pairing
        if pairing is not None:
            self._durable_generation = pairing.generation
            self._generation = max(self._generation, pairing.generation + 1)
        sound = self._declare_lost(found) and not found.patchy and pairing is not None
        if sound or not self._made_sound():
            self._go_on(found.torn)
        return len(found.torn)

    def _scan(self) -> Scan:
        try:
            return self._file.scan(self._epoch, self._archive.upto, self._damage.lost)
        except ForeignRing as error:
            raise MixedGateways(
                f"{self._file.path} belongs to epoch {error}, not to {self._epoch.hex()}"
            ) from error

    def _check(self, found: Scan) -> None:
        """Refuse a ring that knows of batches which are gone, or lost records in its middle."""
        path = self._file.path
        missing = missing_batches(found.facts, self._archive)
        if missing:
            raise JournalDamaged(
                f"{path} knows of {missing.stop} batches, the archive beside it has "
                f"{missing.start}: the archive is an old copy, or damaged",
                advice=f"put the newest copy of the archive back; where there is none, {NEW_EPOCH}",
            )
        if found.stranded is not None:
            end = found.extents[-1].end if found.extents else self._archive.upto
            raise JournalDamaged(
                f"{path} has lost records {end} to {found.stranded - 1} and holds newer ones",
                advice=NAMES_DAMAGE,
            )

    def _declare_lost(self, found: Scan) -> bool:
        """See to it that what was lost gets declared; tell whether nothing acknowledged was."""
        fault = ring_fault(found.facts, self._archive)
        if fault is not None:
            most = max(self._slots.count, self._archive.slots, self._wanted)
            self._damage.give_up(self._slots.end(self._archive.upto), most, fault)
        elif found.torn:
            self._damage.cut(TornTail(len(found.torn), self._upto))
        return fault is None

    def _made_sound(self) -> bool:
        """Write the ring anew, so that each slot says whether something was written there."""
        larger = max(self._slots.count, self._wanted)
        return self._make_anew(self._wanted) or self._make_anew(larger, tight=True)

    def _go_on(self, torn: Sequence[int]) -> None:
        """Use the file as it is, unless it has another size, or little room."""
        fits = self._slots.count == self._wanted and not self._slots.crowded
        if fits or not self._make_anew(self._wanted):
            # What a power cut left of a commit is declared just once.
            self._file.clear(torn, self._unwritten(self._slots.count))

    def _make_anew(self, slots: int, *, tight: bool = False) -> bool:
        """Replace the ring by one of `slots` with the same records, packed; False: they do not fit.

        Then the old one goes on, and a later start finds most of them sealed. `tight`: they may
        take the slots that are kept free for the next start.
        """
        needed = stretches(self._archive.upto, self._upto, self._damage.lost, self._leaves)
        head, extents = laid_out(self._epoch, needed, self._pairing(slots))
        if len(head) // BLOCK_BYTES > slots - (0 if tight else kept_for_opening(slots)):
            return False
        self._make(slots, head, extents)
        return True

    def _leaves(self, first: int, count: int) -> list[bytes]:
        def read(extent: Extent) -> list[bytes]:
            return self._file.read(self._epoch, extent)

        return leaves_of(self._slots.extents, first, count, read)


def unwritten_blocks(epoch: bytes, upto: int, pairing: Pairing) -> Callable[[int], bytes]:
    """Return what makes the block of a slot in which nothing was written yet."""
    return lambda slot: unwritten(epoch, slot, upto, pairing)


def stretches(
    base: int, upto: int, lost: LostRecords | None, leaves: Callable[[int, int], list[bytes]]
) -> Iterator[Stretch]:
    """Yield the records that are needed: before the numbers that were given up, then behind.

    `leaves` returns so many records from a number on.
    """
    if lost is not None and base < lost.first:
        yield base, leaves(base, lost.first - base)
    first = base if lost is None else max(base, lost.end)
    yield first, leaves(first, upto - first)


def laid_out(
    epoch: bytes, stretches: Iterable[Stretch], pairing: Pairing
) -> tuple[bytes, list[Extent]]:
    """Return blocks that hold all records from slot 0 on, and where each commit is."""
    blocks = bytearray()
    extents: list[Extent] = []
    for first, leaves in stretches:
        for part in _parts(leaves):
            sequence = len(blocks) // BLOCK_BYTES
            number = max(first, extents[-1].end if extents else 0)
            packed = pack_commit(epoch, sequence, number, join_records(part), pairing)
            extents.append(Extent(sequence, len(packed) // BLOCK_BYTES, number, len(part)))
            blocks += packed
    return bytes(blocks), extents


def _parts(leaves: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the records in commits of one block each, where they are not larger."""
    part: list[bytes] = []
    for index, leaf in enumerate(leaves):
        part.append(leaf)
        follows = leaves[index + 1 : index + 2]
        if sum(map(packed_bytes, (*part, *follows))) > ROOM or not follows:
            yield part
            part = []
