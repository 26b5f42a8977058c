"""Who answered for the goods, and when they changed hands. Pure."""

from __future__ import annotations

from typing import NamedTuple

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, said
from agent.renderer.table import table
from agent.report.case import SHOWN_ROWS, Case
from agent.shipments.custody import state_of
from agent.shipments.shipment import CUSTODY
from evidence.leaf import Record


class Hands(NamedTuple):
    """The fields of a kind of record that tell who gave what to whom, where, and who signed."""

    what: str
    giver: str
    taker: str
    place: str
    state: str


KINDS = {
    "shipment": Hands("name", "", "custodian", "vehicle", "state"),
    "custody": Hands("shipment", "giver", "taker", "place", "state"),
    "dock-check": Hands("notice", "supplier", "operator", "read_point", "decision"),
    "delivery": Hands("notice", "driver", "receiver", "", "state"),
}
"""What is told of custody."""

HEADS = ("at", "kind", "what", "giver", "taker", "place", "state")


def custody(case: Case) -> Html:
    """Return each change of hands, in the order of time; nothing where none is shown."""
    found = [record for record in case.records if record.kind in KINDS]
    if not found:
        return NOTHING
    words = case.words
    heads = [words(f"custody.{name}") for name in HEADS]
    more = len(found) - SHOWN_ROWS
    return section(
        words("custody.title"),
        table(words("custody.table"), heads, (_row(case, each) for each in found[:SHOWN_ROWS])),
        element("p", words("more", n=more)) if more > 0 else NOTHING,
    )


def _row(case: Case, record: Record) -> list[Html]:
    hands = KINDS[record.kind]
    return [
        case.moment(case.dating.of(record)),
        case.words(f"custody.kinds.{record.kind}"),
        *(_told(case, record, name) for name in hands[:-1]),
        case.words.known("state", _state(record, hands)),
    ]


def _state(record: Record, hands: Hands) -> str:
    """Return a record's state; of a hand-over by its signatures, and not by its word."""
    if record.kind == CUSTODY:
        return state_of(record)
    return str(record.values.get(hands.state, ""))


def _told(case: Case, record: Record, name: str) -> Html:
    """Return a field in its words; that a record does not tell who is not that nobody was there."""
    if not name:
        return NOTHING
    return said(str(record.values[name])) if name in record.values else case.words("custody.untold")
