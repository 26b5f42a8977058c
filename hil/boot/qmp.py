"""QEMU's machine protocol on a Unix socket: one command, its answer, events skipped."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

TIMEOUT_S = 120.0
"""QEMU answers at once, a busy machine does not."""


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """A connection to one machine; every call waits for its answer."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT_S)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._lines.readline()  # the greeting
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: Any) -> Any:
        """Return what the command returns; QmpError with QEMU's words otherwise."""
        request = {"execute": name, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while line := self._lines.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise QmpError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise QmpError(f"{name}: the machine is gone")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()
