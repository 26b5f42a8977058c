"""An advance shipping notice in the one form that the check knows, whatever it came as. Pure."""

from __future__ import annotations

from typing import NamedTuple

from agent.dock.goods_identity import Identity
from foundation.dataclass import dataclass

MOST_BYTES = 4 << 20
"""A full truck of serialised cartons takes half of it in the most verbose form."""

MOST_TEXT = 80  # characters of a number, batch or serial; GS1's longest has 30


class NoticeError(ValueError):
    """The notice cannot be used; the text names the line or segment and what to do."""


class OtherMessage(NoticeError):
    """A message that is no notice, but something else that may stand beside one in a file."""


class Batch(NamedTuple):
    """What a label or a notice says of pieces besides their article; empty where it does not.

    `expiry` (use by) and `best_before` are ISO 8601, and two facts: goods may have both.
    """

    lot: str = ""
    expiry: str = ""
    best_before: str = ""

    def __str__(self) -> str:
        told = (("batch", self.lot), ("use by", self.expiry), ("best before", self.best_before))
        return ", ".join(f"{name} {value}" for name, value in told if value)


NO_BATCH = Batch()


@dataclass(frozen=True, slots=True)
class Item:
    """Some of one article in one unit. `serials`, where advised, are as many as `quantity`.

    `package` names what is counted where that is not the piece, `carton` say; `content` is how many
    pieces are in each, 0 where nobody says. `weight_g` is the advised net weight of all of it; with
    a `quantity` of 0 weight is all that is advised, and nobody knows how many pieces. `each_g` is
    what one weighs by the table of articles, 0 where that does not say it.
    """

    gtin: str
    quantity: int
    lot: str = ""
    expiry: str = ""
    serials: tuple[str, ...] = ()
    best_before: str = ""
    package: str = ""
    content: int = 0
    weight_g: int = 0
    each_g: int = 0

    @property
    def batch(self) -> Batch:
        """What is advised of these pieces besides their article."""
        return Batch(self.lot, self.expiry, self.best_before)

    @property
    def about(self) -> int:
        """How many pieces the weight makes of what is advised by weight alone; 0: nobody knows."""
        return round(self.weight_g / self.each_g) if self.each_g and not self.quantity else 0


@dataclass(frozen=True, slots=True)
class Unit:
    """One logistic unit, or with an empty `sscc` what is advised without one."""

    sscc: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What should come. `form` is how it was written, `digest` the SHA-256 of its bytes.

    `due` is the last day it is in time, ISO 8601, or empty. `ordered` holds the GTINs of the order
    where the notice says them. `basis` is `notice`, or `order` where no notice was sent. `remarks`
    say in words what is odd about the message itself, and kept nobody from reading it.
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
    remarks: tuple[str, ...] = ()

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


def bounded(text: str, place: str) -> str:
    """Return a short printable text without spaces around it; NoticeError otherwise."""
    text = text.strip()
    if len(text) > MOST_TEXT or not text.isprintable():
        raise NoticeError(f"{place}: {text[:20]!r}… is too long or not printable")
    return text
