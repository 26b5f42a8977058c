"""One article: what was advised of it against the pieces that came. Pure.

Serial numbers come first, each fulfils one line; then quantities, batch by batch; then weights.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace

from agent.dock.counting import Pieces
from agent.dock.differences import Came, Code, Difference, Disposition, Seen, Tally
from agent.dock.goods_identity import Identity
from agent.dock.line_differences import missing, other_batch, other_weight, over
from agent.dock.matching import FITS, Flow, assigned, misfit
from agent.dock.notice import Batch, Item
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """An item of a notice and the unit in which it lies; `arrived`: its label was read, or none."""

    sscc: str
    item: Item
    arrived: bool = True


@dataclass(slots=True)
class _Count:
    """How many pieces were advised, and how many came, by who saw them."""

    advised: int = 0
    read: int = 0
    by_hand: int = 0

    def add(self, pieces: Pieces) -> None:
        """Count pieces that came."""
        if pieces.by_hand:
            self.by_hand += pieces.count
        else:
            self.read += pieces.count

    @property
    def tally(self) -> Tally:
        """What came."""
        return Tally(self.read, self.by_hand)


@dataclass(slots=True)
class Matched:
    """How an article came out; `lost` are the units of which something is missing."""

    expected: int = 0
    tally: Tally = field(default_factory=Tally)
    unexpected: int = 0
    differences: list[Difference] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)


def match(lines: Sequence[Line], pieces: Sequence[Pieces], hint: Callable[[Seen], str]) -> Matched:
    """Compare the lines of one article with its pieces; `hint` says what may explain a stray."""
    return _Article(lines, pieces, hint).matched()


class _Article:
    """The pieces that are left while they are taken for one line after another."""

    def __init__(
        self, lines: Sequence[Line], pieces: Sequence[Pieces], hint: Callable[[Seen], str]
    ) -> None:
        self._lines = lines
        self._hint = hint
        self._gtin = lines[0].item.gtin
        self._named = {each.serial: each for each in pieces if each.serial}
        self._unnamed = [each for each in pieces if not each.serial]
        self._absent = 0
        self._out = Matched()
        self._taken = _Count()
        self._counts: defaultdict[tuple[Batch, str, int], _Count] = defaultdict(_Count)

    def matched(self) -> Matched:
        for item in (line.item for line in self._lines if line.item.quantity):
            self._out.expected += item.quantity
            self._count(item, item.batch).advised += item.quantity
        self._serials()
        self._hold_unnamed_for_absent()
        self._quantities()
        self._weights()
        self._left_over()
        self._out.tally = self._taken.tally
        for (batch, package, content), count in self._counts.items():
            came = Came(self._gtin, batch, count.advised, count.tally, package, content)
            self._out.came.append(came)
        return self._out

    def _count(self, item: Item, batch: Batch) -> _Count:
        """Return the counts of one batch, packed as the item is."""
        return self._counts[batch, item.package, item.content]

    def _take(self, piece: Pieces, item: Item, batch: Batch) -> None:
        """Let pieces stand for some of an item."""
        self._count(item, batch).add(piece)
        self._taken.add(piece)

    def _serials(self) -> None:
        asked: set[str] = set()
        batches = [line.item.batch for line in self._lines]
        for line in self._lines:
            for serial in line.item.serials:
                piece = self._named.pop(serial, None)
                if piece is None:
                    self._missing_serial(line, serial, again=serial in asked)
                else:
                    self._take(piece, line.item, _actual(piece.batch, line.item.batch))
                    if misfit(piece.batch, line.item.batch) != FITS:
                        self._out.differences += other_batch(
                            piece.batch, line.item.batch, piece.identity, 1, batches
                        )
                asked.add(serial)

    def _missing_serial(self, line: Line, serial: str, *, again: bool) -> None:
        self._out.lost.add(line.sscc)
        self._absent += 1
        identity = Identity(gtin=self._gtin, serial=serial)
        hint = "the notice names it twice, one piece fulfils one line" if again else ""
        self._out.differences.append(missing(identity, 1, line.item.batch, hint))

    def _hold_unnamed_for_absent(self) -> None:
        """Keep back labels without serial number as far as advised serial numbers are not there.

        Nobody knows whether they are those: they are not found, and no more than advised either.
        """
        if any(_by_quantity(line.item) or line.item.weight_g for line in self._lines):
            return
        kept, open_ = [], self._absent
        for each in self._unnamed:
            held = min(each.count, open_)
            open_ -= held
            kept += [replace(each, count=each.count - held)] if each.count > held else []
        self._unnamed = kept
        if open_ < self._absent:
            text = "a label without serial number was seen: type one with it, (01)…(21)…"
            self._out.differences = [
                replace(each, hint=each.hint or text) if each.code is Code.MISSING else each
                for each in self._out.differences
            ]

    def _quantities(self) -> None:
        lines = [line for line in self._lines if _by_quantity(line.item)]
        if not lines:
            return
        demand: Counter[Batch] = Counter()
        for line in lines:
            demand[line.item.batch] += line.item.quantity
        groups: defaultdict[Batch, deque[Pieces]] = defaultdict(deque)
        for piece in sorted([*self._named.values(), *self._unnamed], key=self._rank):
            groups[piece.batch].append(piece)
        supply = {batch: sum(each.count for each in group) for batch, group in groups.items()}
        flow = assigned(supply, demand)
        items = {line.item.batch: line.item for line in reversed(lines)}
        for (batch, advised), count in sorted(flow.items()):
            for piece in _drawn(groups[batch], count):
                self._take(piece, items[advised], _actual(batch, advised))
            self._out.differences += other_batch(
                batch, advised, Identity(gtin=self._gtin), count, demand
            )
        self._short(lines, flow)
        left = [each for group in groups.values() for each in group]
        self._named = {each.serial: each for each in left if each.serial}
        self._unnamed = [each for each in left if not each.serial]

    def _rank(self, piece: Pieces) -> tuple[bool, bool, str]:
        """Say which pieces are taken first: those that nothing explains as strays."""
        return bool(self._hint(piece.seen)), piece.by_hand, piece.serial

    def _short(self, lines: Sequence[Line], flow: Flow) -> None:
        """Note what of each batch is missing, and of which units, first of those not read."""
        filled: Counter[Batch] = Counter()
        for (_, advised), count in flow.items():
            filled[advised] += count
        short: Counter[Batch] = Counter()
        for line in sorted(lines, key=lambda line: not line.arrived):
            there = min(filled[line.item.batch], line.item.quantity)
            filled[line.item.batch] -= there
            if there < line.item.quantity:
                short[line.item.batch] += line.item.quantity - there
                self._out.lost.add(line.sscc)
        for batch, count in sorted(short.items()):
            self._out.differences.append(missing(Identity(gtin=self._gtin), count, batch))

    def _weights(self) -> None:
        """Compare grams: of goods advised by weight alone, all that is left counts as theirs."""
        lines = [line for line in self._lines if line.item.weight_g and not line.item.quantity]
        if not lines:
            return
        advised = sum(line.item.weight_g for line in lines)
        pieces = [*self._named.values(), *self._unnamed]
        self._named, self._unnamed = {}, []
        count, grams = _Count(), _Count()
        for piece in pieces:
            count.add(piece)
            grams.add(replace(piece, count=piece.weight_g))
        weighed = grams.tally
        first, about = lines[0].item, sum(line.item.about for line in lines)
        tally = count.tally
        self._out.came.append(
            Came(self._gtin, first.batch, 0, tally, weight_g=advised, weighed=weighed, about=about)
        )
        difference = other_weight(self._gtin, advised, weighed, pieces, first.each_g)
        if difference is not None:
            self._out.differences.append(difference)
            self._out.lost.update(line.sscc for line in lines)

    def _left_over(self) -> None:
        """Note pieces that no line wants: which, where something tells; else so many of a batch."""
        crowd: Counter[Batch] = Counter()
        for piece in sorted([*self._named.values(), *self._unnamed], key=self._rank):
            self._out.unexpected += piece.count
            self._counts[piece.batch, "", 0].add(piece)
            named = piece.serial and (self._hint(piece.seen) or self._by_serial_alone)
            if named:
                self._out.differences.append(self._too_many(piece.identity, piece))
            else:
                crowd[piece.batch] += piece.count
        for batch, count in sorted(crowd.items()):
            self._out.differences.append(over(Identity(gtin=self._gtin), count, batch))

    @property
    def _by_serial_alone(self) -> bool:
        return bool(self._absent) or all(line.item.serials for line in self._lines)

    def _too_many(self, identity: Identity, piece: Pieces) -> Difference:
        hint = self._hint(piece.seen)
        if self._absent:
            text = "the article was advised, with another serial number"
            return Difference(
                Code.NOT_ADVISED, identity, 1, text, Disposition.INSTANCE, hint, batch=piece.batch
            )
        return replace(over(identity, 1, piece.batch), hint=hint)


def _by_quantity(item: Item) -> bool:
    return bool(item.quantity) and not item.serials


def _actual(piece: Batch, advised: Batch) -> Batch:
    """Return the batch under which pieces are told: their own, where it is not the advised one."""
    return advised if misfit(piece, advised) == FITS else piece


def _drawn(group: deque[Pieces], count: int) -> Iterator[Pieces]:
    """Take so many pieces off the front of a group."""
    while count:
        piece = group.popleft()
        taken = min(count, piece.count)
        if taken < piece.count:
            group.appendleft(replace(piece, count=piece.count - taken))
        count -= taken
        yield replace(piece, count=taken)
