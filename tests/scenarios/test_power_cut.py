"""Power cuts, failed writes and kills, a few of each; `make campaign` makes a thousand of each."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from hil.campaign.verb import SEED
from hil.kill_nine.campaign import Campaign
from hil.kill_nine.damage import DAMAGE
from hil.kill_nine.stores import StoreCampaign
from hil.nth_write import sweep
from hil.power_cut.campaign import RECORDER, campaign
from hil.power_cut.disk_log import Entry, Operation
from hil.power_cut.medium import SECTOR_BYTES, Medium
from hil.power_cut.workload import ERASING
from hil.site.processes import Processes

CUTS, ERASING_CUTS, KILLS = 60, 12, 5
EVERY_NTH = 173
CONTROL_NTH = 37  # one call in seven lets the control lose something that nothing mends later


@pytest.fixture(scope="module", autouse=True)
def recorder() -> None:
    if shutil.which("cc") is None or shutil.which("make") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the disk recorder needs cc and make, and CI must have them")
        pytest.skip("the disk recorder needs cc and make: sudo apt install gcc libc6-dev make")
    root = Path(__file__).parents[2]
    argv = ["make", *(str(shim.relative_to(root)) for shim in (RECORDER, sweep.SHIM))]
    made = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def test_power_cuts_lose_nothing_that_was_acknowledged():
    outcome = campaign(CUTS, SEED)
    assert outcome.failures == []
    assert outcome.cuts == CUTS


def test_power_cuts_while_a_rule_erases_lose_nothing_else_and_leave_no_piece():
    """What was told to be erased is in no file any more; the rest is there, each in its place."""
    outcome = campaign(ERASING_CUTS, SEED, ERASING)
    assert outcome.failures == []


@pytest.mark.parametrize("control", ["skip-flushes", "sqlite-normal"])
def test_the_campaign_notices_a_journal_that_breaks_its_promises(control):
    """A campaign that finds nothing wrong with these would find nothing wrong with anything."""
    outcome = campaign(CUTS, SEED, control)
    assert len(outcome.failures) >= 2, "the negative control passed"
    assert any("acknowledged and" in failure for failure in outcome.failures)


@pytest.mark.parametrize("fault", sweep.FAULTS)
def test_a_write_that_fails_once_loses_and_doubles_nothing(fault):
    """Of the ring and of SQLite; each 173rd of some 1,500 calls here, each in `make campaign`."""
    outcome = sweep.swept(fault, EVERY_NTH, SEED)
    assert outcome.failures == []
    assert outcome.calls > 4


def test_the_sweep_notices_who_takes_a_failure_for_a_success():
    outcome = sweep.swept("fail", CONTROL_NTH, SEED, sweep.CARELESS)
    assert outcome.failures, "the negative control passed"


def test_kills_lose_nothing_that_was_shown(tmp_path):
    with Processes(tmp_path) as processes:
        outcome = Campaign(tmp_path, processes, SEED).run(KILLS)
    assert outcome.failures == []
    assert outcome.records >= outcome.shown > 0


def test_a_kill_and_a_damaged_store_use_no_number_twice_and_lose_nothing_in_silence(tmp_path):
    """Each kind of damage once; `make campaign` takes two hundred."""
    with Processes(tmp_path) as processes:
        outcome = StoreCampaign(tmp_path, processes, SEED).run(len(DAMAGE))
    assert outcome.failures == []
    for kind in ("ring gone", "ring emptied", "ring zeroed", "ring cut"):
        assert outcome.declared[kind] == 1, kind
    for kind in ("archive gone", "archive emptied", "both gone", "both another gateway's"):
        assert outcome.refused[kind] == 1, kind


def opened(name: str, fd: int, flags: int = os.O_RDWR) -> Entry:
    return Entry(Operation.OPEN, fd, flags, f"/s{name}".encode())


def left(entries: list[Entry], folder: Path) -> set[tuple[tuple[str, bytes], ...]]:
    """Return every state that fifty cuts behind these calls left."""
    medium = Medium("/s")
    for entry in entries:
        medium.take(entry)
    states = set()
    for seed in range(50):
        image = folder / str(seed)
        image.mkdir()
        medium.cut_power(random.Random(seed), image)
        states.add(tuple(sorted((path.name, path.read_bytes()) for path in image.iterdir())))
    return states


def test_the_medium_keeps_what_was_flushed_and_any_part_of_the_rest(tmp_path):
    old, new = b"o" * SECTOR_BYTES * 2, b"n" * SECTOR_BYTES * 2
    durable = [
        opened("/file", 3),
        Entry(Operation.WRITE, 3, 0, old),
        Entry(Operation.SYNC, 3, 0, b""),
        opened("", 4),
        Entry(Operation.SYNC, 4, 0, b""),
    ]
    folders = [tmp_path / str(n) for n in range(3)]
    for folder in folders:
        folder.mkdir()
    assert left(durable[:3], folders[0]) == {(), (("file", old),)}, "the name was not flushed"
    assert left(durable, folders[1]) == {(("file", old),)}
    half = SECTOR_BYTES
    assert left([*durable, Entry(Operation.WRITE, 3, 0, new)], folders[2]) == {
        (("file", first + second),)
        for first in (old[:half], new[:half])
        for second in (old[half:], new[half:])
    }
