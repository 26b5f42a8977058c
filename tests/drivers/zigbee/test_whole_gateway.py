"""The whole gateway as its user has it: agent, tallyman-zigbee, commands; only the radio is emulated."""

from tests.drivers.zigbee.conftest import CLIMATE, ROUTER
from tests.drivers.zigbee.gateway import Gateway

NODES = [
    {"ieee": ROUTER, "router": True, "measures": ["switch"]},
    {"ieee": CLIMATE, "measures": ["temperature", "contact"], "every": 0.5, "moves": False},
]


COLD = (
    "cold-1",
    "00:15:8d:00:00:00:00:02",
    'interval = 1.0\ntemperature_offset = 0.25\nread_point = "cold store"',
)


async def test_a_network_from_the_first_command_to_a_silent_node_with_its_cause(zigpy, tmp_path):
    async with Gateway(zigpy, tmp_path, NODES, [COLD]) as gateway:
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
        imported = (tmp_path / f"/proc/{gateway.zigbee.pid}/maps").read_text()
        assert "build/zigbee" in imported  # libraries in C, of those that it loads
        assert "/aiohttp/" not in imported  # that is for updates over the air, which are off
        await the_agent_goes_on_while_its_zigbee_process_is_killed(gateway)


async def the_agent_goes_on_while_its_zigbee_process_is_killed(gateway):
    gateway.zigbee.kill()
    await gateway.zigbee.wait()
    await gateway.says("systemctl status tallyman-zigbee", "devices")
    said = await gateway.tallyman("zigbee", "list")
    assert said.startswith("error: radio-1: tallyman-zigbee")
    assert gateway.agent.returncode is None
