"""The whole gateway as its user has it: agent, tallyman-zigbee, commands; only the radio is emulated."""

import asyncio
import json
import re

from hil.emulators.catalog import make
from hil.site.processes import program
from tests.drivers.zigbee.conftest import CLIMATE, PATIENCE, ROOT, ROUTER

CONFIG = """
[gateway]
name = "hall-7"
state_dir = "state"
control = "control.sock"

[[device]]
name = "radio-1"
kind = "zigbee.radio"
port = "{folder}/stick"
stack = "{folder}/socket"

[[device]]
name = "cold-1"
kind = "zigbee.node"
radio = "radio-1"
ieee = "00:15:8d:00:00:00:00:02"
interval = 1.0
temperature_offset = 0.25
read_point = "cold store"
stack = "{folder}/socket"
"""
NODES = [
    {"ieee": ROUTER, "router": True, "measures": ["switch"]},
    {"ieee": CLIMATE, "measures": ["temperature", "contact"], "every": 0.5, "moves": False},
]


class Gateway:
    """All processes of a gateway in a folder, with what its user types."""

    def __init__(self, python, folder):
        self.folder, self._python = folder, python
        self.file = folder / "tallyman.toml"
        self.file.write_text(CONFIG.format(folder=folder))
        self.stick = make("zigbee.znp", {"link": folder / "stick", "nodes": NODES})
        self.processes = []

    async def __aenter__(self):
        self._running = asyncio.ensure_future(self.stick.run())
        self.agent = await self._start(program("tallyman"), "run", "--config", self.file)
        zigbee = ("-m", "drivers.zigbee.host.main", "--config", self.file)
        self.zigbee = await self._start(self._python, *zigbee, "--state", self.folder / "zigbee")
        return self

    async def _start(self, *argv):
        with (self.folder / "said").open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                *argv, cwd=ROOT, stdout=said, stderr=said
            )
        self.processes.append(process)
        return process

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


async def test_a_network_from_the_first_command_to_a_silent_node_with_its_cause(zigpy, tmp_path):
    async with Gateway(zigpy, tmp_path) as gateway:
        await gateway.says("tallyman zigbee form --yes", "devices")  # what to do stands there
        said = await gateway.tallyman("zigbee", "form", "--yes")
        assert "a new network is on the stick: PAN" in said, gateway.told()
        await gateway.says("radio-1: zigbee.radio\n  running", "devices")
        await gateway.tallyman("zigbee", "permit", "--for", "60")
        plug, cold = gateway.stick.mesh.nodes.values()
        assert gateway.stick.join(plug, "")
        await gateway.says("ACME TH-1, router under coordinator", "zigbee", "list")
        assert gateway.stick.join(cold, ROUTER)
        await gateway.says("cold-1: ACME TH-1, node under 00158d0000000001", "zigbee", "list")
        await gateway.says(r"4\.25 °C", "journal")  # calibrated
        gateway.stick.story.tell(f"0 raw {CLIMATE} 0500 19 07 00 01 00 00 00 00 00")
        await gateway.says("input open", "journal")
        gateway.stick.story.tell(f"0 kill {ROUTER}")
        await gateway.says("does not answer, either", "devices")
        why = await gateway.tallyman("why", "cold-1")
        assert "the router through which it is heard does not answer" in why.splitlines()[1], why
        assert f"give the router {ROUTER} power" in why
        await gateway.says("no reading for 2.5 s", "journal")
        gap = (await gateway.records("gap"))[-1]
        assert (gap["device"], gap["state"]) == ("cold-1", "open")
        gateway.stick.story.tell(f"0 revive {ROUTER}")
        await gateway.says("the device reads again", "journal")
        kept = await gateway.records("temperature")
        assert {each["quality"] for each in kept} <= {"ok", "no-answer"}
        opened = [each for each in await gateway.records("zigbee-radio") if each["state"] == "open"]
        assert len(opened) == 1
        imported = (tmp_path / f"/proc/{gateway.agent.pid}/maps").read_text()
        assert "build/zigbee" not in imported


async def test_the_agent_goes_on_while_its_zigbee_process_is_killed(zigpy, tmp_path):
    async with Gateway(zigpy, tmp_path) as gateway:
        await gateway.says("make one", "devices")
        gateway.zigbee.kill()
        await gateway.zigbee.wait()
        await gateway.says("systemctl status tallyman-zigbee", "devices")
        said = await gateway.tallyman("zigbee", "list")
        assert said.startswith("error: radio-1: tallyman-zigbee")
        assert gateway.agent.returncode is None
