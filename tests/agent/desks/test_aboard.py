"""What is put on record of a sensor that begins to go along with a shipment."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.config.devices import Device
from agent.desks.aboard import aboard_values, standing_values
from agent.desks.status import ConditionStatus
from agent.rules.shipped import FOLDER, find
from drivers.driver import State
from drivers.reading import Quality, Reading

PROFILE = find("2-8", FOLDER)


def collector(*, last=None, state=State.RUNNING, kinds=("temperature",), **device):
    """A collector as far as a shipment looks at it."""
    made = Device(name="cargo", kind="sensors.sht3x", **device)
    return SimpleNamespace(device=made, kinds=kinds, last=last, health=SimpleNamespace(state=state))


def door(state="closed", quality=Quality.OK, **fields):
    return Reading("cargo", "input", {"state": state, **fields}, 5.0, quality)


def test_a_sensor_is_declared_with_its_nominal_interval_and_its_profile():
    cargo = collector(interval=60.0, rules=PROFILE, read_point="bay 1")
    assert aboard_values("WB-7", cargo) == {
        "shipment": "WB-7",
        "kinds": "temperature",
        "interval_ms": 60_000,
        "profile": PROFILE.name,
        "version": PROFILE.head.version,
        "read_point": "bay 1",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"last": door("open", port=0)}, {"state": "open", "port": 0}),
        ({"last": door("open", quality=Quality.SUSPECT)}, {}),
        ({"last": door(), "state": State.MISSING}, {}),
        ({"last": None}, {}),
    ],
)
def test_a_doors_state_is_told_where_it_is_sure(given, told):
    assert aboard_values("WB-7", collector(kinds=("input",), **given)) == {
        "shipment": "WB-7",
        "kinds": "input",
        **told,
    }


def test_what_is_not_well_goes_along():
    def condition(device, rule, state):
        return ConditionStatus(device, rule, state, 900, "temperature above 8 °C", "critical")

    known = [
        condition("cargo", "warm", "alarm"),
        condition("cargo", "cold", "ok"),
        condition("cargo", "wet", "waiting"),
        condition("cargo", "dry", "unknown"),
        condition("other", "warm", "alarm"),
    ]
    told = list(standing_values("WB-7", collector(rules=PROFILE), known))
    assert [(each["rule"], each["state"], each["from_ms"]) for each in told] == [
        ("warm", "alarm", 900),
        ("dry", "unknown", 900),
    ]
    assert list(standing_values("WB-7", collector(), known)) == []
