"""SIGKILL at random moments: what a follower was shown is there, once, and no number is missing."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from evidence.leaf import Record
from hil.kill_nine.follower import AGENT, CONFIG, Follower
from hil.site.processes import Processes

EARLY = 0.2  # the part of kills that meet an agent before it answers
LONGEST_START_S, LONGEST_LIFE_S = 0.4, 0.5


@dataclass(slots=True)
class Outcome:
    """What a campaign found: how many records were shown, how many there are, what is wrong."""

    kills: int = 0
    shown: int = 0
    records: int = 0
    failures: list[str] = field(default_factory=list)


class Campaign:
    """One gateway in `folder`, killed again and again."""

    def __init__(self, folder: Path, processes: Processes, seed: int) -> None:
        self._folder = folder
        self._processes = processes
        self._follower = Follower(folder, processes)
        self._rng = random.Random(seed)
        self._shown: list[bytes] = []
        self.outcome = Outcome()
        (folder / "tallyman.toml").write_text(CONFIG)

    def run(self, kills: int) -> Outcome:
        """Kill so many times, then look at the whole journal."""
        for _ in range(kills):
            self._live_and_die()
            self.outcome.kills += 1
            if self.outcome.failures:
                break
        self._check_all()
        return self.outcome

    def _live_and_die(self) -> None:
        self._follower.start()
        if self._rng.random() < EARLY:
            time.sleep(self._rng.uniform(0.0, LONGEST_START_S))
            self._processes.check()
            self._processes.kill(AGENT)
            return
        life = self._rng.uniform(0.0, LONGEST_LIFE_S)
        with self._follower.connected() as connection:
            until = time.monotonic() + life
            for leaf in self._follower.shown(connection, len(self._shown), until):
                self._take(leaf)

    def _take(self, leaf: bytes) -> None:
        number = Record.from_bytes(leaf).number
        if number != len(self._shown):
            self.outcome.failures.append(f"record {number} was shown, not {len(self._shown)}")
        self._shown.append(leaf)

    def _check_all(self) -> None:
        reader = open_reader(self._folder / "state" / FILE_NAME)
        try:
            total = reader.count()
            leaves = reader.leaves(0, total + 1)
        finally:
            reader.close()
        self.outcome.shown, self.outcome.records = len(self._shown), total
        numbers = [Record.from_bytes(leaf).number for leaf in leaves]
        if numbers != list(range(total)):
            self.outcome.failures.append("the numbers have holes or repetitions")
        if leaves[: len(self._shown)] != self._shown:
            self.outcome.failures.append("a record that was shown is lost or another one")
