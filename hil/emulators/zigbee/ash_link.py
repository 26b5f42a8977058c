"""A stick's end of an ASH link: frames are numbered, acknowledged, and sent again (UG101, §4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hil.emulators.zigbee import ash

WINDOW = 5  # data frames that may wait for their acknowledgement
MOST_REPEATS = 4  # of one frame, then the link has failed
NUMBERS = 8


class AshLink:
    """Numbers what is sent and checks what comes; `send` takes bytes for the wire."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self.reset()

    def reset(self) -> None:
        """Begin anew, as after a reset."""
        self._next = 0  # number of the next data frame
        self._wanted = 0  # number of the data frame that must come next
        self._unheard: deque[tuple[int, bytes]] = deque()  # sent, and not acknowledged
        self._waiting: deque[bytes] = deque()  # for room in the window
        self._rejected = False  # whether a NAK is on its way
        self._repeats = 0
        self.failed = False

    @property
    def busy(self) -> bool:
        """Whether an acknowledgement is owed."""
        return bool(self._unheard)

    def put(self, data: bytes) -> None:
        """Send an EZSP frame as soon as the window has room."""
        self._waiting.append(data)
        self._fill()

    def take(self, control: int, data: bytes) -> bytes | None:
        """Heed a frame; return the EZSP frame that it brings, if it is the next."""
        if control == ash.BROKEN:
            self._reject()
        elif control & 0x80 == 0:
            self._heard(control & 7)
            return self._data(control, data)
        elif control & 0xE0 == ash.ACK:
            self._heard(control & 7)
        elif control & 0xE0 == ash.NAK:
            self._heard(control & 7)
            self.repeat()
        return None

    def _data(self, control: int, data: bytes) -> bytes | None:
        number = control >> 4
        if number == self._wanted:
            self._wanted = (self._wanted + 1) % NUMBERS
            self._rejected = False
            self._send(ash.frame(ash.ACK | self._wanted))
            return ash.whitened(data)
        if control & ash.AGAIN:
            self._send(ash.frame(ash.ACK | self._wanted))
        else:
            self._reject()
        return None

    def _reject(self) -> None:
        """Ask for the frame that is wanted, once until it comes."""
        if not self._rejected:
            self._send(ash.frame(ash.NAK | self._wanted))
        self._rejected = True

    def _heard(self, upto: int) -> None:
        """Forget what the host has: all numbers before `upto`."""
        numbers = [number for number, _ in self._unheard]
        last = (upto - 1) % NUMBERS
        if last in numbers:
            for _ in range(numbers.index(last) + 1):
                self._unheard.popleft()
            self._repeats = 0
        self._fill()

    def _fill(self) -> None:
        while self._waiting and len(self._unheard) < WINDOW:
            data = self._waiting.popleft()
            self._unheard.append((self._next, data))
            self._data_frame(self._next, data, again=0)
            self._next = (self._next + 1) % NUMBERS

    def repeat(self) -> None:
        """Send again what was not acknowledged; give up after some times, and say so."""
        self._repeats += 1
        if self._repeats > MOST_REPEATS:
            self.failed = True
            self._send(ash.frame(ash.ERROR, bytes([ash.VERSION, ash.TOO_MANY_REPEATS])))
            return
        for number, data in self._unheard:
            self._data_frame(number, data, again=ash.AGAIN)

    def _data_frame(self, number: int, data: bytes, *, again: int) -> None:
        control = number << 4 | again | self._wanted
        self._send(ash.frame(control, ash.whitened(data)))
