"""The schema for editors says what the check says."""

from __future__ import annotations

import tomllib

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.config_file import ConfigError
from agent.config.schema import schema
from agent.config.settings import parse
from drivers import catalog
from tests.agent.config.written import KEY, PATH, WHOLE, device, problems
from tests.agent.fakes import FakeCatalog

toml_value = st.one_of(
    st.integers(-5, 100_000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.sampled_from(["", "x", "tcp://a:1", KEY, "cold-1", "fake.thermometer"]),
)


def test_the_schema_is_a_schema_and_takes_the_whole_configuration():
    made = schema(FakeCatalog())
    jsonschema.Draft202012Validator.check_schema(made)
    jsonschema.validate(tomllib.loads(WHOLE), made)
    jsonschema.validate({}, made)


@pytest.mark.parametrize(
    "text",
    [
        "[gateway]\nnaem = 'x'",
        "[batch]\nrecords = 0",
        "[silence]\nlimit_minutes = 10",
        device("intervall = 3"),
        device("interval = 0"),
        device("").replace("cold-1", "gateway"),
        '[[device]]\nname = "a"\nkind = "fake.thermometer"',
        '[[device]]\nname = "a"\nkind = "unheard-of"',
    ],
)
def test_the_schema_refuses_what_the_check_refuses(text):
    problems(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema(FakeCatalog()))


@given(st.sampled_from(["interval", "fault", "port"]), toml_value)
def test_schema_and_check_agree_on_device_options(key, value):
    entry = {"name": "a", "kind": "fake.thermometer", "port": "/dev/x", key: value}
    valid = jsonschema.Draft202012Validator(schema(FakeCatalog())).is_valid({"device": [entry]})
    lines = "\n".join(f"{name} = {_toml(item)}" for name, item in entry.items())
    try:
        parse(f"[silence]\nlimit_minutes = 60\n[[device]]\n{lines}\n".encode(), PATH, FakeCatalog())
        checked = True
    except ConfigError:
        checked = False
    assert checked == valid


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def test_the_schema_of_the_real_catalogue_knows_every_kind():
    made = schema(catalog)
    jsonschema.Draft202012Validator.check_schema(made)
    kinds = {
        item["properties"]["kind"]["const"]
        for item in made["properties"]["device"]["items"]["oneOf"]
    }
    assert kinds == set(catalog.DEVICES)
