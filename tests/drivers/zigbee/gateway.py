"""A gateway with a Zigbee network, all its processes; only the stick and its nodes are emulated."""

import asyncio
import json
import re

from hil.emulators.catalog import make
from hil.site.processes import program
from tests.drivers.zigbee.conftest import PATIENCE, ROOT

HEAD = """
[gateway]
name = "hall-7"
state_dir = "state"
control = "control.sock"

[[device]]
name = "radio-1"
kind = "zigbee.radio"
type = "{type}"
port = "{folder}/stick"
stack = "{folder}/socket"
"""
NODE = """
[[device]]
name = "{name}"
kind = "zigbee.node"
radio = "radio-1"
ieee = "{ieee}"
stack = "{folder}/socket"
{options}
"""


class Gateway:
    """All processes of a gateway in a folder, with what its user types.

    `nodes` are tables for the emulator; `devices` are names, addresses and further options of those
    that the gateway reads.
    """

    def __init__(self, python, folder, nodes, devices, type_="znp"):
        self.folder, self._python, self.type, self._nodes = folder, python, type_, nodes
        self.file = folder / "tallyman.toml"
        parts = [HEAD.format(type=type_, folder=folder)]
        parts += [
            NODE.format(name=name, ieee=ieee, options=options, folder=folder)
            for name, ieee, options in devices
        ]
        self.file.write_text("".join(parts))
        self.stick = self._stick("nvram")
        self.processes = []

    def _stick(self, nvram, **given):
        where = {"link": self.folder / "stick", "nvram": self.folder / nvram}
        return make(f"zigbee.{self.type}", where | given | {"nodes": self._nodes})

    async def __aenter__(self):
        self._running = asyncio.ensure_future(self.stick.run())
        self.agent = await self.start_agent()
        await self.start_zigbee()
        return self

    async def start_agent(self):
        return await self._start(program("tallyman"), "run", "--config", self.file)

    async def start_zigbee(self):
        argv = ("-m", "drivers.zigbee.host.main", "--config", self.file)
        self.zigbee = await self._start(self._python, *argv, "--state", self.folder / "zigbee")

    async def _start(self, *argv):
        with (self.folder / "said").open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                *argv, cwd=ROOT, stdout=said, stderr=said
            )
        self.processes.append(process)
        return process

    async def swap(self, nvram, **given):
        """Put another stick in its place, with the nodes that are there."""
        mesh = self.stick.mesh
        self._running.cancel()
        await asyncio.wait([self._running])
        self.stick = self._stick(nvram, **given)
        self.stick.mesh = mesh
        self._running = asyncio.ensure_future(self.stick.run())

    async def __aexit__(self, *_):
        for process in self.processes:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        self._running.cancel()
        await asyncio.wait([self._running])

    async def tallyman(self, verb, *rest):
        process = await asyncio.create_subprocess_exec(
            *(program("tallyman"), verb, "--config", self.file, *rest),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return (await process.communicate())[0].decode()

    async def says(self, pattern, verb, *rest):
        """What a command prints as soon as it matches."""
        said = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while not re.search(pattern, said := await self.tallyman(verb, *rest)):
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} in:\n{said}\n{self.told()}") from None
        return said

    def told(self):
        """What the processes themselves said, for the test that fails."""
        return (self.folder / "said").read_text()

    async def records(self, kind):
        lines = (await self.tallyman("journal", "--json")).splitlines()
        return [record for record in map(json.loads, lines) if record["kind"] == kind]
