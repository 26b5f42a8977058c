"""Days, shocks and contradictions whose truth is known, against what the gateway makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from hil.__main__ import main
from hil.goods.cold_day import cold_day
from hil.goods.contradictions import contradictions
from hil.goods.impacts import Impact, impacts
from hil.goods.trial import cold_day_mistakes, contradiction_mistakes, impact_mistakes

SEED = 20261130


@pytest.mark.parametrize("seed", range(12))
def test_the_rules_come_to_the_truth_of_a_cold_day(seed):
    assert list(cold_day_mistakes(cold_day(seed))) == []


def test_a_day_whose_truth_is_another_is_found_out():
    day = cold_day(1)
    shorter = replace(day, values=day.values[:-90])
    assert list(cold_day_mistakes(shorter))


@pytest.mark.parametrize("seed", range(3))
def test_shocks_are_within_two_per_cent_of_their_physics(seed):
    for each in impacts(seed):
        assert list(impact_mistakes(each, seed)) == [], each


def test_a_fall_of_a_metre_is_what_physics_says():
    # 4.43 m/s, and 1.3 times as much with its rebound
    fall = next(each for each in impacts(0) if each.height)
    assert fall.delta_v == pytest.approx(1.3 * (2 * 9.80665 * fall.height) ** 0.5)
    assert Impact("", 150.0, 6.0).delta_v == pytest.approx(5.62, abs=0.01)


def test_who_tampers_with_a_sensor_is_found_out_and_who_does_not_is_not():
    for each in contradictions(SEED):
        assert list(contradiction_mistakes(each)) == [], each.what


def test_what_is_written_can_be_tried_by_hand(tmp_path: Path, capsys):
    assert main(["goods", str(tmp_path), "--days", "2"]) == 0
    assert "0 differences from the truth" in capsys.readouterr().out
    truth = json.loads((tmp_path / "cold-day-1.json").read_text())
    assert tallyman(["profile", "try", "2-8", str(tmp_path / "cold-day-1.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mkt"] == truth["mkt"]
    series, beside = (str(tmp_path / f"ice-on-it{end}.csv") for end in ("", "-beside"))
    assert tallyman(["profile", "try", "2-8", series, "--beside", beside]) == 0
    assert "doubt" in capsys.readouterr().out
