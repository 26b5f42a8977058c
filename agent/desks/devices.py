"""Answers what the devices do, and reads one of them at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import Request, Verb, device_of
from agent.desks.sections import DeviceSection
from agent.intake.collector import Collector
from agent.records.convert import from_reading


class DeviceDesk:
    """The requests of `tallyman devices` and `tallyman read`."""

    def __init__(
        self, collectors: Sequence[Collector], section: DeviceSection, clock: Clock
    ) -> None:
        self._collectors = {collector.device.name: collector for collector in collectors}
        self._section = section
        self._clock = clock

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"devices": self.devices, "read": self.read}

    async def devices(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield one object a device, and the moment they were looked at."""
        del request
        devices = [asdict(device) for device in self._section.take()]
        yield {"now_ms": self._clock.now().wall_ms, "devices": devices}

    async def read(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield one fresh reading of `device`: the hexadecimal of the record it would make."""
        collector = self._collectors[device_of(request, self._collectors)]
        reading = await collector.read_once()
        record = from_reading(reading, 0, self._clock.stamp(reading.monotonic))
        yield record.to_bytes().hex()
