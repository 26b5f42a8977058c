"""What a rule comes to while time passes: ok, excursion, alarm or unknown. Pure.

A `Standing` is all that must be remembered. What `passed` makes of it depends on the spans only,
and not on where they are cut, so nobody has to look at a certain moment.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from agent.rules.rule import Mode, Reset, Rule, State
from agent.rules.valid_time import Span
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule's `state` since a moment, ms; None: nothing was seen yet.

    `beyond` tells whether the last known value was beyond the limit. `counted` is the time there
    that counts, ms, of a rule with a window `recent` are its pieces. `lowest` and `highest` are
    those of the values beyond, of the excursion that was last. `lost` is since when nobody knows
    the value. `closed`: a person ended it, and nothing was seen since.
    """

    state: State | None = None
    since: int = 0
    beyond: bool = False
    counted: int = 0
    lowest: float | None = None
    highest: float | None = None
    recent: tuple[tuple[int, int], ...] = ()
    lost: int | None = None
    closed: bool = False

    def moved(self, state: State, at: int) -> Standing:
        """Return this in another state from `at` on; `since` stays where it is no other."""
        return self if state is self.state else replace(self, state=state, since=at)


def passed(rule: Rule, was: Standing, span: Span, patience: int = 0) -> list[Standing]:
    """Return what the rule comes to while `span` passes, one after another; the last one stays.

    It is unknown once nobody knows the value for `patience` ms.
    """
    if was.closed:
        return [was]
    beyond = _beyond(rule, was, span)
    if beyond is None:
        return [_unknown(was, span, patience)]
    was = replace(was, lost=None)
    return _outside(rule, was, span) if beyond else [_inside(rule, was, span)]


def counted_at(rule: Rule, was: Standing, start: int, moment: int) -> int:
    """Return the time that counts at `moment`, where all since `start` was beyond the limit."""
    if not rule.window:
        return was.counted + moment - start
    return _within((*was.recent, (start, moment)), moment - rule.window)


def _beyond(rule: Rule, was: Standing, span: Span) -> bool | None:
    """Tell whether a span is beyond the limit; None where nobody knows."""
    if span.value is None:
        return None
    beyond = rule.beyond(span.value, already=was.beyond)
    if span.floor and not (beyond and rule.side.is_upper):
        return None  # the true value is larger, nobody knows by how much
    return beyond


def _unknown(was: Standing, span: Span, patience: int) -> Standing:
    """An alarm does not end with its sensor, nor does an excursion: it is not known to be over."""
    lost = span.start if was.lost is None else was.lost
    now, due = replace(was, lost=lost), lost + patience
    if was.state is State.ALARM or span.end < due:
        return now
    return now.moved(State.UNKNOWN, max(due, span.start))


def _outside(rule: Rule, was: Standing, span: Span) -> list[Standing]:
    now = _widened(replace(was, beyond=True), was, span)
    due = _due(rule, was, span)
    at_once = was.state is State.ALARM or due == span.start
    found = [] if at_once else [now.moved(State.EXCURSION, span.start)]
    if due is not None and span.event:
        found.append(replace(now, state=State.ALARM, since=due))  # each is an alarm of its own
    elif due is not None or not found:
        found.append(now if due is None else now.moved(State.ALARM, due))
    found[-1] = _counted(rule, found[-1], span)
    return found


def _widened(now: Standing, was: Standing, span: Span) -> Standing:
    """Return the standing with the span's value among those beyond."""
    assert span.value is not None
    known = [each for each in (was.lowest, was.highest) if was.beyond and each is not None]
    values = [*known, span.value]
    return replace(now, lowest=min(values), highest=max(values))


def _due(rule: Rule, was: Standing, span: Span) -> int | None:
    """Return when the time beyond the limit makes an alarm; None: not in this span.

    The time that counts never falls while it grows, so the moment can be searched for.
    """
    moments = range(span.start, span.end + 1)
    index = bisect_left(
        moments, rule.alarm_after, key=lambda each: counted_at(rule, was, span.start, each)
    )
    return moments[index] if index < len(moments) else None


def _counted(rule: Rule, now: Standing, span: Span) -> Standing:
    """Return the standing with the whole span counted."""
    if not rule.window:
        return replace(now, counted=now.counted + span.end - span.start)
    pieces = list(now.recent)
    if pieces and pieces[-1][1] == span.start:
        pieces[-1] = pieces[-1][0], span.end
    else:
        pieces.append((span.start, span.end))
    kept = tuple(each for each in pieces if each[1] > span.end - rule.window)
    return replace(now, recent=kept, counted=_within(kept, span.end - rule.window))


def _inside(rule: Rule, was: Standing, span: Span) -> Standing:
    counted = 0 if rule.mode is Mode.SINGLE else was.counted
    if rule.window:
        counted = _within(was.recent, span.end - rule.window)
    now = replace(was, beyond=False, counted=counted)
    if was.state is not State.ALARM:
        return now.moved(State.OK, span.start)
    over = _over(rule, was, span) if rule.reset is Reset.RECOVERY else None
    return now if over is None else now.moved(State.OK, over)


def _over(rule: Rule, was: Standing, span: Span) -> int | None:
    """Return when an alarm is over whose value is back; None: not in this span.

    Of a window, as soon as too little time beyond the limit is left in it.
    """
    if not rule.window:
        return span.start
    moments = range(span.start, span.end)
    index = bisect_left(
        moments, 1 - rule.alarm_after, key=lambda each: -_within(was.recent, each - rule.window)
    )
    return moments[index] if index < len(moments) else None


def _within(pieces: tuple[tuple[int, int], ...], start: int) -> int:
    """Return how much of the pieces lies behind `start`."""
    return sum(max(0, end - max(begin, start)) for begin, end in pieces)
