"""What can go wrong in the agent and in a ledger node, and what follows from it.

Every error says whose fault it is in its text and carries `advice`, the next step for a person.
Its class tells the program what to do: `Retry`, `Fatal` or `Alarm`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foundation.cause import Cause


class AgentError(Exception):
    """Base of all foreseeable errors. `advice` is the next step, in plain words, or empty.

    `cause` is the row that says why (`foundation.cause`), where one is known; its next step is then
    the advice. `exit_code` is that of a command that ends with it (docs/operate/exit-codes.md): 2
    where it must be asked otherwise, else 1, as another try may help.
    """

    advice = ""
    cause: Cause[Any] | None = None
    exit_code = 1

    def __init__(
        self, message: str, *, advice: str | None = None, cause: Cause[Any] | None = None
    ) -> None:
        super().__init__(message)
        if cause is not None:
            self.cause, self.advice = cause, cause.next
        if advice is not None:
            self.advice = advice

    @property
    def cause_id(self) -> str:
        """The id of the row, empty where none is known."""
        return "" if self.cause is None else self.cause.id

    def lines(self) -> Sequence[str]:
        """Return what went wrong; a line end within one is a stranger's."""
        return [str(self) or type(self).__name__]


class Retry(AgentError):
    """Trouble outside that may pass (disk full, node away): keep the work and try again."""


class Fatal(AgentError):
    """Nothing but a person's act will help (wrong configuration, damaged key): stop."""

    exit_code = 2


class Damaged(Fatal):
    """What this program keeps itself is not as it was left. systemd may try again: no harm."""

    exit_code = AgentError.exit_code


class Alarm(AgentError):
    """Somebody broke a promise. `evidence` proves it: keep it, announce it, trust no further."""

    def __init__(self, message: str, *, evidence: bytes, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.evidence = evidence
