"""What was expected against what was seen. Pure.

Units, serial numbers and quantities are compared in this order, and what fits is taken away, so
that the order of what was read does not matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from agent.dock.differences import (
    NOTHING_KNOWN,
    Code,
    Difference,
    Disposition,
    Known,
    Mixed,
    Remark,
    Seen,
    State,
    Verdict,
    remarked,
)
from agent.dock.goods_identity import Identity
from agent.dock.notice import Item, Notice, Unit

FEW_READS = 3  # a stray through the wall is read now and then; goods in the door, dozens of times
WEAK = -68.0  # dBm


def check(
    notice: Notice,
    seen: Iterable[Seen],
    remarks: Iterable[Remark] = (),
    known: Known = NOTHING_KNOWN,
    mixed: Iterable[Mixed] = (),
) -> Verdict:
    """Compare what was advised with what was seen; the order of either does not matter."""
    things = {each.identity: each for each in seen}
    matcher = _Matcher(notice, things, known)
    differences = [*matcher.differences(), *remarked(remarks)]
    differences += (
        Difference(Code.NONE, each.identity, 1, each.text, each.disposition) for each in mixed
    )
    if notice.due and known.today > notice.due:
        text = f"due {notice.due}, came {known.today}"
        differences.append(Difference(Code.LATE, Identity(), 1, text, Disposition.NON_CONFORMANT))
    before = _receipt(notice, things, known)
    state = State.DIFFERENT if differences else State.COMPLETE
    worst = max(
        (each.disposition for each in differences),
        key=lambda each: each.badness,
        default=matcher.best,
    )
    return Verdict(
        state=State.ALREADY_RECEIVED if before else state,
        disposition=worst,
        expected=matcher.expected,
        found=matcher.found,
        unexpected=matcher.unexpected,
        differences=tuple(differences),
        receipt_before=before,
    )


def _receipt(notice: Notice, things: Mapping[Identity, Seen], known: Known) -> str:
    """Return the receipt under which this notice, or a unit seen now, was received before."""
    numbers = [notice.number, *(each.sscc for each in things if each.sscc)]
    return next((known.received[each] for each in numbers if each in known.received), "")


class _Matcher:
    """Goes through units, serial numbers and quantities, and takes away what fits."""

    def __init__(self, notice: Notice, things: Mapping[Identity, Seen], known: Known) -> None:
        self._notice = notice
        self._things = things
        self._known = known
        self._advised = notice.identities
        self._classes = {item.gtin for unit in notice.units for item in unit.items}
        self._loose = self._loose_pieces()
        self._seen_classes = {each.gtin for each in things if each.gtin}
        self._absent = [
            unit for unit in notice.units if unit.sscc and Identity(sscc=unit.sscc) not in things
        ]
        self._lines: defaultdict[str, list[Item]] = defaultdict(list)
        for unit in notice.units:
            for item in unit.items:
                self._lines[item.gtin].append(item)
                if unit.sscc:
                    self._lines[unit.sscc].append(item)
        self._inferred = False
        self.expected = self.found = self.unexpected = 0

    def _loose_pieces(self) -> Counter[str]:
        """Count the pieces of no advised serial number, by article: they fill quantities.

        A label without serial number may be that of a box whose tag was read as well, so of both
        counts the larger one holds.
        """
        single = Counter(each.gtin for each in self._things if each.gtin and each.serial)
        advised = Counter(each.gtin for each in self._advised if each in self._things)
        labels = Counter(
            {each.gtin: seen.pieces for each, seen in self._things.items() if not each.serial}
        )
        return Counter(
            {gtin: max(single[gtin], labels[gtin]) - advised[gtin] for gtin in {*single, *labels}}
        )

    @property
    def best(self) -> Disposition:
        """What holds without any difference."""
        return Disposition.INFERRED if self._inferred else Disposition.VERIFIED

    def differences(self) -> Iterator[Difference]:
        lost = set()
        for unit in self._notice.units:
            for missing in self._unit(unit):
                lost.add(unit.sscc)
                yield missing
        yield from self._units_not_read(lost)
        yield from self._labels()
        yield from self._unexpected()

    def _arrived(self, unit: Unit) -> bool:
        return bool(unit.sscc) and Identity(sscc=unit.sscc) in self._things

    def _unit(self, unit: Unit) -> Iterator[Difference]:
        """Yield what of one unit's contents is missing."""
        if not unit.items:
            self.expected += 1
            self.found += self._arrived(unit)
        elif unit in self._absent and self._seen_classes.isdisjoint(
            item.gtin for item in unit.items
        ):
            pieces = sum(item.quantity for item in unit.items)
            self.expected += pieces
            yield _missing(Identity(sscc=unit.sscc), pieces)
            return
        for item in unit.items:
            self.expected += item.quantity
            if item.gtin not in self._seen_classes and self._arrived(unit):
                self._inferred = True
                self.found += item.quantity
            elif item.serials:
                yield from self._serials(item)
            else:
                yield from self._quantity(item)

    def _serials(self, item: Item) -> Iterator[Difference]:
        for serial in item.serials:
            identity = Identity(gtin=item.gtin, serial=serial)
            if identity in self._things:
                self.found += 1
            else:
                yield _missing(identity, 1)

    def _quantity(self, item: Item) -> Iterator[Difference]:
        there = min(item.quantity, self._loose[item.gtin])
        self._loose[item.gtin] -= there
        self.found += there
        if there < item.quantity:
            yield _missing(Identity(gtin=item.gtin), item.quantity - there)

    def _units_not_read(self, lost: set[str]) -> Iterator[Difference]:
        """Yield units whose label was not read: the goods came under another one, or under none."""
        strange = [each for each in self._things if each.sscc and each not in self._advised]
        for unit in self._absent:
            identity = Identity(sscc=unit.sscc)
            complete = bool(unit.items) and unit.sscc not in lost
            if len(self._absent) == len(strange) == 1 and (complete or not unit.items):
                continue  # told by the strange label, in `_unexpected`
            if complete:
                text = "all of its contents came, its label was not read"
                yield Difference(Code.UNREADABLE, identity, 1, text, Disposition.NON_CONFORMANT)
            elif not unit.items:
                yield _missing(identity, 1)

    def _labels(self) -> Iterator[Difference]:
        """Yield batches and dates on labels that the notice does not name for that article."""
        for seen in self._things.values():
            if not seen.lot and not seen.expiry:
                continue
            items = self._items_of(seen.identity)
            advised = {item.lot for item in items if item.lot}
            if seen.lot and advised and seen.lot not in advised:
                text = f"batch {seen.lot}, advised {', '.join(sorted(advised))}"
                yield _other(Code.OTHER_BATCH, seen.identity, text)
            dates = {item.expiry for item in items if item.expiry}
            if seen.expiry and dates and seen.expiry not in dates:
                text = f"good until {seen.expiry}, advised {', '.join(sorted(dates))}"
                yield _other(Code.OTHER_EXPIRY, seen.identity, text)

    def _items_of(self, identity: Identity) -> list[Item]:
        """Return the lines that a label speaks of: a unit's own, or those of its article."""
        lines = self._lines.get(identity.sscc or identity.gtin, [])
        exact = [item for item in lines if identity.serial and identity.serial in item.serials]
        return exact or lines

    def _unexpected(self) -> Iterator[Difference]:
        for identity, seen in self._things.items():
            if identity in self._advised:
                continue
            pieces = seen.pieces
            if identity.gtin in self._classes:
                pieces = min(pieces, self._loose[identity.gtin])
                if pieces <= 0:
                    continue  # it filled an advised quantity
                self._loose[identity.gtin] -= pieces
            self.unexpected += pieces
            yield replace(self._stranger(identity, seen), quantity=pieces)

    def _stranger(self, identity: Identity, seen: Seen) -> Difference:
        hint = self._hint(seen)
        if identity.sscc:
            text = "a unit that was not advised"
            if len(self._absent) == 1 and not hint:
                other = self._absent[0].sscc
                text = f"not advised; it may stand for (00){other}, which was not read"
            return Difference(Code.NOT_ADVISED, identity, 1, text, Disposition.INSTANCE, hint)
        if identity.gtin not in self._classes:
            text = self._why_strange(identity)
            return Difference(Code.NOT_ADVISED, identity, 1, text, Disposition.CLASS, hint)
        if self._serials_absent(identity.gtin):
            text = "the article was advised, with another serial number"
            return Difference(Code.NOT_ADVISED, identity, 1, text, Disposition.INSTANCE, hint)
        return Difference(Code.OVER, identity, 1, "more than advised", Disposition.QUANTITY, hint)

    def _serials_absent(self, gtin: str) -> bool:
        return any(
            Identity(gtin=gtin, serial=serial) not in self._things
            for item in self._lines[gtin]
            for serial in item.serials
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
        if seen.source == "tag" and (weak or 0 < seen.reads <= FEW_READS):
            strength = "" if seen.rssi is None else f"{seen.rssi:.0f} dBm, "
            hints.append(f"a stray? {strength}{seen.reads} reads")
        return "; ".join(hints)


def _missing(identity: Identity, quantity: int) -> Difference:
    return Difference(Code.MISSING, identity, quantity, "missing", Disposition.QUANTITY)


def _other(code: Code, identity: Identity, text: str) -> Difference:
    return Difference(code, identity, 1, text, Disposition.NON_CONFORMANT)
