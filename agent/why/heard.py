"""What can be known of the gateway now: from the agent, else from what its last run left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from agent.desks.control_client import Lost, NotAllowed, NotRunning, Refused, ask_one
from agent.desks.last_state import LastWords, last_state, last_words
from agent.desks.status import Status, from_dict
from agent.why.patience import LOOK_WITHIN, within

WITHIN = 1.0
"""Seconds that a running agent has to answer; a second is left of the two that `why` may take."""

PATIENCE_MS = 300
"""What the agent waits for a slow disk; then it answers with what it knew last."""


class Contact(Enum):
    """How the agent met the question."""

    ANSWERED = "answered"
    SILENT = "silent"  # its socket takes connections, and no answer comes
    DOWN = "down"  # nobody listens
    FORBIDDEN = "forbidden"
    REFUSED = "refused"  # another version, say


@dataclass(frozen=True, slots=True)
class Heard:
    """`status` is of `age` seconds ago; `words` are why the last run ended, `words_age` ago."""

    contact: Contact
    status: Status | None = None
    age: float | None = None
    words: LastWords | None = None
    words_age: float | None = None

    @property
    def asked(self) -> str:
        """Whom the facts are from, as programs read it."""
        return "agent" if self.contact is Contact.ANSWERED else "files"


def hear(control: Path, now: float) -> Heard:
    """Ask the agent; where it does not answer, read what its last run left. Takes a second.

    `now` is UTC in seconds.
    """
    contact, plain = _ask(control)
    status = None if plain is None else _status(plain)
    words, words_age = _aged(last_words(control), now)
    if status is not None:
        return Heard(contact, status, 0.0, words, words_age)
    if contact is Contact.ANSWERED:
        contact = Contact.REFUSED
    found, age = _aged(last_state(control), now)
    if age is not None and words_age is not None and words_age > age:
        words = words_age = None  # a later run lived after them
    return Heard(contact, None if found is None else _status(found), age, words, words_age)


def _ask(control: Path) -> tuple[Contact, dict[str, Any] | None]:
    request = {"verb": "status", "patience_ms": PATIENCE_MS}
    try:
        return Contact.ANSWERED, ask_one(control, request, within=WITHIN)
    except NotAllowed:
        return Contact.FORBIDDEN, None
    except NotRunning:
        return Contact.DOWN, None
    except Lost:
        return Contact.SILENT, None
    except Refused:
        return Contact.REFUSED, None


def _status(plain: dict[str, Any]) -> Status | None:
    """Return a snapshot; None where another version wrote it."""
    try:
        return from_dict(plain)
    except (KeyError, TypeError, ValueError):
        return None


def _aged(found: tuple[Any, float] | None, now: float) -> tuple[Any, float | None]:
    if found is None:
        return None, None
    what, when = found
    return what, max(0.0, now - when)


def agent_user(folder: Path) -> int | None:
    """Return the user who runs the agent: whose the state folder is; None where there is none."""
    return within(LOOK_WITHIN, lambda: _owner(folder))


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None
