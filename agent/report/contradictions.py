"""What speaks against the records, by what else they say. Pure.

None of it is proof, and where nothing is found nobody knows that nothing was done: `python -m hil
days` tells which frauds raise it, which do not, and how often honest days do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.observe.presence import text, whole
from agent.report.case import Case
from agent.report.closed_doors import (
    opened_under_seal,
    through_closed_doors,
    vanished_behind_doors,
)
from agent.report.voyages import Voyage, voyages
from evidence.leaf import Record

SUSPECT = "suspect"
CLOCK, BOOT, TAG = "clock", "boot", "tag-suspect"
TAG_CAUSES = ("two-tids", "two-places", "foreign-tid")
CLOCK_DISPUTED, CLOCK_BACK = "clock-disputed", "clock-back"
CUT_OFF, STOPPED = "cut-off", "off-under-way"
VANISHED, THROUGH, UNSEALED = "vanished", "through-closed-door", "opened-under-seal"
UNEXPECTEDLY = "unexpectedly"

RESTARTED = 15 * 60_000
"""ms that a gateway may be off in good order with goods under way: an update takes minutes."""

SET_BACK = 60_000
"""ms by which a clock must stand before what it said before: all sources of one gateway together
are wrong by less."""

RTC_LOSES = 30 * 60_000
"""The same of a clock that nobody vouches for, in ms: a chip that nothing sets loses ten minutes a
year (20 ppm), and says so after every start."""

LEAP = 2000
"""A dispute about less, in ms, is no word against the records: a leap second is told by one source
before the other, and a receiver may tell the second before."""

SOON = 10 * 60_000  # ms; a pack of ice makes a jump at each value for as long as a probe cools

CLOCKLESS = ("none", "quorum")
"""Sources of a clock that nothing set, or of which witnesses only say that it is later: after each
start it may stand before what was."""


class Contradiction(NamedTuple):
    """`what` speaks against a device, read point or contact from `at` (ms of UTC, None: unknown).

    `what` is a doubt of `agent.rules.plausibility`, a cause of a `tag-suspect` record, or one of
    the words above. `until` is when it ended, where it lasted; `thing` the tag or seals it is
    about, `n` how many there were.
    """

    what: str
    who: str
    at: int | None
    until: int | None = None
    thing: str = ""
    n: int = 1


def contradictions(case: Case) -> list[Contradiction]:
    """Return all of them, in the order of time; those that nobody can date come first."""
    found = [*_of_sensors(case), *_of_tags(case), *_of_clock(case), *_stops(case)]
    if not case.report.hidden:  # a hidden record may tell of a door
        found += _of_doors(case)
    return sorted(found, key=lambda each: (each.at or 0, each.what, each.who))


def _of_doors(case: Case) -> Iterator[Contradiction]:
    for what, tags in ((VANISHED, vanished_behind_doors), (THROUGH, through_closed_doors)):
        for each in tags(case):
            yield Contradiction(what, each.point, each.first, each.last, n=each.tags)
    for door in opened_under_seal(case):
        yield Contradiction(UNSEALED, door.contact.device, door.at, thing=door.seals)


def _of_sensors(case: Case) -> list[Contradiction]:
    """Return the doubts about each sensor; of one kind soon after each other they are one."""
    found: list[Contradiction] = []
    for device, doubts in case.doubts.items():
        newest: dict[str, int] = {}
        for doubt in doubts:
            before = newest.get(doubt.what)
            if before is not None and doubt.start - (found[before].until or 0) <= SOON:
                found[before] = found[before]._replace(until=doubt.end, n=found[before].n + 1)
                continue
            newest[doubt.what] = len(found)
            found.append(Contradiction(doubt.what, device, doubt.start, doubt.end))
    return found


def _of_tags(case: Case) -> Iterator[Contradiction]:
    for record in case.records:
        cause = text(record, "cause")
        if record.kind == TAG and cause in TAG_CAUSES:
            thing = text(record, "uri") or text(record, "epc")
            point = text(record, "read_point")
            yield Contradiction(cause, point, case.dating.of(record), thing=thing)


def _of_clock(case: Case) -> Iterator[Contradiction]:
    """Yield who said another time than was vouched for, and when the clock went back."""
    for record in case.records:
        if record.kind == CLOCK and record.quality == SUSPECT and not _by_a_second(record):
            source = text(record, "claim_source") or text(record, "new_source")
            yield Contradiction(CLOCK_DISPUTED, source, case.dating.of(record))
    yield from _set_back(case)


def _by_a_second(record: Record) -> bool:
    """Whether a dispute is known to be about so little that it says nothing."""
    refused = "claim_source" in record.values
    by_ms = whole(record, "claim_ms" if refused else "offset_ms")
    return by_ms is not None and abs(by_ms) < LEAP


def _set_back(case: Case) -> Iterator[Contradiction]:
    """Yield each time that a clock stands before a moment that was vouched for already.

    Within a boot that is told by its monotonic clock: what a device kept comes late, and rightly.
    """
    newest, earlier, boot = 0, 0, -1
    least: int | None = None  # UTC minus the monotonic clock that was vouched for in this boot
    behind = False
    for record in case.records:
        if record.boot != boot:
            boot, earlier, least = record.boot, newest, None
        offset = record.wall_ms - record.monotonic_ms
        slack = RTC_LOSES if record.clock_bound_ms is None else SET_BACK
        was, behind = behind, record.wall_ms < earlier - slack
        behind = behind or (least is not None and offset < least - slack)
        if behind and not was and record.clock_source not in CLOCKLESS:
            yield Contradiction(CLOCK_BACK, record.clock_source, newest)
        if record.clock_bound_ms is not None:
            newest = max(newest, record.wall_ms - record.clock_bound_ms)
            vouched = offset - record.clock_bound_ms
            least = vouched if least is None else max(least, vouched)


def _stops(case: Case) -> Iterator[Contradiction]:
    """Yield when the gateway ended without a word, or was off for long with goods under way."""
    before: Record | None = None
    bound = voyages(case)
    for record in case.records:
        if record.kind == BOOT and before is not None:
            since, back = case.dating.of(before), case.dating.of(record)
            if text(record, "previous") == UNEXPECTEDLY:
                yield Contradiction(CUT_OFF, record.device, since, back)
            elif _missed_goods(since, back, bound):
                yield Contradiction(STOPPED, record.device, since, back)
        before = record


def _missed_goods(since: int | None, back: int | None, bound: Sequence[Voyage]) -> bool:
    """Whether goods were under way in a stop that is known to have been long."""
    if since is None or back is None or back - since < RESTARTED:
        return False
    return any(each.under_way(since) for each in bound)
