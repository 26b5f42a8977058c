"""What is where, as the records say: a fold over `tag-state` records. Pure.

The same fold serves the shelf view, the return after a reboot, and whoever has the records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from evidence.leaf import Record
from foundation.dataclass import dataclass

KIND = "tag-state"
ENTER, LEAVE = "enter", "leave"


@dataclass(frozen=True, slots=True)
class Present:
    """One tag at its read point, since record `number`."""

    epc: str
    point: str
    device: str
    uri: str
    tid: str
    since_ms: int
    number: int

    def to_json(self) -> dict[str, Any]:
        """Return it as a flat object."""
        return {name: getattr(self, name) for name in self.__slots__}


class Presence:
    """Where each tag is."""

    def __init__(self, tags: Iterable[Present] = ()) -> None:
        self._tags = {tag.epc: tag for tag in tags}

    def apply(self, record: Record) -> None:
        """Fold one more record in; records come in order, each once."""
        if record.kind != KIND:
            return
        epc, point = text(record, "epc"), text(record, "read_point")
        if record.values.get("state") == ENTER:
            self._tags[epc] = Present(
                epc,
                point,
                record.device,
                text(record, "uri"),
                text(record, "tid"),
                record.wall_ms,
                record.number,
            )
        elif epc in self._tags and self._tags[epc].point == point:
            del self._tags[epc]

    def at(self, point: str) -> list[Present]:
        """Return what is at a read point, by EPC."""
        return sorted((tag for tag in self if tag.point == point), key=lambda tag: tag.epc)

    def __iter__(self) -> Any:
        return iter(list(self._tags.values()))

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        return {"tags": [tag.to_json() for tag in self]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Presence:
        """Read what `to_json` wrote; KeyError or TypeError for anything else."""
        return cls(Present(**tag) for tag in plain["tags"])


def text(record: Record, name: str) -> str:
    """Return a text field of a record, or nothing."""
    value = record.values.get(name, "")
    return value if isinstance(value, str) else ""


def whole(record: Record, name: str) -> int | None:
    """Return a whole number of a record as it is stored; None where it has none."""
    value = record.values.get(name)
    return value if isinstance(value, int) else None


def contents_digest(epcs: Iterable[str]) -> bytes:
    """Return the SHA-256 over sorted EPCs, a line each: two counts of a shelf compare by it."""
    return hashlib.sha256("".join(f"{epc}\n" for epc in sorted(epcs)).encode()).digest()


def difference(before: Iterable[str], now: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what came and what went between two inventory rounds of a shelf, sorted."""
    old, new = set(before), set(now)
    return sorted(new - old), sorted(old - new)
