"""An advance shipping notice in the one form that the check knows, whatever it came as. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.dock import identity
from agent.dock.identity import Identity, IdentityError

MOST_BYTES = 4 << 20
"""A full truck of serialised cartons takes half of it in the most verbose form."""

MOST_ITEMS = 50_000  # lines and serials; a truck carries 33 pallets of at most 1,500 packs
MOST_TEXT = 80  # characters of a number, batch or serial; GS1's longest has 30
MOST_QUANTITY = 10**6


class NoticeError(ValueError):
    """The notice cannot be used; the text names the line or segment and what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """Some of one article in one unit. `serials`, where advised, are as many as `quantity`."""

    gtin: str
    quantity: int
    lot: str = ""
    expiry: str = ""
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One logistic unit, or with an empty `sscc` what is advised without one."""

    sscc: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What should come. `form` is how it was written, `digest` the SHA-256 of its bytes.

    `due` is the last day it is in time, ISO 8601, or empty. `ordered` holds the GTINs of the order
    where the notice says them. `basis` is `notice`, or `order` where no notice was sent.
    """

    number: str
    form: str
    digest: bytes
    units: tuple[Unit, ...]
    supplier: str = ""
    receiver: str = ""
    order: str = ""
    due: str = ""
    ordered: tuple[str, ...] = ()
    basis: str = "notice"

    @property
    def identities(self) -> frozenset[Identity]:
        """Everything that the notice names one by one."""
        units = {Identity(sscc=unit.sscc) for unit in self.units if unit.sscc}
        return frozenset(units).union(
            Identity(gtin=item.gtin, serial=serial)
            for unit in self.units
            for item in unit.items
            for serial in item.serials
        )


@dataclass(slots=True)
class Line:
    """An item while its segments come in."""

    gtin: str
    place: str
    quantity: int = 0
    lot: str = ""
    expiry: str = ""
    serials: list[str] = field(default_factory=list)


class Builder:
    """Collects units and items; every value is checked where it comes in, and named by its place.

    A line belongs to the unit that was begun last.
    """

    def __init__(self, form: str, digest: bytes) -> None:
        self._form = form
        self._digest = digest
        self._units: list[tuple[str, list[Line]]] = [("", [])]
        self._size = 0
        self.number = self.supplier = self.receiver = self.order = self.due = ""
        self.ordered: list[str] = []
        self.basis = "notice"

    def begin_unit(self, sscc: str, place: str) -> None:
        """Begin a logistic unit; an empty SSCC begins goods without one."""
        self._grow(place)
        self._units.append((_named(place, identity.sscc, sscc) if sscc else "", []))

    def begin_line(self, gtin: str, place: str) -> None:
        """Begin an item."""
        self._grow(place)
        self._units[-1][1].append(Line(_named(place, identity.gtin, gtin), place))

    def line(self, place: str) -> Line:
        """Return the item begun last; NoticeError when there is none."""
        if not self._units[-1][1]:
            raise NoticeError(f"{place}: no article was named before")
        return self._units[-1][1][-1]

    def quantity(self, text: str, place: str) -> None:
        """Set the item's quantity: pieces, cartons …, whole."""
        number, _, fraction = text.partition(".")
        whole = number.isascii() and number.isdigit() and len(number) < MOST_TEXT
        if not whole or fraction.strip("0"):
            raise NoticeError(f"{place}: quantity {text[:20]!r} is no whole number")
        if not 0 < int(number) <= MOST_QUANTITY:
            raise NoticeError(f"{place}: quantity {text[:20]} is not in 1 to {MOST_QUANTITY}")
        self.line(place).quantity = int(number)

    def lot(self, text: str, place: str) -> None:
        """Set the item's batch."""
        self.line(place).lot = bounded(text, place)

    def expiry(self, text: str, place: str) -> None:
        """Set the day until which it is good."""
        self.line(place).expiry = _named(place, identity.date, text)

    def serial(self, text: str, place: str) -> None:
        """Add a serial number to the item."""
        self._grow(place)
        serial = bounded(text, place)
        if serial in self.line(place).serials:
            raise NoticeError(f"{place}: serial number {serial} is named twice")
        self.line(place).serials.append(serial)

    def due_on(self, text: str, place: str) -> None:
        """Set the last day of delivery."""
        self.due = _named(place, identity.date, text)

    def _grow(self, place: str) -> None:
        self._size += 1
        if self._size > MOST_ITEMS:
            raise NoticeError(f"{place}: more than {MOST_ITEMS} lines: split the notice")

    def notice(self) -> Notice:
        """Return the whole; NoticeError when it names no number or no goods."""
        units = tuple(
            Unit(sscc, tuple(_item(line) for line in lines))
            for sscc, lines in self._units
            if sscc or lines
        )
        if not self.number:
            raise NoticeError("the notice has no number of its own")
        if not units:
            raise NoticeError(f"notice {self.number} names no goods")
        _unique(unit.sscc for unit in units if unit.sscc)
        return Notice(
            number=bounded(self.number, "number"),
            form=self._form,
            digest=self._digest,
            units=units,
            supplier=bounded(self.supplier, "supplier"),
            receiver=bounded(self.receiver, "receiver"),
            order=bounded(self.order, "order"),
            due=self.due,
            ordered=tuple(_named("ordered", identity.gtin, each) for each in self.ordered),
            basis=self.basis,
        )


def _item(line: Line) -> Item:
    quantity = line.quantity or len(line.serials)
    if not quantity:
        raise NoticeError(f"{line.place}: article {line.gtin} has no quantity")
    if line.serials and len(line.serials) != quantity:
        raise NoticeError(
            f"{line.place}: article {line.gtin}: {len(line.serials)} serial numbers for {quantity}"
        )
    return Item(line.gtin, quantity, line.lot, line.expiry, tuple(line.serials))


def _unique(ssccs: Iterable[str]) -> None:
    seen: set[str] = set()
    for sscc in ssccs:
        if sscc in seen:
            raise NoticeError(f"SSCC {sscc} is named twice: ask the supplier which one is meant")
        seen.add(sscc)


def _named(place: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text.strip())
    except IdentityError as error:
        raise NoticeError(f"{place}: {error}") from error


def bounded(text: str, place: str) -> str:
    """Return a short printable text without spaces around it; NoticeError otherwise."""
    text = text.strip()
    if len(text) > MOST_TEXT or not text.isprintable():
        raise NoticeError(f"{place}: {text[:20]!r}… is too long or not printable")
    return text
