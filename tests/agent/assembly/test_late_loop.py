"""What a start does first needs no event loop; what comes then has one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from agent.assembly.late_loop import loop_runs, run
from agent.assembly.run import run as live
from agent.journal.batches_file import open_to_read
from agent.journal.places import FILE_NAME
from tests.agent.assembly.joined import BARE, configured, world_of

CHECKOUT = Path(__file__).parents[3]
LOADED = """
import sys
from agent.cli import lean_start, main
lean_start.prepare([])
import agent.cli.run
print(sorted({"asyncio.base_events", "dis", "selectors", "json.decoder"} & set(sys.modules)))
"""


def has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def told(before, after):
    before.append(has_loop())
    await loop_runs()
    after.append(has_loop())
    await asyncio.sleep(0)
    return "done"


def test_the_loop_is_made_where_it_is_asked_for():
    before, after = [], []
    assert run(told(before, after)) == "done"
    assert (before, after) == ([False], [True])


async def test_within_a_loop_it_goes_on_there():
    before, after = [], []
    assert await told(before, after) == "done"
    assert (before, after) == ([True], [True])


def test_what_ends_before_needs_none():
    async def quick():
        return has_loop()

    async def broken():
        raise ZeroDivisionError

    assert run(quick()) is False
    with pytest.raises(ZeroDivisionError):
        run(broken())


def batches(config) -> int:
    connection, _ = open_to_read(config.gateway.state_dir / FILE_NAME)
    try:
        return connection.execute("SELECT COUNT(*) FROM batch").fetchone()[0]
    finally:
        connection.close()


def test_boot_is_signed_before_there_is_a_loop_and_the_end_leaves_nothing_open(tmp_path):
    config = configured(tmp_path, BARE)
    for lives in (1, 2):
        living = live(config, world_of(), lambda: None)
        assert living.send(None) is None, "it asks for the loop"
        assert batches(config) == lives
        living.close()


def test_what_the_seal_does_not_need_is_not_loaded_before_it():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    # From Python 3.13 on, `dataclasses` asks `inspect`, which has `dis`, for each class.
    expected = "['dis']\n" if sys.version_info >= (3, 13) else "[]\n"
    assert (done.stdout, done.stderr) == (expected, "")
