"""Devices of no hardware, for campaigns and tests that count records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Self

from drivers.driver import DriverModule, Health, Host, State
from drivers.reading import Reading
from foundation.options import OptionValue


class MadeUpDevice(ABC):
    """A driver whose readings its subclass makes up; it never fails and never goes away."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        self.name = name
        self.options = options
        self.timing = host.timing
        self.health = Health(since=host.timing.monotonic())

    @abstractmethod
    def readings(self) -> AsyncIterator[Reading]:
        """Yield as the subclass says."""

    @abstractmethod
    async def read_once(self) -> Reading:
        """Return one reading."""

    def committed(self, count: int) -> None:
        """Learn how many readings are durable."""
        self.health.counters["committed"] = count

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.health.enter(State.CLOSED, self.timing.monotonic())


class Interval(MadeUpDevice):
    """One that reads every `interval` seconds, for ever."""

    async def readings(self) -> AsyncIterator[Reading]:
        """Yield for ever."""
        self.health.enter(State.RUNNING, self.timing.monotonic())
        while True:
            yield await self.read_once()
            await self.timing.sleep(float(self.options["interval"]))


class OneKind:
    """A catalogue of one kind, as `drivers.catalog` is one of many."""

    def __init__(self, kind: str, module: DriverModule) -> None:
        self.DEVICES: Mapping[str, str] = {kind: kind}
        self._module = module

    def module(self, kind: str) -> DriverModule:
        """Return the one module."""
        return self._module
