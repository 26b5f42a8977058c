"""A driver whose open device also does errands: one-off jobs between its own steps."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from drivers.driver import Host
from drivers.errors import CommandTimeout, DriverError, LinkLost
from drivers.links.reopen import ReopeningDriver

ERRAND_TIMEOUT = 10.0  # s; writing a tag with all its repetitions takes one or two

D = TypeVar("D")
R = TypeVar("R")


class ErrandDriver(ReopeningDriver, Generic[D]):
    """Base of drivers that write tags, cards or settings while they read.

    A subclass opens its device in `opened()` and lets the session call `do_errands()` often.
    """

    def __init__(self, name: str, host: Host) -> None:
        super().__init__(name, host)
        self._errands: deque[tuple[Callable[[D], Awaitable[Any]], asyncio.Future[Any]]] = deque()

    @abstractmethod
    def opened(self) -> AbstractAsyncContextManager[D]:
        """Return the device, open and set up inside the context; DriverError when it is not."""

    async def errand(self, job: Callable[[D], Awaitable[R]]) -> R:
        """Return what `job` returns of the open device, or raise its DriverError.

        Works beside a running `readings()`: the device is never opened twice.
        """
        try:
            async with asyncio.timeout(ERRAND_TIMEOUT):
                if self._device.locked():
                    return await self._in_session(job)
                async with self._device, self.opened() as device:
                    return await job(device)
        except TimeoutError:
            raise CommandTimeout(f"{self.name} did not do it within {ERRAND_TIMEOUT:g} s") from None

    async def _in_session(self, job: Callable[[D], Awaitable[R]]) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._errands.append((job, future))
        self._wanted.set()
        return await future

    @property
    def errands_wait(self) -> bool:
        """Whether somebody waits for the session to do an errand."""
        return bool(self._errands)

    async def do_errands(self, device: D) -> None:
        """Do what waits; who asked gets the job's DriverError, LinkLost ends the session too."""
        while self._errands:
            job, future = self._errands.popleft()
            if future.done():
                continue
            try:
                result = await job(device)
            except DriverError as error:
                if not future.done():
                    future.set_exception(error)
                if isinstance(error, LinkLost):
                    raise
            else:
                if not future.done():
                    future.set_result(result)

    def _fail(self, error: DriverError) -> None:
        super()._fail(error)
        self._drop_errands(error)

    def _drop_errands(self, error: DriverError) -> None:
        while self._errands:
            _, future = self._errands.popleft()
            if not future.done():
                future.set_exception(error)

    async def __aexit__(self, *ending: object) -> None:
        await super().__aexit__(*ending)
        self._drop_errands(LinkLost(f"{self.name} is closed"))
