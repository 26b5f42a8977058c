"""What was expected against what was seen. Pure.

Everything is computed anew from the observations, so that the order of what was read does not
matter, and what is withdrawn is as if it had never been seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent.dock.article import Line, match
from agent.dock.belief import Belief
from agent.dock.counting import Counted, Pieces, clearest, counted
from agent.dock.differences import (
    HAND,
    NOTHING_KNOWN,
    TAG,
    Came,
    Code,
    Difference,
    Disposition,
    Known,
    Mixed,
    Remark,
    Seen,
    State,
    Tally,
    Verdict,
    remarked,
)
from agent.dock.goods_identity import Identity
from agent.dock.notice import Batch, Item, Notice, Unit
from foundation.counting import plural

FEW_READS = 3  # a stray through the wall is read now and then; goods in the door, dozens of times
WEAK = -68.0  # dBm


def check(
    notice: Notice,
    seen: Iterable[Seen],
    remarks: Iterable[Remark] = (),
    known: Known = NOTHING_KNOWN,
    mixed: Iterable[Mixed] = (),
    others: Iterable[Seen] = (),
) -> Verdict:
    """Compare what was advised with what was seen; the order of either does not matter.

    `others` were seen in other checks of the same notice: they are goods of it, too.
    """
    serials = serials_of(notice)
    own = counted(here := list(seen), serials)
    found = counted([*here, *beside], serials) if (beside := list(others)) else own
    matcher = _Matcher(notice, found, own, known)
    differences = [*matcher.differences(), *found.contradictions, *remarked(remarks)]
    differences += (
        Difference(Code.NONE, each.identity, 1, each.text, each.disposition) for each in mixed
    )
    if notice.due and known.today > notice.due:
        text = f"due {notice.due}, came {known.today}"
        differences.append(Difference(Code.LATE, Identity(), 1, text, Disposition.NON_CONFORMANT))
    before = _receipt(notice, own, known)
    state = State.DIFFERENT if differences else State.COMPLETE
    return Verdict(
        state=State.ALREADY_RECEIVED if before else state,
        disposition=worst(differences, matcher.best),
        expected=matcher.expected,
        found=matcher.tally.found,
        unexpected=matcher.unexpected,
        differences=tuple(differences),
        receipt_before=before,
        tally=matcher.tally,
        came=tuple(matcher.came),
        believed=tuple(matcher.believed),
        pieces=found.totals,
        doubled=found.doubled,
    )


def worst(differences: Iterable[Difference], best: Disposition) -> Disposition:
    """Return the worst that differences say; `best` where there is none."""
    return max(
        (each.disposition for each in differences), key=lambda each: each.badness, default=best
    )


def serials_of(notice: Notice) -> Mapping[Identity, Batch]:
    """Return what the notice says of the pieces that it names one by one."""
    return {
        Identity(gtin=item.gtin, serial=serial): item.batch
        for unit in notice.units
        for item in unit.items
        for serial in item.serials
    }


def _receipt(notice: Notice, found: Counted, known: Known) -> str:
    """Return the receipt under which this notice, or a unit seen now, was received before."""
    numbers = [notice.number, *found.units]
    before = [known.received[each] for each in numbers if each in known.received]
    if not before and known.seen_before:
        named = (piece.identity for pieces in found.pieces.values() for piece in pieces)
        before = [known.seen_before[each] for each in named if each in known.seen_before]
    return before[0] if before else ""


class _Matcher:
    """Goes through units and articles, and adds up what came of each; `own` is from this check."""

    def __init__(self, notice: Notice, found: Counted, own: Counted, known: Known) -> None:
        self._notice = notice
        self._found = found
        self._own = own
        self.believed = [unit.sscc for unit in notice.units if self._stands(unit, known)]
        self._believed = frozenset(self.believed)
        self._known = known
        self._advised = {unit.sscc for unit in notice.units if unit.sscc}
        self._absent = [unit for unit in notice.units if unit.sscc and unit.sscc not in found.units]
        self.expected = self.unexpected = 0
        self.tally = Tally()
        self.came: list[Came] = []

    @property
    def best(self) -> Disposition:
        """What holds without any difference."""
        if not self._found.pieces and not self._found.units:
            return Disposition.UNKNOWN
        return Disposition.INFERRED if self.tally.believed else Disposition.VERIFIED

    def differences(self) -> Iterator[Difference]:
        lost: set[str] = set()
        yield from self._units(lost)
        yield from self._articles(lost)
        yield from self._units_not_read(lost)
        yield from self._labels_of_units()
        yield from self._strangers()

    def _units(self, lost: set[str]) -> Iterator[Difference]:
        """Count units without contents, units that are believed, and those that are not there."""
        for unit in self._notice.units:
            pieces = sum(item.quantity for item in unit.items)
            if not unit.items:
                self._bare(unit)
            elif self._gone(unit):
                self.expected += pieces
                lost.add(unit.sscc)
                self._not_there(unit.items)
                yield _missing(Identity(sscc=unit.sscc), pieces)
            elif unit.sscc in self._believed:
                self.expected += pieces
                self.tally += Tally(believed=pieces)
                self.came += (_as_advised(item) for item in unit.items)

    def _bare(self, unit: Unit) -> None:
        self.expected += 1
        seen = self._found.units.get(unit.sscc)
        if seen:
            by_hand = all(each.source == HAND for each in seen)
            self.tally += Tally(by_hand=1) if by_hand else Tally(read=1)

    def _not_there(self, items: Iterable[Item]) -> None:
        self.came += (replace(_as_advised(item), tally=Tally(), weighed=Tally()) for item in items)

    def _gone(self, unit: Unit) -> bool:
        """Whether nothing of a unit was seen, neither its label nor any of its articles."""
        unread = bool(unit.sscc) and unit.sscc not in self._found.units
        return unread and _untouched(unit, self._found)

    def _stands(self, unit: Unit, known: Known) -> bool:
        """Whether the label of a unit stands for what is in it (`Belief`).

        Each check believes by what was seen in it; what another one believes stays believed.
        """
        if known.belief is not Belief.UNITS or any(item.serials for item in unit.items):
            return False
        here = unit.sscc in self._own.units and _untouched(unit, self._own)
        return bool(unit.items) and (here or unit.sscc in known.believed)

    def _articles(self, lost: set[str]) -> Iterator[Difference]:
        lines: defaultdict[str, list[Line]] = defaultdict(list)
        for unit in self._notice.units:
            if not self._gone(unit) and unit.sscc not in self._believed:
                arrived = not unit.sscc or unit.sscc in self._found.units
                for item in unit.items:
                    lines[item.gtin].append(Line(unit.sscc, item, arrived))
        for gtin, of_article in lines.items():
            matched = match(of_article, self._found.pieces.get(gtin, ()), self._hint)
            self.expected += matched.expected
            self.tally += matched.tally
            self.unexpected += matched.unexpected
            self.came += matched.came
            lost |= matched.lost
            yield from matched.differences

    def _units_not_read(self, lost: set[str]) -> Iterator[Difference]:
        """Yield units whose label was not read: the goods came under another one, or under none."""
        strange = [sscc for sscc in self._found.units if sscc not in self._advised]
        for unit in self._absent:
            identity = Identity(sscc=unit.sscc)
            complete = bool(unit.items) and unit.sscc not in lost
            if len(self._absent) == len(strange) == 1 and (complete or not unit.items):
                continue  # told by the strange label, in `_strangers`
            if complete:
                text = "all of its contents came, its label was not read"
                yield Difference(Code.UNREADABLE, identity, 1, text, Disposition.NON_CONFORMANT)
            elif not unit.items:
                yield _missing(identity, 1)

    def _labels_of_units(self) -> Iterator[Difference]:
        """Yield batches and dates on labels of units that the notice does not name for them."""
        units = {unit.sscc: unit for unit in self._notice.units}
        for sscc, seen in self._found.units.items():
            items = units[sscc].items if sscc in units else ()
            for batch in sorted({each.batch for each in seen}):
                yield from _odd_labels(Identity(sscc=sscc), batch, items)

    def _strangers(self) -> Iterator[Difference]:
        """Yield units, articles and tags that nobody advised."""
        for sscc, seen in self._found.units.items():
            if sscc not in self._advised:
                self.unexpected += 1
                yield self._strange_unit(sscc, clearest(seen))
        classes = {item.gtin for unit in self._notice.units for item in unit.items}
        for gtin, pieces in self._found.pieces.items():
            for piece in pieces if gtin not in classes else ():
                self.unexpected += piece.count
                self.came.append(_of_stranger(piece))
                yield self._strange(piece.identity, piece.seen, piece.count, piece.batch)
        for each in self._found.others:
            self.unexpected += 1
            yield self._strange(each.identity, each, 1, Batch())

    def _strange_unit(self, sscc: str, seen: Seen) -> Difference:
        hint, text = self._hint(seen), "a unit that was not advised"
        if len(self._absent) == 1 and not hint:
            other = self._absent[0].sscc
            text = f"not advised; it may stand for (00){other}, which was not read"
        identity = Identity(sscc=sscc)
        return Difference(Code.NOT_ADVISED, identity, 1, text, Disposition.INSTANCE, hint)

    def _strange(self, identity: Identity, seen: Seen, count: int, batch: Batch) -> Difference:
        text, hint = self._why_strange(identity), self._hint(seen)
        return Difference(
            Code.NOT_ADVISED, identity, count, text, Disposition.CLASS, hint, batch=batch
        )

    def _why_strange(self, identity: Identity) -> str:
        ordered = self._notice.ordered
        if not identity.gtin:
            return "a tag that names no article"
        if not ordered:
            return "not advised"
        return "ordered, not advised" if identity.gtin in ordered else "neither advised nor ordered"

    def _hint(self, seen: Seen) -> str:
        hints = []
        other = self._known.advised_elsewhere.get(seen.identity)
        if other:
            hints.append(f"belongs to {other}")
        if seen.elsewhere:
            hints.append(f"also read at {seen.elsewhere}")
        weak = seen.rssi is not None and seen.rssi <= WEAK
        if seen.source == TAG and (weak or 0 < seen.reads <= FEW_READS):
            strength = "" if seen.rssi is None else f"{seen.rssi:.0f} dBm, "
            hints.append(f"a stray? {strength}{seen.reads} {plural(seen.reads, 'read')}")
        return "; ".join(hints)


def _untouched(unit: Unit, found: Counted) -> bool:
    """Whether nothing of the articles in a unit was seen."""
    return found.pieces.keys().isdisjoint(item.gtin for item in unit.items)


def _missing(identity: Identity, quantity: int) -> Difference:
    return Difference(Code.MISSING, identity, quantity, "missing", Disposition.QUANTITY)


def _as_advised(item: Item) -> Came:
    return Came(
        item.gtin,
        item.batch,
        item.quantity,
        Tally(believed=item.quantity),
        item.package,
        item.content,
        item.weight_g,
        Tally(believed=item.weight_g),
        item.about,
    )


def _of_stranger(piece: Pieces) -> Came:
    tally = Tally(by_hand=piece.count) if piece.by_hand else Tally(read=piece.count)
    return Came(piece.gtin, piece.batch, 0, tally)


def _odd_labels(identity: Identity, batch: Batch, items: Iterable[Item]) -> Iterator[Difference]:
    """Yield what the label of a unit says that none of the lines in it does."""
    advised = {item.lot for item in items if item.lot}
    if batch.lot and advised and batch.lot not in advised:
        text = f"batch {batch.lot}, advised {', '.join(sorted(advised))}"
        yield _odd(Code.OTHER_BATCH, identity, text, batch)
    for name, said in (("expiry", batch.expiry), ("best_before", batch.best_before)):
        dates = {date for item in items if (date := getattr(item, name))}
        if said and dates and said not in dates:
            what = "use by" if name == "expiry" else "best before"
            text = f"{what} {said}, advised {', '.join(sorted(dates))}"
            yield _odd(Code.OTHER_EXPIRY, identity, text, batch)


def _odd(code: Code, identity: Identity, text: str, batch: Batch) -> Difference:
    return Difference(code, identity, 1, text, Disposition.NON_CONFORMANT, batch=batch)
