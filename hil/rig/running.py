"""A rig that is up: its emulators running, and the commands that harm and heal them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hil.emulators.catalog import Emulator, make
from hil.rig.rig import LONGEST_SOCKET_PATH, Event, Rig, RigError

CONTROL = "control.sock"
USAGE = (
    "list | plug NAME | unplug NAME | fault NAME KIND | shock NAME G MS [AXIS] | "
    "warm NAME K S | bring NAME GROUP ANTENNA... | take NAME GROUP | scan NAME CODE | "
    "tell NAME STEP"
)
VERBS = frozenset({"plug", "unplug", "fault", "shock", "warm", "bring", "take", "scan", "tell"})


class RunningRig:
    """The emulators of `rig`, whose links and sockets lie in `folder`.

    Raises RigError when the rig cannot be built. `say` gets a line for each event.
    """

    def __init__(self, rig: Rig, folder: Path, say: Callable[[str], None]) -> None:
        self._rig = rig
        self._folder = folder.absolute()
        self._say = say
        self._parts: dict[str, Any] = {}  # emulators and chips: what they can do differs
        self._emulators: dict[Path, Emulator] = {}
        for table in rig.tables:
            link = rig.link(table, folder)
            self._check_length(link)
            emulator = self._make(table["kind"], rig.settings(table, folder))
            self._emulators[link] = emulator
            self._parts |= {table["name"]: emulator, **getattr(emulator, "parts", {})}
        self._check_length(self._folder / CONTROL)
        for event in rig.events:
            self._check_event(event)

    def _make(self, kind: str, settings: dict[str, Any]) -> Emulator:
        try:
            return make(kind, settings)
        except (ValueError, OSError) as error:
            raise RigError(f"{kind}: {error}") from error

    def _check_length(self, path: Path) -> None:
        if len(str(path).encode()) > LONGEST_SOCKET_PATH:
            raise RigError(f"{path} is too long for a socket: choose a folder with a shorter path")

    def _check_event(self, event: Event) -> None:
        verb, *words = event.command.split()
        if verb not in VERBS or not words:
            raise RigError(f"event {event.command!r}: the commands are {USAGE}")
        if words[0] not in self._parts:
            raise RigError(f"event {event.command!r}: there is no {words[0]}")

    async def run(self, ready: Callable[[], None]) -> None:
        """Keep everything running until cancelled; call `ready` once all paths are there."""
        server = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for emulator in self._emulators.values():
                    emulator.plug()
                    tasks.create_task(emulator.run())
                server = await asyncio.start_unix_server(self._serve, self._folder / CONTROL)
                ready()
                for event in self._rig.events:
                    tasks.create_task(self._play(event))
                await asyncio.get_running_loop().create_future()
        finally:
            if server is not None:
                server.close()
            for path in (*self._emulators, self._folder / CONTROL):
                path.unlink(missing_ok=True)

    async def _play(self, event: Event) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + event.at
        while True:
            await asyncio.sleep(due - loop.time())
            self._say(f"{event.command}: {self.command(event.command)}")
            if event.every is None:
                return
            due += event.every

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):  # gone, or a line without end
            while line := await reader.readline():
                writer.write(f"{self.command(line.decode(errors='replace'))}\n".encode())
                await writer.drain()
        writer.close()

    def command(self, line: str) -> str:
        """Do what a line says; return `ok`, `ok` with a list, or `error` and why."""
        match line.split():
            case ["list"]:
                parts = self._rig.parts(self._folder)
                return " ".join(["ok", *(f"{part.name}={part.kind}" for part in parts)])
            case [verb, name, *words] if verb in VERBS:
                part = self._parts.get(name)
                return f"error: there is no {name}" if part is None else apply(part, verb, words)
            case _:
                return f"error: the commands are {USAGE}"


def apply(part: Any, verb: str, words: list[str]) -> str:
    """Do `verb` to an emulator or a chip; return `ok`, or `error` and why."""
    method = getattr(part, verb, None)
    if method is None:
        return f"error: this device cannot {verb}"
    try:
        if verb == "shock":
            peak, milliseconds, *axis = words
            method(float(peak), float(milliseconds), *axis)
        elif verb == "warm":
            method(*map(float, words))
        else:
            method(*words)
    except (TypeError, ValueError) as error:
        return f"error: {error}"
    return "ok"
