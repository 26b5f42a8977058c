"""SIGKILL at random moments: what a follower was shown is there, once, and no number is missing."""

from __future__ import annotations

import json
import random
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.journal.ring_reader import FILE_NAME, open_reader
from evidence.leaf import Record
from hil.kill_nine.agent import KIND
from hil.site.processes import START_TIMEOUT_S, Processes, ProcessFailed

CONFIG = f"""\
[gateway]
name = "killed"
state_dir = "state"
control = "control.sock"

[journal]
window = 0.1

[batch]
records = 64
seconds = 1

[[device]]
name = "cold-1"
kind = "{KIND}"
interval = 0.004
"""

EARLY = 0.2  # the part of kills that meet an agent before it answers
LONGEST_START_S, LONGEST_LIFE_S = 0.4, 0.5
POLL_S = 0.005
_AGENT = "agent"


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
        control = self._folder / "control.sock"
        control.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "hil.kill_nine.agent", str(self._folder / "tallyman.toml")]
        self._processes.start(_AGENT, argv)
        if self._rng.random() < EARLY:
            time.sleep(self._rng.uniform(0.0, LONGEST_START_S))
            self._processes.check()
            self._processes.kill(_AGENT)
            return
        life = self._rng.uniform(0.0, LONGEST_LIFE_S)
        with self._connected(control) as connection:
            for leaf in self._followed(connection, time.monotonic() + life):
                self._take(leaf)

    def _connected(self, control: Path) -> socket.socket:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            self._processes.check()
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(control))
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise ProcessFailed(f"no agent answers at {control}") from None
                time.sleep(POLL_S)
            else:
                return connection

    def _followed(self, connection: socket.socket, until: float) -> Iterator[bytes]:
        """Yield what the agent shows; kill it at `until`, then yield what it had still sent."""
        request = {"verb": "follow", "since": len(self._shown)}
        connection.sendall(json.dumps(request).encode() + b"\n")
        data = b""
        killed = False
        while True:
            left = until - time.monotonic()
            if left <= 0 and not killed:
                self._processes.kill(_AGENT)
                killed = True
            connection.settimeout(None if killed else max(left, POLL_S))
            try:
                more = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                return
            if not more:
                return
            *lines, data = (data + more).split(b"\n")
            for line in lines:
                yield bytes.fromhex(json.loads(line)["result"])

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
