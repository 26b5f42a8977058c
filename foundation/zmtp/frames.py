"""Where the frames of a ZMTP 3 connection begin, and how long they are; pure.

rfc.zeromq.org/spec/37, "Framing". Whether a frame ends a message is encrypted under CURVE: from
outside it cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable

GREETING_BYTES = 64
_SIGNATURE_START, _SIGNATURE_END = 0xFF, 0x7F
_SIGNATURE_BYTES = 10

_LONG = 0x02
"""Flag of a frame whose size takes eight bytes in place of one."""

_SHORT_HEAD, _LONG_HEAD = 2, 9


class BadFrame(Exception):
    """Bytes that a ZMTP 3 peer does not send."""


class Frames:
    """Follows one direction of a connection, whatever pieces its bytes come in.

    `begun` counts the frames so far; `greeted` tells that a greeting began.
    """

    def __init__(self) -> None:
        self.begun = 0
        self.greeted = False
        self._rest = GREETING_BYTES

    def passing(self, data: bytes | bytearray, admit: Callable[[int], bool]) -> int:
        """Return how many bytes of `data` may go on; the others are to come again, with more.

        These are all up to a frame that `admit`, given its size with its head, refuses, or up to a
        head that is cut off. BadFrame when the greeting is none.
        """
        if not self.greeted and not self._greeting(data):
            return 0
        at = 0
        while True:
            step = min(self._rest, len(data) - at)
            at += step
            self._rest -= step
            size = 0 if self._rest else frame_bytes(data, at)
            if not size or not admit(size):
                return at
            self._rest = size
            self.begun += 1

    def _greeting(self, data: bytes | bytearray) -> bool:
        """Tell whether the signature is complete; a peer waits for ours before it goes on."""
        if data and data[0] != _SIGNATURE_START:
            raise BadFrame("the connection does not begin as ZMTP does")
        if len(data) < _SIGNATURE_BYTES:
            return False
        if data[_SIGNATURE_BYTES - 1] != _SIGNATURE_END:
            raise BadFrame("the signature of ZMTP does not end as it must")
        self.greeted = True
        return True


def frame_bytes(data: bytes | bytearray, at: int) -> int:
    """Return the size with its head of the frame that begins at `at`; 0: the head is cut off."""
    if len(data) - at < _SHORT_HEAD:
        return 0
    if not data[at] & _LONG:
        return _SHORT_HEAD + data[at + 1]
    if len(data) - at < _LONG_HEAD:
        return 0
    return _LONG_HEAD + int.from_bytes(data[at + 1 : at + _LONG_HEAD], "big")
