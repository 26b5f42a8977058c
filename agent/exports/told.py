"""What every event of a record shares. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from agent.epcis.document import UTC_OFFSET, Event, moment, own, urn
from agent.epcis.links import canonical
from agent.exports.left_out import UNTIMED, NotTold
from agent.exports.shown import Batch, Checks, is_timed, moment_of
from agent.observe.presence import text
from evidence.leaf import Record

HEX_BITS = 4  # of a digit


@dataclass(frozen=True, slots=True)
class Told:
    """A record to be told and its batch; beside it the records of all checks at the dock, and with
    which records shipments begin: gateway, epoch and number of each.
    """

    record: Record
    batch: Batch
    checks: Checks = field(default_factory=dict)
    beginnings: Collection[tuple[str, bytes, int]] = ()


def observed(told: Told, step: str = "", **fields: Any) -> Event:
    """Return an ObjectEvent of what was observed, as far as all of them are alike.

    `step` is a business step, or nothing where none is known; `fields` that are None are left out.
    """
    record = told.record
    event = {
        "type": "ObjectEvent",
        "eventTime": when(record),
        "eventTimeZoneOffset": UTC_OFFSET,
        "action": "OBSERVE",
        "bizStep": step or None,
        **fields,
        **origin(told.batch, record),
    }
    return {name: value for name, value in event.items() if value is not None}


def when(record: Record) -> str:
    """Return a record's moment; NotTold where it is unknown."""
    if not is_timed(record):
        raise NotTold(UNTIMED)
    return moment(moment_of(record.wall_ms))


def origin(batch: Batch, record: Record) -> Event:
    """Return whose record it is, and how exact its clock was."""
    return {
        own("gateway"): batch.gateway,
        own("record"): record.number,
        own("batch"): batch.raw_data,
        own("clock"): record.clock_source,
        own("clockBoundMs"): record.clock_bound_ms,
    }


def device(batch: Batch, name: str) -> str:
    """Return a device of a gateway as a URI."""
    return urn("device", batch.gateway, name)


def thing(record: Record) -> str:
    """Return the tagged thing that a record is about: its GS1 key, or the tag's raw EPC."""
    uri, epc = text(record, "uri"), text(record, "epc")
    if uri:
        return canonical(uri)
    if not epc:
        raise NotTold("it names no thing")
    return f"urn:epc:raw:{HEX_BITS * len(epc)}.x{epc.upper()}"
