"""Events of goods: at shelves and gates, when a tag is written, when a box is compared. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.epcis.document import Event, own, read_point
from agent.exports.left_out import NotTold
from agent.exports.sensors import element
from agent.exports.told import Told, observed, thing
from agent.observe.presence import text
from evidence.leaf import Record

THROUGH: Mapping[str, tuple[str, str | None]] = {
    "in": ("receiving", "in_progress"),
    "out": ("departing", "in_transit"),
    "undecided": ("", None),
}
"""Direction through a gate → business step and disposition, where they are known."""

ENTER = "enter"

VERDICTS = {
    "match": "conformant",
    "mismatch_class": "mismatch_class",
    "mismatch_instance": "mismatch_instance",
}


def tag_state(told: Told) -> Event:
    """Return the event of a tag that came to a shelf, left it, or went through a gate."""
    record = told.record
    if record.values.get("stray"):
        raise NotTold("the tag was read through a wall, and never was there")
    if "direction" in record.values:
        step, disposition = THROUGH.get(text(record, "direction"), ("", None))
        return _seen(told, step, disposition=disposition)
    place = read_point(text(record, "read_point")) if text(record, "state") == ENTER else None
    return _seen(told, "storing", bizLocation=place)


def _seen(told: Told, step: str, **fields: Any) -> Event:
    record = told.record
    return observed(
        told,
        step,
        epcList=[thing(record)],
        readPoint=read_point(text(record, "read_point")),
        **fields,
        **_said(record, "state", "direction", "tid"),
    )


def _said(record: Record, *names: str) -> Event:
    """Return text fields of a record that no field of EPCIS holds."""
    return {own(name): text(record, name) for name in names if name in record.values}


def tag_count(told: Told) -> Event:
    """Return the event of a round at a shelf: how many tags are there, and their digest."""
    record = told.record
    present = record.values.get("present")
    if not isinstance(present, int):
        raise NotTold("it says no number")
    contents = record.values.get("contents")
    return observed(
        told,
        "cycle_counting",
        epcList=[],
        readPoint=read_point(text(record, "read_point")),
        sensorElementList=[element(told, [{"type": "Count", "value": present}])],
        **({own("contents"): contents.hex()} if isinstance(contents, bytes) else {}),
    )


def commission(told: Told) -> Event:
    """Return the event of a tag that was written."""
    event = observed(
        told,
        "commissioning",
        epcList=[thing(told.record)],
        disposition="active",
        **_said(told.record, "tid", "locked"),
    )
    return event | {"action": "ADD"}


def box_check(told: Told) -> Event:
    """Return the event of a box whose barcode was compared with its tag."""
    record = told.record
    disposition = VERDICTS.get(text(record, "verdict"))
    if disposition is None:
        raise NotTold("barcode and tag of the box could not be compared")
    return observed(
        told,
        "inspecting",
        epcList=[thing(record)],
        disposition=disposition,
        readPoint=read_point(text(record, "read_point")),
        **_said(record, "barcode", "tid"),
    )
