"""The whole way over a product of one file: its copy is broken, its tests are asked, it is whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from textwrap import dedent

import pytest

from hil.code_mutants.asking import pytest_in
from hil.code_mutants.campaign import Campaign, Fate
from hil.code_mutants.mutant import mutants_of
from hil.code_mutants.scratch import Scratch

ROOT = Path(__file__).parents[3]

PRODUCT = """
def price(pieces):
    if pieces > 100:
        return pieces * 3
    return pieces * 4


def label(pieces):
    return "none" if pieces < 1 else "some"
"""

TESTS = """
import subprocess, sys
import pytest
from agent.shop.price import price

def test_many_are_cheaper():
    code = "import agent.shop.price as a; print(a.price(200))"
    told = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, check=True)
    assert told.stdout == b"600\\n"

def test_one():
    assert price(1) == 4

def test_that_never_held():
    assert price(1) == 5

@pytest.mark.skip(reason="on another machine")
def test_elsewhere():
    assert price(1) == 5
"""

HANGS = """
import subprocess, time
def test_hangs():
    left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    print("left behind:", left.pid, flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "checkout"
    for name, text in (
        ("agent/shop/price.py", PRODUCT),
        ("tests/agent/shop/test_price.py", TESTS),
        ("tests/agent/test_hangs.py", HANGS),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text))
    (root / "hil").symlink_to(ROOT / "hil")
    return root


async def test_each_mutant_meets_its_fate_and_the_checkout_stays(root, tmp_path):
    text = (root / "agent/shop/price.py").read_bytes()
    every = mutants_of("agent/shop/price.py", text)
    meant = {"pieces > 100": "(pieces >= 100)", "return pieces * 3": "return None"}
    meant["pieces < 1"] = "(pieces <= 1)"
    mutants = [each for each in every if meant.get(each.old) == each.new]
    campaign = Campaign(root, tmp_path / "copies", mutants, 30.0)
    whole = await campaign.whole(1)
    assert {name.partition("::")[2] for name in whole.seconds} == {
        "test_many_are_cheaper",
        "test_one",
    }
    assert whole.failed == ["tests/agent/shop/test_price.py::test_that_never_held"]
    fates = {each.mutant.old: each async for each in campaign.verdicts(whole)}
    assert {old: each.fate for old, each in fates.items()} == {
        "pieces > 100": Fate.SURVIVED,
        "return pieces * 3": Fate.KILLED,
        "pieces < 1": Fate.UNCOVERED,
    }
    assert fates["return pieces * 3"].asked == 1, "one alone comes by, in a process of its own"
    assert (root / "agent/shop/price.py").read_bytes() == text


async def test_tests_that_hang_are_ended_with_all_that_they_started(root, tmp_path):
    copy = Scratch(tmp_path / "copy", root)
    hanging = asyncio.ensure_future(pytest_in(copy, ["-s", "tests/agent/test_hangs.py"], None))
    output = copy.folder / "output"
    await until(lambda: output.exists() and "left behind" in output.read_text())
    left = output.read_text().partition("left behind: ")[2].split()[0]
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await until(lambda: not runs(left))
    assert await pytest_in(copy, ["tests/agent/test_hangs.py"], 0.0) is None


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)


def runs(pid):
    """Whether there is such a process; one that ended may wait for its parent to look."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False
