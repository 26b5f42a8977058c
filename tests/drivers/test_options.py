from dataclasses import dataclass

import pytest

from drivers import catalog
from drivers.errors import OptionError
from drivers.options import complete, option, options_of, settings_of, unknown


def steps(text):
    if "," not in text:
        raise ValueError(f"{text!r} has no comma")
    return tuple(map(int, text.split(",")))


@dataclass(frozen=True, slots=True)
class Settings:
    bus: str = option(str, "the bus")
    pace: float = option(float, "time between looks", 1.0, 0.5, 3600, "s")
    steps: tuple[int, ...] = option(str, "what to do", "1,2", parse=steps)


OPTIONS = options_of(Settings)


def test_a_field_is_an_option_of_its_name_and_values_arrive_parsed():
    assert [each.name for each in OPTIONS] == ["bus", "pace", "steps"]
    values, wrong = complete(OPTIONS, {"bus": "b", "pace": 2}, "device 'x'")
    assert (values, wrong) == ({"bus": "b", "pace": 2.0, "steps": "1,2"}, [])
    assert settings_of(Settings, values) == Settings(bus="b", pace=2.0, steps=(1, 2))


def test_every_mistake_is_told_with_its_option_and_a_default_stands_in():
    values, wrong = complete(OPTIONS, {"pace": 0.1, "steps": "none"}, "device 'x'")
    assert values == {"bus": "", "pace": 1.0, "steps": "1,2"}
    assert [(error.option, str(error)) for error in wrong] == [
        ("bus", "device 'x' needs the key 'bus': the bus"),
        ("pace", "pace must be in 0.5 to 3600 s, not 0.1 (in device 'x')"),
        ("steps", "steps: 'none' has no comma (in device 'x')"),
    ]


def test_an_unknown_key_is_told_with_what_was_perhaps_meant():
    (error,) = unknown({"bus": "b", "pase": 1}, ["bus", "pace"], "device 'x'")
    assert error.option == "pase"
    assert str(error) == "unknown key 'pase' in device 'x': did you mean 'pace'?"


def test_the_catalogue_refuses_the_first_mistake():
    with pytest.raises(OptionError, match="unknown key 'adress'") as raised:
        catalog.check_options("sensors.sht3x", {"adress": 0x44})
    assert raised.value.option == "adress"
    with pytest.raises(OptionError, match="needs the key 'bus'") as raised:
        catalog.check_options("sensors.sht3x", {})
    assert raised.value.option == "bus"
