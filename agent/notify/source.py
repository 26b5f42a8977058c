"""The agent as tallyman-notify hears it: at a socket where it may ask for records only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from agent.desks.control_client import Refused, ask, ask_one
from agent.notify.event import Sender
from evidence.errors import MalformedError
from evidence.leaf import Record


class Beginning(NamedTuple):
    """Whose records follow.

    `first` is the number of the first record of the agent's run, `next` that of the next record.
    """

    sender: Sender
    first: int
    next: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The records from number `first` to before `upto` are gone, and nobody was told of them."""

    first: int
    upto: int


@dataclass(frozen=True, slots=True)
class Passed:
    """All records before `number` came, or are of kinds that nobody asked for."""

    number: int


class Source:
    """Asks at the socket `path`; each call raises AgentError where the agent does not answer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self) -> Beginning:
        """Return where the journal is now."""
        said = ask_one(self._path, {"verb": "begin"})
        sender = Sender(str(said["gateway"]), str(said["name"]))
        return Beginning(sender, int(said["first"]), int(said["next"]))

    def follow(self, since: int, kinds: Sequence[str]) -> Iterator[Record | Lost | Passed]:
        """Yield the records of these kinds from number `since` on, for ever."""
        request = {"verb": "follow", "since": since, "kinds": list(kinds)}
        for said in ask(self._path, request, endless=True):
            yield _word(said)

    def say(self, channels: Sequence[dict[str, Any]]) -> None:
        """Tell the agent how the channels do."""
        ask_one(self._path, {"verb": "say", "channels": list(channels)})


def _word(said: Any) -> Record | Lost | Passed:
    if "lost" in said:
        return Lost(said["lost"], said["upto"])
    if "passed" in said:
        return Passed(said["passed"])
    try:
        return Record.from_bytes(bytes.fromhex(said["record"]))
    except (MalformedError, KeyError, ValueError) as error:
        raise Refused(f"the agent sent no record: {error}") from error
