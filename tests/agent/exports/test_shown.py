"""When a record was made, as exports have it: in a calendar, to the millisecond, or not at all."""

from __future__ import annotations

import pytest

from agent.exports.shown import is_timed, moment_of
from tests.evidence.building import record


@pytest.mark.parametrize(
    ("wall_ms", "moment"),
    [
        (0, "1970-01-01T00:00:00.000+00:00"),
        (1, "1970-01-01T00:00:00.001+00:00"),
        (999, "1970-01-01T00:00:00.999+00:00"),
        (-1, "1969-12-31T23:59:59.999+00:00"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000+00:00"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999+00:00"),
    ],
)
def test_a_moment_is_told_to_the_millisecond(wall_ms, moment):
    assert moment_of(wall_ms).isoformat(timespec="milliseconds") == moment
    assert is_timed(record(0, wall_ms=wall_ms))


@pytest.mark.parametrize(
    "changes",
    [{"wall_ms": -62_135_596_800_001}, {"wall_ms": 253_402_300_800_000}, {"clock_bound_ms": None}],
)
def test_beyond_every_calendar_or_by_no_clock_nobody_knows_when_it_was(changes):
    assert not is_timed(record(0, **changes))
