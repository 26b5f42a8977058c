"""A shipment's summary: numbers worked out by hand, or by slower code."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from agent.shipments.summary import summarized
from tests.agent.shipments.journeys import BEGIN, MINUTE, SECOND, Journal


def of(journal, name="WB-7"):
    return summarized(name, journal.records)


def one(found):
    (each,) = found
    return each


def test_mean_and_extremes_weigh_each_value_by_its_valid_time():
    # 60 s at 4.00, 60 s at 6.00, 90 s at 9.00 (1.5 intervals), then unknown until the end.
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0)
    for at, value in ((0, 4), (60, 6), (120, 9)):
        journal.celsius(at, value)
    journal.shipment(600, "ended")
    found = one(of(journal).fared.measured)
    assert (found.lowest, found.highest, found.values) == (4.0, 9.0, 3)
    assert (found.valid_ms, found.unknown_ms) == (210 * SECOND, 390 * SECOND)
    assert found.mean == (60 * 4 + 60 * 6 + 90 * 9) / 210
    # USP <1160> with 83.144 kJ/mol: 10,000 K over the logarithm of the mean of exp(-10,000 K / T)
    mean = math.fsum(
        seconds * math.exp(-10_000 / (273.15 + value))
        for seconds, value in ((60, 4), (60, 6), (90, 9))
    )
    assert found.mkt == pytest.approx(10_000 / -math.log(mean / 210) - 273.15, abs=1e-9)


def test_what_nobody_measured_is_unknown_and_never_zero():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "spare"))
    journal.aboard(0)
    journal.celsius(30, None)
    journal.celsius(90, 5)
    journal.celsius(150, 77, quality="corrupt")
    journal.shipment(210, "ended")
    fared = of(journal).fared
    found = one(fared.measured)
    assert (found.values, found.doubtful, found.highest) == (1, 2, 5.0)
    assert (found.valid_ms, found.unknown_ms) == (60 * SECOND, 150 * SECOND)
    assert fared.silent == ("spare",)
    assert not fared.shocks_watched
    assert not fared.limits_watched
    assert (fared.travelled, fared.doors) == ((), ())


def test_a_sensor_that_never_answered_has_no_numbers():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0)
    journal.celsius(30, None)
    journal.shipment(210, "ended")
    fared = of(journal).fared
    assert (fared.measured, fared.silent) == ((), ("cargo",))


def test_a_sensor_that_told_values_in_one_leg_is_not_one_that_told_none():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "spare"))
    journal.aboard(0)
    journal.celsius(30, 5)
    journal.note(60, "custody", shipment="WB-7", taker="carrier-2", state="unsigned")
    journal.shipment(70, "ended")
    told = of(journal)
    assert [leg.fared.silent for leg in told.legs] == [("spare",), ("cargo", "spare")]
    assert told.fared.silent == ("spare",)


def test_a_value_beyond_the_range_widens_the_highest_and_counts_no_time():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0)
    journal.celsius(0, 5)
    journal.celsius(60, 85, quality="saturated")
    journal.celsius(120, 5)
    journal.shipment(180, "ended")
    found = one(of(journal).fared.measured)
    assert (found.highest, found.at_least, found.mean) == (85.0, True, 5.0)
    assert (found.valid_ms, found.unknown_ms) == (120 * SECOND, 60 * SECOND)


def test_values_that_come_one_by_one_say_nothing_of_each_other():
    journal = Journal()
    journal.shipment(0)
    for minute in range(10):
        journal.celsius(60 * minute, 4.0)
        journal.note(60 * minute + 0.04, "temperature", "cargo", humidity=6000)
    journal.shipment(600, "ended")
    humidity, temperature = of(journal).fared.measured
    assert (temperature.values, temperature.doubtful, temperature.unknown_ms) == (10, 0, 0)
    assert (humidity.values, humidity.doubtful, humidity.unknown_ms) == (10, 0, 40)
    assert (temperature.interval_ms, humidity.interval_ms) == (MINUTE, MINUTE)


def test_without_a_declared_interval_it_is_the_one_that_the_values_keep():
    journal = Journal()
    journal.shipment(0)
    for at in range(0, 601, 60):
        journal.celsius(at, 5)
    journal.shipment(900, "ended")
    found = one(of(journal).fared.measured)
    assert (found.interval_ms, found.declared) == (MINUTE, False)
    assert (found.valid_ms, found.unknown_ms) == (690 * SECOND, 210 * SECOND)


def test_legs_end_where_it_is_bound_anew_or_changes_hands_and_add_up():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "door"), vehicle="TO 1", custodian="carrier-1")
    journal.aboard(0)
    journal.celsius(0, 4)
    second = journal.note(30, "custody", shipment="WB-7", giver="carrier-1", taker="carrier-2")
    journal.celsius(60, 8)
    third = journal.shipment(90, vehicle="TO 2")
    journal.celsius(120, 6)
    end = journal.shipment(150, "ended")
    found = of(journal)
    assert [(leg.first, leg.last) for leg in found.legs] == [
        (0, second),
        (second, third),
        (third, end),
    ]
    assert [leg.custodian for leg in found.legs] == ["carrier-1", "carrier-2", "carrier-2"]
    assert [leg.vehicle for leg in found.legs] == ["TO 1", "TO 1", "TO 2"]
    means = [one(leg.fared.measured).mean for leg in found.legs]
    assert means == [4.0, (30 * 4 + 30 * 8) / 60, (30 * 8 + 30 * 6) / 60]
    whole = one(found.fared.measured)
    assert (whole.mean, whole.valid_ms) == ((60 * 4 + 60 * 8 + 30 * 6) / 150, 150 * SECOND)
    assert (found.start_ms, found.end_ms) == (BEGIN, BEGIN + 150 * SECOND)


def test_a_sensor_counts_only_while_it_goes_along():
    journal = Journal()
    journal.celsius(0, 30)
    journal.shipment(60)
    journal.aboard(60)
    journal.celsius(60, 5)
    journal.shipment(120, devices=("other",))
    journal.celsius(120, 30)
    journal.shipment(180, "ended")
    journal.celsius(180, 30)
    found = one(of(journal).fared.measured)
    assert (found.highest, found.valid_ms, found.unknown_ms) == (5.0, 60 * SECOND, 0)


def test_other_shipments_count_for_nothing():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0)
    journal.celsius(0, 5)
    journal.shipment(10, name="WB-8", devices=("other",))
    journal.celsius(20, 40, device="other")
    journal.note(30, "custody", shipment="WB-8", taker="carrier-9")
    journal.shipment(40, "ended", name="WB-8")
    journal.shipment(60, "ended")
    alone = [each for each in journal.records if each.number not in (3, 4, 5, 6)]
    assert of(journal) == summarized("WB-7", alone)
    assert one(of(journal).legs).custodian == ""


def test_of_a_shipment_that_no_record_tells_of_nothing_is_known():
    found = of(Journal())
    assert (found.legs, found.start_ms, found.fared.measured) == ((), None, ())
    assert not found.fared.shocks_watched


def test_a_stop_of_known_length_is_unknown_time():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "door"))
    journal.aboard(0)
    journal.celsius(0, 5)
    journal.note(10, "input", "door", state="closed")
    journal.note(20, "input", "door", state="open")
    journal.note(50, "input", "door", state="closed")
    journal.celsius(60, 5)
    journal.reboot(3600)
    journal.celsius(3600, 5)
    journal.note(3610, "input", "door", state="open")
    journal.shipment(3660, "ended")
    fared = of(journal).fared
    assert (fared.stops, fared.unbridged, fared.length_ms) == (1, 0, 3660 * SECOND)
    assert one(fared.measured).unknown_ms == (3600 - 150) * SECOND
    door = one(fared.doors)
    assert (door.openings, door.open_ms, door.closed_ms) == (2, 80 * SECOND, 20 * SECOND)
    assert door.unknown_ms == 3660 * SECOND - 100 * SECOND


def test_a_stop_of_unknown_length_is_told_as_such():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0)
    journal.celsius(0, 5)
    journal.celsius(60, 5)
    journal.reboot(3600)
    journal.bound = None
    journal.celsius(3600, 5)
    journal.shipment(3660, "ended")
    fared = of(journal).fared
    assert (fared.stops, fared.unbridged, fared.length_ms) == (1, 1, 120 * SECOND)
    assert one(fared.measured).valid_ms == 120 * SECOND


def test_behind_a_stop_of_unknown_length_no_value_lasts_until_it_is_measured_anew():
    journal = Journal()
    journal.shipment(0, devices=("cargo", "door"))
    journal.aboard(0)
    journal.celsius(0, 5)
    journal.celsius(60, 5)
    journal.reboot(3600)
    journal.bound = None
    journal.note(3600, "input", "door", state="closed")
    journal.celsius(3630, 5)
    journal.shipment(3660, "ended")
    measured = one(of(journal).fared.measured)
    assert (measured.valid_ms, measured.unknown_ms) == (90 * SECOND, 30 * SECOND)


def test_behind_a_stop_of_unknown_length_no_position_lasts_and_the_way_to_the_next_is_across():
    journal = Journal()
    journal.shipment(0, devices=("gnss", "door"))
    journal.aboard(0, "gnss", "position", interval=60)
    journal.place(0, 0, 0)
    journal.place(60, 0, 1 / 60)
    journal.reboot(3600)
    journal.bound = None
    journal.note(3600, "input", "door", state="closed")
    journal.place(3630, 0, 2 / 60)
    journal.shipment(3660, "ended")
    way = one(of(journal).fared.travelled)
    assert (way.fixes, way.unknown_ms) == (3, 30 * SECOND)
    assert (way.distance, way.across) == (
        pytest.approx(1853.25, abs=0.05),
        pytest.approx(1853.25, abs=0.05),
    )


def test_a_door_stands_in_the_next_leg_as_it_stood_in_the_one_before():
    journal = Journal()
    journal.shipment(0, devices=("door",))
    journal.note(0, "input", "door", state="closed")
    journal.note(30, "custody", shipment="WB-7", taker="carrier-2")
    journal.note(50, "input", "door", state="open")
    journal.shipment(90, "ended")
    told = of(journal)
    doors = [one(leg.fared.doors) for leg in told.legs] + [one(told.fared.doors)]
    assert [(each.openings, each.open_ms, each.closed_ms, each.unknown_ms) for each in doors] == [
        (0, 0, 30 * SECOND, 0),
        (1, 40 * SECOND, 20 * SECOND, 0),
        (1, 40 * SECOND, 50 * SECOND, 0),
    ]


@pytest.mark.parametrize("since", [None, 500])
def test_a_gap_that_does_not_say_since_when_or_of_a_clock_set_back_begins_with_its_record(since):
    journal = Journal()
    journal.shipment(0, devices=("door",))
    journal.note(0, "input", "door", state="closed")
    told = {} if since is None else {"from_ms": BEGIN + since * SECOND}
    journal.note(100, "gap", "door", state="open", reason="cable out", **told)
    journal.shipment(200, "ended")
    door = one(of(journal).fared.doors)
    assert (door.closed_ms, door.unknown_ms) == (100 * SECOND, 100 * SECOND)


def test_a_value_of_a_sensor_that_keeps_no_interval_holds_for_no_time():
    journal = Journal()
    journal.shipment(0)
    journal.celsius(10, 5)
    journal.shipment(60, "ended")
    found = one(of(journal).fared.measured)
    assert (found.interval_ms, found.values, found.lowest) == (None, 1, 5.0)
    assert (found.valid_ms, found.unknown_ms, found.mean) == (0, 60 * SECOND, None)


def test_values_of_one_kind_keep_the_shortest_of_their_intervals():
    journal = Journal()
    journal.shipment(0)
    for minute in range(20):
        journal.celsius(60 * minute, 4.0)
        if minute % 5 == 0:
            journal.note(60 * minute + 0.04, "temperature", "cargo", humidity=6000)
    journal.shipment(1200, "ended")
    found = one({each.interval_ms for each in of(journal).fared.measured})
    assert found == MINUTE


def test_a_sensor_that_told_of_shocks_watched_for_them_though_nobody_said_so():
    journal = Journal()
    journal.shipment(0, devices=("impact",))
    journal.note(30, "acceleration", "impact", z=100)
    journal.shipment(90, "ended")
    assert of(journal).fared.shocks_watched


def test_a_door_that_never_moves_was_heard_of_when_it_was_bound():
    journal = Journal()
    journal.shipment(0, devices=("door",))
    journal.aboard(0, "door", "input", interval=None, state="closed")
    journal.shipment(600, "ended")
    fared = of(journal).fared
    door = one(fared.doors)
    assert (door.openings, door.open_ms, door.closed_ms, door.unknown_ms) == (0, 0, 600 * SECOND, 0)
    assert fared.silent == ()


def test_a_door_is_unknown_from_a_gap_on():
    journal = Journal()
    journal.shipment(0, devices=("door",))
    journal.note(0, "input", "door", state="closed")
    since = BEGIN + 80 * SECOND
    gap = journal.note(100, "gap", "door", state="open", from_ms=since, reason="cable out")
    journal.note(160, "gap", "door", state="closed", to_ms=BEGIN + 160 * SECOND)
    journal.note(160, "input", "door", state="open")
    journal.shipment(200, "ended")
    fared = of(journal).fared
    door = one(fared.doors)
    assert (door.closed_ms, door.unknown_ms, door.open_ms) == (80_000, 80_000, 40_000)
    gap_told = one(fared.outages)
    assert (gap_told.number, gap_told.start_ms) == (gap, since)
    assert gap_told.end_ms == BEGIN + 160 * SECOND


def test_the_way_over_a_hole_is_told_apart():
    # A minute of longitude at the equator is 1,853.25 m on the mean sphere of 6,371,008.8 m.
    journal = Journal()
    minute = math.radians(1 / 60) * 6_371_008.8
    journal.shipment(0, devices=("gnss",))
    journal.aboard(0, "gnss", "position", interval=60)
    for index in range(4):
        journal.place(index * 60, 0, index / 60)
    journal.place(200, 0, 50, quality="suspect")
    journal.place(800, 0, 10 / 60)
    for at in (860, 920):
        journal.place(at, 0.0001, 10 / 60)  # 11 m: a parked vehicle
    journal.shipment(980, "ended")
    found = one(of(journal).fared.travelled)
    assert found.distance == pytest.approx(3 * minute, abs=0.02)
    assert found.across == pytest.approx(7 * minute, abs=0.02)
    assert (found.fixes, found.unknown_ms) == (7, (800 - 200) * SECOND)
    assert (found.start.lon, found.end.lat) == (0.0, 0.0001)


def test_the_way_goes_on_over_legs():
    journal = Journal()
    journal.shipment(0, devices=("gnss",))
    journal.aboard(0, "gnss", "position", interval=60)
    journal.place(0, 0, 0)
    journal.place(60, 0, 1 / 60)
    journal.note(90, "custody", shipment="WB-7", taker="carrier-2")
    journal.place(120, 0, 2 / 60)
    journal.shipment(150, "ended")
    found = of(journal)
    first, second = (one(leg.fared.travelled).distance for leg in found.legs)
    assert first == pytest.approx(1853.25, abs=0.05)
    assert second == pytest.approx(1853.25, abs=0.05)
    assert one(found.fared.travelled).distance == first + second


def test_a_shock_is_told_with_the_place_before_it():
    journal = Journal()
    journal.shipment(0, devices=("gnss", "impact"))
    journal.aboard(0, "impact", "shock, acceleration", interval=None)
    journal.place(0, 45.45, 8.62)
    number = journal.note(30, "shock", "impact", peak=3100, duration=900, delta_v=1740)
    beyond = journal.note(40, "shock", "impact", "saturated", peak=20000)
    journal.place(60, 45.5, 8.7)
    journal.shipment(90, "ended")
    fared = of(journal).fared
    assert fared.shocks_watched
    first, second = fared.shocks
    assert (first.number, first.peak, first.duration, first.delta_v) == (number, 31.0, 9.0, 1.74)
    assert (first.where.lat, first.where.lon, first.at_least) == (45.45, 8.62, False)
    assert (second.number, second.peak, second.at_least, second.delta_v) == (
        beyond,
        200.0,
        True,
        None,
    )


def test_what_happened_is_told_in_the_leg_in_which_it_began():
    """A leg begins with the record that binds it; the one that ends it is the next one's."""
    journal = Journal()
    journal.shipment(0, devices=("impact",))
    journal.aboard(0, "impact", "shock", interval=None)
    first = journal.note(10, "shock", "impact", peak=3100)
    journal.note(30, "custody", shipment="WB-7", giver="a", taker="b")
    second = journal.note(40, "shock", "impact", peak=900)
    third = journal.note(50, "shock", "impact", peak=1200)
    journal.shipment(90, "ended")
    found = of(journal)
    told = [[shock.number for shock in leg.fared.shocks] for leg in found.legs]
    assert told == [[first], [second, third]]
    assert [shock.number for shock in found.fared.shocks] == [first, second, third]


def test_what_else_a_receiver_tells_is_no_position_and_hides_none():
    journal = Journal()
    journal.shipment(0, devices=("gnss", "cargo"))
    journal.aboard(0, "gnss", "position")
    journal.place(0, 45.0, 9.0)
    journal.note(30, "boot", "gnss")
    journal.place(60, 45.01, 9.0)
    journal.shipment(90, "ended")
    way = one(of(journal).fared.travelled)
    assert (way.device, way.fixes, way.unknown_ms) == ("gnss", 2, 0)
    assert way.distance == pytest.approx(1111.95, rel=1e-4)


def condition(journal, at, kind, state, **values):
    journal.note(at, kind, "cargo", rule="warm", profile="2-8", version=3, state=state,
                 limit="temperature above 8 °C", from_ms=BEGIN + at * SECOND, **values)  # fmt: skip


def test_excursions_and_alarms_are_told_from_when_to_when():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, profile="2-8", version=3)
    condition(journal, 60, "excursion", "excursion", lowest=840, highest=840)
    condition(journal, 360, "alarm", "alarm", lowest=840, highest=940, severity="critical")
    journal.note(600, "override", "cargo", rule="warm", state="alarm", operator="keeper-2",
                 reason="doors were open for loading")  # fmt: skip
    condition(journal, 900, "excursion", "excursion", lowest=810, highest=810)
    condition(journal, 960, "excursion", "ok", counted_ms=60_000, lowest=810, highest=850)
    condition(journal, 1200, "excursion", "unknown")
    journal.shipment(1800, "ended")
    found = of(journal).fared
    assert found.limits_watched
    told = [
        (each.state, (each.start_ms - BEGIN) // SECOND,
         None if each.end_ms is None else (each.end_ms - BEGIN) // SECOND, each.highest)
        for each in found.stretches
    ]  # fmt: skip
    assert told == [
        ("excursion", 60, 360, 9.4),
        ("alarm", 360, 600, 9.4),
        ("excursion", 900, 960, 8.5),
        ("unknown", 1200, None, None),
    ]
    assert found.stretches[1].ended_by == "keeper-2: doors were open for loading"
    assert found.stretches[2].counted_ms == 60_000


def test_what_a_lost_sensor_leaves_unknown_ends_with_each_of_its_rules():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, profile="2-8", version=3)
    condition(journal, 30, "excursion", "excursion", lowest=840, highest=840)
    lost = {"rule": "warm, cold", "rules": 2, "state": "unknown", "limit": "no value"}
    journal.note(60, "excursion", "cargo", from_ms=BEGIN + 60 * SECOND, **lost)
    condition(journal, 90, "excursion", "ok")
    journal.note(120, "excursion", "cargo", rule="cold", state="excursion", limit="x",
                 from_ms=BEGIN + 120 * SECOND)  # fmt: skip
    journal.shipment(600, "ended")
    told = [
        (each.rule, each.state, *((ms and (ms - BEGIN) // SECOND) for ms in (each.start_ms, each.end_ms)))
        for each in of(journal).fared.stretches
    ]  # fmt: skip
    assert told == [
        ("warm", "excursion", 30, 60),
        ("warm", "unknown", 60, 90),
        ("cold", "unknown", 60, 120),
        ("cold", "excursion", 120, None),
    ]


def test_an_alarm_from_before_goes_along_with_the_goods():
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, profile="2-8", version=3)
    for rule in ("warm", "cold"):
        journal.note(0, "shipment-condition", "cargo", shipment="WB-7", rule=rule, state="alarm",
                     profile="2-8", version=3, limit="temperature above 8 °C",
                     from_ms=BEGIN - 900 * SECOND)  # fmt: skip
    condition(journal, 300, "excursion", "ok", counted_ms=600_000, lowest=810, highest=850)
    journal.shipment(600, "ended")
    warm, cold = of(journal).fared.stretches
    assert (warm.rule, warm.start_ms, warm.end_ms, warm.carried) == (
        "warm", BEGIN, BEGIN + 300 * SECOND, True,
    )  # fmt: skip
    assert (cold.rule, cold.end_ms, cold.carried) == ("cold", None, True)


def test_what_is_not_over_when_a_leg_begins_happened_in_that_leg_too():
    """Two warnings and two gaps, of which one each is over; the last leg is without the sensor."""
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, profile="2-8", version=3)
    condition(journal, 10, "alarm", "alarm")
    condition(journal, 60, "excursion", "ok")
    journal.note(70, "gap", "cargo", state="open", from_ms=BEGIN + 65 * SECOND, reason="mute")
    journal.note(100, "gap", "cargo", state="closed", to_ms=BEGIN + 100 * SECOND)
    journal.note(100, "custody", shipment="WB-7", giver="carrier-1", taker="carrier-2")
    condition(journal, 110, "excursion", "excursion")
    journal.note(120, "gap", "cargo", state="open", from_ms=BEGIN + 115 * SECOND, reason="mute")
    journal.note(130, "shock", "cargo", peak=2500)
    journal.note(200, "custody", shipment="WB-7", giver="carrier-2", taker="carrier-3")
    condition(journal, 200.001, "excursion", "ok")
    journal.note(300, "custody", shipment="WB-7", giver="carrier-3", taker="carrier-4")
    journal.shipment(400, devices=("other",))
    journal.shipment(500, "ended")
    found = of(journal)
    told = [
        ([each.number for each in leg.fared.stretches], [each.number for each in leg.fared.outages],
         len(leg.fared.shocks))
        for leg in found.legs
    ]  # fmt: skip
    assert told == [([2], [4], 0), ([7], [8], 1), ([7], [8], 0), ([], [8], 0), ([], [], 0)]
    assert [len(each) for each in (found.fared.stretches, found.fared.outages)] == [2, 2]


def test_it_is_the_same_to_the_last_bit_from_records_that_were_written_and_read():
    journal = random_journey(random.Random(7))
    again = [type(each).from_bytes(each.to_bytes()) for each in journal.records]
    assert json.dumps(of(journal).to_json()) == json.dumps(summarized("WB-7", again).to_json())


def random_journey(chance):
    """A journey with late, doubtful and missing values, and legs that begin anywhere."""
    journal = Journal()
    journal.shipment(0)
    journal.aboard(0, interval=20)
    at = 0
    while at < 4000:
        at += chance.choice((5, 19, 20, 20, 20, 21, 29, 30, 31, 45, 300))
        what = chance.random()
        if what < 0.05:
            journal.shipment(at)
        elif what < 0.1:
            journal.note(at, "custody", shipment="WB-7", taker="carrier-2")
        elif what < 0.2:
            journal.celsius(at, None)
        else:
            journal.celsius(at, chance.randrange(-300, 1200) / 100)
    journal.shipment(at + 10, "ended")
    return journal


def second_by_second(records, start, end):
    """Return mean and unknown seconds of one sensor from `start` to `end`, by looking at each."""
    values = {
        (each.wall_ms - BEGIN) // SECOND: each.values.get("temperature")
        for each in records
        if each.kind == "temperature"
    }
    last, held, unknown = None, [], 0
    for second in range(end):
        if second in values:
            last = second
        known = last is not None and second - last < 30 and values[last] is not None
        if second >= start:
            held += [values[last]] if known else []
            unknown += not known
    return (Fraction(sum(held), len(held) * 100) if held else None), unknown


@pytest.mark.parametrize("seed", range(8))
def test_slower_code_comes_to_the_same(seed):
    journal = random_journey(random.Random(seed))
    found = of(journal)
    legs = [(leg.start_ms, leg.end_ms, leg.fared) for leg in found.legs]
    for start, end, fared in [*legs, (found.start_ms, found.end_ms, found.fared)]:
        since, until = (start - BEGIN) // SECOND, (end - BEGIN) // SECOND
        mean, unknown = second_by_second(journal.records, since, until)
        for each in fared.measured:
            assert (each.mean, each.unknown_ms) == (mean and float(mean), unknown * SECOND)
            assert each.valid_ms + each.unknown_ms == fared.length_ms


def test_one_value_changed_by_the_least_step_changes_the_summary():
    journal = random_journey(random.Random(3))
    before = of(journal)
    index = next(i for i, each in enumerate(journal.records) if "temperature" in each.values)
    record = journal.records[index]
    changed = record._replace(values={"temperature": record.values["temperature"] + 1})
    journal.records[index] = changed
    assert of(journal) != before
    assert replace(of(journal), fared=before.fared, legs=before.legs) == before


def test_each_value_is_of_the_shipment_that_its_sensor_went_along_with_then():
    """A truck is unloaded in part: one sensor goes on in a part, and comes back."""
    journal = Journal()
    journal.shipment(0, devices=("cargo", "second"), vehicle="TO 1")
    for device in ("cargo", "second"):
        journal.aboard(0, device)
        journal.celsius(0, 4, device)
    journal.shipment(30, devices=("cargo",), vehicle="TO 1")
    journal.shipment(30, name="WB-7B", devices=("second",), vehicle="TO 2", parents="WB-7")
    journal.celsius(60, 5)
    journal.celsius(60, 9, "second")
    journal.shipment(90, "ended", name="WB-7B")
    journal.shipment(90, devices=("cargo", "second"), vehicle="TO 1", parents="WB-7B")
    journal.celsius(100, 6, "second")
    journal.shipment(120, "ended")
    whole, part = of(journal), of(journal, "WB-7B")
    assert part.parents == ("WB-7",)
    values = {each.device: (each.lowest, each.highest) for each in whole.fared.measured}
    assert values == {"cargo": (4.0, 5.0), "second": (4.0, 6.0)}
    only = one(part.fared.measured)
    assert (only.device, only.lowest, only.highest) == ("second", 9.0, 9.0)
    assert [leg.vehicle for leg in part.legs] == ["TO 2"]


def unset(journal, numbers, behind):
    """Have records be of a clock that nobody had set yet, `behind` ms behind the true time."""
    for number in numbers:
        made = journal.records[number]
        told = {k: v - behind if k == "from_ms" else v for k, v in made.values.items()}
        wall = made.wall_ms - behind
        journal.records[number] = made._replace(wall_ms=wall, clock_bound_ms=None, values=told)


DECADES = 56 * 365 * 24 * 3_600_000


def late():
    """A gateway that had no time when the shipment left, and an alarm then."""
    journal = Journal()
    journal.shipment(0, custodian="carrier-1")
    journal.aboard(0)
    journal.note(60, "alarm", "cargo", rule="warm", state="alarm", from_ms=BEGIN + 30 * SECOND)
    journal.note(90, "gap", "cargo", state="open", from_ms=BEGIN + 70 * SECOND, reason="unplugged")
    journal.celsius(300, 5)
    journal.shipment(600, "ended")
    return journal


def test_what_was_made_before_the_clock_was_set_is_dated_once_it_is():
    journal = late()
    true = of(journal)
    unset(journal, range(4), DECADES)
    told = of(journal)
    assert told == true
    assert (told.start_ms, told.doubtful) == (BEGIN, 0)
    assert one(told.fared.stretches).start_ms == BEGIN + 30 * SECOND
    assert one(told.fared.outages).start_ms == BEGIN + 70 * SECOND


def test_moments_that_nobody_vouches_for_are_counted():
    journal = late()
    unset(journal, range(4), DECADES)
    journal.reboot(200)  # the run in which the shipment left ended before anybody knew the time
    journal.celsius(300, 5)
    records = [*journal.records[:4], journal.records[-1]._replace(boot=2)]
    told = summarized("WB-7", records)
    assert (told.doubtful, told.start_ms) == (4, BEGIN - DECADES)


def test_a_position_that_is_nowhere_on_earth_is_no_way():
    journal = Journal()
    journal.shipment(0, devices=("gnss",))
    for at, lat, lon in ((0, 45.0, 8.0), (60, 91.0, 8.0), (120, 45.0, -181.0), (180, 45.0, 8.0)):
        journal.place(at, lat, lon)
    journal.shipment(200, "ended")
    way = one(of(journal).fared.travelled)
    assert (way.fixes, way.distance, way.across) == (2, 0.0, 0.0)
