"""An advance shipping notice in the one form that the check knows, whatever it came as. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from agent.dock.goods_identity import Identity

MOST_BYTES = 4 << 20
"""A full truck of serialised cartons takes half of it in the most verbose form."""

MOST_TEXT = 80  # characters of a number, batch or serial; GS1's longest has 30


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


def bounded(text: str, place: str) -> str:
    """Return a short printable text without spaces around it; NoticeError otherwise."""
    text = text.strip()
    if len(text) > MOST_TEXT or not text.isprintable():
        raise NoticeError(f"{place}: {text[:20]!r}… is too long or not printable")
    return text
