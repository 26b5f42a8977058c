"""What comes back, against what was handed over under the same notice. Pure.

Fewer pieces than went out is no difference: people return some. What never went out, more than went
out, an EPC on another chip than the one that did, and a piece that is elsewhere at the same time
are: a copy of a genuine article comes back that way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field

from agent.dock.check import serials_of, worst
from agent.dock.counting import Counted, Pieces, clearest, counted
from agent.dock.differences import (
    Code,
    Difference,
    Disposition,
    Remark,
    Seen,
    State,
    Tally,
    Verdict,
    remarked,
)
from agent.dock.goods_identity import Identity
from agent.dock.notice import Notice
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was seen when the goods were handed over: identities with their chip, if it was read.

    `receipt` is empty where no hand-over of that notice is on record here. `counts` says how many
    pieces of each article went out; None where nobody knows more than was advised. `whole`: every
    piece that went is among `tids`, as far as it has a name.
    """

    receipt: str = ""
    tids: Mapping[Identity, str] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None
    whole: bool = True


def check_returns(
    notice: Notice,
    before: Delivered,
    seen: Iterable[Seen],
    tids: Mapping[Identity, str],
    remarks: Iterable[Remark] = (),
) -> Verdict:
    """Hold what comes back against what went out; `tids` are the chips read now."""
    found = counted(seen, serials_of(notice))
    back = _Back(notice, before, found, tids)
    differences = [*back.differences(), *remarked(remarks)]
    something = bool(found.pieces or found.units or found.others)
    state = State.COMPLETE if something else State.NOTHING
    best = Disposition.VERIFIED if something else Disposition.UNKNOWN
    return Verdict(
        state=State.DIFFERENT if differences else state,
        disposition=worst(differences, best),
        expected=sum(back.went_out.values()),
        found=back.tally.found,
        unexpected=back.unexpected,
        differences=tuple(differences),
        tally=back.tally,
        pieces=found.totals,
        doubled=found.doubled,
    )


class _Back:
    """Goes through what came back, article by article."""

    def __init__(
        self, notice: Notice, before: Delivered, found: Counted, tids: Mapping[Identity, str]
    ) -> None:
        self._before = before
        self._found = found
        self._tids = tids
        self._by_quantity = {
            item.gtin for unit in notice.units for item in unit.items if not item.serials
        }
        self._named = _named(notice, before)
        self.went_out = _went_out(notice, before)
        self.tally = Tally()
        self.unexpected = 0

    def differences(self) -> Iterator[Difference]:
        for gtin, pieces in self._found.pieces.items():
            yield from self._article(gtin, pieces)
        for sscc, seen in self._found.units.items():
            if Identity(sscc=sscc) not in self._named:
                yield self._stranger(Identity(sscc=sscc), 1)
            else:
                yield from self._doubts(clearest(seen))
        for each in self._found.others:
            yield self._stranger(each.identity, 1)

    def _article(self, gtin: str, pieces: Iterable[Pieces]) -> Iterator[Difference]:
        """Yield what is odd of one article; what went out of it comes back once."""
        open_ = self.went_out.get(gtin, 0)
        more = 0
        for piece in sorted(pieces, key=lambda each: (each.by_hand, each.serial)):
            if not self._is_known(piece):
                yield self._stranger(piece.identity, piece.count)
                continue
            yield from self._doubts(piece.seen)
            fits = min(open_, piece.count)
            open_ -= fits
            more += piece.count - fits
            self.tally += Tally(by_hand=fits) if piece.by_hand else Tally(read=fits)
        if more:
            self.unexpected += more
            text = "more came back than went out"
            yield Difference(Code.OVER, Identity(gtin=gtin), more, text, Disposition.QUANTITY)

    def _is_known(self, piece: Pieces) -> bool:
        """Whether a piece may be one that went out.

        Of an article advised by quantity nobody knows which pieces; but where they were read as
        they went out, only those can come back.
        """
        if not piece.serial:
            return piece.gtin in self.went_out
        if piece.identity in self._named:
            return True
        named = any(each.gtin == piece.gtin and each.serial for each in self._before.tids)
        return piece.gtin in self._by_quantity and not named

    def _stranger(self, identity: Identity, count: int) -> Difference:
        self.unexpected += count
        text = "was not handed over under this notice"
        return Difference(Code.NOT_ADVISED, identity, count, text, Disposition.INSTANCE)

    def _doubts(self, seen: Seen) -> Iterator[Difference]:
        """Yield why a thing may be a copy of what went out."""
        identity, tid = seen.identity, self._tids.get(seen.identity, "")
        then = self._before.tids.get(identity, "")
        if tid and then and tid != then:
            text = f"SUSPECT: another chip than the one of receipt {self._before.receipt}"
            yield Difference(Code.NONE, identity, 1, text, Disposition.INSTANCE)
        elif seen.elsewhere:
            text = f"SUSPECT: at {seen.elsewhere} at the same time"
            yield Difference(Code.NONE, identity, 1, text, Disposition.INSTANCE)


def _named(notice: Notice, before: Delivered) -> Collection[Identity]:
    """Return what may come back by name: what was seen as it went, else what was advised."""
    units = {each for each in notice.identities if each.sscc}
    if before.tids and before.whole:
        return units | before.tids.keys()
    return notice.identities | before.tids.keys()


def _went_out(notice: Notice, before: Delivered) -> Mapping[str, int]:
    if before.counts is not None:
        return before.counts
    advised: Counter[str] = Counter()
    for unit in notice.units:
        for item in unit.items:
            advised[item.gtin] += item.quantity
    return advised
