"""Who else saw it: what stands beside a claim, and what of it is of another time."""

from __future__ import annotations

from agent.report.beside import Around, around, witnesses
from tests.agent.report.parts import WORDS, case, plain, renumbered, series
from tests.agent.report.test_contradictions import MINUTE, START, Log
from tests.evidence.building import record


def impact(log, minute, device="hit", quality="ok", **values):
    log.add(minute, device, "shock", quality=quality, **values)


def test_who_felt_an_impact_within_five_seconds_felt_the_same():
    log = Log()
    second = 1 / 60
    for at, device in ((0, "a"), (5 * second, "b"), (5.001 * second, "c"), (-5 * second, "d")):
        impact(log, 10 + at, device, peak=1000)
    found = case(log.records)
    told = plain(witnesses(found, around(found, log.records[0])))
    assert told == ["- b felt it, too", "- c felt nothing then", "- d felt it, too"]
    hidden = case(log.records, hidden=1)
    told = plain(witnesses(hidden, around(hidden, log.records[0])))
    assert told == ["- b felt it, too", "- d felt it, too"]


def test_of_a_claim_that_nobody_else_saw_that_is_said():
    log = Log()
    impact(log, 1, peak=1000)
    found = case(log.records)
    assert plain(witnesses(found, around(found, log.records[0]))) == [
        WORDS("beside.nobody").strip()
    ]


def doors_then(log, start, end, **report):
    found = case(log.records, **report)
    claim = Around("cargo", "temperature", START + start * MINUTE, START + end * MINUTE)
    return plain(witnesses(found, claim))


def test_how_a_door_stood_when_it_began_and_how_often_it_was_opened_meanwhile():
    log = Log()
    for minute, state in ((1, "closed"), (5, "open"), (6, "closed"), (8, "open"), (9, "closed")):
        log.door(minute, state)
    stood = "- door: door {} when it began, opened {} {} meanwhile"
    assert doors_then(log, 1, 8) == [stood.format("closed", 2, "times")]
    assert doors_then(log, 5, 7) == [stood.format("open", 0, "times")]
    assert doors_then(log, 4.9, 5) == [stood.format("closed", 1, "time")]
    unknown = doors_then(log, 0, 8)
    assert (
        unknown
        == doors_then(log, 1, 8, hidden=1)
        == plain(f"<ul><li>{WORDS('beside.door-unknown', device='door')}</li></ul>")
    )
    log.add(9.5, "door", "gap", state="open", reason="cable")
    assert doors_then(log, 1, 9.4) == [stood.format("closed", 2, "times")]
    assert doors_then(log, 1, 9.5) == doors_then(log, 9.5, 9.6) == unknown


def test_what_a_neighbour_measured_meanwhile_and_which_of_its_values_are_no_neighbour_s():
    own, other = series(4, 4, 4, 4, 4), series(5, 6, 7, 8, 9, device="wall")
    found = case(renumbered(own, other))
    claim = Around("cargo", "temperature", START + MINUTE, START + 3 * MINUTE)
    assert plain(witnesses(found, claim)) == ["- wall: 6.00 °C to 8.00 °C meanwhile"]
    later = claim._replace(start=START + 50 * MINUTE, end=START + 51 * MINUTE)
    assert plain(witnesses(found, later)) == ["- wall: nothing known of that time"]
    assert plain(witnesses(found, claim._replace(field="humidity"))) == [WORDS("beside.nobody")]


def test_at_most_eight_lines_stand_beside_a_claim():
    walls = [series(5, device=f"wall-{n}") for n in range(9)]
    found = case(renumbered(series(4), *walls))
    told = plain(witnesses(found, Around("cargo", "temperature", START, START)))
    assert len(told) == 8


def test_a_doubt_stands_beside_the_claims_of_its_time_alone():
    """Two degrees in a minute are no doubt, five are: from minute 2 to 3."""
    found = case(series(4, 4, 4, 9, 9, 9))
    (doubt,) = found.doubts["cargo"]
    begun, over = doubt.start, doubt.end
    for start, end, told in (
        (begun, over, True), (over, over + 1, True), (over + 1, over + 2, False),
        (begun - 2, begun, True), (begun - 2, begun - 1, False),
    ):  # fmt: skip
        said = plain(witnesses(found, Around("cargo", "temperature", start, end)))
        assert any("it moved faster than air does" in each for each in said) is told
    elsewhere = plain(witnesses(found, Around("cargo", "humidity", begun, over)))
    assert elsewhere == [WORDS("beside.nobody")]


def test_where_it_was_then_and_how_long_before():
    log = Log()
    log.drive(10, 1.0)
    log.drive(10.5, 2.0)
    found = case(log.records)
    at, later = START + 10 * MINUTE, START + 12 * MINUTE
    here = plain(witnesses(found, Around("cargo", "temperature", at, at)))
    assert here == ["- position: at 45.00900°, 7.60000° then"]
    ago = plain(witnesses(found, Around("cargo", "temperature", later, later)))
    assert ago == ["- position: at 45.01800°, 7.60000°, 1 min 30 s before"]
    before = plain(witnesses(found, Around("cargo", "temperature", at - 1, at - 1)))
    assert before == [WORDS("beside.nobody")]


def test_an_impact_is_claimed_when_it_is_dated_and_else_when_the_gateway_believed():
    """A run in which nobody vouched for the time at first, and one in which nobody ever did."""
    unset = {"clock_bound_ms": None, "clock_source": "none"}
    early = record(0, "shock", boot=2, monotonic_ms=10_000, wall_ms=7, **unset)
    later = record(1, boot=2, monotonic_ms=70_000, wall_ms=START + 70_000)
    never = record(2, "shock", boot=3, wall_ms=9, **unset)
    found = case([early, later, never])
    assert around(found, early) == ("cold-room", "peak", START + 10_000, START + 10_000)
    assert around(found, never) == ("cold-room", "peak", 9, 9)
