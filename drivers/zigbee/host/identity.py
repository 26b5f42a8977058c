"""Is this stick ours? A stick is held against the book before anything is sent through it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What tells one network, and one coordinator, from another."""

    ieee: str
    extended_pan: str
    key: str
    channel: int
    counter: int


class Verdict(Enum):
    """What a stick is to us."""

    OURS = "ours"
    NOTHING = "no network on the stick, and none in the book"
    BLANK = "no network on the stick, but one in the book"
    UNKNOWN = "a network on the stick, and none in the book"
    OTHER_NETWORK = "another network on the stick"
    OTHER_STICK = "our network on another stick"
    OLDER = "our network as it was before: the stick's frame counter is behind"


NEXT_STEP = {
    Verdict.NOTHING: "make one: tallyman zigbee form --yes",
    Verdict.BLANK: "write the network onto this stick: tallyman zigbee restore --yes",
    Verdict.UNKNOWN: "take it over: tallyman zigbee adopt --yes; or make a new one: tallyman "
    "zigbee form --yes, after which nodes must join anew",
    Verdict.OTHER_NETWORK: "plug in the stick of this gateway; or write its network onto this "
    "one: tallyman zigbee restore --yes",
    Verdict.OTHER_STICK: "two sticks of one network disturb each other: if the other one is gone "
    "for good, tallyman zigbee adopt --yes; else pull this one",
    Verdict.OLDER: "nodes would not believe it: tallyman zigbee restore --yes writes a higher "
    "counter",
}


def facts_of(network: Mapping[str, Any] | None) -> Facts | None:
    """Return what identifies a network of zigpy's backup form."""
    if network is None:
        return None
    info, node = network["network_info"], network["node_info"]
    key = info["network_key"]
    return Facts(
        ieee=_plain(node["ieee"]),
        extended_pan=_plain(info["extended_pan_id"]),
        key=_plain(key["key"]),
        channel=int(info["channel"]),
        counter=int(key["tx_counter"]),
    )


def identify(stick: Facts | None, book: Facts | None) -> Verdict:
    """Return what a stick with such a network is, where the book has such a one."""
    if stick is None:
        return Verdict.NOTHING if book is None else Verdict.BLANK
    if book is None:
        return Verdict.UNKNOWN
    if (stick.extended_pan, stick.key) != (book.extended_pan, book.key):
        return Verdict.OTHER_NETWORK
    if stick.ieee != book.ieee:
        return Verdict.OTHER_STICK
    return Verdict.OLDER if stick.counter < book.counter else Verdict.OURS


def _plain(text: object) -> str:
    return str(text).replace(":", "").lower()
