"""What EPCIS events tell of goods: what lies in which unit, and what was shipped. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.dock.goods_identity import Identity
from agent.dock.notice import Batch, NoticeError

UNPACKED, SEEN = "DELETE", "OBSERVE"  # actions of an aggregation, beside ADD


@dataclass(frozen=True, slots=True)
class Some:
    """So much of an article, not told one by one."""

    gtin: str
    lot: str
    quantity: str
    unit: str

    @property
    def what(self) -> tuple[str, str, str]:
        """What is counted."""
        return self.gtin, self.lot, self.unit


@dataclass(slots=True)
class Contents:
    """What lies in a unit, or comes alone."""

    things: dict[Identity, None] = field(default_factory=dict)
    classes: list[Some] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """What all events of a document tell."""

    packed: dict[str, Contents] = field(default_factory=lambda: defaultdict(Contents))
    shipped: dict[str, Contents] = field(default_factory=lambda: defaultdict(Contents))
    within: dict[Identity, str] = field(default_factory=dict)  # the unit in which each lies
    batches: dict[Identity, Batch] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)
    parties: dict[str, str] = field(default_factory=dict)
    time: str = ""


def pack(
    told: Told, sscc: str, things: Iterable[Identity], classes: Iterable[Some], *, anew: bool
) -> None:
    """Put things into a unit, and so out of the one where they were.

    `anew`: they were seen there still, so what is counted takes the place of an earlier count.
    """
    contents = told.packed[sscc]
    for thing in things:
        before = told.within.get(thing)
        if before is not None:
            told.packed[before].things.pop(thing, None)
        contents.things[thing] = None
        told.within[thing] = sscc
    for some in classes:
        if anew:
            contents.classes = [each for each in contents.classes if each.what != some.what]
        contents.classes.append(some)


def unpack(
    told: Told, sscc: str, things: Sequence[Identity], classes: Sequence[Some], place: str
) -> None:
    """Take things out of a unit; all of it where the event names none (EPCIS, 7.4.3)."""
    contents = told.packed[sscc]
    if not things and not classes:
        told.packed[sscc] = Contents()
    for thing in things:
        contents.things.pop(thing, None)
    for some in classes:
        if some not in contents.classes:
            raise NoticeError(
                f"{place}: {some.quantity} of (01){some.gtin} are unpacked, and no such lot was "
                "packed: ask the supplier what is in the unit"
            )
        contents.classes.remove(some)


def join_unnumbered(told: Told) -> None:
    """Take what was loaded, say, under no number for the one notice that the document names."""
    numbers = [each for each in told.shipped if each]
    if len(numbers) != 1 or "" not in told.shipped:
        return
    named, other = told.shipped[numbers[0]], told.shipped.pop("")
    named.things |= other.things
    counted = {some.what for some in named.classes}
    named.classes += (some for some in other.classes if some.what not in counted)
