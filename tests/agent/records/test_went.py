"""What rules erased, as the report adds it up."""

from __future__ import annotations

from agent.clock.belief import Stamp
from agent.records.convert import from_event
from agent.records.went import Went, added_up, told_by


def erasure(wall_ms, **values):
    return from_event("erasure", values, 0, Stamp(1, 0, wall_ms, "rtc", 0))


def test_each_rule_has_one_line_however_often_it_took_something():
    assert told_by(
        [
            erasure(3000, what="positions", days=30, count=5),
            erasure(1000, what="fixes of phones", days=2, count=1),
            erasure(2000, what="positions", days=30, count=7),
            erasure(4000, what="positions", days=31, count=2),
        ]
    ) == [
        Went("positions", 30, 12, 3000),
        Went("fixes of phones", 2, 1, 1000),
        Went("positions", 31, 2, 4000),
    ]


def test_what_a_record_does_not_say_counts_nothing():
    assert told_by([erasure(1000)]) == [Went("", 0, 0, 1000)]
    assert added_up([]) == []
