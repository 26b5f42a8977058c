"""The last state: what `why` reads when nobody answers any more.

It lies beside the control socket, in memory where systemd keeps that, so it costs the card nothing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.dataclass import dataclass
from foundation.errors import AgentError

if TYPE_CHECKING:  # a twentieth of a start: `run` loads this file for its last words alone
    from agent.desks.status import Status

STATE, ENDED = "last-state.json", "last-words.json"
MODE = 0o640  # for the group that may ask the agent
EVERY = 60.0
"""Seconds; what `why` reads of an agent that was killed is no older. Each look at the journal ends
the wait of a proof for the next batch's write: every ten seconds that cost a tenth of all calls."""


@dataclass(frozen=True, slots=True)
class LastWords:
    """Why a run of the agent ended, or was refused."""

    error: str
    advice: str = ""
    cause: str = ""


class LastState:
    """Keeps the file `path` up to date; `run` is its task."""

    def __init__(
        self,
        control: Path,
        take: Callable[[], Awaitable[Status]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._path = control.with_name(STATE)
        self._take = take
        self._sleep = sleep

    async def run(self) -> None:
        """Keep it, for ever."""
        while True:
            replace_file(self._path, (await self._take()).to_dict())
            await self._sleep(EVERY)


def replace_file(path: Path, plain: object) -> None:
    """Put a file in another's place; one that cannot be written is left as it is.

    Nobody acts on it, so it is not made durable.
    """
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(json.dumps(plain), "utf-8")
        temporary.chmod(MODE)
        temporary.replace(path)
    except OSError:
        return


def say_last_words(control: Path, error: AgentError) -> None:
    """Keep why a run ends, for whoever asks later."""
    words = {"error": str(error), "advice": error.advice, "cause": error.cause_id}
    replace_file(control.with_name(ENDED), words)


def last_state(control: Path) -> tuple[dict[str, Any], float] | None:
    """Return the snapshot that a run left, and when (seconds of UTC); None where there is none."""
    return _read(control.with_name(STATE))


def last_words(control: Path) -> tuple[LastWords, float] | None:
    """Return why a run ended, and when; None where none said so."""
    found = _read(control.with_name(ENDED))
    if found is None:
        return None
    plain, when = found
    return LastWords(*(str(plain.get(name, "")) for name in ("error", "advice", "cause"))), when


def _read(path: Path) -> tuple[dict[str, Any], float] | None:
    try:
        plain = json.loads(path.read_bytes())
        return (plain, path.stat().st_mtime) if isinstance(plain, dict) else None
    except (OSError, ValueError):
        return None
