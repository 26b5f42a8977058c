"""A gateway's journal with the socket that tallyman-notify asks, and whoever is told."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.clock.clock import Clock
from agent.clock.kernel import KernelClock
from agent.desks.control import ControlServer
from agent.desks.notify import NotifyDesk
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from drivers.driver import SystemTiming
from foundation.notify import Progress
from hil.site.ports import HERE
from tests.agent.notify.receiver import Receiver

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0  # s
GATEWAY = "urn:uuid:9f86d081-884c-4d65-9a2f-eaa0c55ad015"
ALARM = {
    "rule": "too warm", "profile": "2-8", "version": 1, "limit": "temperature above 8 °C",
    "state": "alarm", "before": "excursion", "from_ms": 1_790_000_000_000, "severity": "critical",
}  # fmt: skip


async def until(condition, what="it"):
    """Wait until `condition` holds."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what() if callable(what) else what} did not come about") from None


class Gateway:
    """A journal, and the desk; `up` and `down` are an agent's starts and ends."""

    def __init__(self, folder: Path, channels: list[str]) -> None:
        self.folder, self.channels = folder, channels
        self.socket = folder / "agent.sock"
        self.timing = SystemTiming()
        self._boot = 0

    async def up(self) -> None:
        self._boot += 1
        self.journal = await AsyncJournal.open(RingJournal, self.folder / "j", b"e" * 16)
        clock = Clock(KernelClock(), self._boot)
        progress = Progress(self.timing.monotonic)
        self.recorder = Recorder(self.journal, clock, self.timing, progress, window=0.05)
        await self.recorder.open()
        identity = SimpleNamespace(gateway=GATEWAY)
        self.desk = NotifyDesk(
            self.channels, identity, "truck-7", self.journal, self.recorder, clock, self.timing
        )
        server = ControlServer(self.socket, self.desk.verbs())
        self._tasks = [asyncio.create_task(run()) for run in (self.recorder.run, server.run)]
        await until(self.socket.exists)

    async def down(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.journal.close()

    async def alarm(self, kind="alarm", **fields) -> int:
        """Record one, durably; return its number."""
        await self.recorder.note(kind, ALARM | fields, device="cargo")
        await self.recorder.flush()
        return await self.journal.count() - 1

    def says(self) -> dict:
        return {each.name: each for each in self.desk.statuses()}


class Notifier:
    """The process, as its unit starts it."""

    def __init__(self, config: Path, state: Path) -> None:
        self._argv = ("-m", "agent.notify.main", "--config", str(config), "--state", str(state))
        self._log = state.with_name("notify.log")
        self._process: asyncio.subprocess.Process | None = None

    async def up(self, *more: str) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._argv, *more, cwd=ROOT, stdout=log, stderr=log,
                env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'build/notify/lib'}"},
            )  # fmt: skip

    async def down(self, *, kill: bool = False) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill() if kill else self._process.terminate()
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def ended(self) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    def said(self) -> str:
        return self._log.read_text()


@pytest.fixture
def receiver():
    receiver = Receiver()
    receiver.up()
    yield receiver
    receiver.down()


class Certificate:
    """A key and a certificate of this machine's address that it signed itself."""

    def __init__(self, folder: Path) -> None:
        self.key, self.file = folder / "key.pem", folder / "cert.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.key, "-out", self.file, "-subj", "/CN=alarms.example",
             "-addext", f"subjectAltName=IP:{HERE}", "-days", "2"],
            check=True, capture_output=True,
        )  # fmt: skip

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def notifier(tmp_path):
    """Makes the process of a [notify] that is given as TOML."""

    def make(text: str) -> Notifier:
        config = tmp_path / "tallyman.toml"
        config.write_text(f'[gateway]\nname = "truck-7"\n[notify]\nsocket = "agent.sock"\n{text}\n')
        return Notifier(config, tmp_path / "state")

    return make


@pytest.fixture
async def gateway(tmp_path):
    gateway = Gateway(tmp_path, ["webhook", "mqtt", "command"])
    await gateway.up()
    yield gateway
    await gateway.down()
