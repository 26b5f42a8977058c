"""Power cuts: each workload is recorded once, then cut at many moments.

For every cut the state folder is built as the medium may hold it (`medium.py`), opened as the agent
would open it, and compared with what had been acknowledged by then (`check.py`).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hil.power_cut.check import Acknowledged, check
from hil.power_cut.disk_log import Entry, Operation, read_log
from hil.power_cut.medium import Medium
from hil.power_cut.workload import ACKS, HONEST

RECORDER = Path(__file__).parents[2] / "build" / "disk_recorder.so"
CUTS_PER_WORKLOAD = 100

_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made there
SCRATCH = _MEMORY if _MEMORY.is_dir() else None
"""Where images lie: in memory, as the medium is modelled and not the disk's."""


@dataclass(slots=True)
class Outcome:
    """What a campaign found; `failures` name seed, moment and what was wrong."""

    cuts: int = 0
    torn: int = 0
    failures: list[str] = field(default_factory=list)


def campaign(cuts: int, seed: int, control: str = HONEST) -> Outcome:
    """Cut the power `cuts` times, in as many workloads as that takes."""
    outcome = Outcome()
    while outcome.cuts < cuts:
        number = min(CUTS_PER_WORKLOAD, cuts - outcome.cuts)
        with tempfile.TemporaryDirectory(prefix="tallyman-cut-", dir=SCRATCH) as name:
            folder = Path(name).resolve()
            entries = recorded(folder / "state", folder / "log", seed, control)
            cut_many(entries, str(folder / "state"), folder, seed, number, outcome)
        seed += 1
    return outcome


def recorded(state: Path, log: Path, seed: int, control: str) -> list[Entry]:
    """Run one workload under the recorder; return all that it did to its files."""
    state.mkdir()
    argv = [sys.executable, "-m", "hil.power_cut.workload", str(state), str(seed), control]
    preload = {
        "LD_PRELOAD": str(RECORDER),
        "TALLYMAN_RECORD_FOLDER": str(state),
        "TALLYMAN_RECORD_LOG": str(log),
    }
    root = Path(__file__).parents[2]
    subprocess.run(argv, check=True, env=os.environ | preload, cwd=root)  # noqa: S603  our own
    return read_log(log)


def cut_many(
    entries: Sequence[Entry],
    state: str,
    scratch: Path,
    seed: int,
    number: int,
    outcome: Outcome,
) -> None:
    """Cut one recorded workload at `number` moments drawn by its seed.

    Half of them are just behind an acknowledgement, when the most is promised.
    """
    rng = random.Random(seed)
    promises = [at + 1 for at, entry in enumerate(entries) if entry.data.startswith(b'{"')]
    moments = rng.choices(range(len(entries) + 1), k=number // 2)
    moments = sorted(moments + rng.choices(promises, k=number - number // 2))
    medium, told, acks = Medium(state), Acknowledged(), -1
    at = 0
    for moment in moments:
        for entry in entries[at:moment]:
            medium.take(entry)
            if entry.operation is Operation.OPEN and entry.names == [ACKS]:
                acks = entry.fd
            elif entry.operation is Operation.WRITE and entry.fd == acks:
                told = replace(told, **json.loads(entry.data))
        at = moment
        outcome.cuts += 1
        with tempfile.TemporaryDirectory(dir=scratch) as image:
            medium.cut_power(rng, Path(image))
            verdict = check(Path(image), seed, replace(told))
        outcome.torn += verdict.torn > 0
        if verdict.wrong:
            outcome.failures.append(f"seed {seed}, cut at call {moment}: {verdict.wrong}")
