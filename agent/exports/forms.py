"""The forms of export by the name that people give, and what each makes of bundles. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.epcis.document import to_bytes
from agent.exports import fsma204, senml
from agent.exports.epcis import epcis_document
from agent.exports.left_out import LeftOut
from agent.exports.records_csv import records_csv
from agent.exports.shown import Batch
from foundation.counting import counted


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked beside the form: the moment (UTC), SenML in CBOR, one lot alone."""

    created: dt.datetime
    cbor: bool = False
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A file, what it holds in words, and what it does not hold."""

    data: bytes
    holds: str
    count: int
    left: LeftOut
    notes: Sequence[str] = ()
    document: Mapping[str, Any] = field(default_factory=dict)


def _epcis(batches: Sequence[Batch], asked: Asked) -> Export:
    left = LeftOut()
    made = epcis_document(batches, left, asked.created)
    count = len(made["epcisBody"]["eventList"])
    return Export(to_bytes(made), counted(count, "event"), count, left, document=made)


def _senml(batches: Sequence[Batch], asked: Asked) -> Export:
    left = LeftOut()
    entries = senml.entries_of(batches, left)
    data = senml.to_cbor(entries) if asked.cbor else senml.to_json(entries)
    return Export(data, counted(len(entries), "value"), len(entries), left)


def _csv(batches: Sequence[Batch], _: Asked) -> Export:
    left = LeftOut()
    count = sum(len(batch.records) for batch in batches)
    return Export(records_csv(batches, left), counted(count, "row"), count, left)


def _fsma204(batches: Sequence[Batch], asked: Asked) -> Export:
    left = LeftOut()
    rows = fsma204.rows_of(batches, left, asked.lot)
    lacking = fsma204.missing(rows)
    notes = [f"{name} is missing in {counted(count, 'row')}" for name, count in lacking.items()]
    data = fsma204.fsma204(rows)
    return Export(data, counted(len(rows), "row"), len(rows), left, [*notes, fsma204.NOT_IN_IT])


FORMS: Mapping[str, Callable[[Sequence[Batch], Asked], Export]] = {
    "epcis": _epcis,
    "senml": _senml,
    "csv": _csv,
    "fsma204": _fsma204,
}
"""Name → what makes it."""

ABOUT = {
    "epcis": "EPCIS 2.0 events in JSON-LD, for partners",
    "senml": "readings as SenML in JSON, or in CBOR (--cbor)",
    "csv": "every record that is shown, a row each",
    "fsma204": "key data of food received or shipped (21 CFR 1.1340, 1.1345)",
}
