"""A whole life within the test: from the lock to the last record, and what is answered meanwhile."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket

import pytest

from agent.assembly.desks import AT_THE_DOCK
from agent.assembly.run import run
from agent.assembly.world import World
from agent.desks.control_client import Refused, ask
from drivers.driver import Host
from foundation.durable import LOCK_NAME
from tests.agent.assembly.joined import BARE, Catalog, configured, started

LATE = {
    "visit", "visit-begin", "visit-action", "visit-end", "gaps", "gap-note", "label-new",
    "label-again", "assessable", "assess", "shelf", "metrics", "shipment-split", "shipment-merge",
    "shipment-custody", "shipment-check",
}  # fmt: skip
LONG = 60.0


async def asked(control, **request):
    """The results, or what is wrong with the request."""

    def wait():
        try:
            return list(ask(control, request))
        except Refused as error:
            return str(error)

    return await asyncio.to_thread(wait)


async def appears(path, living):
    async with asyncio.timeout(LONG):
        while not path.exists():
            assert not living.done(), living
            await asyncio.sleep(0.01)


@pytest.fixture
def manager(tmp_path):
    """The service manager's end: the datagrams that it got."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)

        def told():
            found = []
            while True:
                try:
                    found.append(manager.recv(4096).decode().splitlines()[0])
                except BlockingIOError:
                    return found

        yield told


@pytest.fixture
def collecting():
    """A start collects no garbage until it is over, and what stays is set apart: not here."""
    gc.unfreeze()
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("collecting")
async def test_a_life_answers_every_desk_and_ends_in_order(tmp_path, manager):
    config = configured(tmp_path, BARE)
    world = World(Catalog(), Host(), environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    stopping = []
    living = asyncio.create_task(run(config, world, lambda: stopping.append("stopping")))
    control = config.gateway.control
    await appears(control, living)
    answers = {verb: await asked(control, verb=verb) for verb in sorted(LATE | set(AT_THE_DOCK))}
    wrong = ("unknown verb", "ended the conversation", "mistake")
    assert [verb for verb, said in answers.items() if any(each in said for each in wrong)] == []
    assert answers["dock-points"] == answers["people"] == answers["assessable"] == []
    assert answers["shelf"] == answers["dock-list"] == "no read point is configured"
    (status,) = await asked(control, verb="status")
    assert status["name"] == "truck-12"
    assert (config.gateway.state_dir / LOCK_NAME).exists()
    assert stopping == []
    async with asyncio.timeout(LONG):
        while not gc.isenabled():
            await asyncio.sleep(0.01)
    assert gc.get_freeze_count() > 0
    signal.raise_signal(signal.SIGTERM)
    assert await asyncio.wait_for(living, LONG) is None
    assert stopping == ["stopping"]
    assert not control.exists()
    told = manager()
    assert (told[0], told[-1]) == ("READY=1", "STOPPING=1")
    async with started(tmp_path, BARE) as rig:
        records = await rig.journal.records(0, 1000)
    kinds = [record.kind for record in records]
    assert kinds[:2] == ["boot", "config"]
    last = next(record for record in reversed(records) if record.kind == "shutdown")
    assert last.values == {"reason": "asked to by SIGTERM"}
    assert records[last.number + 1].kind == "boot"
    assert records[last.number + 1].values["previous"] == "orderly"
