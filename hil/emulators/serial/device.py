"""A device behind a serial port: what the emulators on a pty have in common."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod

from hil.emulators.serial.pty_port import PtyPort, Unplugged

Command = tuple[int, bytes]
"""A command's code and its payload."""


class SerialDevice(ABC):
    """A device on `port`; a subclass says in `live` what it does there."""

    def __init__(self, port: PtyPort) -> None:
        self.port = port

    @property
    def where(self) -> str:
        """The path a driver opens."""
        return str(self.port.path)

    def plug(self) -> None:
        """Make the port appear, with a device that comes up fresh; nothing when it is there."""
        if not self.port.plugged_in:
            self.power_on()
        self.port.plug()

    def unplug(self) -> None:
        """Make the port vanish."""
        self.port.unplug()

    def power_on(self) -> None:  # noqa: B027  most devices have nothing to forget
        """Take the state after a loss of supply."""

    async def run(self) -> None:
        """Plug in and behave like the device until cancelled; then unplug."""
        self.plug()
        try:
            await self.live()
        finally:
            self.unplug()

    @abstractmethod
    async def live(self) -> None:
        """Do what the device does, whether plugged or not; never return."""


class SerialModule(SerialDevice):
    """A device that answers commands, and may speak without being asked."""

    async def live(self) -> None:
        """Answer and transmit."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.serve())
            tasks.create_task(self.transmit())

    async def serve(self) -> None:
        """Answer commands whenever the port is there."""
        while True:
            await self.port.wait_plugged()
            with contextlib.suppress(Unplugged):
                await self._converse()

    async def _converse(self) -> None:
        rest = b""
        while True:
            found, rest = self.commands(rest + await self.port.read())
            for code, payload in found:
                await self.obey(code, payload)

    @abstractmethod
    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """Return the whole commands in `data`, and the bytes to keep."""

    @abstractmethod
    async def obey(self, code: int, payload: bytes) -> None:
        """Do one command and send what the module says to it; raises Unplugged."""

    @abstractmethod
    async def transmit(self) -> None:
        """Send what nobody asked for, as long as there is such; never return."""
