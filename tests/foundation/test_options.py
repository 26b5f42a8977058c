from dataclasses import dataclass

import pytest

from drivers import catalog
from foundation.options import (
    Option,
    OptionError,
    complete,
    option,
    options_of,
    or_none,
    settings_of,
    unknown,
)


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
        ("pace", "pace must be from 0.5 to 3600 s, not 0.1 (in device 'x')"),
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


@pytest.mark.parametrize(
    ("minimum", "maximum", "value", "wanted"),
    [(0, None, -1, "at least 0"), (None, 4, 5, "at most 4"), (0, 4, 5, "from 0 to 4")],
)
def test_a_number_beyond_its_limits_is_told_which_they_are(minimum, maximum, value, wanted):
    seq = Option("seq", int, "a number", minimum=minimum, maximum=maximum, unit="s")
    for limit in {minimum, maximum} - {None}:
        assert seq.check(limit) == limit
    with pytest.raises(OptionError) as raised:
        seq.check(value)
    assert str(raised.value) == f"seq must be {wanted} s, not {value}"


def test_a_text_must_have_its_form_unless_it_is_the_default():
    name = Option("name", str, "lower-case letters", default="", form="[a-z]+", example="north")
    assert [name.check(text) for text in ("", "door")] == ["", "door"]
    with pytest.raises(OptionError, match=r"^name must look like 'north', not 'Door'$"):
        name.check("Door")
    with pytest.raises(OptionError, match=r"^code must be two digits$"):
        Option("code", str, "two digits", form="[0-9]{2}").check("123")


def test_an_empty_text_may_mean_nothing():
    assert (or_none(int)(""), or_none(int)("7")) == (None, 7)


def test_a_field_that_is_no_option_is_given_apart():
    @dataclass(frozen=True, slots=True)
    class Door:
        name: str = option(str, "its name", "north")
        posts: tuple[int, ...] = ()

    assert [each.name for each in options_of(Door)] == ["name"]
    assert settings_of(Door, {"name": "south"}, posts=(1, 2)) == Door("south", (1, 2))
    assert Door() == Door("north", ())


def test_a_choice_is_one_of_those_that_there_are():
    address = Option("address", int, "of the chip", choices=(0x44, 0x45), hexadecimal=True)
    assert address.check(0x45) == 0x45
    with pytest.raises(OptionError, match=r"^address must be one of 0x44, 0x45, not 0x4a$"):
        address.check(74)
    form = Option("form", str, "how", choices=("page", "json"))
    with pytest.raises(OptionError, match=r"^form must be one of page, json, not pdf$") as raised:
        form.check("pdf")
    assert raised.value.option == "form"


@pytest.mark.parametrize(
    ("wanted", "value", "said"),
    [
        (str, 1, 'must be text in "quotes", not 1'),
        (int, "1", 'must be a whole number without quotes, not "1"'),
        (int, True, "must be a whole number without quotes, not true"),
        (int, 1.0, "must be a whole number without quotes, not 1.0"),
        (float, "1", 'must be a number without quotes, not "1"'),
        (bool, 1, "must be true or false without quotes, not 1"),
    ],
)
def test_a_value_of_another_type_is_told_with_the_one_that_is_wanted(wanted, value, said):
    with pytest.raises(OptionError) as raised:
        Option("x", wanted, "a thing").check(value)
    assert str(raised.value) == f"x {said}"


def test_a_whole_number_is_a_number():
    assert Option("x", float, "a thing", minimum=1.5).check(2) == 2.0
    assert type(Option("x", float, "a thing").check(2)) is float
    with pytest.raises(OptionError, match=r"^x must be at least 1.5, not 1$"):
        Option("x", float, "a thing", minimum=1.5).check(1)
