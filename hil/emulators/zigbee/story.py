"""A scenario happens to an emulated stick and its nodes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Protocol

from hil.emulators.zigbee import shelf_node
from hil.emulators.zigbee.mesh import COORDINATOR, Mesh
from hil.emulators.zigbee.node import Node, node
from hil.emulators.zigbee.scenario import Step, parse

BETWEEN_CHUNKS = 0.1  # s


class Stick(Protocol):
    """What a story does to a stick."""

    mesh: Mesh
    noise: float
    frozen: bool

    def plug(self) -> None:
        """Put it in."""
        ...

    def unplug(self) -> None:
        """Pull it."""
        ...

    def restart(self) -> None:
        """Let it start anew, as its watchdog makes it."""
        ...

    def join(self, there: Node, via: str) -> bool:
        """Let a node join through a router."""
        ...

    def rejoin(self, there: Node, parent: str) -> None:
        """Let a node take another parent."""
        ...

    def leave(self, there: Node) -> None:
        """Let a node leave."""
        ...

    def bury(self, there: Node) -> None:
        """Let a node be dead."""
        ...

    def report(self, there: Node, cluster: int) -> None:
        """Let a node report."""
        ...

    def hear(self, there: Node, cluster: int, frame: bytes, *, after: float = 0.0) -> None:
        """Let a node's frame come in."""
        ...


class Story:
    """The steps of a file, or of `text`; read at once, so that a mistake in it shows at once."""

    def __init__(self, stick: Stick, path: Path | None, pace: float) -> None:
        self._stick = stick
        self._steps = [] if path is None else parse(path.read_text("utf-8"))
        self._pace = pace

    async def run(self) -> None:
        """Take every step at its time, then wait for ever."""
        began = time.monotonic()
        for step in self._steps:
            await asyncio.sleep(began + step.at / self._pace - time.monotonic())
            self.take(step)
        await asyncio.Event().wait()

    def tell(self, line: str) -> None:
        """Take one step now, whatever its time says."""
        for step in parse(line):
            self.take(step)

    def take(self, step: Step) -> None:
        """Do one step; ValueError says what about it cannot be."""
        stick, words = self._stick, step.words
        match step.verb:
            case "node":
                table = {"ieee": words[0], "measures": list(words[1:]), **step.settings}
                stick.mesh.add(node(table))
            case "noise":
                stick.noise = float(words[0])
            case "freeze" | "thaw":
                stick.frozen = step.verb == "freeze"
            case "reset":
                stick.restart()
            case "unplug":
                stick.unplug()
            case "plug":
                stick.plug()
            case _:
                self._of_node(step, stick.mesh.named(words[0]))

    def _of_node(self, step: Step, there: Node) -> None:
        stick, words = self._stick, step.words
        match step.verb:
            case "join":
                stick.join(there, str(step.settings.get("via", there.parent)))
            case "set":
                cluster, number = there.set(words[1], float(words[2]))
                stick.hear(there, cluster, there.report(cluster, [number]))
            case "raw":
                stick.hear(there, int(words[1], 16), bytes.fromhex("".join(words[2:])))
            case "shelf":
                self._shelf(step, there)
            case "move":
                stick.rejoin(there, str(step.settings.get("to", COORDINATOR)))
            case _:
                self._fate(step.verb, there)

    def _fate(self, verb: str, there: Node) -> None:
        """Let happen to a node what needs no more words."""
        match verb:
            case "kill":
                self._stick.bury(there)
            case "revive":
                there.alive = True
            case "cut" | "mend":
                there.linked = verb == "mend"
            case "leave":
                self._stick.leave(there)
            case "forget":
                self._stick.mesh.forgotten.add(there.name)

    def _shelf(self, step: Step, there: Node) -> None:
        epcs = [bytes.fromhex(word) for word in step.words[1:]]
        skipped = step.settings.get("skip")
        for index, chunk in enumerate(shelf_node.chunks(there.tick(), 1, epcs)):
            if index != skipped:
                frame = shelf_node.command(there.tick(), chunk)
                after = 0.001 + index * BETWEEN_CHUNKS / self._pace
                self._stick.hear(there, shelf_node.CLUSTER, frame, after=after)
