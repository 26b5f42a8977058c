"""The records of one shipment, as this gateway's journal still holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.disclosure.bundling import shipment_legs
from agent.journal.erasure_rule import Erasure
from agent.journal.journal import JournalReader
from agent.shipments.legs import belongs
from evidence.leaf import Record

PAGE = 1000
"""Records read from the journal at once."""


class OfShipment(NamedTuple):
    """A shipment's records, and how many of the journal's in between are no longer here.

    `erasures` are what rules took in that time; those records are not among the `gone`.
    """

    records: list[Record]
    gone: int
    erasures: Sequence[Erasure] = ()


def records_of_shipment(reader: JournalReader, name: str) -> OfShipment:
    """Return the records of the shipment called `name`; none where it is not on record."""
    legs = shipment_legs(reader).get(name, ())
    if not legs:
        return OfShipment([], 0)
    first = legs[0].first
    end = reader.count() if legs[-1].last is None else legs[-1].last + 1
    found, here = [], 0
    for record in _between(reader, first, end):
        here += 1
        if belongs(record, name, legs):
            found.append(record)
    erased = reader.erased_count(first, end)
    return OfShipment(found, end - first - here - erased, reader.erasures(first, end))


def _between(reader: JournalReader, first: int, end: int) -> Iterator[Record]:
    """Yield the records with numbers from `first` to `end`, which is not included."""
    while first < end:
        page = reader.records(first, PAGE)
        yield from (record for record in page if record.number < end)
        if not page:
            return
        first = page[-1].number + 1
