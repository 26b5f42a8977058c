"""Records → EPCIS 2.0 events with their Event Hash IDs. Pure.

docs/operate/exports.md has the mapping as a table.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agent.epcis.document import NAMES, Event, document
from agent.epcis.event_hash import KNOWN, event_id
from agent.epcis.validator import event_problems
from agent.exports import goods, handovers, sensors
from agent.exports.left_out import HIDDEN, UNSOUND, UNTIMED, LeftOut, NotTold, no_word
from agent.exports.shown import Batch, Checks, checks_of, is_sound, is_timed
from agent.exports.told import Told

STANDARD = "EPCIS"

SINGLE: Mapping[str, Callable[[Told], Event]] = {
    "tag-state": goods.tag_state,
    "tag-count": goods.tag_count,
    "commission": goods.commission,
    "box-check": goods.box_check,
    "dock-check": handovers.receiving,
    "delivery": handovers.accepting,
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
}
"""Kinds that an event of another kind stands for."""

PARTS = ("dock-goods", "dock-difference", "dock-open", "dock-entry")
"""Kinds that stand in the event of their receipt."""


def events_of(batches: Sequence[Batch], left: LeftOut) -> list[Event]:
    """Return all events that the batches tell of, each with its ID; count the rest in `left`.

    Each holds by our own validator.
    """
    checks = checks_of(batches)
    found: dict[str, Event] = {}
    for batch in batches:
        left.add(HIDDEN, batch.hidden)
        for event in _of_batch(batch, checks, left):
            name = event_id(event, {**KNOWN, **NAMES})
            found[name] = {"eventID": name} | event
    return list(found.values())


def epcis_document(batches: Sequence[Batch], left: LeftOut, created: dt.datetime) -> dict[str, Any]:
    """Return the document of all of them; `created` is a moment of UTC."""
    return document(events_of(batches, left), created)


def _of_batch(batch: Batch, checks: Checks, left: LeftOut) -> Iterator[Event]:
    stretches: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    for record in batch.records:
        told = Told(record, batch, checks)
        if not is_sound(record):
            left.add(UNSOUND)
        elif record.kind in SINGLE:
            yield from _made([told], lambda each: SINGLE[each[0].record.kind](each[0]), left)
        elif record.kind in (*SUMMED, POSITION) and is_timed(record):
            stretches[record.device, record.kind].append(told)
        elif record.kind not in PARTS:
            left.add(_why_not(record.kind))
    for (_, kind), several in stretches.items():
        if kind in SUMMED:
            yield from _made(several, sensors.summary, left)
        elif fix := _last_fix(several, left):
            yield from _made(fix, _fix, left)


def _why_not(kind: str) -> str:
    """Return why a record of a kind is no event."""
    if kind in (*SUMMED, POSITION):
        return UNTIMED
    return TOLD_ELSEWHERE.get(kind) or no_word(kind, STANDARD)


def _fix(told: Sequence[Told]) -> Event:
    return sensors.fix(told[0])


def _last_fix(several: Sequence[Told], left: LeftOut) -> list[Told]:
    """Return the last good place of a batch, which stands for the others."""
    good = [each for each in several if each.record.quality == "ok" and "lat" in each.record.values]
    left.add("a doubtful place, or none", len(several) - len(good))
    left.add("a later place of the same batch stands for it", max(len(good) - 1, 0))
    return good[-1:]


def _made(
    told: Sequence[Told], make: Callable[[Sequence[Told]], Event], left: LeftOut
) -> Iterator[Event]:
    try:
        event = make(told)
    except NotTold as reason:
        left.add(str(reason), len(told))
        return
    if any(event_problems(event)):
        left.add(f"of this {told[0].record.kind} no valid event can be made", len(told))
    else:
        yield event
