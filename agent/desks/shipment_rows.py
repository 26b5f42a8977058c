"""The numbers of each shipment under way, and of those that ended last. Pure.

They count from the agent's start on, as all its counters do. What no device of a shipment can tell
of has no number, nor have pieces before there is a receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.shipments.tally import DECIDED, Incident, Seen, Told
from foundation.metrics import Family, counters, gauges


def shipments(told: Iterable[Told]) -> Iterator[Family]:
    """Yield how goods came in, what went wrong, what devices saw, and the way."""
    every = list(told)
    received = [each for each in every if each.tally.checks]
    yield counters(
        "tallyman_shipment_incidents_total",
        "What began with the goods of a shipment, of what its devices are able to tell.",
        (
            ({"shipment": each.shipment.name, "what": incident}, each.tally.incidents[incident])
            for each in every
            for incident in Incident
            if incident in each.watched
        ),
    )
    yield counters(
        "tallyman_shipment_receipts_total",
        "Checks of the shipment's goods that were decided.",
        (
            ({"shipment": each.shipment.name, "decision": name}, each.tally.checks[name])
            for each in received
            for name in DECIDED
        ),
    )
    yield counters(
        "tallyman_shipment_differences_total",
        "Differences between notice and goods, of those checks.",
        (({"shipment": each.shipment.name}, each.tally.differences) for each in received),
    )
    yield from _pieces(received)
    yield from _way(every)


def _pieces(received: Iterable[Told]) -> Iterator[Family]:
    every = list(received)
    yield counters(
        "tallyman_shipment_pieces_total",
        "Advised pieces that were found: read by a device, by hand, or believed by a unit's label.",
        (
            ({"shipment": each.shipment.name, "seen": seen}, each.tally.pieces[seen])
            for each in every
            for seen in Seen
            if seen in each.tally.pieces
        ),
    )
    yield gauges(
        "tallyman_shipment_pieces_expected",
        "Pieces advised, as the newest receipt says.",
        (({"shipment": each.shipment.name}, each.tally.expected) for each in every),
    )


def _way(every: Iterable[Told]) -> Iterator[Family]:
    ways = [(each.shipment.name, way) for each in every for way in each.tally.ways.values()]
    yield counters(
        "tallyman_shipment_distance_metres_total",
        "The way by a receiver's believed positions; across: straight where none is known.",
        (
            ({"shipment": name, "device": way.device, "part": part}, metres)
            for name, way in ways
            if way.fixes
            for part, metres in (("along", way.along), ("across", way.across))
        ),
    )
