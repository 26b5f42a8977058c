"""The network interfaces that lead to the ledger, as [uplink] names them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WAY = re.compile(r"(?P<interface>[A-Za-z0-9][A-Za-z0-9._@-]{0,14})(?P<metered>:metered)?")


@dataclass(frozen=True, slots=True)
class Way:
    """One network interface. On a metered one each byte costs."""

    interface: str
    metered: bool = False


def ways(text: str) -> tuple[Way, ...]:
    """Return `eth0, wwan0:metered` as ways, in their order; ValueError for what is none."""
    found = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        match = _WAY.fullmatch(each)
        if match is None:
            raise ValueError(f"{each!r} is no interface such as eth0 or wwan0:metered")
        found.append(Way(match["interface"], match["metered"] is not None))
    names = [way.interface for way in found]
    if len(names) != len(set(names)):
        raise ValueError("an interface stands there twice")
    return tuple(found)
