"""Records → EPCIS 2.0 events with their Event Hash IDs. Pure.

docs/operate/exports.md has the mapping as a table.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from agent.epcis.document import NAMES, Event, document
from agent.epcis.event_hash import KNOWN, event_id
from agent.epcis.validator import event_problems
from agent.exports import goods, handovers, journeys, sensors
from agent.exports.left_out import HIDDEN, UNSOUND, UNTIMED, LeftOut, NotTold, no_word
from agent.exports.shown import Batch, Checks, checks_of, is_sound, is_timed
from agent.exports.told import Told
from agent.observe.presence import text
from agent.shipments.route import fix_of

STANDARD = "EPCIS"

SINGLE: Mapping[str, Callable[[Told], Event]] = {
    "tag-state": goods.tag_state,
    "tag-count": goods.tag_count,
    "commission": goods.commission,
    "box-check": goods.box_check,
    "dock-check": handovers.receiving,
    "delivery": handovers.accepting,
    "shipment": journeys.bound,
    "shipment-sensor": journeys.aboard,
    "shipment-check": journeys.looked_at,
    "custody": journeys.changed_hands,
    "shock": sensors.shock,
    "alarm": sensors.alarm,
}
"""Kinds of which each record is an event."""

SUMMED = ("temperature", "acceleration")
"""Kinds of which a batch's records of one device are an event."""

POSITION = "position"
"""Of which the last good one of a batch is an event."""

TOLD_ELSEWHERE = {
    "tag": "a single read: where the tag was, tag-state tells",
    "excursion": "it is no alarm yet",
    "shipment-condition": "a state that lasts: the records of its rule tell of it",
}
"""Kinds that an event of another kind stands for."""

RECEIPT = "dock-check"
PARTS = ("dock-goods", "dock-difference", "dock-open", "dock-entry")
"""Kinds that stand in the event of their receipt."""


def events_of(batches: Sequence[Batch], left: LeftOut) -> list[Event]:
    """Return all events that the batches tell of, each with its ID; count the rest in `left`.

    Each holds by our own validator.
    """
    checks, begun = checks_of(batches), journeys.beginnings(batches)
    found: dict[str, Event] = {}
    for batch in batches:
        left.add(HIDDEN, batch.hidden)
        for event in _of_batch(batch, checks, begun, left):
            name = event_id(event, {**KNOWN, **NAMES})
            found[name] = {"eventID": name} | event
    return list(found.values())


def epcis_document(batches: Sequence[Batch], left: LeftOut, created: dt.datetime) -> dict[str, Any]:
    """Return the document of all of them; `created` is a moment of UTC."""
    return document(events_of(batches, left), created)


def _of_batch(
    batch: Batch, checks: Checks, begun: Collection[journeys.Beginning], left: LeftOut
) -> Iterator[Event]:
    stretches: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    for record in batch.records:
        told = Told(record, batch, checks, begun)
        if not is_sound(record):
            left.add(UNSOUND)
        elif handovers.is_damage(record):
            yield from _made(partial(handovers.damage, told), record.kind, 1, left)
        elif record.kind in SINGLE:
            yield from _made(partial(SINGLE[record.kind], told), record.kind, 1, left)
        elif record.kind in (*SUMMED, POSITION) and is_timed(record):
            stretches[record.device, record.kind].append(told)
        elif why := _why_not(told):
            left.add(why)
    for (_, kind), several in stretches.items():
        if kind in SUMMED:
            yield from _made(partial(sensors.summary, several), kind, len(several), left)
        elif fix := _last_fix(several, left):
            yield from _made(partial(sensors.fix, fix), kind, 1, left)


def _why_not(told: Told) -> str:
    """Return why a record is no event; nothing where it stands in that of its receipt."""
    kind = told.record.kind
    if kind in PARTS:
        of_check = told.checks.get((told.batch.gateway, text(told.record, "check")), ())
        return "" if any(each.kind == RECEIPT for each in of_check) else handovers.NO_RECEIPT
    if kind in (*SUMMED, POSITION):
        return UNTIMED
    return TOLD_ELSEWHERE.get(kind) or no_word(kind, STANDARD)


def _last_fix(several: Sequence[Told], left: LeftOut) -> Told | None:
    """Return the last good place of a batch, which stands for the others."""
    good = [each for each in several if each.record.quality == "ok" and fix_of(each.record)]
    left.add("a doubtful place, or none", len(several) - len(good))
    left.add("a later place of the same batch stands for it", max(len(good) - 1, 0))
    return good[-1] if good else None


def _made(make: Callable[[], Event], kind: str, count: int, left: LeftOut) -> Iterator[Event]:
    """Yield the event of `count` records, if it is one that holds by our validator."""
    try:
        event = make()
    except NotTold as reason:
        left.add(str(reason), count)
        return
    if any(event_problems(event)):
        left.add(f"of this {kind} no valid event can be made", count)
    else:
        yield event
