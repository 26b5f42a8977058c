"""The life of a driver: open, read, lose the device, wait a little, open again.

A device's own driver writes one `session()`; this base repeats it for ever, keeps `health` true
and serves one-shot requests without opening the device twice.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Self

from drivers.cause import DeviceCause
from drivers.driver import Health, Host, State
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DriverError, WrongDevice
from drivers.reading import Quality, Reading

FIRST_RETRY = 1.0  # s; USB needs about that long to enumerate again
LONGEST_RETRY = 4.0  # s; a replugged local device must read again within 5 s
WRONG_DEVICE_RETRY = 60.0  # s; only a person can change it, and each probe disturbs that device
JITTER = 0.25  # share of a delay taken off at random, so that a hub's devices do not come at once
READ_ONCE_TIMEOUT = 12.0  # s; a driver finds silence out in 10, a control request may take 15


def state_after(error: DriverError) -> State:
    """Return the state a driver is in once `error` ended its session."""
    match error:
        case WrongDevice():
            return State.WRONG_DEVICE
        case DeviceFault() | BadFrame():
            return State.FAULTY
        case _:
            return State.MISSING


class ReopeningDriver(ABC):
    """Base of drivers that reopen their device themselves (see `drivers.driver.Driver`).

    A subclass implements `session()` and calls `running()` as soon as the device answered.
    `readings()` has one consumer at a time.
    """

    def __init__(self, name: str, host: Host) -> None:
        self.name = name
        self.timing = host.timing
        self.health = Health(since=host.timing.monotonic(), detail="not opened yet")
        self._rng = host.rng
        self._failures = 0  # sessions in a row that ended before the device answered
        self._device = asyncio.Lock()  # held while a session has the device open
        self._waiting: set[asyncio.Future[Reading]] = set()
        self._wanted = asyncio.Event()
        self._hurried = asyncio.Event()
        self._stream: AsyncGenerator[Reading, None] | None = None

    @abstractmethod
    def session(self) -> AsyncGenerator[Reading, None]:
        """Open the device, yield its readings for as long as it works, close it in `finally`.

        Raises DriverError as soon as the device cannot go on.
        """

    def no_answer(self) -> Reading | None:
        """Return what marks the moment at which the device stopped answering.

        None where silence means nothing: see `DriverModule.interval`.
        """
        return None

    def running(self, detail: str = "", cause: DeviceCause | None = None) -> None:
        """Say that the device answered just now; `detail` may add what is unusual about it.

        `cause` is the row for that, where somebody should do something about it.
        """
        self._failures = 0
        self.health.enter(State.RUNNING, self.timing.monotonic(), detail, cause)

    @property
    def asked(self) -> bool:
        """Whether `read_once()` waits for a reading of the running session."""
        return bool(self._waiting)

    def answer(self, reading: Reading) -> None:
        """Give `reading` to all who wait in `read_once()`."""
        for future in self._waiting:
            if not future.done():
                future.set_result(reading)
        self._waiting.clear()
        self._wanted.clear()

    async def pause(self, seconds: float) -> None:
        """Wait until the next poll is due, or shorter when `read_once()` asks for one now."""
        await self._sleep_unless(self._wanted, seconds)

    def reopen_now(self) -> None:
        """Let the wait for the next attempt end: somebody wants the device."""
        self._hurried.set()

    async def _sleep_unless(self, wanted: asyncio.Event, seconds: float) -> None:
        sleep = asyncio.ensure_future(self.timing.sleep(seconds))
        waiting = asyncio.ensure_future(wanted.wait())
        try:
            await asyncio.wait({sleep, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if sleep.done():
                sleep.result()  # a clock may end, as that of a recording does: then so do readings
        finally:
            sleep.cancel()
            waiting.cancel()
        wanted.clear()

    def readings(self) -> AsyncGenerator[Reading, None]:
        """Yield readings for ever; see `Driver.readings`."""
        self._stream = self._readings()
        return self._stream

    async def _readings(self) -> AsyncGenerator[Reading, None]:
        answering = False  # it has, since a reading last said that it does not
        while True:
            async with self._device:
                try:
                    async with aclosing(self.session()) as session:
                        async for reading in session:
                            self.health.count("readings")
                            self.answer(reading)
                            answering = reading.quality is not Quality.NO_ANSWER
                            yield reading
                except DriverError as error:
                    self._fail(error)
            if answering and (last := self.no_answer()) is not None:
                self.health.count("readings")
                yield last
            answering = False
            await self._sleep_unless(self._hurried, self._retry_delay())
            self.health.count("reopens")

    async def read_once(self) -> Reading:
        """Return one fresh reading within READ_ONCE_TIMEOUT; see `Driver.read_once`."""
        try:
            async with asyncio.timeout(READ_ONCE_TIMEOUT):
                if self._device.locked():
                    return await self._next_reading()
                async with self._device:
                    return await self._own_session()
        except TimeoutError:
            raise self._no_reading() from None

    def _no_reading(self) -> CommandTimeout:
        """Return the error of a person who waited in vain: what is known of the device explains it.

        What is said of a running device is of before.
        """
        text, health = f"{self.name} gave no reading within {READ_ONCE_TIMEOUT:g} s", self.health
        if health.state is State.RUNNING or health.cause is None:
            return CommandTimeout(text)
        return CommandTimeout(f"{text}: {health.detail}", cause=health.cause)

    async def one_reading(self) -> Reading:
        """Open the device for one reading; a subclass may know a shorter way than a session."""
        async with aclosing(self.session()) as session:
            async for reading in session:
                return reading
        raise CommandTimeout(f"{self.name} closed without a reading")

    async def _own_session(self) -> Reading:
        try:
            reading = await self.one_reading()
        except DriverError as error:
            self._fail(error)
            raise
        self.health.count("readings")
        self.answer(reading)
        return reading

    async def _next_reading(self) -> Reading:
        future: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        self._wanted.set()
        try:
            return await future
        finally:
            self._waiting.discard(future)

    def _fail(self, error: DriverError) -> None:
        self._failures += 1
        now = self.timing.monotonic()
        self.health.enter(state_after(error), now, str(error), error.cause)
        for future in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()

    def _retry_delay(self) -> float:
        if self.health.state is State.WRONG_DEVICE:
            delay = WRONG_DEVICE_RETRY
        else:
            doublings = max(0, self._failures - 1)
            delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(doublings, 8))
        return delay * (1.0 - JITTER * self._rng.random())

    def committed(self, count: int) -> None:
        """Note that the first `count` readings survive a power cut."""
        self.health.counters["committed"] = count

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._stream is not None:
            await self._stream.aclose()
            self._stream = None
        self.health.enter(State.CLOSED, self.timing.monotonic())
