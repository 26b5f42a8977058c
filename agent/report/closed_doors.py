"""Doors of shipments on their way: what was opened under seal, what went where no door was open.

Pure. Only what is bound to a shipment counts: in a store goods are carried to where no reader is,
and doors are opened all day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agent.observe.portal import Direction
from agent.observe.presence import ENTER, text, whole
from agent.report.case import Case
from agent.report.voyages import Voyage, voyages
from agent.shipments.doors import CLOSED, OPEN, Contact
from agent.shipments.shipment import SEPARATOR
from evidence.leaf import Record

TAG_STATE = "tag-state"
MINUTE = 60_000
RESTED = 10 * MINUTE  # ms for which goods lie still, and do not just pass a reader
AWAY = 10 * MINUTE  # ms, once it was given up, in which a tag that was just shadowed is back
AROUND = MINUTE  # ms before its last read in which the door may have been opened for a tag
DROVE_ON = 500.0  # m; less is a truck that turns in a yard


class Unsealed(NamedTuple):
    """A door that was opened at a moment, ms of UTC, while seals were on it."""

    contact: Contact
    at: int
    seals: str


class Tags(NamedTuple):
    """So many tags at a read point, between the first one's last read and the last one's, ms."""

    point: str
    first: int
    last: int
    tags: int


def opened_under_seal(case: Case) -> Iterator[Unsealed]:
    """Yield the doors that were opened under seal before the vehicle drove on.

    At the end of a way a seal is broken by whoever receives the goods; then nobody drives on.
    """
    for voyage in voyages(case):
        seals = SEPARATOR.join(voyage.bound.seals)
        for contact, told in case.doors.items():
            if not seals or contact.device not in voyage.bound.devices:
                continue
            for at in _openings(told):
                if voyage.under_way(at) and _drove_on(case, at, voyage.end):
                    yield Unsealed(contact, at, seals)


def _openings(told: Sequence[tuple[int, str]]) -> Iterator[int]:
    before = ""
    for at, state in told:
        if state == OPEN and before != OPEN:
            yield at
        before = state


def _drove_on(case: Case, at: int, end: int | None) -> bool:
    """Whether a receiver was far away later on, by its positions up to a moment."""
    for way in case.ways:
        start = way.before(at)
        later = (fix for moment, fix in way.fixes if at < moment and (end is None or moment < end))
        if start is not None and any(start[1].metres(fix) >= DROVE_ON for fix in later):
            return True
    return False


def vanished_behind_doors(case: Case) -> Iterator[Tags]:
    """Yield the tags that rested aboard, and then were read no more, while no door was opened.

    Metal over a tag does that, as do a tag torn off and a reader's loose cable.
    """
    came: defaultdict[str, list[int]] = defaultdict(list)
    for record in case.records:
        if record.kind == TAG_STATE and text(record, "state") == ENTER:
            came[text(record, "epc")].append(whole(record, "at_ms") or 0)

    def is_back(gone: _Left) -> bool:
        times = came[text(gone.record, "epc")]
        return any(gone.last < at <= gone.told + AWAY for at in times)

    left = (each for each in _left_behind_doors(case) if _rested(each.record))
    return _together(each for each in left if not is_back(each))


def through_closed_doors(case: Case) -> Iterator[Tags]:
    """Yield the tags that were carried in or out aboard while each door's contact said closed.

    So does a magnet at the contact.
    """
    return _together(
        each
        for each in _left_behind_doors(case)
        if text(each.record, "direction") in (Direction.IN, Direction.OUT)
    )


class _Left(NamedTuple):
    """A tag that left a read point: when it was read last, and when that was told, ms of UTC."""

    record: Record
    last: int
    told: int


def _left_behind_doors(case: Case) -> Iterator[_Left]:
    """Yield the tags that left a read point aboard while its doors were closed."""
    under_way = [each for each in voyages(case) if each.bound.devices]
    for record in case.records if under_way else ():
        if record.kind != TAG_STATE or text(record, "state") == ENTER or "stray" in record.values:
            continue
        last, told = whole(record, "at_ms"), case.dating.of(record)
        if last is None or told is None or record.clock_bound_ms is None:
            continue
        doors = _doors_of(case, under_way, record.device, last)
        if doors and all(_closed(each, last - AROUND, told) for each in doors):
            yield _Left(record, last, told)


def _rested(record: Record) -> bool:
    """Whether a tag lay at a read point and left for where no reader of the gateway is."""
    elsewhere = text(record, "to") or text(record, "direction")
    return not elsewhere and (whole(record, "dwell_ms") or 0) >= RESTED


def _together(left: Iterable[_Left]) -> Iterator[Tags]:
    """Yield tags that left a read point one soon after the other as one."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for each in sorted(left, key=lambda each: each.last):
        point = text(each.record, "read_point")
        group = groups[point]
        if group and each.last - group[-1] > AWAY:
            yield Tags(point, group[0], group[-1], len(group))
            group.clear()
        group.append(each.last)
    for point, group in groups.items():
        yield Tags(point, group[0], group[-1], len(group))


def _doors_of(
    case: Case, under_way: Sequence[Voyage], reader: str, at: int
) -> list[Sequence[tuple[int, str]]]:
    """Return what is known of the doors that went along with a reader; nothing where none did."""
    aboard = {
        device
        for each in under_way
        if each.under_way(at) and reader in each.bound.devices
        for device in each.bound.devices
    }
    return [told for contact, told in case.doors.items() if contact.device in aboard]


def _closed(told: Sequence[tuple[int, str]], start: int, end: int) -> bool:
    """Whether a door was closed all the time, as far as anybody knows."""
    before = [state for at, state in told if at <= start]
    within = [state for at, state in told if start < at <= end]
    return bool(before) and all(state == CLOSED for state in (before[-1], *within))
