"""An agent that is started, followed and killed: what it had shown by then."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

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

POLL_S = 0.005
AGENT = "agent"


class Follower:
    """The agent of the configuration in `folder`."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._config = folder / "tallyman.toml"
        self._control = folder / "control.sock"
        self._processes = processes

    def start(self) -> None:
        """Start it, and do not wait."""
        self._control.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "hil.kill_nine.agent", str(self._config)]
        self._processes.start(AGENT, argv)

    def connected(self) -> socket.socket:
        """Return a connection once it answers; ProcessFailed where it ends or never does."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            self._processes.check()
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(self._control))
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise ProcessFailed(f"no agent answers at {self._control}") from None
                time.sleep(POLL_S)
            else:
                return connection

    def shown(self, connection: socket.socket, since: int, until: float) -> Iterator[bytes]:
        """Yield what it shows from record `since` on; kill it at `until`, then the rest it sent."""
        connection.sendall(json.dumps({"verb": "follow", "since": since}).encode() + b"\n")
        data = b""
        killed = False
        while True:
            left = until - time.monotonic()
            if left <= 0 and not killed:
                self._processes.kill(AGENT)
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
