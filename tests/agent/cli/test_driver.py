"""`tallyman driver`: the bench does it, where the source is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli import driver
from agent.cli.errors import Mistake
from agent.cli.main import main


def test_the_bench_makes_drivers(monkeypatch):
    asked = []
    monkeypatch.setattr(driver.subprocess, "call", lambda argv: asked.append(argv[1:]) or 7)
    args = SimpleNamespace(rest=["new", "x"])
    assert driver.run(args) == 7
    assert driver.run(SimpleNamespace(rest=[])) == 7
    assert asked == [["-m", "hil", "driver", "new", "x"], ["-m", "hil", "driver", "--help"]]
    monkeypatch.setattr(driver, "find_spec", lambda name: None)
    with pytest.raises(Mistake, match="this is an installation"):
        driver.run(args)


def test_all_that_stands_behind_the_verb_is_for_the_bench(monkeypatch):
    asked = []
    monkeypatch.setattr(driver.subprocess, "call", lambda argv: asked.append(argv[4:]) or 0)
    assert main(["driver", "new", "sensors.x", "--force", "-h"]) == 0
    assert asked == [["new", "sensors.x", "--force", "-h"]]
