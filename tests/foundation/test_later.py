"""A module that loads later is not run where it is imported, and all there where it is used."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from foundation.later import load_later

CHECKOUT = Path(__file__).parents[2]
NAME = "made_up_for_later"
SLOW = """
import threading
first = 1
threading.begun.set()
threading.go_on.wait(60)
second = 2
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write the module's text; it is gone again after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, NAME, None)
    del sys.modules[NAME]

    def write(text: str) -> None:
        (tmp_path / f"{NAME}.py").write_text(text)
        importlib.invalidate_caches()

    return write


def test_an_import_does_not_run_it_and_a_use_does(module):
    module("seven = 7")
    load_later(NAME)
    found = importlib.import_module(NAME)
    assert "seven" not in vars(found)
    assert found.seven == 7
    assert importlib.import_module(NAME) is found


def test_what_it_does_not_have_it_does_not_have_later_either(module):
    module("seven = 7")
    load_later(NAME)
    assert not hasattr(sys.modules[NAME], "eight")
    assert sys.modules[NAME].seven == 7


def test_what_is_wrong_in_it_is_told_where_it_is_used(module):
    module("1 / 0")
    load_later(NAME)
    with pytest.raises(ZeroDivisionError):
        assert sys.modules[NAME].seven


def test_what_is_loaded_stays_as_it_is():
    load_later("sys")
    assert sys.modules["sys"] is sys


def test_a_module_that_is_not_there_is_told_at_once():
    with pytest.raises(ModuleNotFoundError, match="no module made_up"):
        load_later(NAME)


def test_another_thread_waits_until_all_of_it_is_there(module, monkeypatch):
    begun, go_on, found = threading.Event(), threading.Event(), []
    monkeypatch.setattr(threading, "begun", begun, raising=False)
    monkeypatch.setattr(threading, "go_on", go_on, raising=False)
    module(SLOW)
    load_later(NAME)
    ask = [
        threading.Thread(target=lambda: found.append(sys.modules[NAME].second)) for _ in range(2)
    ]
    ask[0].start()
    assert begun.wait(60)
    ask[1].start()
    go_on.set()
    for each in ask:
        each.join(60)
    assert found == [2, 2]


def test_a_package_loads_with_its_modules():
    code = """
from foundation.later import load_later
load_later("asyncio")
import asyncio, sys
assert "asyncio.base_events" not in sys.modules
async def two():
    await asyncio.sleep(0)
    return 2
print(asyncio.run(two()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("2\n", "")
