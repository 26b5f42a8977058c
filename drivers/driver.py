"""The contract between a driver and whoever reads it: all that `agent/` sees of a device.

A driver is an async context manager that yields readings. It owns opening and reopening its
device with back-off and says what it is doing in `health`. It can neither block the event loop
nor end it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from drivers.cause import DeviceCause
from drivers.notebook import NoNotebook, Notebook
from drivers.reading import Reading
from foundation.dataclass import dataclass
from foundation.options import Option, OptionValue

if TYPE_CHECKING:
    from drivers.links.bus_thread import BusThread
    from drivers.links.i2c import I2cBus
    from drivers.links.spi import SpiChip


class State(StrEnum):
    """What a driver is doing now."""

    OPENING = "opening"  # first attempt under way
    RUNNING = "running"  # the device answers
    FAULTY = "faulty"  # the device is there, but its last answer was bad
    MISSING = "missing"  # not there; retrying with back-off
    WRONG_DEVICE = "wrong-device"  # something else answers there; retrying slowly
    CLOSED = "closed"


@dataclass(slots=True)
class Health:
    """What a driver says of itself; the driver writes it, others only read it.

    `since` is in monotonic seconds. `detail` is one sentence for people, with the reason; `cause`
    is the row that says what to do about it, where there is something to do. `counters` count what
    happened since start (frames, readings, bad frames, reopens …).
    """

    state: State = State.OPENING
    since: float = 0.0
    detail: str = ""
    cause: DeviceCause | None = None
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def advice(self) -> str:
        """The next step, or empty."""
        return "" if self.cause is None else self.cause.next

    def enter(
        self, state: State, now: float, detail: str = "", cause: DeviceCause | None = None
    ) -> None:
        """Move to `state`; `since` keeps its value when the state does not change."""
        if state is not self.state:
            self.since = now
        self.state, self.detail, self.cause = state, detail, cause

    def count(self, name: str, step: int = 1) -> None:
        """Add `step` to the counter `name`."""
        self.counters[name] = self.counters.get(name, 0) + step


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> object:
        """Let it not come; nothing where it has."""
        ...


class Timing(Protocol):
    """Time as a driver sees it; injected, so that tests need not wait."""

    def monotonic(self) -> float:
        """Seconds of a clock that never steps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call `call` in the running event loop after `seconds`: less than a task that sleeps."""
        ...


class SystemTiming:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep in the running event loop."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """See `Timing.call_later`."""
        return asyncio.get_running_loop().call_later(seconds, call)


MOST_ALARMS = 16  # texts that wait for a network


class Host:
    """What a driver may use of the machine: time, randomness for back-off, shared buses.

    `not_before` returns a moment that is over for sure, or None: what a device's own idea of the
    date is held against. `notebook` keeps what a driver must still know after a power cut.
    `budget_spent` tells whether a day's bytes are spent: then no link is reset to get more through.
    `flight` tells whether radios are to be off. `alarms` are texts that wait for somebody who may
    send them; the oldest go where there are too many.
    """

    def __init__(self, timing: Timing | None = None, rng: random.Random | None = None) -> None:
        self.timing: Timing = timing or SystemTiming()
        self.not_before: Callable[[], datetime | None] = lambda: None
        self.notebook: Notebook = NoNotebook()
        self.budget_spent: Callable[[], bool] = lambda: False
        self.flight: Callable[[], bool] = lambda: False
        self.alarms: deque[str] = deque(maxlen=MOST_ALARMS)
        self.rng = rng or random.Random()  # noqa: S311  jitter, not a secret
        self._buses: dict[str, I2cBus] = {}
        self._spi: dict[str, tuple[BusThread, list[SpiChip]]] = {}

    def i2c(self, path: str) -> I2cBus:
        """Return the one bus object for `path`: its thread serialises all devices on that bus."""
        from drivers.links.i2c import I2cBus  # noqa: PLC0415  smbus2 is loaded only where a bus is used

        if path not in self._buses:
            self._buses[path] = I2cBus(path)
        return self._buses[path]

    def spi(self, path: str, speed: int, mode: int = 0) -> SpiChip:
        """Return the chip at `path` in SPI mode `mode`; all chips of a bus share a thread."""
        from drivers.links import bus_thread, spi  # noqa: PLC0415  as above

        bus = spi.bus_of(path)
        if bus not in self._spi:
            self._spi[bus] = bus_thread.BusThread(bus, f"spi {bus}"), []
        thread, chips = self._spi[bus]
        chips.append(spi.SpiChip(path, thread, speed, mode))
        return chips[-1]

    def close(self) -> None:
        """Close all shared buses."""
        for bus in self._buses.values():
            bus.close()
        self._buses.clear()
        for thread, chips in self._spi.values():
            thread.close(partial(_close_all, chips))
        self._spi.clear()


def _close_all(chips: Sequence[SpiChip]) -> None:
    for chip in chips:
        chip.close()


class Driver(Protocol):
    """One configured device.

    Use as an async context manager; leaving it closes the device, and a device that is gone raises
    nothing then.
    """

    @property
    def name(self) -> str:
        """The device's configured name."""
        ...

    @property
    def health(self) -> Health:
        """What the driver is doing now."""
        ...

    def readings(self) -> AsyncIterator[Reading]:
        """Yield readings for ever, through unplugs and faults; no DriverError leaves it.

        Where the device has an interval, one reading of quality `no-answer` marks the moment at
        which it stopped answering; the next one comes when it answers again.
        """
        ...

    async def read_once(self) -> Reading:
        """Return one fresh reading, or raise the DriverError that prevented it; bounded in time.

        Works beside a running `readings()`: it never opens the device twice.
        """
        ...

    def committed(self, count: int) -> None:
        """Learn that `count` of the readings it yielded, in their order, now survive a power cut.

        What was refused, as no room was left, never counts; `gap` records declare it.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Commission:
    """What a tag is to become: its EPC, and whether it opens with `password` only from then on.

    `tag` is the EPC of the tag that is meant; None stands for the only one in the field.
    """

    epc: bytes
    tag: bytes | None = None
    password: int = 0
    lock: bool = False


@dataclass(frozen=True, slots=True)
class Commissioned:
    """Which tag it was: the EPC it had before, and its chip."""

    before: bytes
    tid: bytes


@runtime_checkable
class TagWriter(Protocol):
    """What a driver offers besides, whose device writes tags."""

    async def commission(self, order: Commission) -> Commissioned:
        """Make one tag what `order` says and read it back, beside a running `readings()`.

        DriverError says what was not done and why; bounded in time like `read_once`.
        """
        ...


@runtime_checkable
class Switch(Protocol):
    """What a driver offers besides, whose device switches something: a lamp, a buzzer."""

    async def switch(self, *, on: bool, cause: str) -> None:
        """Switch it, for a cause that its reading names; it then stays so.

        DriverError says why it is not done; bounded in time.
        """
        ...


@runtime_checkable
class NetworkKeeper(Protocol):
    """What a driver offers besides, whose device keeps a network that people look after."""

    async def order(self, order: Mapping[str, object]) -> object:
        """Do what `order` says (its `do` names it), and return what there is to show of it.

        DriverError says what was not done and why; bounded in time.
        """
        ...


class DriverModule(Protocol):
    """What the module of a device offers to the catalogue."""

    OPTIONS: Sequence[Option]  # `options_of` its Settings
    KINDS: Sequence[str]  # the record kinds its readings may have
    CAUSES: Sequence[DeviceCause]  # what may be wrong, besides what any device may have

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        """Make the driver; opens nothing. `options` are checked and complete."""
        ...

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        """Return the seconds between readings, or None where silence means nothing (RFID).

        OptionError where options contradict each other.
        """
        ...
