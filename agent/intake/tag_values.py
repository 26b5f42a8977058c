"""From readings of kind `tag` to reads, and from what became of them to the fields of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.observe.clones import Suspicion
from agent.observe.points import PointKind, ReadPoint
from agent.observe.presence import ENTER, LEAVE, contents_digest
from agent.observe.tags import Change, Counters, Read
from drivers.reading import Reading
from evidence.leaf import RecordValue

if TYPE_CHECKING:
    from agent.observe.box_check import BoxCheck

_MS = 1000.0

ONLY_ANTENNA, UNKNOWN_ANTENNA = 1, 0
"""Of a device that has no antennas to tell apart; of one that has, and did not tell."""


def read_of(reading: Reading) -> Read:
    """Return a reading of kind `tag` as a read; what is missing or of a wrong type is nothing."""
    fields = reading.fields
    rssi = fields.get("rssi")
    earlier = whole(fields.get("first_seen"), 0) / _MS
    return Read(
        epc=text(fields.get("epc")).upper(),
        device=reading.device,
        antenna=whole(fields.get("antenna", ONLY_ANTENNA), UNKNOWN_ANTENNA),
        first=reading.monotonic - max(0.0, earlier),
        last=reading.monotonic,
        count=max(1, whole(fields.get("count"), 1)),
        rssi=float(rssi) if isinstance(rssi, int | float) else None,
        uri=text(fields.get("uri")),
        tid=text(fields.get("tid")).upper(),
    )


def text(value: Any) -> str:
    """Return a reading's field where it is text, else nothing."""
    return value if isinstance(value, str) else ""


def whole(value: Any, default: int) -> int:
    """Return a reading's field where it is a number, else `default`."""
    return int(value) if isinstance(value, int | float) else default


def change_values(change: Change, at_ms: int) -> dict[str, RecordValue]:
    """Return the fields of a `tag-state` record; it came or went at `at_ms` of wall time."""
    read = change.read
    optional: dict[str, RecordValue | None] = {
        "uri": read.uri or None,
        "tid": read.tid or None,
        "rssi": None if change.rssi is None else round(change.rssi),
        "from": change.other if change.entered and change.other else None,
        "to": change.other if not change.entered and change.other else None,
        "dwell_ms": None if change.entered else round(change.dwell * _MS),
        "direction": change.direction or None,
        "stray": 1 if change.stray else None,
        "antenna": read.antenna or None,
    }
    values: dict[str, RecordValue] = {
        "state": ENTER if change.entered else LEAVE,
        "read_point": change.point,
        "epc": read.epc,
        "reads": change.reads,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return values | given | {"at_ms": at_ms}


def count_values(
    point: ReadPoint, counters: Counters, epcs: Sequence[str]
) -> dict[str, RecordValue]:
    """Return the fields of a `tag-count` record; a shelf's tells what lies on it, by a digest."""
    values: dict[str, RecordValue] = {
        "read_point": point.name,
        "present": len(epcs),
        "reads": counters.reads,
        "entered": counters.entered,
        "left": counters.left,
        "strays": counters.strays,
        "untracked": counters.untracked,
    }
    return values | ({"contents": contents_digest(epcs)} if point.kind is PointKind.SHELF else {})


def box_values(checked: BoxCheck) -> dict[str, RecordValue]:
    """Return the fields of a `box-check` record."""
    values: dict[str, RecordValue] = {
        "read_point": checked.scan.point,
        "verdict": str(checked.comparison.verdict),
        "text": checked.comparison.detail,
        "barcode": checked.scan.link,
    }
    read = checked.read
    if read is not None:
        named = {"epc": read.epc, "uri": read.uri, "tid": read.tid}
        values |= {name: value for name, value in named.items() if value}
    return values


def misplaced_values(change: Change, gtin: str, homes: Sequence[str]) -> dict[str, RecordValue]:
    """Return the fields of a `misplaced` record."""
    values: dict[str, RecordValue] = {
        "read_point": change.point,
        "epc": change.read.epc,
        "gtin": gtin,
        "home": ", ".join(homes),
    }
    return values | ({"uri": change.read.uri} if change.read.uri else {})


def suspicion_values(suspicion: Suspicion, read: Read, point: str) -> dict[str, RecordValue]:
    """Return the fields of a `tag-suspect` record."""
    values: dict[str, RecordValue] = {
        "epc": suspicion.epc,
        "cause": suspicion.cause,
        "now": suspicion.now,
        "read_point": point,
        "text": suspicion.text,
    }
    if suspicion.before:
        values["before"] = suspicion.before
    if read.uri:
        values["uri"] = read.uri
    return values
