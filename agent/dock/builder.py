"""The parts of a notice, in the order in which any form brings them → the one form. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.dock import goods_identity as identity
from agent.dock.goods_identity import IdentityError
from agent.dock.notice import MOST_TEXT, Item, Notice, NoticeError, Unit, bounded

MOST_ITEMS = 50_000  # lines and serials; a truck carries 33 pallets of at most 1,500 packs
MOST_QUANTITY = 10**6
NO_UNIT = ""  # stands for the SSCC of goods that are advised without one


@dataclass(slots=True)
class Line:
    """An item while its segments come in. `told`: which part of it said what (`begin_part`)."""

    gtin: str
    place: str
    quantity: int = 0
    lot: str = ""
    expiry: str = ""
    serials: list[str] = field(default_factory=list)
    labels: int = 0
    told: dict[str, int] = field(default_factory=dict)


class Builder:
    """Collects units and items; every value is checked where it comes in, and named by its place.

    Levels of packing nest, and a level's label, its SSCC, comes within it. A line lies in the
    nearest level around it that has just one label; a label that follows the line is the line's.
    """

    def __init__(self, form: str, digest: bytes) -> None:
        self._form = form
        self._digest = digest
        self._units: dict[str, list[Line]] = {NO_UNIT: []}
        self._size = self._part = self._labels = 0
        self._level = ""
        self._inner = self._outer = self._home = NO_UNIT
        self._owners: dict[str, str] = {}
        self._line: Line | None = None
        self.number = self.supplier = self.receiver = self.order = self.due = ""
        self.ordered: list[str] = []
        self.basis = "notice"

    def begin_level(self, name: str = "", inside: str = "") -> None:
        """Begin a level of packing inside of another one that was named before."""
        self._line, self._labels = None, 0
        self._outer = self._inner = self._owners.get(inside, NO_UNIT)
        self.name_level(name)

    def name_level(self, name: str) -> None:
        """Name the level that was begun, for those inside of it."""
        self._level = name
        self._own(self._inner)

    def nest_level(self, inside: str) -> None:
        """Say of the level that was begun in which other one it is."""
        self._outer = self._owners.get(inside, NO_UNIT)
        if self._labels != 1:
            self._own(self._outer)

    def _own(self, sscc: str) -> None:
        self._inner = sscc
        if self._level:
            self._owners[self._level] = sscc

    def label(self, sscc: str, place: str) -> None:
        """Add a logistic unit: the level's, or behind a line the one in which that line lies."""
        self._grow(place)
        sscc = named(place, identity.sscc, sscc)
        if self._line is not None:
            self._units.setdefault(sscc, [])
            self._line.labels += 1
            self._move(sscc if self._line.labels == 1 else self._inner)
            return
        if sscc in self._units:
            raise NoticeError(
                f"{place}: SSCC {sscc} is named twice: ask the supplier which one is meant"
            )
        self._units[sscc] = []
        self._labels += 1
        self._own(sscc if self._labels == 1 else self._outer)

    def begin_unit(self, sscc: str, place: str) -> None:
        """Begin a logistic unit that is in no other; an empty SSCC begins goods without one."""
        self.begin_level()
        if sscc:
            self.label(sscc, place)

    def begin_line(self, gtin: str, place: str) -> None:
        """Begin an item; an empty GTIN comes later."""
        self._part = 0
        self._home = self._inner
        self._add(Line(named(place, identity.gtin, gtin) if gtin else "", place))

    def article(self, gtin: str, place: str) -> None:
        """Say of the item which article it is."""
        self.line(place).gtin = named(place, identity.gtin, gtin)

    def begin_part(self) -> None:
        """Begin a part of the item, of its own batch or date: what it says is of it alone."""
        self._part += 1

    def line(self, place: str) -> Line:
        """Return the item begun last; NoticeError when there is none."""
        if self._line is None:
            raise NoticeError(f"{place}: no article was named before")
        return self._line

    def _add(self, line: Line) -> Line:
        self._grow(line.place)
        self._units[self._home].append(line)
        self._line = line
        return line

    def _move(self, sscc: str) -> None:
        assert self._line is not None
        self._units[self._home].pop()
        self._home = sscc
        self._units[sscc].append(self._line)

    def _line_of_part(self, what: str, place: str) -> Line:
        """Return the item; another one of the article where `what` is known of an earlier part."""
        line = self.line(place)
        if line.told.get(what, 0) not in (0, self._part):
            line = self._add(Line(line.gtin, place))
        line.told[what] = self._part
        return line

    def quantity(self, text: str, place: str) -> None:
        """Set the item's quantity: pieces, cartons …, whole."""
        number, _, fraction = text.partition(".")
        whole = number.isascii() and number.isdigit() and len(number) < MOST_TEXT
        if not whole or fraction.strip("0"):
            raise NoticeError(f"{place}: quantity {text[:20]!r} is not a whole number")
        if not 0 < int(number) <= MOST_QUANTITY:
            raise NoticeError(f"{place}: quantity {text[:20]} is not in 1 to {MOST_QUANTITY}")
        self._line_of_part("quantity", place).quantity = int(number)

    def lot(self, text: str, place: str) -> None:
        """Set the item's batch."""
        self._line_of_part("lot", place).lot = bounded(text, place)

    def expiry(self, text: str, place: str) -> None:
        """Set the day until which it is good."""
        self._line_of_part("expiry", place).expiry = named(place, identity.date, text)

    def serial(self, text: str, place: str) -> None:
        """Add a serial number to the item."""
        self._grow(place)
        serial = bounded(text, place)
        if serial in self.line(place).serials:
            raise NoticeError(f"{place}: serial number {serial} is named twice")
        self.line(place).serials.append(serial)

    def due_on(self, text: str, place: str) -> None:
        """Set the last day of delivery."""
        self.due = named(place, identity.date, text)

    def _grow(self, place: str) -> None:
        self._size += 1
        if self._size > MOST_ITEMS:
            raise NoticeError(f"{place}: more than {MOST_ITEMS} lines: split the notice")

    def notice(self) -> Notice:
        """Return the whole; NoticeError when it names no number or no goods."""
        units = tuple(
            Unit(sscc, tuple(_item(line) for line in lines))
            for sscc, lines in self._units.items()
            if sscc or lines
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
        )


def _item(line: Line) -> Item:
    gtin = named(line.place, identity.gtin, line.gtin)
    article = f"{line.place}: article {gtin}{f' of batch {line.lot}' if line.lot else ''}"
    quantity = line.quantity or len(line.serials)
    if not quantity:
        raise NoticeError(f"{article} has no quantity")
    if line.serials and len(line.serials) != quantity:
        raise NoticeError(f"{article}: {len(line.serials)} serial numbers for {quantity}")
    return Item(gtin, quantity, line.lot, line.expiry, tuple(line.serials))


def cancelled(number: str, place: str) -> NoticeError:
    """Return the error for a message that takes a notice back."""
    return NoticeError(
        f"{place}: this message cancels notice {number[:MOST_TEXT]!r}: no goods come under it; "
        "ask the supplier"
    )


def named(place: str, check: Callable[[str], str], text: str) -> str:
    """Return what `check` makes of a value; NoticeError with its place when it is wrong."""
    try:
        return check(text.strip())
    except IdentityError as error:
        raise NoticeError(f"{place}: {error}") from error
