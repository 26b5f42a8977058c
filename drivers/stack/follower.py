"""The agent's end of a stack: a driver whose device lives in another process."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.cause import DeviceCause
from drivers.driver import Host, State
from drivers.errors import (
    BadFrame,
    CommandTimeout,
    DeviceFault,
    DeviceMissing,
    DriverError,
    LinkLost,
)
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.stack import causes, wire

ORDER_WITHIN = 300.0  # s; a backup is written to a stick in one or two minutes
OPEN_WITHIN = 5.0  # s; until the stack says the first word


class Follower(ReopeningDriver):
    """Follows the source `key` of the stack whose socket is at `path`.

    `told` is what the stack should know of the configuration, `kinds` are what its readings may be,
    the main one first, `rows` the causes that the stack may name, `service` is the stack's unit.
    """

    def __init__(
        self,
        name: str,
        host: Host,
        path: Path,
        key: str,
        told: Mapping[str, Any],
        kinds: Sequence[str],
        rows: Sequence[DeviceCause],
        service: str,
    ) -> None:
        super().__init__(name, host)
        self._kinds = kinds
        self._rows = {row.id: row for row in rows}
        self._path, self._key, self._told, self._service = path, key, told, service
        self._writer: asyncio.StreamWriter | None = None
        self._life = ""
        self._serial = 0  # of the newest reading that was yielded in this life
        self._given = 0  # the serial of the reading that is on its way out, 0: the base made it
        self._uncommitted: deque[tuple[str, int]] = deque()
        self._committed = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self._hasty: set[asyncio.Future[None]] = set()  # orders that wait for an attempt to open
        self.newest: Reading | None = None

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Follow until the stack ends."""
        reader, writer = await self._open()
        try:
            await self._greet(reader, writer)
            while True:
                message = await self._next(reader)
                reading = self._take(message)
                if reading is not None:
                    yield reading
        finally:
            self._writer = None
            writer.close()
            self._end_answers()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(self._path, limit=wire.LONGEST)
        except OSError as error:
            raise DeviceMissing(
                f"{self._service} does not answer at {self._path}: {error.strerror or error}",
                cause=causes.ABSENT.of(service=self._service),
            ) from error

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Learn which life of the stack this is, and say what is followed, before all else."""
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                life = wire.text(await self._next(reader), "life")
        except TimeoutError:
            raise CommandTimeout(
                f"{self._service} says nothing at {self._path}",
                cause=causes.MUTE.of(service=self._service),
            ) from None
        if life != self._life:
            self._life, self._serial = life, 0
        writer.write(wire.line({"follow": self._key, "told": dict(self._told)}))
        self._writer = writer
        self._attempted()

    async def _next(self, reader: asyncio.StreamReader) -> wire.Message:
        while True:
            try:
                return wire.parse(await reader.readuntil(b"\n"))
            except BadFrame:
                self.health.count("bad lines")
            except (asyncio.IncompleteReadError, ConnectionError):
                raise LinkLost(
                    f"{self._service} ended the conversation at {self._path}",
                    cause=causes.ENDED.of(service=self._service),
                ) from None
            except asyncio.LimitOverrunError:
                raise BadFrame(
                    f"{self._path} sent a line without an end",
                    cause=causes.NO_WORDS.of(service=self._service, path=self._path),
                ) from None

    def _take(self, message: wire.Message) -> Reading | None:
        """Heed a message; return the reading that it brings, if it is a new one."""
        try:
            if "state" in message:
                return self._heed_state(message)
            if "answer" in message:
                self._heed_answer(message)
            elif "reading" in message:
                return self._heed_reading(message)
        except BadFrame:
            self.health.count("bad lines")
        return None

    def _heed_reading(self, message: wire.Message) -> Reading | None:
        serial = wire.number(message, "serial")
        if serial <= self._serial:
            return None  # sent again, as it is not durable yet
        reading = wire.to_reading(message["reading"], self.name)
        self._serial = self._given = serial
        reading = self.finished(reading)
        if self._is_main(reading.kind):
            self.newest = reading
        return reading

    def finished(self, reading: Reading) -> Reading:
        """Return the reading as the device's own driver wants it to be."""
        return reading

    def _is_main(self, kind: str) -> bool:
        """Whether no kind that comes before it has been heard."""
        if kind not in self._kinds:
            return False
        newest = self.newest.kind if self.newest is not None else self._kinds[-1]
        return self._kinds.index(kind) <= self._kinds.index(newest)

    def _heed_state(self, message: wire.Message) -> Reading | None:
        """Say what the stack says; return the mark of the moment at which the source was lost."""
        try:
            state = State(wire.text(message, "state"))
        except ValueError:
            raise BadFrame(f"no state {message['state']!r}") from None
        detail, cause = wire.text(message, "detail"), self._cause(message)
        lost = self.health.state is State.RUNNING and state is State.MISSING
        if state is State.RUNNING:
            self.running(detail, cause)
        else:
            self.health.enter(state, self.timing.monotonic(), detail, cause)
        return self.no_answer() if lost else None

    def _cause(self, message: wire.Message) -> DeviceCause | None:
        """Return the row that a state names, with the stack's own next step."""
        name, advice = wire.text(message, "cause"), wire.text(message, "advice")
        if not name and not advice:
            return None
        row = self._rows.get(name, causes.SAID.of(service=self._service))
        return replace(row, next=advice or row.next)

    def no_answer(self) -> Reading | None:
        """See ReopeningDriver: the newest reading of the main kind without its values."""
        if self.newest is None:
            return None
        nothing = dict.fromkeys(self.newest.fields)
        now = self.timing.monotonic()
        return replace(self.newest, fields=nothing, monotonic=now, quality=Quality.NO_ANSWER)

    async def readings(self) -> AsyncGenerator[Reading, None]:
        """See `Driver.readings`; notes which of the stack's readings each one is."""
        async with contextlib.aclosing(super().readings()) as all_readings:
            async for reading in all_readings:
                self._uncommitted.append((self._life, self._given))
                self._given = 0
                yield reading

    def committed(self, count: int) -> None:
        """Tell the stack which of its readings it may forget."""
        super().committed(count)
        newest = 0
        while self._committed < count and self._uncommitted:
            self._committed += 1
            life, serial = self._uncommitted.popleft()
            newest = serial if serial and life == self._life else newest
        if newest and self._writer is not None:
            self._send({"durable": newest})

    async def ordered(self, order: Mapping[str, Any]) -> Any:
        """Return what the stack answers to an order, or raise the DriverError of its answer."""
        if self._writer is None:
            await self._attempt()
        if self._writer is None:
            raise DeviceMissing(
                f"{self.name}: {self.health.detail or 'not opened yet'}",
                cause=self.health.cause or causes.ABSENT.of(service=self._service),
            )
        self._asked += 1
        number, future = self._asked, asyncio.get_running_loop().create_future()
        self._answers[number] = future
        self._send({"ask": number, "order": dict(order)})
        try:
            async with asyncio.timeout(ORDER_WITHIN):
                return await future
        except TimeoutError:
            raise CommandTimeout(
                f"{self._service} did not do it within {ORDER_WITHIN:g} s"
            ) from None
        finally:
            self._answers.pop(number, None)

    async def _attempt(self) -> None:
        """Wait for an attempt to open a conversation, which begins at once."""
        tried: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hasty.add(tried)
        self.reopen_now()
        await asyncio.wait([tried], timeout=2 * OPEN_WITHIN)
        self._hasty.discard(tried)

    def _attempted(self) -> None:
        for tried in self._hasty:
            if not tried.done():
                tried.set_result(None)

    def _fail(self, error: DriverError) -> None:
        super()._fail(error)
        self._attempted()

    def _heed_answer(self, message: wire.Message) -> None:
        future = self._answers.get(wire.number(message, "answer"))
        if future is None or future.done():
            return
        if "error" in message:
            error = DeviceFault(wire.text(message, "error"), advice=wire.text(message, "advice"))
            future.set_exception(error)
        else:
            future.set_result(message.get("result"))

    def _end_answers(self) -> None:
        for future in self._answers.values():
            if not future.done():
                future.set_exception(LinkLost(f"{self._service} ended before it had answered"))
        self._answers.clear()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._writer is not None, "a session is open"
        self._writer.write(wire.line(message))
