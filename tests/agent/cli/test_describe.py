"""`tallyman describe` for people: what is configured, what there is, and what is missing."""

from __future__ import annotations

import json

import pytest

from agent.cli import describe
from agent.cli.describe import device_kind
from agent.cli.verbs import VERBS
from drivers import catalog
from drivers.sensors import sht3x
from tests.agent.cli.asked import Agent, indents

TABLE = '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch)


@pytest.fixture
def two_kinds(monkeypatch):
    """A version that knows two kinds of device, one of which lacks its package."""
    kinds = {"sensors.sht3x": "drivers.sensors.sht3x", "broken": "drivers.no_such_module"}
    monkeypatch.setattr(describe.catalog, "DEVICES", kinds)


def test_the_page(agent, two_kinds, capsys):
    agent.config.write_text(agent.config.read_text() + TABLE)
    assert agent.run("describe") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "devices   of g: 1 device", "  cold-1: sensors.sht3x, records temperature", "kinds of device",
    ]  # fmt: skip
    assert lines[3].startswith("  sensors.sht3x  ")
    about = " ".join(" ".join(lines[3:]).split())
    assert sht3x.__doc__.splitlines()[0] in about
    (broken,) = [line for line in lines if line.startswith("  broken ")]
    assert broken.startswith("  broken         needs a package that is not installed:")
    assert indents(lines[lines.index(broken) : lines.index(broken) + 2]) == [2, 17]
    (verbs,) = [number for number, line in enumerate(lines) if line.startswith("verbs     ")]
    named = " ".join(lines[verbs:-1]).removeprefix("verbs").split(",")
    assert [each.strip() for each in named] == list(VERBS)
    assert all((line[:10].isspace(), line[10].isalpha()) == (True, True)
               for line in lines[verbs + 1 : -1])  # fmt: skip
    assert lines[-1] == "schemas   tallyman describe --json"


def test_a_device_with_a_long_name_goes_on_below_itself(agent, two_kinds, capsys):
    name = "cold-" + "1" * 55
    agent.config.write_text(agent.config.read_text() + TABLE.replace("cold-1", name))
    assert agent.run("describe") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [f"  {name}: sensors.sht3x,", "    records temperature"]


def test_what_a_kind_of_device_is(two_kinds):
    found = device_kind("sensors.sht3x")
    assert (found["what"], found["records"]) == (sht3x.__doc__.splitlines()[0], ["temperature"])
    assert found["device"]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    broken = device_kind("broken")
    assert (broken["records"], broken.keys()) == (None, {"what", "records"})


def test_a_configuration_that_is_named_must_be_there(agent, capsys, tmp_path, monkeypatch):
    agent.config.unlink()
    assert agent.run("describe", "--json") == 2
    monkeypatch.setenv("TALLYMAN_CONFIG", str(agent.config))
    assert describe.run(describe.argparse.Namespace(config=None, json=False)) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"devices   unknown: there is no configuration at {agent.config}"


def test_programs_are_told_of_the_devices(agent, two_kinds, capsys):
    agent.config.write_text(agent.config.read_text() + TABLE)
    assert agent.run("describe", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["gateway"] == "g"
    (cold,) = told["devices"]
    assert cold.items() >= {
        "name": "cold-1", "kind": "sensors.sht3x", "records": ["temperature"],
    }.items()  # fmt: skip
    assert cold["options"]["bus"] == "/dev/i2c-99"
    assert told["device_kinds"].keys() == catalog.DEVICES.keys()
    for verb in ("journal", "dock"):
        assert told["verbs"][verb]["help"]
        assert told["verbs"][verb]["arguments"]["type"] == "object"
