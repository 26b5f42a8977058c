"""What was refused, of whom and why, until it is declared."""

from __future__ import annotations

from agent.journal.refusals import Cause, Refusals, Refused


def test_each_cause_refuses_and_the_last_that_goes_lets_in_again():
    refusals = Refusals()
    assert (refusals.refusing, refusals.reason) == (False, "")
    assert refusals.begin(Cause.MEMORY) is True
    assert refusals.begin(Cause.MEMORY) is False, "it is known"
    assert refusals.begin(Cause.ARCHIVE) is True
    assert refusals.refusing
    assert refusals.reason == (
        "the archive has reached its limit, and nothing in it may go; "
        "the disk takes no records, and memory for waiting ones is full"
    )
    assert refusals.end(Cause.JOURNAL) is False, "it was none"
    assert refusals.end(Cause.MEMORY) is False, "another one is left"
    assert (refusals.has(Cause.MEMORY), refusals.has(Cause.ARCHIVE)) == (False, True)
    assert refusals.end(Cause.ARCHIVE) is True
    assert refusals.end(Cause.ARCHIVE) is False
    assert not refusals.refusing


def test_readings_are_counted_by_device_until_they_are_declared():
    refusals = Refusals()
    assert refusals.add("cold-1", 10.0) is True
    assert refusals.add("cold-1", 30.0) is False
    assert refusals.add("cold-1", 20.0) is False
    assert refusals.add("cold-2", 25.0) is True
    assert refusals.count == 4
    assert refusals.take() == {
        "cold-1": Refused(10.0, 30.0, 3),
        "cold-2": Refused(25.0, 25.0, 1),
    }
    assert (refusals.count, refusals.take()) == (0, {})
    assert refusals.add("cold-1", 40.0) is True, "the next gap is another one"
