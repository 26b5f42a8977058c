"""Links whose UHF module is a capture: real drivers set it up like any, and hear the capture."""

from __future__ import annotations

from collections import deque

from drivers.errors import LinkLost
from hil.emulators.serial import mercury_protocol as wire
from hil.emulators.serial.m100_module import M100Module
from hil.emulators.serial.m100_protocol import MULTI, command_frames
from hil.emulators.serial.mercury_module import MercuryModule
from hil.rig.replay_links import END, chunks
from hil.rig.replay_timing import StoppedTiming

SEARCHES = (wire.READ_MULTIPLE, wire.GET_BUFFER, wire.CLEAR_BUFFER)
ONE_TAG = bytes(3) + (1).to_bytes(4)  # option, flags and count of what a search found


class M100Link:
    """A link to an M100 module that answers commands, and whose inventory is a capture."""

    def __init__(self, capture: bytes, timing: StoppedTiming) -> None:
        self._pieces = chunks(capture)
        self._timing = timing
        self._module = M100Module()
        self._answers: deque[bytes] = deque()
        self._scanning = False

    async def read(self, within: float) -> bytes:
        """Return answers, then the capture once an inventory runs; LinkLost after its end."""
        if self._answers:
            return self._answers.popleft()
        if not self._scanning:
            self._timing.skip(within)
            return b""
        if not self._pieces:
            raise LinkLost(END)
        return self._pieces.popleft()

    async def write(self, data: bytes, within: float) -> None:
        """Take whole commands, as the driver sends them."""
        for command, payload in command_frames(data)[0]:
            self._scanning = self._scanning or command == MULTI
            self._answers.extend(self._module.answers(command, payload))

    def close(self) -> None:
        """Nothing is open."""


class MercuryLink:
    """A link to a ThingMagic module that is set up, and whose searches are a capture.

    Each command of a search is answered by the next piece of the capture that can be its answer.
    Where the capture has the tags only, a search finds one buffer of them.
    """

    def __init__(self, capture: bytes, timing: StoppedTiming) -> None:
        self._pieces = pieces(capture)
        self._timing = timing
        self._module = MercuryModule()
        self._answers: deque[bytes] = deque()
        self._over = False

    async def read(self, within: float) -> bytes:
        """Return the next answer, or nothing where there is none; LinkLost after the last."""
        if self._answers:
            return self._answers.popleft()
        if self._over:
            raise LinkLost(END)
        self._timing.skip(within)
        return b""

    async def write(self, data: bytes, within: float) -> None:
        """Take whole commands, as the driver sends them."""
        for opcode, arguments in wire.commands(data)[0]:
            if opcode in SEARCHES:
                self._answer(opcode)
            else:
                self._answers.append(self._module.answer(opcode, arguments))

    def _answer(self, opcode: int) -> None:
        if opcode == wire.READ_MULTIPLE:
            self._drop_others()
            self._over = not self._pieces
        if self._pieces and self._pieces[0][0] in {opcode, None}:
            self._answers.append(self._pieces.popleft()[1])
        elif opcode == wire.CLEAR_BUFFER:
            self._answers.append(wire.answer(opcode, wire.OK))
        elif opcode == wire.READ_MULTIPLE and self._pieces:
            self._answers.append(wire.answer(opcode, wire.OK, ONE_TAG))

    def _drop_others(self) -> None:
        """Pass over what is not of a search: the set-up of a whole session."""
        while self._pieces and self._pieces[0][0] not in {*SEARCHES[:2], None}:
            self._pieces.popleft()

    def close(self) -> None:
        """Nothing is open."""


def pieces(capture: bytes) -> deque[tuple[int | None, bytes]]:
    """Return the answers in `capture` by opcode, each with what is no answer before it.

    What is behind the last one has no opcode.
    """
    found: deque[tuple[int | None, bytes]] = deque()
    begin = at = 0
    while at < len(capture):
        size = wire.answer_size(capture, at)
        if size:
            found.append((capture[at + 2], capture[begin : at + size]))
            begin = at + size
        at += size or 1
    if capture[begin:]:
        found.append((None, capture[begin:]))
    return found
