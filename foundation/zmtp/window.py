"""How much a peer may have sent that nobody has answered or read yet; pure.

libzmq bounds a frame and counts whole messages: a message that does not end grows in its memory
without limit. So what arrives is counted before libzmq has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from foundation.dataclass import dataclass
from foundation.zmtp.frames import BadFrame

ALWAYS_BYTES = 4096
"""A connection may hold so much also while others have used up the pool: a question, or a
statement. What has to wait is what is large."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one connection: bytes on the wire, and frames."""

    bytes: int
    frames: int


class Pool:
    """Bytes that all connections of a port may hold together. Who finds no room waits in turn."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._waiting: deque[Callable[[], bool]] = deque()

    @property
    def short(self) -> bool:
        """Whether somebody waits for room."""
        return bool(self._waiting)

    def take(self, size: int, *, anyway: bool) -> bool:
        """Take `size` bytes; `anyway` also where they are not free."""
        if size > self._free and not anyway:
            return False
        self._free -= size
        return True

    def give(self, size: int) -> None:
        """Give bytes back, and let those go on who waited for them."""
        self._free += size
        while self._waiting and self._free > 0:
            first = self._waiting.popleft()
            if not first():
                self._waiting.appendleft(first)
                break

    def wait(self, go_on: Callable[[], bool]) -> None:
        """Have `go_on` called when there is room; it tells whether it need not wait any more."""
        self._waiting.append(go_on)


class Window:
    """What one connection holds: frames that passed on, oldest first, until they are given back.

    `short` tells that the pool had no room for the frame that was refused last.
    """

    def __init__(self, limits: Limits, pool: Pool) -> None:
        self.pool = pool
        self.held = 0
        self.short = False
        self._limits = limits
        self._sizes: deque[int] = deque()

    def take(self, size: int) -> bool:
        """Take a frame of `size` bytes, if there is room; BadFrame when there never will be."""
        if size > self._limits.bytes:
            raise BadFrame(f"a frame of {size} bytes where a message has {self._limits.bytes}")
        held = self.held + size
        self.short = False
        if held > self._limits.bytes or len(self._sizes) == self._limits.frames:
            return False
        if not self.pool.take(size, anyway=held <= ALWAYS_BYTES):
            self.short = True
            return False
        self.held = held
        self._sizes.append(size)
        return True

    def give(self) -> None:
        """Give the oldest frame back, if there is one."""
        if self._sizes:
            size = self._sizes.popleft()
            self.held -= size
            self.pool.give(size)

    def clear(self) -> None:
        """Give everything back."""
        while self._sizes:
            self.give()
