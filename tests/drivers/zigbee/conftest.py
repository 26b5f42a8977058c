"""A Zigbee network whole: an emulated stick, the process tallyman-zigbee, and its followers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import catalog
from drivers.driver import Health, Host, State
from hil.emulators.catalog import make

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / os.environ.get("ZIGBEE", "build/zigbee") / "bin/python"
ROUTER, CLIMATE = "00158d0000000001", "00158d0000000002"
PATIENCE = 30.0  # s


@pytest.fixture(scope="session")
def zigpy():
    """The Python of the environment that has zigpy; it is set up where there is a network."""
    done = subprocess.run(["make", "zigbee"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        assert not os.environ.get("CI"), done.stderr
        pytest.skip(f"`make zigbee` found no package: {done.stderr.strip()[-200:]}")
    return PYTHON


@pytest.fixture(scope="session")
def zigpy_here(zigpy):
    """Lets this process import zigpy and its radio libraries, behind all that it has of its own."""
    (packages,) = zigpy.parent.parent.glob("lib/python*/site-packages")
    sys.path.append(str(packages))
    yield
    sys.path.remove(str(packages))


class Told:
    """A listener: what it was told, in order. `strangers` may not join."""

    def __init__(self):
        self.all, self.strangers = [], []

    def may_join(self, ieee, address):
        self.all.append(("may_join", ieee, address))
        return ieee not in self.strangers

    def __getattr__(self, name):
        return lambda *told: self.all.append((name, *told))


@pytest.fixture
async def on_no_stick(zigpy_here):
    """A radio through zigpy in this process, on no stick."""
    from tests.drivers.zigbee.on_no_stick import OnNoStick

    made = OnNoStick()
    yield made
    made.app.fails = None
    await made.radio.close()


@pytest.fixture
async def passes(monkeypatch):
    """What lets seconds of the event loop pass; else its time stands."""
    loop = asyncio.get_running_loop()
    now = [loop.time()]
    monkeypatch.setattr(loop, "time", lambda: now[0])

    async def passes(seconds):
        await _all_that_is_ready()
        now[0] += seconds
        await _all_that_is_ready()

    return passes


async def _all_that_is_ready():
    for _ in range(50):
        await asyncio.sleep(0)


async def until(condition, what="it"):
    """Wait until `condition` holds."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        said = what() if callable(what) else what
        raise AssertionError(f"{said} did not come about") from None


class EveryState(Health):
    """A health that remembers all that it was: some states pass between two looks of a test."""

    def __init__(self):
        super().__init__()
        self.states = []

    def enter(self, state, now, detail="", cause=None):
        self.states.append((state, detail))
        super().enter(state, now, detail, cause)


class Heard:
    """A driver that is followed: what it said."""

    def __init__(self, driver):
        self.driver = driver
        self.seen = []
        driver.health = EveryState()
        self._task = asyncio.ensure_future(self._follow())

    async def _follow(self):
        async with self.driver as driver:
            async for reading in driver.readings():
                self.seen.append(reading)
                driver.committed(len(self.seen))

    @property
    def health(self):
        return self.driver.health

    def said(self, kind, **fields):
        """Its readings of a kind that have these fields."""
        return [
            each
            for each in self.seen
            if each.kind == kind and fields.items() <= dict(each.fields).items()
        ]

    async def says(self, kind, **fields):
        await until(
            lambda: self.said(kind, **fields), lambda: f"{kind} {fields} in {self.seen[-5:]}"
        )
        return self.said(kind, **fields)[-1]

    async def is_(self, state, detail=""):
        await until(
            lambda: self.health.state is state and detail in self.health.detail,
            lambda: f"{state} {detail!r}: {self.health}",
        )

    async def was(self, state, *details):
        """Wait until it is in a state, or has been, however short, with one of the details."""
        await until(
            lambda: any(
                each is state and any(detail in text for detail in details)
                for each, text in self.health.states
            ),
            lambda: f"{state} {details}: {self.health.states[-6:]}",
        )

    async def end(self):
        self._task.cancel()
        await asyncio.wait([self._task])


class Site:
    """A folder with a stick, the process that holds it, a radio `radio-1` and its followed nodes."""

    def __init__(self, python, folder, type_="znp", **stick):
        self.folder, self._python, self.type = folder, python, type_
        self.stick = self.another_stick(**stick)
        self.process = None
        self.heard = {}
        self.followed = {}  # the nodes' addresses by their names
        where = {"port": str(folder / "stick"), "type": type_}
        self.radio = self._follow("zigbee.radio", "radio-1", where)

    def another_stick(self, **settings):
        given = {"link": self.folder / "stick", "nvram": self.folder / "nvram"} | settings
        return make(f"zigbee.{self.type}", given)

    def node(self, name):
        return self.stick.mesh.nodes[name]

    def _options(self, **given):
        return {"stack": str(self.folder / "socket")} | given

    def _follow(self, kind, name, given):
        driver = catalog.build(kind, name, self._options(**given), Host())
        self.heard[name] = Heard(driver)
        return self.heard[name]

    def follow(self, ieee, interval=2.0):
        name = f"node-{ieee[-2:]}"
        self.followed[name] = ieee
        given = {"radio": "radio-1", "ieee": ieee, "interval": interval}
        return self._follow("zigbee.node", name, given)

    async def start(self):
        """Plug the stick in and start the process."""
        self._running = asyncio.ensure_future(self.stick.run())
        await self.start_process()

    async def start_process(self):
        config = self.folder / "tallyman.toml"
        config.write_text(
            f'[[device]]\nname = "radio-1"\nkind = "zigbee.radio"\n'
            f'type = "{self.type}"\n'
            f'port = "{self.folder / "stick"}"\nstack = "{self.folder / "socket"}"\n'
            + "".join(  # so that a value is kept that comes before the follower is back
                f'[[device]]\nname = "{name}"\nkind = "zigbee.node"\nradio = "radio-1"\n'
                f'ieee = "{ieee}"\n'
                for name, ieee in self.followed.items()
            )
        )
        self.process = await asyncio.create_subprocess_exec(
            *(self._python, "-m", "drivers.zigbee.host.main"),
            *("--config", config, "--state", self.folder / "state"),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )

    async def stop_process(self, how="terminate"):
        getattr(self.process, how)()
        _, err = await self.process.communicate()
        return self.process.returncode, err.decode()

    async def swap(self, **settings):
        """Put another stick in its place, with the nodes that are there."""
        mesh = self.stick.mesh
        self._running.cancel()
        await asyncio.wait([self._running])
        self.stick = self.another_stick(**settings)
        self.stick.mesh = mesh
        self._running = asyncio.ensure_future(self.stick.run())

    def runs(self):
        """How often the network was started, as its radio's records tell."""
        return len(self.radio.said("zigbee-radio", state="running"))

    async def order(self, do, **given):
        return await self.radio.driver.order({"do": do, **given})

    async def form(self):
        await self.radio.is_(State.WRONG_DEVICE, "none in the book")
        await self.order("form", yes=True)
        await self.radio.is_(State.RUNNING)

    async def let_in(self, *names, via=""):
        """Open the network, and let nodes join one after the other."""
        for heard in self.heard.values():  # so that a node's records are its own, not the radio's
            await until(lambda heard=heard: heard.driver._life, "its follower")
        await self.order("permit", seconds=60)
        for name in names:
            assert self.stick.join(self.node(name), via)
            heard = self.heard.get(f"node-{name[-2:]}", self.radio)
            await heard.says("zigbee-node", state="joined", ieee=name)
        await self.order("close")

    async def end(self):
        for heard in self.heard.values():
            await heard.end()
        if self.process.returncode is None:
            await self.stop_process()
        self._running.cancel()
        await asyncio.wait([self._running])


@pytest.fixture
def site(zigpy, tmp_path):
    """What makes a site, which is started and ended."""

    @contextlib.asynccontextmanager
    async def make_site(**stick):
        made = Site(zigpy, tmp_path, **stick)
        await made.start()
        try:
            yield made
        finally:
            await made.end()

    return make_site
