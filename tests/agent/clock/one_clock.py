"""A clock whose sources a test moves."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from tests.agent.fakes import FakeSystemClock

FIX = datetime(2026, 9, 21, 12, 0, 0, tzinfo=UTC)


def at(clock: FakeSystemClock, seconds: float) -> None:
    clock.timing.now = seconds


def utc_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def offered(clock, system, source, error, step, *, until, first=None):
    """The news, with their moments, of a source that is wrong by `error`, every `step` seconds.

    The system's clock is polled every ten seconds, as the agent does. None or NTP offers nothing.
    """
    told = []
    due = step if first is None else first
    poll = 10.0 * math.ceil(system.timing.now / 10.0 + 1e-9)
    while min(due, poll) <= until + 1e-9:
        now = min(due, poll)
        at(system, now)
        if now == poll:
            told.append((now, clock.poll()))
            poll += 10.0
        if now == due:
            if source is not None:
                moment = FIX + timedelta(seconds=now) + error
                told.append((now, clock.offer(source, moment, now, 1000)))
            due = round(due + step, 3)
    return [(when, change) for when, change in told if change is not None]
