"""`tallyman driver`: the bench does it, where the source is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli import driver
from agent.cli.errors import Mistake


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
