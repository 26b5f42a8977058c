"""Rows of causes: what differs by device is filled in, and what is not known stays visible."""

from __future__ import annotations

from foundation.cause import UNKNOWN, Answer, Cause, no, perhaps, untested, yes

ROW = Cause(
    "port.taken",
    symptom="nothing is read",
    sentence="{program} has {port}",
    next="stop {program}",
    command="fuser {port}",
    unproven="which one it is",
)


def test_what_is_not_given_yet_stays_to_be_filled_in():
    half = ROW.of(port="/dev/ttyUSB0")
    assert (half.sentence, half.next, half.command) == (
        "{program} has /dev/ttyUSB0",
        "stop {program}",
        "fuser /dev/ttyUSB0",
    )
    assert half.of(program="gpsd").sentence == "gpsd has /dev/ttyUSB0"
    assert (half.id, half.symptom, half.unproven) == (ROW.id, ROW.symptom, ROW.unproven)


def test_for_people_what_is_not_known_stands_in_capitals():
    assert ROW.shown(program="gpsd").sentence == "gpsd has PORT"
    assert ROW.shown().next == "stop PROGRAM"


def test_findings_say_what_speaks_for_and_against():
    assert (yes("a", "b").answer, yes("a", "b").pro) == (Answer.YES, ("a", "b"))
    assert (no("a").answer, no("a").contra) == (Answer.NO, ("a",))
    assert perhaps("a", contra=("b",)) == type(UNKNOWN)(Answer.UNKNOWN, ("a",), ("b",))
    assert ROW.test(None) == untested(None) == UNKNOWN == perhaps()
