"""The system bus, asked for the properties of a service's objects; nothing is changed there."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from typing import Any, Self, cast

from foundation.dbus.wire import ERROR, BadMessage, Objects, Properties, call, take

SYSTEM = "/run/dbus/system_bus_socket"  # the specification's well-known address
WITHIN = 5.0  # s for an answer
READ_BYTES = 1 << 16

BUS = "org.freedesktop.DBus"
HELLO = "org.freedesktop.DBus.Hello"
OBJECTS = "org.freedesktop.DBus.ObjectManager.GetManagedObjects"
GET_ALL = "org.freedesktop.DBus.Properties.GetAll"
NOBODY = ("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner")


class BusError(Exception):
    """The bus cannot be asked, or says no; `name` is D-Bus's own for the error, or empty."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


class Bus:
    """One connection; leave it to close it. Every call may raise BusError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._serial, self._rest = 0, b""

    @classmethod
    async def open(cls, path: str = SYSTEM) -> Self:
        """Connect to the bus at the socket `path`, as the user that this runs as."""
        try:
            async with asyncio.timeout(WITHIN):
                bus = cls(*await asyncio.open_unix_connection(path))
                with ExitStack() as not_let_in:
                    not_let_in.callback(bus._writer.close)
                    await bus._greet()
                    not_let_in.pop_all()
        except (
            OSError,
            EOFError,
            asyncio.LimitOverrunError,
        ) as error:  # TimeoutError is an OSError
            raise BusError(f"{path}: {str(error) or 'no answer'}") from error
        return bus

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def objects(self, service: str, path: str) -> Objects:
        """Return all that a service's object manager shows."""
        return cast("Objects", await self._ask(service, path, OBJECTS))

    async def properties(self, service: str, path: str, interface: str) -> Properties:
        """Return the properties of one object's interface."""
        return cast("Properties", await self._ask(service, path, GET_ALL, interface))

    async def _greet(self) -> None:
        """Authenticate (EXTERNAL: the kernel tells who we are), and be let in."""
        user = str(os.geteuid()).encode().hex()
        self._writer.write(b"\0AUTH EXTERNAL " + user.encode() + b"\r\n")
        answer = await self._reader.readuntil(b"\r\n")
        if not answer.startswith(b"OK "):
            raise BusError("the bus does not let us in")
        self._writer.write(b"BEGIN\r\n")
        await self._ask(BUS, "/org/freedesktop/DBus", HELLO)

    async def _ask(self, service: str, path: str, name: str, *texts: str) -> Any:
        """Return the first value of an answer."""
        self._serial += 1
        self._writer.write(call(self._serial, service, path, name, *texts))
        try:
            async with asyncio.timeout(WITHIN):
                while True:
                    message = await self._next()
                    if message.replies_to == self._serial:
                        break
        except (OSError, EOFError, BadMessage) as error:
            raise BusError(f"{service}: {str(error) or 'no answer'}") from error
        if message.kind == ERROR:
            words = str(message.body[0]) if message.body else message.error
            raise BusError(words[:200], message.error)
        return message.body[0] if message.body else None

    async def _next(self) -> Any:
        while True:
            found = take(self._rest)
            if found is not None:
                message, self._rest = found
                return message
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise EOFError("the bus closed the connection")
            self._rest += data
