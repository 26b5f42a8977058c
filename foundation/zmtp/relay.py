"""Joins a connection with a ZeroMQ socket of this process, and holds the peer to its limits.

The bytes pass unchanged: handshake and encryption are between the peer and the socket.
"""

from __future__ import annotations

from collections.abc import Callable

from foundation.zmtp.end import End
from foundation.zmtp.frames import BadFrame, Frames
from foundation.zmtp.inside import Inside, Insides
from foundation.zmtp.window import Window

HANDSHAKE_FRAMES = 2
"""Of each side: CURVE's HELLO and INITIATE, WELCOME and READY (rfc.zeromq.org/spec/26)."""

HANDSHAKE_FRAME_BYTES = 1024
"""An INITIATE takes 300, with the longest routing id 550."""


class Relay:
    """A peer's connection and the one into the socket; `on_end` hears once that either has ended.

    `insides` counts the latter until ZeroMQ has hung up. `first_word` is when the
    socket's first frame went out, `hung_up` whether the peer made the end, `excess` what he sent
    beyond the limits. Where the socket `answers`, each frame of it gives one of the peer's back:
    who asks gets as many frames as he sent. Else whoever receives from the socket calls `read`.
    """

    def __init__(
        self,
        window: Window,
        buffer: memoryview,
        monotonic: Callable[[], float],
        on_end: Callable[[Relay], None],
        insides: Insides,
        *,
        answers: bool,
    ) -> None:
        self.inside = Inside(buffer, self._inside_sent, self.close, insides)
        self.peer = End(buffer, self._peer_sent, self._peer_left, self.inside)
        self.peer_frames, self.inside_frames = Frames(), Frames()
        self.excess: BadFrame | None = None
        self.first_word: float | None = None
        self.hung_up = False
        self.ended = False
        self._window = window
        self._now = monotonic
        self._on_end = on_end
        self._answers = answers
        self._from_peer, self._from_inside = bytearray(), bytearray()
        self._begun = self._full = self._queued = False
        self._moved = monotonic()

    @property
    def shaken(self) -> bool:
        """Whether both sides have said all that belongs to the handshake."""
        begun = min(self.peer_frames.begun, self.inside_frames.begun)
        return begun >= HANDSHAKE_FRAMES

    def stuck(self, seconds: float) -> bool:
        """Tell whether nothing was given back for so long while somebody waits for room."""
        awaited = self._full or self._window.pool.short
        return awaited and self._window.held > 0 and self._now() - self._moved > seconds

    def read(self, frames: int = 1) -> None:
        """Note that so many of the peer's frames were read, or answered."""
        for _ in range(frames):
            self._window.give()
        self._moved = self._now()
        if self._full:
            self._pass_on()

    def begin(self) -> None:
        """Carry bytes from now on: both connections are there.

        What came before waited: asyncio before Python 3.11.4 reads a new connection once, held or
        not.
        """
        self._begun = True
        self.inside.go_on()
        self._to_peer()
        self._pass_on()

    def close(self) -> None:
        """End both connections; what was passed on is still sent."""
        self.peer.close()
        self.inside.close()
        self._end()

    def abort(self) -> None:
        """End both connections at once."""
        self.peer.abort()
        self.inside.abort()
        self._end()

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._window.clear()
            self._on_end(self)

    def _peer_left(self) -> None:
        self.hung_up = not self.ended
        self.close()

    def _peer_sent(self, data: memoryview) -> None:
        self._from_peer += data
        if self._begun:
            self._pass_on()

    def _pass_on(self) -> None:
        """Pass on what there is room for; until that is all, the peer is not read."""
        if self._window.held == 0:
            self._moved = self._now()
        self._full = False
        try:
            count = self.peer_frames.passing(self._from_peer, self._admits)
        except BadFrame as error:
            self.excess = error
            self.abort()
            return
        if count:
            self.inside.write(self._from_peer[:count])
            del self._from_peer[:count]
        if not self._full:
            self.peer.go_on()
            return
        self.peer.hold()
        if self._window.short and not self._queued:
            self._queued = True
            self._window.pool.wait(self._again)

    def _admits(self, size: int) -> bool:
        self._full = not self._has_room(size)
        return not self._full

    def _has_room(self, size: int) -> bool:
        if self.peer_frames.begun >= HANDSHAKE_FRAMES:
            return self.inside_frames.begun >= HANDSHAKE_FRAMES and self._window.take(size)
        if size > HANDSHAKE_FRAME_BYTES:
            raise BadFrame(f"a frame of {size} bytes in the handshake")
        return True

    def _again(self) -> bool:
        """Try again as the pool has room; tell whether that was enough."""
        if not self.ended:
            self._pass_on()
        self._queued = not self.ended and self._full and self._window.short
        return not self._queued

    def _inside_sent(self, data: memoryview) -> None:
        self._from_inside += data
        if self._begun:
            self._to_peer()

    def _to_peer(self) -> None:
        known = self.inside_frames.begun
        count = self.inside_frames.passing(self._from_inside, lambda _: True)
        self.peer.write(self._from_inside[:count])
        del self._from_inside[:count]
        self._answered(known, self.inside_frames.begun)

    def _answered(self, known: int, begun: int) -> None:
        if not known and begun:
            self.first_word = self._now()
        fresh = begun - max(known, HANDSHAKE_FRAMES)
        if self._answers and fresh > 0:
            self.read(fresh)
        elif self._full:
            self._pass_on()
