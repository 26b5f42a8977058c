"""How fast a value changes, against a slow reference, and rules about it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agent.rules import shipped
from agent.rules.profile import profile_of
from agent.rules.rates import rates
from agent.rules.rule import State
from agent.rules.valid_time import Sample
from agent.rules.verdict import judged
from foundation.toml_file import TomlFile
from tests.agent.rules.slow_reference import change_a_minute
from tests.agent.rules.test_conditions import MINUTE, Gateway

SECOND = 1000


def series(values, every):
    return [Sample(n * every * SECOND, value) for n, value in enumerate(values)]


def random_series(rng):
    at, value, found = 0, 5.0, []
    for _ in range(60):
        value += rng.choice([-3.0, -0.5, 0.0, 0.0, 0.5, 3.0])
        found.append((at, None if rng.random() < 0.08 else value))
        at += rng.choice([5, 10, 10, 10, 12, 15, 16, 40, 60, 70])
    return found


@pytest.mark.parametrize("seed", range(40))
def test_each_rate_is_that_of_the_reference(seed):
    plain = random_series(random.Random(seed))
    for reach in (15, 90):
        found = {
            each.at // SECOND: each.value
            for each in rates([Sample(at * SECOND, v) for at, v in plain], reach * SECOND)
        }
        wanted = {at: change_a_minute(plain, at, reach) for at, _ in plain}
        assert found.items() <= {at: pytest.approx(rate) for at, rate in wanted.items()}.items()
        assert all(wanted[at] is None for at in wanted.keys() - found.keys())


def test_neither_noise_nor_steps_make_a_change_of_what_stands_still():
    """0.5 °C from one second to the next would be 30 °C a minute."""
    found = [each.value for each in rates(series([5.0, 5.5] * 100, 1), 1500)]
    assert max(map(abs, found)) <= 0.5


RATE = b"""
name = "slowly"
version = 1
title = "batteries"
source = "ours"
[[rule]]
name = "warms fast"
field = "temperature_rate"
above = 1.5
minutes = 3
reset = "recovery"
"""


def profile():
    return profile_of(TomlFile(Path("slowly.toml"), RATE))


def test_a_ramp_of_two_degrees_a_minute():
    values = [20.0] * 10 + [20.0 + 2.0 * n for n in range(1, 11)] + [40.0] * 10
    found = judged(profile(), "temperature", series(values, 60))
    assert [(each.state, each.start // MINUTE) for each in found.stretches] == [
        (State.OK, 1),  # of the first minute nobody knows how fast it was
        (State.EXCURSION, 10),
        (State.ALARM, 13),
        (State.OK, 20),
    ]
    alone = judged(profile(), "temperature_rate", series(values, 60))
    assert alone.stretches == found.stretches
    assert (alone.lowest, alone.highest) == (0.0, 2.0)


@pytest.mark.parametrize("values", [[5.0], [5.0, None, 6.0]])
@pytest.mark.parametrize("field", ["temperature", "temperature_rate"])
def test_too_little_to_say_how_fast_it_was(values, field):
    found = judged(profile(), field, series(values, 60))
    assert found.stretches == ()
    assert found.mkt is None


def test_a_gateway_comes_to_the_same_through_a_restart_at_every_record():
    runs = []
    for name in ("", "restart", "restart_with_snapshot"):
        gateway = Gateway(profile())
        for minute in range(30):
            gateway.temperature(20.0 + 2.0 * min(10, max(0, minute - 9)))
            if name:
                getattr(gateway, name)()
            gateway.now += MINUTE
            gateway.tell()
        runs.append(gateway.told)
    assert runs[0] == runs[1] == runs[2]
    assert runs[0] == [
        ("warms fast", "ok", "excursion"),
        ("warms fast", "excursion", "alarm"),
        ("warms fast", "alarm", "ok"),
    ]


def test_behind_a_night_without_power_nobody_knows_how_fast_it_warmed():
    gateway = Gateway(profile())
    gateway.minutes(5, 5.0)
    gateway.reboot(600)
    gateway.minutes(2, 25.0)
    assert ("warms fast", "ok", "excursion") not in gateway.told


def test_a_snapshot_of_before_rates_is_taken_over():
    gateway = Gateway()
    gateway.minutes(3, 5.0)
    plain = json.loads(json.dumps(gateway.fold.to_json()))
    del plain["trails"]
    gateway.fold.restore(plain)
    gateway.minutes(1, 5.0)


def test_a_battery_that_is_carried_out_of_the_cold_warms_faster_than_t_2_allows():
    warm = series([-20.0] * 5 + [-20.0 + 8.0 * n for n in range(1, 6)] + [20.0] * 5, 60)
    found = judged(shipped.find("li-ion-small", Path()), "temperature", warm)
    fast = [each for each in found.stretches if each.rule.name == "warms faster than in T.2"]
    assert [each.state for each in fast] == [
        State.OK,
        State.EXCURSION,
        State.ALARM,
        State.OK,
    ]
    assert {str(each.rule.severity) for each in fast} == {"warning"}
