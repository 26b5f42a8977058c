"""The parts of a notice, in the order in which any form brings them → the one form. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from agent.dock import goods_identity as identity
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.by_table import recount, settle, weighs_otherwise, weight_of_each
from agent.dock.line_differences import kilograms
from agent.dock.lines import FACTS, Level, Line
from agent.dock.measures import UNSAID, Measure
from agent.dock.notice import Item, Notice, NoticeError, Unit, bounded
from agent.dock.values import amount, grams, named, plain_sscc, whole
from foundation.counting import counted

MOST_ITEMS = 50_000  # lines and serials; a truck carries 33 pallets of at most 1,500 packs
MOST_REMARKS = 20
NO_UNIT = ""  # stands for the SSCC of goods that are advised without one


class Builder:
    """Collects units and items; every value is checked where it comes in, and named by its place.

    Levels of packing nest, and a level's label, its SSCC, comes within it. A line lies in the
    nearest level around it that has just one label; a label that follows the line is the line's.
    What a level says of batch and dates before its first line holds for all lines in it that say
    nothing else.
    """

    def __init__(self, form: str, digest: bytes, articles: Articles = NO_ARTICLES) -> None:
        self._form = form
        self._digest = digest
        self._articles = articles
        self._levels = [Level()]
        self._named: dict[str, Level] = {}
        self._units: dict[str, list[Item]] = {NO_UNIT: []}
        self._remarks: dict[str, None] = {}
        self._recounted: list[str] = []
        self._misweighed: list[str] = []
        self._size = self._part = 0
        self._line: Line | None = None
        self.number = self.supplier = self.receiver = self.order = self.due = self.date = ""
        self.party = self.held = ""  # what a form needs between two of its elements
        self.ordered: list[str] = []
        self.basis = "notice"

    @property
    def _level(self) -> Level:
        return self._levels[-1]

    def remark(self, text: str) -> None:
        """Note what is odd about the message, and keeps nobody from reading it."""
        if len(self._remarks) < MOST_REMARKS:
            self._remarks[text] = None

    def begin_level(self, name: str = "", inside: str = "") -> None:
        """Begin a level of packing inside of another one, which may be named later."""
        self._line = None
        self._levels.append(Level())
        self.nest_level(inside)
        self.name_level(name)

    def name_level(self, name: str) -> None:
        """Name the level that was begun, for those inside of it."""
        if name:
            self._named[name] = self._level

    def nest_level(self, inside: str) -> None:
        """Say of the level that was begun in which other one it is."""
        self._level.inside = inside
        self._level.outer = self._named.get(inside)

    def label(self, sscc: str, place: str) -> None:
        """Add a logistic unit: the level's, or behind a line the one in which that line lies."""
        self._grow(place)
        sscc = named(place, identity.sscc, plain_sscc(sscc))
        if self._line is not None:
            self._units.setdefault(sscc, [])
            self._line.labels.append(sscc)
            return
        if sscc in self._units:
            raise NoticeError(
                f"{place}: SSCC {sscc} is named twice: ask the supplier which one is meant"
            )
        self._units[sscc] = []
        self._level.labels.append(sscc)

    def begin_unit(self, sscc: str, place: str) -> None:
        """Begin a logistic unit that is in no other; an empty SSCC begins goods without one."""
        self.begin_level()
        if sscc:
            self.label(sscc, place)

    def return_to_unit(self, sscc: str, place: str) -> None:
        """Begin a logistic unit, or go on with one that was begun before."""
        number = plain_sscc(sscc)
        if number and number in self._units:
            self.begin_level()
            self._level.labels.append(number)
        else:
            self.begin_unit(sscc, place)

    def begin_line(self, gtin: str, place: str) -> None:
        """Begin an item; an empty GTIN comes later."""
        self._part = 0
        line = Line(named(place, identity.gtin, gtin) if gtin else "", place)
        self._add(line)
        ahead, self._level.ahead = self._level.ahead, None
        if ahead is not None:
            line.pieces, line.packages, line.package = ahead.pieces, ahead.packages, ahead.package
            line.weight_g, line.zero, line.bare = ahead.weight_g, ahead.zero, ahead.bare

    def begin_inner_line(self, gtin: str, place: str, outer: str) -> None:
        """Begin a line of what lies inside another line's article: told, not counted."""
        self.remark(f"{place}: {gtin or 'an article'} lies in the goods of line {outer}")
        self._part = 0
        self._line = Line(gtin, place, inner=True)

    def article(self, gtin: str, place: str) -> None:
        """Say of the item which article it is."""
        self.line(place).gtin = named(place, identity.gtin, gtin)

    def other_number(self, kind: str, number: str, place: str) -> None:
        """Add a number that the item has with buyer or supplier; `kind` as the form calls it."""
        if number.strip():
            self.line(place).numbers.append((kind, bounded(number, place)))

    def begin_part(self) -> None:
        """Begin a part of the item, of its own batch or date: what it says is of it alone."""
        self._part += 1

    def line(self, place: str) -> Line:
        """Return the item begun last; NoticeError when there is none."""
        if self._line is None:
            raise NoticeError(f"{place}: no article was named before")
        return self._line

    @property
    def has_line(self) -> bool:
        """Whether an item was begun in this level."""
        return self._line is not None

    def _add(self, line: Line) -> Line:
        self._grow(line.place)
        self._level.lines.append(line)
        self._line = line
        return line

    def _tell(self, what: str, value: str | int | Decimal, place: str) -> None:
        """Set a fact of the item; of another one of its article where an earlier part told it."""
        line = self.line(place)
        if what in FACTS and getattr(line, what) == value:
            return
        if line.other_part(what, self._part):
            line = line.split(place)
            self._line = line if line.inner else self._add(line)
        try:
            line.tell(what, value, self._part)
        except NoticeError as error:
            raise NoticeError(f"{place}: {error}: ask the supplier which is meant") from error

    def quantity(self, text: str, place: str, measure: Measure = UNSAID) -> None:
        """Set the item's quantity: whole pieces or packages, or a weight."""
        if measure.grams:
            self._tell("weight_g", grams(text, measure, place), place)
            return
        if not measure.said and self._articles.units and (bare := amount(text, place)):
            self._tell("bare", bare, place)
            return
        count = whole(text, place)
        if not count:
            self.line(place).zero = True
        elif measure.package:
            self._tell("package", measure.package, place)
            self._tell("packages", count, place)
        else:
            self._tell("pieces", count * measure.pieces, place)

    def quantity_ahead(self, text: str, place: str, measure: Measure = UNSAID) -> None:
        """Set the quantity of the item that may follow in this level: else it is of the level."""
        self._line = Line("", place, inner=True)
        self.quantity(text, place, measure)
        self._level.ahead, self._line = self._line, None

    def content(self, text: str, place: str) -> None:
        """Set how many pieces are in each that is counted."""
        count = whole(text, place)
        if count:
            self._tell("content", count, place)

    def lot(self, text: str, place: str) -> None:
        """Set the item's batch, or that of all that is in the level."""
        self._fact("lot", bounded(text, place), place)

    def expiry(self, text: str, place: str) -> None:
        """Set the day until which it is to be used."""
        self._fact("expiry", named(place, identity.date, text), place)

    def best_before(self, text: str, place: str) -> None:
        """Set the day until which it is at its best."""
        self._fact("best_before", named(place, identity.date, text), place)

    def _fact(self, what: str, value: str, place: str) -> None:
        if not value:
            return
        if self._line is not None or len(self._levels) == 1:
            self._tell(what, value, place)
            return
        before = self._level.facts.setdefault(what, value)
        if before != value:
            raise NoticeError(
                f"{place}: {before} and {value} for one package: ask the supplier which is meant"
            )

    def serial(self, text: str, place: str) -> None:
        """Add a serial number to the item."""
        self._grow(place)
        serial = bounded(text, place)
        if serial in self.line(place).serials:
            raise NoticeError(f"{place}: serial number {serial} is named twice")
        self.line(place).serials[serial] = None

    def due_on(self, text: str, place: str) -> None:
        """Set the last day of delivery."""
        self.due = named(place, identity.date, text)

    def _grow(self, place: str) -> None:
        self._size += 1
        if self._size > MOST_ITEMS:
            raise NoticeError(f"{place}: more than {MOST_ITEMS} lines: split the notice")

    def notice(self) -> Notice:
        """Return the whole; NoticeError when it names no number or no goods."""
        self._pack()
        units = tuple(
            Unit(sscc, tuple(items)) for sscc, items in self._units.items() if sscc or items
        )
        if not self.number:
            raise NoticeError("the notice has no number of its own")
        if not units:
            raise NoticeError(f"notice {self.number} names no goods")
        return Notice(
            number=bounded(self.number, "number"),
            form=self._form,
            digest=self._digest,
            units=units,
            supplier=bounded(self.supplier, "supplier"),
            receiver=bounded(self.receiver, "receiver"),
            order=bounded(self.order, "order"),
            due=self.due,
            ordered=tuple(named("ordered", identity.gtin, each) for each in self.ordered),
            basis=self.basis,
            remarks=tuple(self._remarks),
        )

    def _pack(self) -> None:
        """Put each line into the unit in which it lies."""
        for level in self._levels:
            if level.outer is None and level.inside:
                level.outer = self._named.get(level.inside)
        for level in self._levels:
            for line in level.lines:
                item = self._item(line, level)
                if item is not None:
                    home = line.labels[0] if len(line.labels) == 1 else level.home
                    self._units[home].append(item)
        for first, *more in filter(None, (self._recounted, self._misweighed)):
            self.remark(f"{first}, and {counted(len(more), 'more line')} so" if more else first)

    def _item(self, line: Line, level: Level) -> Item | None:
        """Return a line as an item, None where none of it was sent."""
        by_number = not line.gtin
        line.gtin = self._gtin(line)
        settled = settle(line, self._articles)
        line.share()
        line.check_parts()
        for what in FACTS:
            if not getattr(line, what):
                setattr(line, what, _said_around(level, what))
        if line.zero and not (line.pieces or line.packages or line.weight_g):
            self.remark(f"{line.place}: nothing of {line.gtin} was sent")
            return None
        for what in ("expiry", "best_before"):
            day = getattr(line, what)
            if day and self.date and day < self.date:
                self.remark(f"{line.place}: {line.gtin} was good until {day}, before it was sent")
        if not line.content:
            line.content = self._articles.contents.get(line.gtin, 0)
        recounted = recount(line, self._articles, by_number=by_number)
        if said := settled or recounted:
            self._recounted.append(f"{line.place}: {said} by our table")
        return self._weighed(line)

    def _weighed(self, line: Line) -> Item:
        """Return a line as an item, with what one of it weighs by the table."""
        item = line.item()
        item = replace(item, each_g=weight_of_each(item, self._articles))
        if weighs_otherwise(item):
            told, expected = kilograms(item.weight_g), kilograms(item.quantity * item.each_g)
            self._misweighed.append(
                f"{line.place}: {line.gtin} weighs {told} (our table: {expected})"
            )
        return item

    def _gtin(self, line: Line) -> str:
        """Return the line's GTIN; that of the article table where it has numbers of its own."""
        if not line.gtin and not line.numbers:
            raise NoticeError(f"{line.place}: it names no article: ask the supplier for GTINs")
        if line.gtin:
            return named(line.place, identity.gtin, line.gtin)
        gtins = self._articles.gtins
        known = {gtins[number] for _, number in line.numbers if number in gtins}
        only = ", ".join(f"{number} ({kind})" for kind, number in line.numbers)
        if len(known) > 1:
            raise NoticeError(
                f"{line.place}: its numbers {only} are of {' and '.join(sorted(known))} by our "
                "table: correct the table, or ask the supplier which article it is"
            )
        if known:
            return known.pop()
        raise NoticeError(
            f"{line.place}: a GTIN has 8, 12, 13 or 14 digits, and this line has none, only "
            f"{only}: ask the supplier for GTINs, or add it to the table of articles"
        )


def _said_around(level: Level, what: str) -> str:
    return next((each.facts[what] for each in level.around() if what in each.facts), "")
