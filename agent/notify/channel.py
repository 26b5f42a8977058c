"""A way by which events go to people, and how it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.desks.notify_causes import NotifyCause
from agent.notify.event import Event, Sender
from evidence.leaf import Record
from foundation.errors import Retry


class Undelivered(Retry):
    """An event did not arrive.

    `wait` is how long the receiver wants to be left alone, in seconds; `again` is after how long to
    try again where that costs nothing, None where each try does.
    """

    def __init__(
        self, message: str, *, cause: NotifyCause, wait: float = 0.0, again: float | None = None
    ) -> None:
        super().__init__(message, cause=cause)
        self.row = cause
        self.wait = wait
        self.again = again


class Refusal(Undelivered):
    """The receiver had this event, and will never take it: another try would be the same."""


class Channel(Protocol):
    """One way out. Its methods block, for a bounded time, and are called by one thread."""

    @property
    def name(self) -> str:
        """As [notify] calls it."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of records that it shows beside events, the newest of each only."""
        ...

    def open(self, sender: Sender) -> bool:
        """Make ready, each time that the agent is found; Undelivered where that fails.

        Return whether it shows that an event would arrive: else nobody knows before the first.
        """
        ...

    def deliver(self, event: Event) -> None:
        """Return once the receiver has it; else Undelivered."""
        ...

    def show(self, record: Record) -> None:
        """Show a reading, where that is possible now; nobody waits for it."""
        ...

    def trouble(self) -> Undelivered | None:
        """Return what is wrong with a way that was open; any thread may ask."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """How a channel does: the fields of ChannelStatus; `since` is monotonic seconds."""

    name: str
    state: str
    since: float
    detail: str = ""
    cause: str = ""
    waiting_ms: int | None = None
    delivered: int = 0
    lost: int = 0

    def told(self, now: float) -> dict[str, object]:
        """Return it as the agent hears it."""
        return {
            "name": self.name,
            "state": self.state,
            "for_ms": round(max(0.0, now - self.since) * 1000),
            "detail": self.detail,
            "cause": self.cause,
            "waiting_ms": self.waiting_ms,
            "delivered": self.delivered,
            "lost": self.lost,
        }
