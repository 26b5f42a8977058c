"""The serial port of a UHF module, open at the rate at which the module talks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from drivers.cause import DeviceCause
from drivers.driver import Timing
from drivers.errors import (
    BadFrame,
    CommandTimeout,
    DeviceFault,
    DeviceMissing,
    DriverError,
    LinkLost,
    WrongDevice,
)
from drivers.links.link import Link
from drivers.links.serial import BAUD_RATES
from drivers.rfid import causes

SEARCH_EVERY = 60.0  # s between two searches on a port where nothing answers at any rate
KNOCK_WITHIN = 0.3  # s; at 4800 baud question and answer take 70 ms
LIKELY = (115200, 9600, 57600, 38400)  # rates that modules come with, and are set to
RATES = (*LIKELY, *(rate for rate in BAUD_RATES if rate not in LIKELY))

R = TypeVar("R")

OpenAt = Callable[[int], Awaitable[Link]]
"""Opens a port at a rate; raises DeviceMissing or WrongDevice."""


class ModulePort(Generic[R]):
    """The port at `path`, opened by `open_at`; a `module` should be there ("an M100 module").

    Where nothing but noise or silence comes at the configured rate, and nothing else ever did, the
    module is looked for at other rates. `rate` is the one in use.
    """

    def __init__(
        self, module: str, path: str, configured: int, open_at: OpenAt, timing: Timing
    ) -> None:
        self.rate = configured
        self._module = module
        self._path = path
        self._configured = configured
        self._open_at = open_at
        self._timing = timing
        self._answered = False  # since the port is there
        self._searched: float | None = None

    async def open(
        self, greet: Callable[[Link], Awaitable[R]], knock: Callable[[Link], Awaitable[object]]
    ) -> tuple[Link, R]:
        """Return the open port, and what `greet` made of the module.

        `knock` only sees whether it answers. Both raise CommandTimeout for silence, and BadFrame
        for noise.
        """
        try:
            greeted = await self._at(self.rate, greet)
        except (DeviceMissing, LinkLost):
            self.forget()
            raise
        except (BadFrame, CommandTimeout) as error:
            if not await self._found(error, knock):
                raise self._explained(error) from error
            greeted = await self._at(self.rate, greet)
        self._answered = True
        return greeted

    def forget(self) -> None:
        """Note that the port is gone: what is plugged in next may be another module."""
        self.rate, self._answered, self._searched = self._configured, False, None

    @property
    def finding(self) -> tuple[str, DeviceCause | None]:
        """What was found of the rate, and its row; nothing where it is as told."""
        if self.rate == self._configured:
            return "", None
        found = f"heard at {self.rate} baud, not at {self._configured} as configured"
        return found, causes.OTHER_RATE.of(rate=self.rate)

    async def _at(self, rate: int, greet: Callable[[Link], Awaitable[R]]) -> tuple[Link, R]:
        link = await self._open_at(rate)
        greeted: R | None = None
        try:
            greeted = await greet(link)
            return link, greeted
        finally:
            if greeted is None:
                link.close()

    async def _found(self, error: DriverError, knock: Callable[[Link], Awaitable[object]]) -> bool:
        """Look for the module at other rates where that may help; whether it is there."""
        now = self._timing.monotonic()
        lately = self._searched is not None and now - self._searched < SEARCH_EVERY
        if self._answered or (lately and isinstance(error, CommandTimeout)):
            return False
        self._searched = now
        for rate in RATES:
            if rate != self.rate and await self._answers(rate, knock):
                self.rate = rate
                return True
        return False

    async def _answers(self, rate: int, knock: Callable[[Link], Awaitable[object]]) -> bool:
        link = await self._open_at(rate)
        try:
            await knock(link)
        except DeviceFault:
            return True
        except (BadFrame, CommandTimeout):
            return False
        finally:
            link.close()
        return True

    def _explained(self, error: DriverError) -> DriverError:
        """Return the error for a port where the module does not answer."""
        if isinstance(error, CommandTimeout):
            rates = "" if self._answered else ", at any baud rate"
            return CommandTimeout(f"{error}{rates}", cause=causes.MODULE_SILENT)
        if self._answered:
            noise = f"only noise comes from {self._path}: {error}"
            return BadFrame(noise, cause=causes.MODULE_NOISE)
        return WrongDevice(
            f"what answers on {self._path} is not {self._module}, at any rate: {error}",
            cause=causes.NOT_THE_MODULE.of(port=self._path, baudrate=self._configured),
        )
