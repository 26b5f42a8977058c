"""Asking what runs: the rig's control socket, and the agent's."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hil.site.processes import ProcessFailed

TIMEOUT_S = 10.0
_ENDED = '{"error": "it ended the conversation"}'


def ask_rig(path: Path, line: str) -> str:
    """Send one line to a rig and return its answer; ProcessFailed when it is an error."""
    answer = _ask(path, line)
    if answer.startswith("error"):
        raise ProcessFailed(f"the rig does not take {line!r}: {answer}")
    return answer


def ask_agent(path: Path, request: Mapping[str, Any]) -> list[Any]:
    """Return the results of one request to the agent's control socket.

    ProcessFailed when it answers with an error, not in time, or ends the conversation before.
    """
    results = []
    with _connect(path) as connection, connection.makefile("rw") as stream:
        try:
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            while (answer := json.loads(stream.readline() or _ENDED)).get("more"):
                results.append(answer["result"])
        except (OSError, ValueError) as error:  # too late, or half a line of an agent that died
            raise ProcessFailed(f"the agent does not answer {request}: {error}") from error
    if "error" in answer:
        raise ProcessFailed(f"the agent does not answer {request}: {answer['error']}")
    return results


def _ask(path: Path, line: str) -> str:
    with _connect(path) as connection, connection.makefile("rw") as stream:
        stream.write(line + "\n")
        stream.flush()
        return stream.readline().strip()


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT_S)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise ProcessFailed(f"nothing listens at {path}: {error.strerror}") from error
    return connection
