"""Is this stick ours? A stick is held against the book before anything is sent through it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from drivers.zigbee import causes


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


ROWS = {
    Verdict.NOTHING: causes.NOTHING,
    Verdict.BLANK: causes.BLANK,
    Verdict.UNKNOWN: causes.UNKNOWN_NETWORK,
    Verdict.OTHER_NETWORK: causes.OTHER_NETWORK,
    Verdict.OTHER_STICK: causes.OTHER_STICK,
    Verdict.OLDER: causes.OLDER,
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
