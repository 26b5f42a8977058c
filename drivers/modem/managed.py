"""A modem that ModemManager owns: its port is left alone, and its state is read over D-Bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from drivers.driver import Host
from drivers.errors import DeviceMissing
from drivers.links.reopen import ReopeningDriver
from drivers.modem import manager, telling
from drivers.modem.causes import NO_MANAGER, NOT_MANAGED
from drivers.modem.diagnosis import diagnose
from drivers.modem.manager import Managed
from drivers.modem.probe import Probe, addresses, through
from drivers.modem.settings import Settings
from drivers.reading import Reading
from foundation.dbus.bus import NOBODY, Bus, BusError

OpenBus = Callable[[], Awaitable[Bus]]


class ManagedModem(ReopeningDriver):
    """The modem that has the configured port, as ModemManager tells of it once an interval."""

    def __init__(
        self, name: str, settings: Settings, host: Host, open_bus: OpenBus = Bus.open
    ) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._host = host
        self._open_bus = open_bus
        targets = addresses(settings.probe)
        self._probe = Probe(targets, settings.probe_every, through(settings.interface))

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Ask once an interval until ModemManager does not answer."""
        new = True
        try:
            async with await self._open_bus() as bus:
                while True:
                    yield await self._reading(bus, new=new)
                    new = False
                    await self.pause(self._settings.interval)
        except BusError as error:
            away = error.name in NOBODY or not error.name
            text = f"ModemManager does not answer: {error}"
            raise DeviceMissing(text, cause=NO_MANAGER if away else None) from error

    async def _reading(self, bus: Bus, *, new: bool) -> Reading:
        seen = await self._seen(bus)
        at, known = self.timing.monotonic(), seen.known
        if known.registered and known.address is not None:
            known.passes, known.probed = await self._probe.passes(at), self._probe.targets
        problem, cause = diagnose(known, self._settings.apn, flight=self._host.flight())
        self.running(telling.in_words(seen, problem), cause)
        return telling.network(self.name, seen, problem, at, None, new=new)

    async def _seen(self, bus: Bus) -> Managed:
        """Ask for the modem, its card and its data call."""
        objects = await bus.objects(manager.SERVICE, manager.ROOT)
        port = await asyncio.to_thread(_port_name, self._settings.port)
        modem = manager.find(objects, port)
        if modem is None:
            raise DeviceMissing(
                f"ModemManager has no modem with the port {port}", cause=NOT_MANAGED
            )
        sim = await self._of(bus, modem.get("Sim", ""), manager.SIM)
        bearer = await self._of(bus, next(iter(modem.get("Bearers", ())), ""), manager.BEARER)
        return manager.managed(manager.interfaces_of(objects, modem), sim, bearer)

    async def _of(self, bus: Bus, path: str, interface: str) -> manager.Properties:
        """Return an object's properties; none where there is no such object."""
        if path in {"", manager.NO_OBJECT}:
            return {}
        return await bus.properties(manager.SERVICE, path, interface)

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        return telling.silence(self.name, self.timing.monotonic())


def _port_name(path: str) -> str:
    """Return what the kernel calls a port that may be named by a link to it."""
    return Path(path).resolve().name
