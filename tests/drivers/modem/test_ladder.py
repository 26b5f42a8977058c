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
        assert climb(Ladder(ALL), trouble, DAY)[0][0] is Rung.RADIO
    assert climb(Ladder(ALL), Trouble.GONE, DAY)[0][0] is Rung.USB


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
    done = climb(ladder, Trouble.GONE, 5 * DAY)
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
