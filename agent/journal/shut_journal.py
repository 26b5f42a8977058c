"""In the place of a journal that the disk does not let us open: every call says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from agent.journal.journal import JournalUnavailable
from agent.journal.ring import Opened


class ShutJournal:
    """Answers what a start asks as an empty journal would; all else raises what opening raised.

    So readings wait in memory, commits are tried again and again, and `status` says it all.
    """

    opened = Opened(made=False, records=0, torn=0, next_number=0)
    erases = False

    def __init__(self, epoch: bytes, error: JournalUnavailable) -> None:
        self.epoch = epoch
        self._error = error

    def next_number(self) -> int:
        """Return where a new journal begins: these numbers are never stored."""
        return 0

    def nothing(self) -> None:
        """Know of no last record, and of nothing to declare."""

    last = undeclared = lost = declared = close = nothing

    def crowded(self) -> bool:
        """Never ask for a batch."""
        return False

    def roomy(self) -> bool:
        """Never take telemetry again that was refused."""
        return False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            self._refuse()  # a function of RingJournal was called with this, and wants its parts
        return self._refuse

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        error = self._error
        raise JournalUnavailable(str(error), advice=error.advice, state=error.state)
