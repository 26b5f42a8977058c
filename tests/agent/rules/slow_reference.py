"""The rules once more, second by second, as one would do it with a pencil: slow and obvious.

Shares no code with `agent.rules`; a rule is read as plain attributes. One step of time is one
second here and whatever unit the samples have.
"""

from __future__ import annotations


def held(samples, second, reach):
    """Return the value that holds in a second, or None; `samples` are (second, value or None)."""
    before = [sample for sample in samples if sample[0] <= second]
    at, value = before[-1]
    return value if second < at + reach else None


def is_beyond(side, limit, value, room):
    if side == "above":
        return value > limit - room
    if side == "at_or_above":
        return value >= limit - room
    if side == "below":
        return value < limit + room
    return value <= limit + room


def states(rule, samples, reach, end):
    """Return the state in each second from the first sample to `end`."""
    start = samples[0][0]
    beyond_seconds = []  # one truth value a second since the start
    single = 0  # seconds of the present excursion
    alarm = was_beyond = False
    found = []
    for second in range(start, end):
        value = held(samples, second, reach)
        if value is None:
            found.append("alarm" if alarm else "unknown")
            beyond_seconds.append(False)
            continue
        beyond = is_beyond(rule.side, rule.limit, value, rule.hysteresis if was_beyond else 0)
        was_beyond = beyond
        if not beyond:
            single = 0
        before = counted(rule, beyond_seconds, single)
        if beyond and before >= rule.alarm_after:
            alarm = True
        if not beyond and alarm and rule.reset == "recovery":
            alarm = bool(rule.window) and before >= rule.alarm_after
        found.append("alarm" if alarm else "excursion" if beyond else "ok")
        beyond_seconds.append(beyond)
        single += beyond
        if beyond and counted(rule, beyond_seconds, single) >= rule.alarm_after:
            alarm = True  # from the next second on
    return found


def counted(rule, beyond_seconds, single):
    """Return the seconds beyond the limit that count, of those that are over."""
    if rule.mode == "single":
        return single
    if rule.window:
        return sum(beyond_seconds[-rule.window :])
    return sum(beyond_seconds)


def change_a_minute(samples, second, reach):
    """Return how fast a value changes that holds in a second, or None where nobody knows.

    Looks back from the newest value through one after another until one is a minute older.
    """
    before = [sample for sample in samples if sample[0] <= second]
    newest, rest = before[-1], before[:-1]
    if newest[1] is None or second >= newest[0] + reach:
        return None
    later = newest
    for at, value in reversed(rest):
        if value is None or later[0] - at > reach:
            return None
        if newest[0] - at >= 60:
            return (newest[1] - value) / (newest[0] - at) * 60
        later = at, value
    return None
