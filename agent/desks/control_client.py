"""Asking a running agent through its control socket; blocking, for the CLI."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foundation.errors import AgentError

ANSWER_LIMIT = 15.0  # s; a device may take 12 s for a reading (drivers/links/reopen.py)


class NotRunning(AgentError):
    """No agent answers at the socket."""

    advice = "start it: sudo systemctl start tallyman"


class NotAllowed(AgentError):
    """The socket may not be opened by this user."""

    advice = "use sudo, or join the group: sudo usermod -aG tallyman $USER, then log in again"


class Refused(AgentError):
    """The agent answered with an error, and says with which code the command ends."""

    def __init__(
        self, message: str, *, advice: str | None = None, exit_code: int = AgentError.exit_code
    ) -> None:
        super().__init__(message, advice=advice)
        self.exit_code = exit_code


class Lost(Refused):
    """The answer did not come, or not whole: whether it was done is not known."""

    advice = "check that the agent still runs: tallyman status"


def ask(
    path: Path,
    request: Mapping[str, object],
    *,
    endless: bool = False,
    within: float = ANSWER_LIMIT,
) -> Iterator[Any]:
    """Yield the results of one request, `{"verb": …}`, as they come.

    Each has `within` seconds; `endless` waits for it as long as it takes. Raises NotRunning,
    NotAllowed, Lost, or Refused with the agent's own words.
    """
    with _connect(path) as connection:
        connection.settimeout(within)
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            if endless:
                connection.settimeout(None)
            with connection.makefile("rb") as answers:
                yield from _results(answers)
        except TimeoutError as error:
            raise Lost(
                f"the agent did not answer within {within:g} s",
                advice="look at its log: journalctl -u tallyman",
            ) from error
        except OSError as error:  # a broken pipe here is the agent's, not that of our output
            raise Lost("the agent ended the conversation") from error


def _results(answers: Any) -> Iterator[Any]:
    for line in answers:
        if not line.endswith(b"\n"):
            break  # it died in the middle of a word
        answer = _answer(line)
        if "error" in answer:
            code = answer.get("exit", AgentError.exit_code)
            raise Refused(answer["error"], advice=answer.get("advice", ""), exit_code=code)
        if not answer["more"]:
            return
        yield answer["result"]
    raise Lost("the agent ended the conversation")


def _answer(line: bytes) -> dict[str, Any]:
    """Return one line of an answer; Refused where another program than an agent sent it."""
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not {"error", "more"} & answer.keys():
        raise Refused("what answers there is no agent", advice="correct [gateway] control")
    return answer


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except PermissionError as error:
        connection.close()
        raise NotAllowed(f"not allowed to open {path}") from error
    except OSError as error:
        connection.close()
        raise NotRunning(f"no agent answers at {path}: {os.strerror(error.errno or 0)}") from error
    return connection


def ask_one(path: Path, request: Mapping[str, object], within: float = ANSWER_LIMIT) -> Any:
    """Return the only result of a request."""
    for result in ask(path, request, within=within):
        return result
    raise Refused("the agent gave no result")
