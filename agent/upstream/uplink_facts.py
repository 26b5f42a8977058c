"""What a row about the way to the ledger's nodes looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import IntEnum

from agent.config.ways import Sends
from foundation.cause import Cause
from foundation.dataclass import dataclass

NOTHING_SENT = "batches are not sent"


class Stage(IntEnum):
    """How far the way to a node went where a row is the cause."""

    NOT_CONFIGURED = 0
    REACHED = 1
    ANSWERED = 2
    KEYS = 3
    ADMITTED = 4
    TAKEN = 5
    PROVEN = 6


@dataclass(frozen=True, slots=True)
class UplinkFacts:
    """What is known of the way there besides what each node's view names.

    `nodes` is how many are configured, `listens` looks whether each takes a connection. `spent` and
    `budget` are the day's bytes, None: no limit or unknown.
    """

    nodes: int | None
    listens: Callable[[], Mapping[str, bool | None]] = dict
    spent: int | None = None
    budget: int | None = None
    dead: Mapping[str, str] = field(default_factory=dict)  # interfaces that lead nowhere, and why
    used: str = ""  # the interface in use, where interfaces are configured
    names: str = ""  # which names of nodes are not resolved
    sends: str = str(Sends.BACKLOG)  # the least urgent that the way in use is for


UplinkCause = Cause[UplinkFacts]
