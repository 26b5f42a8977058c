"""Scans of boxes wait until the tags around them have been told."""

from __future__ import annotations

import pytest

from agent.observe.boxes import AROUND, MOST_WAITING, BoxWatch, Scan


def scan(at):
    return Scan("belt", "scanner", f"https://id.gs1.org/00/{at}", at)


@pytest.mark.parametrize("late", [0.0, 1.5])
def test_a_scan_is_due_once_when_its_tags_are_told(late):
    watch, first, second = BoxWatch(), scan(10.0), scan(11.0)
    watch.scan(first)
    watch.scan(second)
    assert watch.due(10.0 + AROUND + late - 0.1, late) == []
    assert watch.due(10.0 + AROUND + late, late) == [first]
    assert watch.due(10.5 + AROUND + late, late) == []
    assert watch.due(20.0, late) == [second]
    assert watch.due(20.0, late) == []


def test_a_sick_scanner_fills_no_memory():
    watch = BoxWatch()
    for _ in range(MOST_WAITING + 5):
        watch.scan(scan(1.0))
    assert len(watch.due(9.0)) == MOST_WAITING
