"""The ways to the ledger, as [uplink] and its [[uplink.way]] name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from foundation.dataclass import dataclass
from foundation.options import option, options_of, settings_of
from foundation.toml_file import TomlFile

INTERFACE = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,14}"  # IFNAMSIZ of linux/if.h is 16
_WAY = re.compile(rf"(?P<interfaces>{INTERFACE}(?:\+{INTERFACE})*)(?P<metered>:metered)?")


class Sends(StrEnum):
    """The least urgent that may go over a way; what is more urgent goes as well."""

    ALARMS = "alarms"
    LIVE = "live"
    BACKLOG = "backlog"


SENT: Mapping[str, str] = {
    Sends.ALARMS: "alarms only",
    Sends.LIVE: "alarms and what is new",
}
"""In words what goes over a way that is not for everything."""


def names(text: str) -> tuple[str, ...]:
    """Return `usb0, usb1` as names of interfaces; ValueError for what is none."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = next((each for each in found if not re.fullmatch(INTERFACE, each)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no interface such as usb0")
    return found


@dataclass(frozen=True, slots=True)
class Way:
    """One [[uplink.way]]: a network interface, or several of one SIM card, of which one is there.

    On a metered one each byte costs.
    """

    interface: str = option(
        str, "network interface that leads to the ledger", form=INTERFACE, example="wwan0"
    )
    metered: bool = option(bool, "whether each byte costs", default=False)
    same_sim: tuple[str, ...] = option(
        str, "other interfaces of the same SIM card: all are one way", default="", parse=names
    )
    sends: Sends = option(
        str,
        "the least urgent that may go: alarms, live (what is new) or backlog (all)",
        default=str(Sends.BACKLOG),
        choices=tuple(map(str, Sends)),
        parse=Sends,
    )
    budget_bytes_per_day: int = option(
        int,
        "bytes of this way per UTC day, then only alarms; 0: no limit",
        default=0,
        minimum=0,
        maximum=10**12,
        unit="bytes",
    )
    price_per_mb: float = option(
        float, "price of a million bytes, in any currency", 0.0, 0.0, 10_000.0
    )

    @property
    def interfaces(self) -> tuple[str, ...]:
        """All its interfaces, the best first."""
        return (self.interface, *self.same_sim)


ANY_WAY = Way("")
"""What the machine's routes decide on: everything may go there."""

WAY = options_of(Way)


def ways(text: str) -> tuple[Way, ...]:
    """Return `eth0, wwan0+usb0:metered` as ways, in their order; ValueError for what is none."""
    found = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        match = _WAY.fullmatch(each)
        if match is None:
            raise ValueError(f"{each!r} is no interface such as eth0 or wwan0:metered")
        first, *others = match["interfaces"].split("+")
        found.append(Way(first, match["metered"] is not None, tuple(others)))
    if (name := twice(found)) is not None:
        raise ValueError(f"the interface {name} stands there twice")
    return tuple(found)


def twice(found: list[Way]) -> str | None:
    """Return an interface that more than one way has, or one way more than once."""
    all_names = [name for way in found for name in way.interfaces]
    return next((name for name in all_names if all_names.count(name) > 1), None)


def read_ways(file: TomlFile) -> tuple[Way, ...]:
    """Return every [[uplink.way]], the best first; what has a price or a budget is metered."""
    found: list[Way] = []
    for place, table in file.each("uplink", "way"):
        way = settings_of(Way, file.table(place, table, WAY, "[[uplink.way]]"))
        costs = way.metered or way.budget_bytes_per_day > 0 or way.price_per_mb > 0
        found.append(replace(way, metered=costs))
        if (name := twice(found)) in way.interfaces:
            file.problem((*place, "interface"), f"the interface {name} stands there twice")
    return tuple(found)
