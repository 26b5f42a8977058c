"""A gateway's parts joined in a folder of their own: made-up devices, a clock that stands."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

from agent.assembly.agent import build_agent
from agent.assembly.core import build_core, identify, open_journal, seal_start
from agent.assembly.world import World
from agent.config.settings import parse
from agent.journal.async_journal import AsyncJournal
from drivers.driver import Host
from foundation.options import Option
from tests.agent.fakes import FakeModule, FakeSystemClock, FakeTiming

BARE = """
[gateway]
name = "truck-12"
state_dir = "state"
control = "control.sock"

[[device]]
name = "cold-1"
kind = "fake.thermometer"
port = "/dev/x"
"""

RICH = """
[gateway]
name = "truck-12"
state_dir = "state"
control = "control.sock"
[health]
enabled = true
interval = 30
[dock]
inbox = "in"
[views]
grid_km = 25
[neighbours]
key = "site.key"
[metrics]
folder = "prom"
[notify]
webhook = "https://alarms.example/t"
socket = "notify.sock"
[[read_point]]
name = "door"
antennas = "gate:1"
[[device]]
name = "cold-1"
kind = "fake.thermometer"
port = "/dev/x"
profile = "2-8"
read_point = "door"
[[device]]
name = "bump"
kind = "fake.logger"
port = "/dev/y"
read_point = "door"
[[device]]
name = "loose"
kind = "fake.logger"
port = "/dev/v"
[[device]]
name = "lamp"
kind = "fake.lamp"
port = "/dev/z"
shows = "alarms"
[[device]]
name = "gate"
kind = "fake.reader"
port = "/dev/w"
"""


class Catalog:
    """A thermometer, a logger of shocks, a lamp that can show alarms, and a reader of tags."""

    DEVICES = dict.fromkeys(("fake.thermometer", "fake.logger", "fake.lamp", "fake.reader"), "fake")

    def module(self, kind):
        module = FakeModule()
        if kind == "fake.logger":
            module.KINDS = ("temperature", "shock")
        if kind == "fake.reader":
            module.KINDS = ("tag",)
        if kind == "fake.lamp":
            shows = Option("shows", str, "what", "nothing", choices=("nothing", "alarms"))
            module.KINDS, module.OPTIONS = (), (*FakeModule.OPTIONS, shows)
        return module


def configured(folder: Path, text: str):
    return parse(text.encode(), folder / "tallyman.toml", Catalog())


def journal_threads():
    """Of all journals that are open in this process."""
    return {each for each in threading.enumerate() if each.name == "journal"}


def world_of(timing=None, **environ: str) -> World:
    timing = timing or FakeTiming()
    return World(Catalog(), Host(timing), FakeSystemClock(timing), environ)


@asynccontextmanager
async def started(folder, text, **environ):
    """Everything joined, `boot` sealed, nothing running yet."""
    config, world = configured(folder, text), world_of(**environ)
    config.gateway.state_dir.mkdir(exist_ok=True)
    identity = identify(config, world)
    journal = await AsyncJournal.open(open_journal, config, identity.epoch)
    try:
        core = await build_core(config, world, identity, journal)
        await seal_start(core)
        agent = build_agent(config, world, core)
        yield SimpleNamespace(config=config, world=world, core=core, agent=agent, journal=journal)
        agent.upstream.close()
    finally:
        await journal.close()
