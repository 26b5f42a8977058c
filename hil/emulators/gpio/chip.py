"""A GPIO chip behind an emulated `/dev/gpiochipN` (see `gpio_shim.c`)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
from collections.abc import Sequence
from pathlib import Path

from hil.emulators.bus.server import STATUS, BusServer
from hil.emulators.gpio.lines import REQUEST, Held, Lines, Refused

HEAD = struct.Struct("<cBH")  # see gpio_shim.c
NUMBER = struct.Struct("<I")


class GpioChip(BusServer):
    """A GPIO chip, whose lines others drive.

    It has `lines` lines. Those of `high` are at high level from outside, the others at low; `line`
    changes `every` so many seconds, if that is not 0. Lines in `taken` belong to a driver of the
    kernel.
    """

    def __init__(
        self,
        *,
        link: str | Path,
        lines: int = 28,
        high: Sequence[int] = (),
        taken: Sequence[int] = (),
        line: int = 17,
        every: float = 0.0,
    ) -> None:
        super().__init__(link)
        self.lines = Lines(lines, high, taken)
        self._line, self._every = line, every
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Held] = {}  # lines whose edges nobody listens to yet

    def fault(self, kind: str, *words: str) -> None:
        """Do what happens outside: `input LINE LEVEL`; or `lose N` of the next edges."""
        if kind == "input":
            line, level = map(int, words)
            self.lines.drive(line, level)
        elif kind == "lose":
            self.lines.lose(int(words[0]))
        else:
            raise ValueError(f"no fault {kind!r}: input LINE LEVEL, or lose N")

    def level(self, line: int) -> int:
        """Return the level of a line, such as an output's lamp sees it."""
        return self.lines.levels[line]

    async def run(self) -> None:
        """See BusServer; and drive the line that changes by itself."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            tasks.create_task(self.change())

    async def change(self) -> None:
        """Change the line again and again."""
        while self._every:
            await asyncio.sleep(self._every)
            self.lines.drive(self._line, 1 - self.lines.levels[self._line])

    async def exchange(self, reader: asyncio.StreamReader) -> bytes:
        """Take nothing: `_serve` knows what a connection is for."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        held: list[Held] = []
        try:
            while True:
                kind, _, size = HEAD.unpack(await reader.readexactly(HEAD.size))
                data = await reader.readexactly(size)
                await self.moving()
                if kind == b"E":
                    self._listen(data, writer)
                else:
                    writer.write(self._reply(kind, data, held))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program closed its file
        finally:
            for each in held:
                self.lines.give_back(each)
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _reply(self, kind: bytes, data: bytes, held: list[Held]) -> bytes:
        try:
            return STATUS.pack(0) + self._done(kind, data, held)
        except Refused as refused:
            return STATUS.pack(refused.number)

    def _done(self, kind: bytes, data: bytes, held: list[Held]) -> bytes:
        match kind:
            case b"C":
                return self.lines.chip_info()
            case b"I":
                return self.lines.info(data)
            case b"L":
                held.append(self.lines.take(data))
                number = next(self._numbers)
                self._waiting[number] = held[-1]
                return data[: REQUEST.size - 4] + NUMBER.pack(number)
            case b"G":
                return self.lines.values(held[-1], data)
            case _:
                return self.lines.set_values(held[-1], data)

    def _listen(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Let a line's edges come over this connection."""
        (number,) = NUMBER.unpack(data)
        self._waiting.pop(number).tell = writer.write
