"""Enter, leave, moved; strays and neighbours; a flood; and what the records say afterwards."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Stamp
from agent.observe.clones import CloneWatch, Suspicion
from agent.observe.points import PointMap, antennas, shared
from agent.observe.presence import Presence, Present, contents_digest, difference, text, whole
from agent.observe.tags import Change, Counters, TagStates
from agent.records.convert import from_event
from tests.agent.observe.points import a_read, point

STAMP = Stamp(3, 100_000, 1_790_000_000_000, "gnss", 1000)
A, B = "3074257BF7194E4000001A85", "3074257BF7194E4000001A86"
DOOR_2, DOOR_3 = point(name="door 2"), point(name="door 3")
SHELF_A, SHELF_B = point(name="shelf A", kind="shelf"), point(name="shelf B", kind="shelf")


def shown(changes):
    return [("enter" if change.entered else "leave", change.point) for change in changes]


def test_a_tag_is_glimpsed_then_present_then_gone():
    states = TagStates()
    assert states.take(DOOR_2, a_read(A, 0.0)) == []
    assert states.present("door 2") == []
    (entered,) = states.take(DOOR_2, a_read(A, 0.25))
    assert (entered.entered, entered.at, entered.reads, entered.rssi) == (True, 0.0, 2, -60.0)
    assert states.check(4.2) == []
    (left,) = states.check(4.5)
    assert (left.entered, left.at, left.dwell) == (False, 0.25, 0.25)
    assert states.check(99.0) == []


def test_a_single_read_and_weak_reads_are_strays():
    states = TagStates()
    states.take(DOOR_2, a_read(A, 0.0))
    for step in range(8):
        assert states.take(DOOR_2, a_read(B, step * 0.25, rssi=-84.0)) == []
    assert states.check(60.0) == []
    counters = states.counters["door 2"]
    assert (counters.reads, counters.strays, counters.entered) == (9, 9, 0)


def test_weak_reads_keep_a_tag_that_is_present():
    states = TagStates()
    for step in range(80):
        states.take(DOOR_2, a_read(A, step * 0.25, rssi=-60.0 if step < 3 else -84.0))
        assert states.check(step * 0.25) == []
    assert states.present("door 2") == [A]


def test_a_reader_that_is_away_says_nothing_of_its_tags():
    states = TagStates()
    for step in range(4):
        states.take(DOOR_2, a_read(A, step * 0.25))
    for step in range(4, 400):
        assert states.check(step * 0.25, lambda device: device == "reader") == []
    assert states.present("door 2") == [A]
    assert states.check(102.0) == []  # back: the window begins anew
    (left,) = states.check(105.0)
    assert left.at == 0.75


def test_moved_from_shelf_to_shelf_is_one_leave_and_one_enter():
    states, changes = TagStates(), []
    rng = random.Random(3)
    for step in range(120):
        now = step * 60.0
        if rng.random() < 0.65:
            shelf = SHELF_A if step < 60 else SHELF_B
            changes += states.take(shelf, a_read(A, now))
        changes += states.check(now)
    assert shown(changes) == [("enter", "shelf A"), ("leave", "shelf A"), ("enter", "shelf B")]
    assert (changes[1].other, changes[2].other) == ("shelf B", "shelf A")
    assert not changes[1].stray


def test_a_stronger_shelf_takes_over_at_once():
    states = TagStates()
    states.take(SHELF_A, a_read(A, 0.0, rssi=-70.0))
    changes = states.take(SHELF_B, a_read(A, 30.0, rssi=-50.0))
    assert shown(changes) == [("leave", "shelf A"), ("enter", "shelf B")]


@pytest.mark.parametrize("first", [DOOR_2, DOOR_3])
def test_two_doors_read_one_tag_and_the_stronger_one_has_it(first):
    states, changes, rng = TagStates(), [], random.Random(4)
    doors = [(DOOR_2, -52.0), (DOOR_3, -71.0)]
    if first is DOOR_3:
        doors.reverse()
    for step in range(200):
        for where, rssi in doors:
            if rng.random() < 0.65:
                read = a_read(A, step * 0.25, rssi=rssi + rng.gauss(0, 2))
                changes += states.take(where, read)
        changes += states.check(step * 0.25)
    assert states.present("door 2") == [A]
    assert states.present("door 3") == []
    wrong = [change for change in changes if change.point == "door 3" and not change.entered]
    assert all(change.stray and change.other == "door 2" for change in wrong)
    assert len(changes) in (1, 3)
    assert states.rival(A, "door 3") is not None


def test_two_doors_that_read_a_tag_alike_do_not_pass_it_to_and_fro():
    states, changes, rng = TagStates(), [], random.Random(9)
    for step in range(2000):
        for where in (DOOR_2, DOOR_3):
            if rng.random() < 0.65:
                changes += states.take(where, a_read(A, step * 0.25, rssi=rng.gauss(-60, 2)))
        changes += states.check(step * 0.25)
    assert len(changes) == 1


def test_a_flood_changes_only_what_changes():
    """400 reads/s of 96 tags by 32 antennas for ten minutes: 96 enters, flat memory."""
    rng, states = random.Random(1), TagStates()
    points = [point(name=f"p{n}") for n in range(32)]
    tags = [f"{n:024X}" for n in range(96)]
    home = {epc: points[index % 32] for index, epc in enumerate(tags)}
    entered = left = 0
    for tick in range(2400):
        now = tick * 0.25
        for _ in range(100):
            epc = rng.choice(tags)
            entered += len(states.take(home[epc], a_read(epc, now)))
        left += len(states.check(now))
    assert (entered, left) == (96, 0)
    assert sum(counters.reads for counters in states.counters.values()) == 240_000
    assert len(states._sightings) == len(states._due) == 96  # memory grows with tags, not reads


def test_more_tags_than_can_be_followed_are_counted():
    states = TagStates(most=3)
    taken = [len(states.take(SHELF_A, a_read(f"{number:024X}", 0.0))) for number in range(5)]
    assert taken == [1, 1, 1, 0, 0]
    assert len(states.present("shelf A")) == 3
    assert states.counters["shelf A"].untracked == 2


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(-90, -40)), max_size=60)
)
def test_enters_and_leaves_alternate_and_a_tag_is_at_one_place(steps):
    states, at, now = TagStates(), {}, 0.0
    for wait, where, rssi in steps:
        now += wait * 2.5
        read = a_read(A, now, rssi=float(rssi))
        for change in [*states.check(now), *states.take((DOOR_2, DOOR_3)[where], read)]:
            if change.entered:
                assert A not in at
                at[A] = change.point
            else:
                assert at.pop(A) == change.point
        present = [name for name in ("door 2", "door 3") if states.present(name)]
        assert present == list(at.values())


def test_antennas_find_their_read_points():
    door = point(name="door 2", antennas="gate:1-4, side:7")
    inside = point(name="hall", outer="gate:5", inner="gate:6")
    places = PointMap([door, inside], {"cold": "door 2", "other": "nowhere"})
    assert antennas("gate:1-3,b:7") == (("gate", 1), ("gate", 2), ("gate", 3), ("b", 7))
    assert [places.at("gate", n) for n in (1, 4, 5, 6, 9)] == [door, door, inside, inside, None]
    assert (places.at("side", 7), places.at("side", 1)) == (door, None)
    assert (places.at("cold", 3), places.at("other", 1)) == (door, None)
    assert shared([door, point(name="x", antennas="gate:4")]) == [(("gate", 4), "door 2", "x")]


def test_thirty_two_antennas_are_thirty_two_read_points():
    points = [point(name=f"bay {n}", antennas=f"r420:{n}") for n in range(1, 33)]
    places = PointMap(points, {})
    assert len({places.at("r420", n).name for n in range(1, 33)}) == 32


def test_one_epc_on_two_chips_is_told_once():
    watch = CloneWatch()
    assert watch.chip(A, "E280116060000204A1B2C3D4") is None
    assert watch.chip(A, "") is None
    suspicion = watch.chip(A, "E280116060000204FFFFFFFF")
    assert suspicion.cause == "two-tids"
    assert suspicion.before == "E280116060000204A1B2C3D4"
    assert watch.chip(A, "E280116060000204FFFFFFFF") is None
    assert watch.chip(A, "E280116060000204A1B2C3D4") is None
    assert watch.chip(B, "E280116060000204A1B2C3D4") is None


def test_a_tid_of_no_gen2_chip_is_suspect():
    assert CloneWatch().chip(A, "000000000000").cause == "foreign-tid"


def test_two_places_sooner_than_goods_travel():
    watch = CloneWatch()
    assert watch.place(A, "Torino", 0.0, 3600.0) is None
    assert watch.place(A, "Torino", 10.0, 3600.0) is None
    suspicion = watch.place(A, "Novara", 310.0, 0.0)
    assert (suspicion.cause, suspicion.before, suspicion.now) == ("two-places", "Torino", "Novara")
    assert watch.place(A, "Torino", 320.0, 3600.0) is None  # told already
    assert watch.place(B, "Torino", 0.0, 3600.0) is None
    assert watch.place(B, "Novara", 3600.0, 0.0) is None


def test_what_a_clone_watch_remembers_is_bounded():
    watch = CloneWatch(remembered=2)
    for epc in (A, B, "C"):
        watch.chip(epc, "E2" + epc)
    assert watch.chip(A, "E2other") is None  # forgotten: taken for new
    assert watch.chip("C", "E2other") is not None


def state(number, state, place, epc=A):
    values = {"state": state, "read_point": place, "epc": epc, "uri": "urn:x"}
    return from_event("tag-state", values, number, STAMP, device="r")


def test_presence_is_a_fold_over_records_and_survives_as_json():
    presence = Presence()
    for record in [
        state(0, "enter", "shelf A"),
        state(1, "enter", "shelf A", B),
        from_event("boot", {"version": "0"}, 2, STAMP),
        state(3, "leave", "shelf A"),
        state(4, "enter", "shelf B"),
        state(5, "leave", "shelf A"),  # late word of a place it is no longer at
    ]:
        presence.apply(record)
    again = Presence.from_json(presence.to_json())
    assert [tag.epc for tag in again.at("shelf A")] == [B]
    assert [tag.number for tag in again.at("shelf B")] == [4]


def test_rounds_of_a_shelf_compare():
    assert difference([A], [B]) == ([B], [A])
    assert contents_digest([A, B]) == contents_digest([B, A]) != contents_digest([A])


def test_a_chip_that_is_told_later_is_known_from_then_on():
    """Many readers read the TID in a round of its own."""
    states = TagStates()
    for number in range(4):
        states.take(SHELF_A, a_read(A, number * 0.3))
    states.take(SHELF_A, a_read(A, 1.5, tid="E2801160200061234567890A"))
    states.take(SHELF_A, a_read(A, 1.8))
    states.check(2.0)
    (tag,) = states.near(SHELF_A.name, 0.0, 2.0)
    assert tag.tid == "E2801160200061234567890A"


@pytest.mark.parametrize(
    ("first", "last", "near"),
    [(0.0, 0.9, False), (0.0, 1.0, True), (2.0, 9.0, True), (2.1, 9.0, False), (1.2, 1.4, True)],
)
def test_a_tag_is_near_from_its_first_read_to_its_last(first, last, near):
    states = TagStates()
    for at in (1.0, 1.5, 2.0):
        states.take(DOOR_2, a_read(A, at))
    assert [each.epc for each in states.near(DOOR_2.name, first, last)] == [A] * near


def test_what_makes_a_tag_suspect_is_said_whole_and_once():
    watch = CloneWatch()
    foreign = watch.chip(A, "e3801160")
    assert foreign == Suspicion(
        A, "foreign-tid", "", "e3801160",
        "its TID does not begin with E2, as that of every Gen2 chip does",
    )  # fmt: skip
    assert watch.chip(A, "e3801160") is None
    assert watch.chip(A, "e2801160") is None
    assert watch.chip(A, "e2801161") == Suspicion(
        A, "two-tids", "e2801160", "e2801161", "one EPC on two chips: one of the tags is a copy"
    )


@pytest.mark.parametrize(
    ("first", "then", "at", "suspect"),
    [
        (3600.0, 0.0, 3599.0, True),
        (3600.0, 0.0, 3600.0, False),
        (0.0, 3600.0, 3599.0, True),
        (0.0, 0.0, 0.0, False),  # nobody said how long goods take
        (3600.0, 0.0, -100.0, True),  # the later word is of the earlier read
    ],
)
def test_goods_need_the_longer_time_of_both_places(first, then, at, suspect):
    watch = CloneWatch()
    watch.place(A, "Torino", 1000.0, first)
    found = watch.place(A, "Novara", 1000.0 + at, then)
    told = f"read at two places within {abs(at):.0f} s; goods need 3600 s"
    wanted = Suspicion(A, "two-places", "Torino", "Novara", told) if suspect else None
    assert found == wanted


def test_of_many_tags_the_one_not_seen_for_the_longest_is_forgotten():
    watch = CloneWatch(remembered=2)
    watch.chip(A, "E2A")
    watch.chip(B, "E2B")
    watch.chip(A, "E2A")
    watch.chip("C", "E2C")
    assert watch.chip(A, "E2other") is not None
    assert watch.chip("C", "E2other") is not None
    assert watch.chip(B, "E2other") is None


def test_presence_tells_each_tag_with_the_record_that_saw_it():
    presence = Presence()
    presence.apply(state(0, "enter", "shelf A", "BB"))
    presence.apply(state(1, "enter", "shelf A", "AA"))
    presence.apply(state(2, "leave", "shelf A", "CC"))
    presence.apply(from_event("tag-count", {"read_point": "shelf A", "epc": "BB"}, 3, STAMP))
    told = [
        Present(epc, "shelf A", "r", "urn:x", "", STAMP.wall_ms, number)
        for epc, number in (("AA", 1), ("BB", 0))
    ]
    assert presence.at("shelf A") == told
    assert presence.to_json() == {
        "tags": [
            {"epc": epc, "point": "shelf A", "device": "r", "uri": "urn:x", "tid": "",
             "since_ms": STAMP.wall_ms, "number": number}
            for epc, number in (("BB", 0), ("AA", 1))
        ]
    }  # fmt: skip
    assert (text(state(0, "enter", "x"), "tid"), whole(state(0, "enter", "x"), "epc")) == ("", None)


def test_what_a_read_point_counted_is_taken_once():
    states = TagStates()
    for at in (0.0, 0.25, 0.5):
        states.take(DOOR_2, a_read(A, at))
    states.take(DOOR_2, a_read(B, 0.5, count=7, rssi=-90.0))
    states.check(30.0)
    assert states.take_counters() == {"door 2": Counters(reads=10, entered=1, left=1, strays=7)}
    assert states.take_counters() == {}


def test_a_leave_says_where_how_long_how_often_and_how_strong():
    states = TagStates()
    read = a_read(A, 1.0, rssi=-70.0, uri="urn:x")
    states.take(DOOR_2, read)
    (entered,) = states.take(DOOR_2, a_read(A, 1.5, rssi=-60.0))
    assert entered == Change(True, "door 2", read, 1.0, 0.0, 2, -60.0)
    states.take(DOOR_2, a_read(A, 2.0, rssi=None))
    states.take(DOOR_2, a_read(A, 1.8, rssi=-65.0, count=3))  # told late
    assert states.check(6.0) == []
    (left,) = states.check(6.5)
    assert left == Change(False, "door 2", read, 2.0, 1.0, 6, -60.0)


@pytest.mark.parametrize(("rssi", "reads"), [(-80.0, 1), (-80.1, 0), (None, 1)])
def test_a_read_at_the_floor_counts_and_one_below_it_is_a_stray(rssi, reads):
    states = TagStates()
    assert len(states.take(SHELF_A, a_read(A, 0.0, rssi=rssi))) == reads


@pytest.mark.parametrize(("stronger", "moved"), [(6.0, False), (6.1, True)])
def test_a_point_takes_a_tag_over_that_it_reads_clearly_stronger(stronger, moved):
    states = TagStates()
    states.take(SHELF_A, a_read(A, 0.0, rssi=-70.0))
    changes = states.take(SHELF_B, a_read(A, 30.0, rssi=-70.0 + stronger))
    assert shown(changes) == ([("leave", "shelf A"), ("enter", "shelf B")] if moved else [])
    assert states.rival(A, "shelf A") == (("shelf B", -70.0 + stronger) if moved else None)
    assert states.rival(B, "shelf A") is None


def test_what_was_there_a_moment_before_a_stronger_read_was_a_stray():
    window = 11 * 60.0
    for stayed, stray in ((window, True), (window + 1, False)):
        states = TagStates()
        at = 0.0
        while at < stayed:
            states.take(SHELF_A, a_read(A, at, rssi=-70.0))
            at += 60.0
        states.take(SHELF_A, a_read(A, stayed, rssi=-70.0))
        left, entered = states.take(SHELF_B, a_read(A, stayed, rssi=-50.0))
        assert (left.stray, left.other, entered.other) == (stray, "shelf B", "shelf A")


def test_a_tag_that_was_there_before_a_restart_stays_until_its_window_is_over():
    states = TagStates(most=1)
    states.resume(DOOR_2, a_read(A, 10.0))
    states.resume(DOOR_3, a_read(A, 10.0))  # it can be at one place only
    states.resume(DOOR_3, a_read(B, 10.0))  # and there is room for one
    assert (states.present("door 2"), states.present("door 3")) == ([A], [])
    assert states.check(14.0) == []
    (left,) = states.check(14.1)
    assert (left.point, left.at, left.dwell) == ("door 2", 10.0, 0.0)


def test_a_reader_that_tells_its_reads_late_has_so_much_longer():
    states = TagStates(gathered={"reader": 5.0})
    for at in (0.0, 0.25):
        states.take(DOOR_2, a_read(A, at))
    assert states.check(9.2) == []
    assert shown(states.check(9.3)) == [("leave", "door 2")]


def test_of_many_breaks_of_a_beam_the_newest_count():
    door = point(name="door", beam_outer="lo", beam_inner="li")
    for before, direction in ((62, "in"), (63, "undecided")):
        states = TagStates()
        states.beam(door, "lo", 99.0)
        for _ in range(before):
            states.beam(door, "li", 1.0)
        states.beam(door, "li", 100.5)
        for at in (100.0, 100.25):
            states.take(door, a_read(A, at))
        (left,) = states.check(200.0)
        assert left.direction == direction


@pytest.mark.parametrize(("later", "moved"), [(0.0, False), (0.25, True)])
def test_a_tag_moved_only_where_another_point_read_it_after_the_one_that_had_it(later, moved):
    states = TagStates()
    for at in (0.0, 0.25):
        states.take(DOOR_2, a_read(A, at, rssi=-52.0))
    for at in (0.0, 0.25 + later):
        states.take(DOOR_3, a_read(A, at, rssi=-71.0))
    assert states.present("door 3") == []
    left = [("leave", "door 2")]
    assert shown(states.check(4.4)) == left + [("enter", "door 3")] * moved


@pytest.mark.parametrize(("silent", "there"), [(7.9, True), (8.1, False)])
def test_a_tag_that_is_read_now_and_then_gets_twice_the_time(silent, there):
    """Read in every sixth round of a gate, whose window is four seconds for most tags."""
    states = TagStates()
    for read in range(22):
        states.take(DOOR_2, a_read(A, read * 1.5))
    assert (states.check(21 * 1.5 + silent) == []) is there
