"""A modem that hangs is healed by the mildest step that can, and nothing is reset in vain."""

import json
from itertools import pairwise

import pytest

from drivers.modem.ladder import Around, Ladder, Pace, Rung, Trouble

ALL = list(Rung)
COVERED = Around(covered=True)
PACE = Pace()
DAY = 86_400.0


def climb(ladder, trouble, seconds, around=COVERED, heals=None, start=0.0, step=5.0):
    """Let a trouble last; return what was done when, until the step `heals` is taken."""
    done, now = [], start
    while now < start + seconds:
        rung = ladder.next(trouble, around, now)
        if rung is not None:
            ladder.took(rung, now)
            done.append((rung, now))
            if rung is heals:
                ladder.works(now + 30.0)
                return done
        now += step
    return done


@pytest.mark.parametrize("heals", Rung)
def test_a_silent_modem_is_healed_by_the_lowest_step_that_can(heals):
    done = climb(Ladder(ALL), Trouble.SILENT, DAY, heals=heals)
    assert [rung for rung, _ in done] == ALL[: ALL.index(heals) + 1]
    assert done[0][1] >= PACE.confirmed


def test_each_step_has_time_to_show_its_effect():
    done = climb(Ladder(ALL), Trouble.SILENT, DAY, heals=Rung.POWER)
    apart = [later - earlier for (_, earlier), (_, later) in pairwise(done)]
    assert min(apart) >= PACE.settle


def test_who_answers_is_not_asked_at_another_port():
    for trouble in (Trouble.DEAF, Trouble.STUCK):
        assert climb(Ladder(ALL), trouble, 600.0)[0][0] is Rung.RADIO
    assert climb(Ladder(ALL), Trouble.GONE, 600.0)[0][0] is Rung.USB


def test_only_what_is_there_is_done():
    assert climb(Ladder([Rung.RADIO]), Trouble.GONE, DAY) == []
    done = climb(Ladder([Rung.RADIO, Rung.RESET]), Trouble.SILENT, 2000.0)
    assert {rung for rung, _ in done} == {Rung.RADIO, Rung.RESET}
    assert Ladder([Rung.RADIO]).why_not(Trouble.GONE, COVERED, 100.0) == ""


def test_a_day_of_trouble_has_few_hard_steps_each_later_than_the_one_before():
    done = [at for rung, at in climb(Ladder(ALL), Trouble.SILENT, DAY) if rung in ALL[2:]]
    assert 5 <= len(done) <= 12
    apart = [later - earlier for earlier, later in pairwise(done)]
    assert apart == sorted(apart)
    assert apart[-1] <= PACE.longest + 5.0


def test_reboots_do_not_make_it_faster():
    """The ladder that reboots the machine, or is restarted, goes on where it was."""
    notes, taken = {}, 0
    for boot in range(200):
        ladder = Ladder(ALL, notes=json.loads(json.dumps(notes)))
        taken += sum(
            rung in ALL[2:] for rung, _ in climb(ladder, Trouble.SILENT, 600.0, start=boot * 600.0)
        )
        notes = ladder.notes
    assert taken <= 5  # ten minutes are never enough for the pause after the second one


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize(
    "around",
    [
        Around(covered=False, covered_at=0.0),
        Around(covered=True, budget_spent=True),
    ],
)
def test_nothing_is_reset_without_coverage_or_with_the_budget_spent(trouble, around):
    ladder = Ladder(ALL)
    assert climb(ladder, trouble, PACE.coverage - 10.0, around) == []
    assert ladder.why_not(trouble, around, 100.0).startswith("nothing is reset")


def test_a_word_about_coverage_does_not_hold_for_ever():
    """Who fell silent in a tunnel is not silent for good."""
    around = Around(covered=False, covered_at=0.0)
    assert climb(Ladder(ALL), Trouble.SILENT, 1000.0, around, start=PACE.coverage)


def test_a_card_without_data_is_not_healed_by_a_reset():
    around = Around(covered=True, refused="the SIM card has no data")
    assert climb(Ladder(ALL), Trouble.STUCK, DAY, around) == []
    assert "SIM card has no data" in Ladder(ALL).why_not(Trouble.STUCK, around, 0.0)


def test_a_step_that_never_helps_is_passed_over_and_what_helps_comes_sooner():
    """On some boards a USB reset has no effect, and only the supply heals."""
    ladder, now = Ladder(ALL), 0.0
    for _ in range(4):
        done = climb(ladder, Trouble.SILENT, DAY, heals=Rung.POWER, start=now)
        now = done[-1][1] + 30.0
        for _ in range(10):
            now += 900.0
            ladder.works(now)
    assert [rung for rung, _ in done] == [Rung.POWER]


def test_the_last_step_is_never_given_up():
    ladder = Ladder([Rung.USB])
    done = climb(ladder, Trouble.GONE, 5 * DAY, step=60.0)
    assert len(done) > 10


def test_an_hour_without_trouble_ends_the_pauses():
    ladder = Ladder(ALL, notes={"hard_steps": 8})
    assert not ladder.works(0.0)
    assert ladder.works(PACE.well)
    done = climb(ladder, Trouble.DEAF, DAY, heals=Rung.RESET, start=PACE.well)
    assert done[-1][1] - PACE.well < 300.0


def test_what_comes_back_by_itself_was_healed_by_nothing():
    ladder = Ladder(ALL)
    climb(ladder, Trouble.SILENT, 700.0)
    assert not ladder.works(10_000.0)
    assert "helped" not in ladder.notes


@pytest.mark.parametrize(
    "notes",
    [{"hard_steps": "many"}, {"hard_steps": -3}, {"failed": 7}, {"failed": {"USB": "x"}}, {"hard_steps": 10**9}],
)  # fmt: skip
def test_notes_that_are_rubbish_stop_nothing(notes):
    assert (
        climb(Ladder(ALL, notes=notes), Trouble.SILENT, 2 * DAY, heals=Rung.RESET)[-1][0]
        is Rung.RESET
    )


def why(ladder, trouble, now, around=COVERED):
    return ladder.why_not(trouble, around, now)


def test_no_step_is_taken_before_the_trouble_is_confirmed():
    ladder = Ladder(ALL)
    assert ladder.next(Trouble.SILENT, COVERED, 100.0) is None
    assert why(ladder, Trouble.SILENT, 100.0) == "next in 30 s: second port asked"
    assert why(ladder, Trouble.SILENT, 129.0) == "next in 1 s: second port asked"
    assert ladder.next(Trouble.SILENT, COVERED, 129.9) is None
    assert ladder.done == ""
    assert ladder.next(Trouble.SILENT, COVERED, 130.0) is Rung.SECOND
    assert why(ladder, Trouble.SILENT, 130.0) == ""
    ladder.took(Rung.SECOND, 130.0)
    assert ladder.done == "second port asked"
    assert why(ladder, Trouble.SILENT, 130.0) == "next in 90 s: radio switched off and on"
    assert ladder.next(Trouble.SILENT, COVERED, 219.9) is None
    assert ladder.next(Trouble.SILENT, COVERED, 220.0) is Rung.RADIO


def test_a_trouble_that_ended_is_confirmed_anew():
    ladder = Ladder(ALL)
    ladder.next(Trouble.SILENT, COVERED, 0.0)
    ladder.works(20.0)
    assert ladder.next(Trouble.SILENT, COVERED, 40.0) is None
    assert ladder.next(Trouble.SILENT, COVERED, 70.0) is Rung.SECOND


@pytest.mark.parametrize(
    ("taken", "pause"),
    [(0, 0.0), (1, 300.0), (2, 600.0), (3, 1200.0), (6, 9600.0), (7, 19_200.0), (8, 21_600.0)],
)
def test_the_pause_before_a_hard_step_doubles_with_each_to_six_hours(taken, pause):
    ladder = Ladder([Rung.RESET], notes={"hard_steps": taken})
    ladder.next(Trouble.DEAF, COVERED, 0.0)
    due = max(pause, PACE.confirmed)
    assert ladder.next(Trouble.DEAF, COVERED, due - 0.1) is None
    assert ladder.next(Trouble.DEAF, COVERED, due) is Rung.RESET


def test_only_hard_steps_are_counted_as_such():
    ladder = Ladder(ALL)
    for number, rung in enumerate(ALL):
        ladder.took(rung, float(number))
    assert ladder.notes == {"hard_steps": 3}


@pytest.mark.parametrize(("passed", "helped"), [(180.0, True), (180.1, False)])
def test_what_works_within_three_minutes_was_healed_by_the_newest_step(passed, helped):
    ladder = Ladder(ALL)
    for at, rung in ((0.0, Rung.SECOND), (90.0, Rung.RADIO), (180.0, Rung.RADIO)):
        ladder.took(rung, at)
    assert ladder.works(180.0 + passed) is helped
    told = {"helped": {"RADIO": 1}, "failed": {"SECOND": 1}}
    assert ladder.notes == (told if helped else {})
    assert not ladder.works(180.0 + passed)  # it is told once


def test_three_times_in_vain_is_enough_unless_it_ever_helped():
    notes = {"failed": {"SECOND": 3, "RADIO": 2, "RESET": 9}, "helped": {"RESET": 1}}
    done = climb(Ladder(ALL, notes=notes), Trouble.SILENT, 400.0)
    assert [rung for rung, _ in done][:2] == [Rung.RADIO, Rung.RESET]


def test_where_all_were_in_vain_the_last_is_still_tried():
    notes = {"failed": {"USB": 3, "POWER": 3}}
    assert climb(Ladder(ALL, notes=notes), Trouble.GONE, 60.0)[0][0] is Rung.POWER


def test_after_the_last_step_the_mildest_hard_one_comes_again():
    done = [rung for rung, _ in climb(Ladder(ALL), Trouble.SILENT, DAY, step=30.0)]
    assert done[:8] == [*ALL, Rung.RESET, Rung.USB, Rung.POWER]


def test_packets_that_stay_away_after_all_steps_are_no_hang():
    ladder = Ladder([Rung.RADIO, Rung.RESET])
    assert not ladder.exhausted(Trouble.STUCK, 0.0)
    done = climb(ladder, Trouble.STUCK, 1000.0)
    assert [rung for rung, _ in done] == [Rung.RADIO, Rung.RESET]
    last = done[-1][1]
    assert why(ladder, Trouble.STUCK, 2000.0) == "no step is left that could help"
    assert not ladder.exhausted(Trouble.STUCK, last + PACE.settle - 0.1)
    assert ladder.exhausted(Trouble.STUCK, last + PACE.settle)
    assert not ladder.exhausted(Trouble.SILENT, 2000.0)  # against that there are some


@pytest.mark.parametrize(("well", "forgotten"), [(3599.9, False), (3600.0, True)])
def test_hard_steps_are_forgotten_after_an_hour_without_trouble(well, forgotten):
    ladder = Ladder(ALL, notes={"hard_steps": 3})
    ladder.works(100.0)
    assert ladder.works(100.0 + well) is forgotten
    assert ladder.notes == {"hard_steps": 0 if forgotten else 3}
    ladder = Ladder(ALL, notes={"hard_steps": 3})
    ladder.works(100.0)
    ladder.next(Trouble.DEAF, COVERED, 200.0)  # trouble in between
    ladder.works(300.0)
    assert not ladder.works(100.0 + well)


@pytest.mark.parametrize(
    ("around", "trouble", "words"),
    [
        (
            Around(covered=False, covered_at=0.0),
            Trouble.SILENT,
            "nothing is reset where there is no coverage",
        ),
        (
            Around(budget_spent=True),
            Trouble.SILENT,
            "nothing is reset while the budget of bytes is spent",
        ),
        (
            Around(flight=True),
            Trouble.SILENT,
            "nothing is reset in flight mode: a reset switches the radio on",
        ),
        (Around(refused="no data"), Trouble.STUCK, "nothing is reset, as no data"),
        (Around(refused="no data"), Trouble.SILENT, ""),
        (Around(covered=None), Trouble.SILENT, ""),
    ],
)
def test_what_forbids_a_step_is_said(around, trouble, words):
    ladder = Ladder(ALL)
    ladder.next(trouble, around, 0.0)
    assert ladder.why_not(trouble, around, 40.0) == words
    assert (ladder.next(trouble, around, 40.0) is None) is (words != "")


def test_a_word_about_coverage_holds_for_six_hours():
    around = Around(covered=False, covered_at=1000.0)
    ladder = Ladder(ALL)
    ladder.next(Trouble.SILENT, around, 1000.0)
    assert ladder.next(Trouble.SILENT, around, 1000.0 + 21_599.0) is None
    assert ladder.next(Trouble.SILENT, around, 1000.0 + 21_600.0) is Rung.SECOND
