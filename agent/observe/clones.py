"""Signs that a tag is not the one it says it is; both tags' records are kept. Pure.

A copied EPC is betrayed by the chip's own number (TID), or by being in two places sooner than goods
can travel. A TID can be copied, too (it takes another chip): no sign is no proof of origin.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import field

from foundation.dataclass import dataclass

REMEMBERED = 20_000  # EPCs; the one not seen for the longest is forgotten first
GEN2_CLASS = "E2"
"""First byte of the TID of every EPC Gen2 tag (GS1 TDS, TID memory bank)."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a tag is suspect, in one sentence, with what was seen before and now."""

    epc: str
    cause: str
    before: str
    now: str
    text: str


@dataclass(slots=True)
class _Known:
    tid: str = ""
    place: str = ""
    at: float = 0.0
    apart: float = 0.0
    told: set[str] = field(default_factory=set)


class CloneWatch:
    """Remembers TID and place of each EPC, and tells each suspicion once."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._remembered = remembered

    def _of(self, epc: str) -> _Known:
        known = self._known.get(epc)
        if known is None:
            known = self._known[epc] = _Known()
            if len(self._known) > self._remembered:
                self._known.popitem(last=False)
        self._known.move_to_end(epc)
        return known

    def chip(self, epc: str, tid: str) -> Suspicion | None:
        """Note the TID read with an EPC; the first one is taken for the genuine tag's."""
        if not tid:
            return None
        known = self._of(epc)
        if not tid.upper().startswith(GEN2_CLASS):
            return _once(known, _Signs.no_gen2(epc, tid))
        if not known.tid:
            known.tid = tid
            return None
        return _once(known, _Signs.two_chips(epc, known.tid, tid)) if known.tid != tid else None

    def place(self, epc: str, place: str, at: float, apart: float) -> Suspicion | None:
        """Note a believable read at a place that is at least `apart` s from any other one.

        Goods that come from a place need the longer of both places' times.
        """
        known = self._of(epc)
        # Readers gather reads before they tell of them: the later word may be of the earlier read.
        before, since, least = known.place, abs(at - known.at), max(apart, known.apart)
        known.place, known.at, known.apart = place, at, apart
        if not before or before == place or since >= least:
            return None
        return _once(known, _Signs.two_places(epc, before, place, since, least))


def _once(known: _Known, suspicion: Suspicion) -> Suspicion | None:
    key = " ".join((suspicion.cause, *sorted((suspicion.before, suspicion.now))))
    if key in known.told:
        return None
    known.told.add(key)
    return suspicion


class _Signs:
    """The sentences."""

    @staticmethod
    def no_gen2(epc: str, tid: str) -> Suspicion:
        text = f"its TID does not begin with {GEN2_CLASS}, as that of every Gen2 chip does"
        return Suspicion(epc, "foreign-tid", "", tid, text)

    @staticmethod
    def two_chips(epc: str, before: str, now: str) -> Suspicion:
        text = "one EPC on two chips: one of the tags is a copy"
        return Suspicion(epc, "two-tids", before, now, text)

    @staticmethod
    def two_places(epc: str, before: str, now: str, since: float, least: float) -> Suspicion:
        text = f"read at two places within {since:.0f} s; goods need {least:.0f} s"
        return Suspicion(epc, "two-places", before, now, text)
