"""What waits in a stack's process for the agent: a source's readings, until they are durable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from drivers.cause import DeviceCause
from drivers.driver import State
from drivers.reading import Reading
from drivers.stack import wire

MOST_WAITING = 4096  # readings of one source: a day and a half at two a minute

Send = Callable[[bytes], None]


class Feed:
    """The readings of the source `key`; at most one agent follows it at a time."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.told: Mapping[str, Any] = {}  # what the follower's configuration says
        self.ever_followed = False
        self.dropped = 0  # readings for which there was no room, since the last look
        self._waiting: deque[tuple[int, Reading]] = deque()
        self._serial = 0
        self._state = _state(State.OPENING, "", None)
        self._send: Send | None = None

    @property
    def said(self) -> Mapping[str, str]:
        """The state that was said last, with its detail and advice."""
        return self._state

    @property
    def followed(self) -> bool:
        """Whether somebody follows it now."""
        return self._send is not None

    def put(self, reading: Reading) -> None:
        """Take a reading; the oldest makes room where nobody has fetched any for long."""
        self._serial += 1
        if len(self._waiting) == MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((self._serial, reading))
        if self._send is not None:
            self._send(_line(self._serial, reading))

    def say(self, state: State, detail: str = "", cause: DeviceCause | None = None) -> None:
        """Say what the source is doing; the same again is not sent."""
        now = _state(state, detail, cause)
        if now != self._state:
            self._state = now
            if self._send is not None:
                self._send(wire.line(now))

    def follow(self, told: Mapping[str, Any], send: Send) -> None:
        """Send from now on to a new follower, first what waits."""
        self.told, self._send, self.ever_followed = told, send, True
        send(wire.line(self._state))
        for serial, reading in self._waiting:
            send(_line(serial, reading))

    def leave(self, send: Send) -> None:
        """Send no more to a follower, unless another has taken its place."""
        if self._send == send:  # a method is another object each time it is named
            self._send = None

    def durable(self, serial: int) -> None:
        """Forget readings up to `serial`."""
        while self._waiting and self._waiting[0][0] <= serial:
            self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)


def _state(state: State, detail: str, cause: DeviceCause | None) -> dict[str, str]:
    row = {} if cause is None else {"cause": cause.id, "advice": cause.next}
    return {"state": str(state), "detail": detail, **row}


def _line(serial: int, reading: Reading) -> bytes:
    return wire.line({"serial": serial, "reading": wire.from_reading(reading)})
