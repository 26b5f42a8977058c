"""Chunks of EPC lists become lists again; what is missing is named. Pure: `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.zigbee.epc_list import Chunk, check

GIVE_UP_AFTER = 30.0
"""Seconds without a new chunk: a node sends its 40 within a few, and repeats within ten."""


@dataclass(frozen=True, slots=True)
class EpcList:
    """A list as far as it came; `missing` are indexes of chunks. `intact` is what its CRC says."""

    number: int
    antenna: int
    tags: int
    chunks: int
    epcs: tuple[bytes, ...]
    missing: tuple[int, ...]
    intact: bool

    @property
    def whole(self) -> bool:
        """Whether every tag of the list is here and its check holds."""
        return not self.missing and self.intact and len(self.epcs) == self.tags


@dataclass(slots=True)
class _Begun:
    first: Chunk
    heard: float
    chunks: dict[int, Chunk] = field(default_factory=dict)

    def same_list(self, chunk: Chunk) -> bool:
        first = self.first
        return (chunk.number, chunk.chunks, chunk.tags, chunk.crc) == (
            first.number, first.chunks, first.tags, first.crc,
        )  # fmt: skip

    def end(self) -> EpcList:
        first = self.first
        missing = tuple(index for index in range(first.chunks) if index not in self.chunks)
        here = [self.chunks[index] for index in sorted(self.chunks)]
        epcs = tuple(epc for chunk in here for epc in chunk.epcs)
        intact = not missing and check(here) == first.crc
        return EpcList(first.number, first.antenna, first.tags, first.chunks, epcs, missing, intact)


class EpcLists:
    """The lists that one node is sending: one at a time at each antenna."""

    def __init__(self) -> None:
        self._begun: dict[int, _Begun] = {}
        self._ended: dict[int, Chunk] = {}  # antenna → a chunk of the list that was handed out last

    def take(self, chunk: Chunk, now: float) -> list[EpcList]:
        """Return the lists that end with a chunk of `now`: a whole one, or one that another ousts.

        A chunk that comes again counts once, also of the list that ended last.
        """
        begun = self._begun.get(chunk.antenna)
        ended = []
        if begun is not None and not begun.same_list(chunk):
            ended.append(self._end(chunk.antenna))
            begun = None
        if begun is None:
            last = self._ended.get(chunk.antenna)
            if last is not None and _Begun(last, now).same_list(chunk):
                return ended
            begun = self._begun[chunk.antenna] = _Begun(chunk, now)
        begun.heard = now
        begun.chunks.setdefault(chunk.index, chunk)
        if len(begun.chunks) == chunk.chunks:
            ended.append(self._end(chunk.antenna))
        return ended

    def due(self, now: float) -> list[EpcList]:
        """Return the lists of which no chunk came for too long, as far as they came."""
        late = [at for at, begun in self._begun.items() if now - begun.heard >= GIVE_UP_AFTER]
        return [self._end(antenna) for antenna in late]

    def _end(self, antenna: int) -> EpcList:
        begun = self._begun.pop(antenna)
        self._ended[antenna] = begun.first
        return begun.end()
