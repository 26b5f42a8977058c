"""[[read_point]]: what may be left out, and what a mistake is told like."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from agent.config.config_file import ConfigError
from agent.config.schema import schema
from agent.config.settings import parse
from agent.observe.points import PointKind, Side
from tests.agent.fakes import FakeCatalog

DEVICE = '[[device]]\nname = "r420"\nkind = "fake.thermometer"\nport = "x"\n'


def check(text: str):
    return parse((DEVICE + text).encode(), Path("/etc/t.toml"), FakeCatalog(), lambda: "host")


def test_a_gate_with_nothing_said():
    (point,) = check('[[read_point]]\nname = "door 2"\n').read_points
    assert (point.name, point.kind) == ("door 2", PointKind.GATE)
    assert (point.round, point.missed, point.reads) == (0.25, 16, 2)
    assert not point.two_sided


def test_a_shelf_and_a_portal():
    shelf, portal = check(
        '[[read_point]]\nname = "A4"\nkind = "shelf"\nantennas = "r420:5-6"\n'
        '[[read_point]]\nname = "door"\nouter = "r420:1"\ninner = "r420:2"\nmissed_rounds = 30\n'
    ).read_points
    assert (shelf.antennas, shelf.missed, shelf.round) == ((("r420", 5), ("r420", 6)), 11, 60.0)
    assert portal.antennas == (("r420", 1), ("r420", 2))
    assert portal.sides == {("r420", 1): Side.OUTER, ("r420", 2): Side.INNER}
    assert (portal.missed, portal.two_sided) == (30, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\nantennas = "r42:1"', "no device 'r42': did you mean 'r420'?"),
        ('name = "a"\nantennas = "one"', "antennas must look like 'gate-1:1-4, gate-2:1'"),
        ('name = "a"\nbeam_outer = "beam"', "no device 'beam'"),
        ('name = "a"\nkind = "wall"', "kind must be one of gate, shelf, not wall"),
        ('name = "a"\nouter = "r420:1-2"\ninner = "r420:2"', ":8: antenna r420:2 is also outside"),
        ('name = "a"\nround = -1', "round must be from 0 to 3600 s"),
        ('kind = "gate"', "needs the key 'name'"),
        ('name = "a"\nantenas = "r420:1"', "did you mean 'antennas'?"),
        ('name = "a"\n[[read_point]]\nname = "a"', "the name 'a' is used twice"),
        (
            'name = "a"\nantennas = "r420:1"\n[[read_point]]\nname = "b"\nantennas = "r420:1"',
            "antenna r420:1 belongs to both 'a' and 'b'",
        ),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(ConfigError) as caught:
        check(f"[[read_point]]\n{text}\n")
    assert message in str(caught.value)


def test_the_schema_takes_and_refuses_the_same():
    table = {"name": "door 2", "outer": "r420:1", "inner": "r420:2", "antennas": ""}
    jsonschema.validate({"read_point": [table]}, schema(FakeCatalog()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"read_point": [table | {"outer": "one"}]}, schema(FakeCatalog()))
