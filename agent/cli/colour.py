"""States in colour, for a terminal that has it. The words say the same without."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TextIO

from agent.journal.storage_state import StorageState
from agent.machine.supervisor import TaskState
from agent.upstream.states import LinkState
from drivers.driver import State

_GREEN, _YELLOW, _RED, _PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"

_GOOD = (State.RUNNING, LinkState.OK)
_PASSING = (State.OPENING, LinkState.CONNECTING, TaskState.WAITING)
_STATES = (*State, *LinkState, *TaskState, *(state.upper() for state in StorageState))
_COLOURS = (
    dict.fromkeys(map(str, (*_STATES, "SILENT", "NOT DURABLE", "EXPIRED", "REVOKED")), _RED)
    | dict.fromkeys(map(str, _PASSING), _YELLOW)
    | dict.fromkeys(map(str, _GOOD), _GREEN)
)
_STATE = re.compile(
    r"(?<=  |: )(" + "|".join(sorted(map(re.escape, _COLOURS), key=len, reverse=True)) + r")\b"
)
"""A state stands behind the name of what is in it: two spaces, or a colon."""


def wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether a stream takes colours, and nobody said otherwise (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def painter(stream: TextIO, environ: Mapping[str, str]) -> Callable[[str], str]:
    """Return what makes of a line what this stream shall show."""
    return painted if wanted(stream, environ) else str


def painted(line: str) -> str:
    """Return the line with its first state in colour."""
    return _STATE.sub(lambda found: f"{_COLOURS[found[1]]}{found[1]}{_PLAIN}", line, count=1)
