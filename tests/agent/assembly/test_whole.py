"""What a configuration makes of the agent: its tasks, and what hears of what."""

from __future__ import annotations

import pytest

from agent.assembly.core import identify
from agent.assembly.intake import build_intake, build_placed
from agent.journal.journal import JournalUnavailable
from agent.journal.ring_file import RingFile
from agent.journal.storage_state import StorageState
from agent.machine.flight import FlightMode
from agent.machine.supervisor import Restart
from agent.upstream.mode import Mode
from drivers.notebook import FileNotebook
from tests.agent.assembly.joined import BARE, configured, started, world_of
from tests.agent.fakes import reading

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


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    for name in ("bare", "rich"):
        (folder / name).mkdir()
    key = folder / "rich" / "site.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    return folder


ALWAYS, ON_FAILURE = Restart.ALWAYS, Restart.ON_FAILURE


async def test_a_gateway_that_reads_one_thermometer_runs_no_more_than_that_takes(folders):
    async with started(folders / "bare", BARE) as rig:
        rows = [(each.name, each.restart, each.essential) for each in rig.agent.tasks]
        assert rows == [
            ("recorder", ALWAYS, True),
            ("batcher", ALWAYS, True),
            ("storage", ALWAYS, False),
            ("wear", ALWAYS, False),
            ("control", ALWAYS, False),
            ("observer", ALWAYS, False),
            ("shipments", ON_FAILURE, False),
            ("ignored causes", ON_FAILURE, False),
            ("last state", ALWAYS, False),
            ("service status", ALWAYS, False),
            ("health", ALWAYS, False),
            ("device cold-1", ALWAYS, False),
        ]


async def test_what_is_configured_beyond_that_has_its_tasks_behind_the_tags_and_before_people(
    folders,
):
    async with started(folders / "rich", RICH, WATCHDOG_USEC="400000") as rig:
        names = [each.name for each in rig.agent.tasks]
        assert names == [
            *("recorder", "batcher", "storage", "wear", "control", "observer"),
            *("tags", "dock", "exchange", "neighbours", "views", "conditions", "alarm outputs"),
            *("notify", "shipments", "ignored causes", "last state", "service status"),
            *("watchdog", "health", "metrics"),
            *(f"device {name}" for name in ("cold-1", "bump", "loose", "lamp", "gate")),
        ]
        finishing = [each.name for each in rig.agent.tasks if each.restart is ON_FAILURE]
        assert finishing == ["dock", "shipments", "ignored causes"]


async def test_each_collector_knows_what_is_at_its_place(folders):
    async with started(folders / "rich", RICH) as rig:
        intake = build_intake(rig.config, rig.world, rig.core)
        assert [each.device.name for each in intake.collectors] == [
            "cold-1", "bump", "loose", "lamp", "gate",
        ]  # fmt: skip
        assert intake.tags() is intake.tags(), "one watch for all who ask"
        assert intake.outputs is not None
        assert intake.conditions is not None
        assert intake.neighbours is not None
        assert rig.world.host.flight() is False
        assert isinstance(rig.world.host.notebook, FileNotebook)
        assert rig.world.host.not_before() == rig.core.clock.not_before()


async def test_a_bare_gateway_s_intake_has_no_more_than_its_device(folders):
    async with started(folders / "bare", BARE) as rig:
        intake = build_intake(rig.config, rig.world, rig.core)
        assert (intake.neighbours, intake.conditions, intake.outputs) == (None, None, None)
        status = rig.agent.upstream.status()
        assert (status.nodes, status.uplink, status.key) == ((), None, None)
        assert status.trust.mode is Mode.PROOF_ONLY


async def test_a_start_is_the_first_records_and_they_are_signed(tmp_path):
    async with started(tmp_path, BARE) as rig:
        records = await rig.journal.records(0, 9)
        assert [record.kind for record in records] == ["boot", "config"]
        head = await rig.journal.head()
        assert (head.first, head.count) == (0, 2)
        assert rig.core.boot.number == records[0].boot
    async with started(tmp_path, BARE) as rig:
        records = await rig.journal.records(2, 9)
        assert records[0].values["previous"] == "unexpectedly"
        assert records[0].values["cause"] == "agent restart"
        await rig.core.recorder.note("shutdown", {"reason": "test"})
        await rig.core.recorder.commit()
    async with started(tmp_path, BARE) as rig:
        records = await rig.journal.records(5, 9)
        assert records[0].values["previous"] == "orderly"


async def test_what_is_configured_is_told_in_the_status(folders):
    async with started(folders / "rich", RICH) as rig:
        status = await rig.agent.snapshot.take()
        assert [each.name for each in status.devices] == ["cold-1", "bump", "loose", "lamp", "gate"]
        assert [each.name for each in status.notify] == ["webhook"]
        assert status.conditions == [], "nothing was measured yet"
        assert (status.ledger, status.flight, status.privacy) == (False, False, ())
        assert status.dock is not None
        await FlightMode(rig.config.gateway.state_dir).switch(on=True)
    async with started(folders / "rich", RICH) as rig:
        assert rig.world.host.flight() is True, "it outlives a restart"
        assert (await rig.agent.snapshot.take()).flight is True


@pytest.mark.parametrize("seen", [True, False])
async def test_a_shock_at_a_place_names_it_and_a_shock_elsewhere_nothing(folders, seen):
    shock = reading("bump", "shock", peak=90)
    async with started(folders / "rich", RICH) as rig:
        tags = build_intake(rig.config, rig.world, rig.core).tags() if seen else None
        device = rig.config.device("bump")
        placed = build_placed(device, ("temperature", "shock"), tags)
        assert placed(shock).fields == {"peak": 90, "read_point": "door", "goods": None}
        assert build_placed(device, ("temperature",), tags) is None
        assert build_placed(rig.config.device("loose"), ("shock",), tags) is None


async def test_a_start_says_what_it_found_before_it_goes_on(tmp_path, monkeypatch):
    said = []

    def noting(name):
        async def later(*_):
            said.append(name)

        return later if name.startswith(("note", "declare")) else lambda *_: said.append(name)

    usual = ["tell", "tell_of_blocks", "note_start", "declare_torn_tail", "declare_loss"]
    for name in (*usual, "declare_predecessor"):
        monkeypatch.setattr(f"agent.assembly.core.{name}", noting(name))
    async with started(tmp_path, BARE) as rig:
        await rig.core.recorder.note("config", {"digest": b"", "devices": 1})
        await rig.core.recorder.commit()
    assert said == [*usual, "declare_predecessor"]
    said.clear()
    async with started(tmp_path, BARE):
        assert said == usual, "what another gateway left was said with the first record"


async def test_a_disk_that_refuses_the_first_record_does_not_end_the_start(tmp_path, monkeypatch):
    refusals = [JournalUnavailable("no room", advice="free some", state=StorageState.FULL)]

    def write(*args):
        if refusals:
            raise refusals.pop()
        really_write(*args)

    really_write = RingFile.write
    monkeypatch.setattr(RingFile, "write", write)
    async with started(tmp_path, BARE) as rig:
        recorder = rig.core.recorder
        assert (recorder.state.waiting, recorder.state.error) == (2, "no room")
        assert await rig.journal.count() == 0
        await recorder.commit()
        assert [each.kind for each in await rig.journal.records(0, 9)] == ["boot", "config"]


@pytest.mark.parametrize("full", [True, False])
def test_a_disk_that_is_full_gives_up_what_was_kept_for_this_start(
    tmp_path, monkeypatch, caplog, full
):
    monkeypatch.setattr("agent.assembly.core.give_up_if_full", lambda _: full)
    config = configured(tmp_path, BARE)
    config.gateway.state_dir.mkdir()
    identity = identify(config, world_of())
    assert ("is full: the space kept for this start is released" in caplog.text) is full
    assert identify(config, world_of()) == identity
