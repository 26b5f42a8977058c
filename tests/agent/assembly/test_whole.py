"""What a configuration makes of the agent: its tasks, and what hears of what."""

from __future__ import annotations

import asyncio
import socket

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
from tests.agent.assembly.joined import BARE, RICH, configured, started, world_of
from tests.agent.fakes import reading

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


async def test_a_gateway_is_not_watched_where_that_is_not_wanted(folders):
    async with started(folders / "bare", BARE + "[health]\nenabled = false\n") as rig:
        assert "health" not in [each.name for each in rig.agent.tasks]


@pytest.mark.parametrize(("profile", "shows"), [("", "alarms"), ("2-8", "nothing")])
async def test_a_lamp_shows_nothing_where_it_is_not_to_or_nothing_raises_alarms(
    folders, profile, shows
):
    text = RICH.replace('"2-8"', f'"{profile}"').replace('"alarms"', f'"{shows}"')
    async with started(folders / "rich", text) as rig:
        names = [each.name for each in rig.agent.tasks]
        assert ("conditions" in names, "alarm outputs" in names) == (profile != "", False)


async def test_an_alarm_is_a_text_for_whoever_may_send_it(folders):
    async with started(folders / "bare", BARE) as rig:
        await rig.core.recorder.note("alarm", {"rule": "high"}, device="cold-1")
        await rig.core.recorder.commit()
        (text,) = rig.world.host.alarms
        assert text.startswith("truck-12: cold-1: ")


async def test_a_device_is_silent_once_the_longest_recording_interval_is_over(folders):
    async with started(folders / "bare", BARE + "[silence]\nlimit_minutes = 15\n") as rig:
        silence = build_intake(rig.config, rig.world, rig.core).silence
        silence.expect("cold-1", 800.0, 0.0)
        assert silence.check(900.0) == []
        assert [each.limit for each in silence.check(900.1)] == [900.0]


async def test_a_certificate_counts_for_the_device_that_it_names(folders):
    certified = '[[calibration]]\ndevice = "bump"\noffset = -0.2\ncertificate = "C-1"\n'
    async with started(folders / "rich", RICH + certified) as rig:
        intake = build_intake(rig.config, rig.world, rig.core)
        found = {each.device.name: each.calibrations for each in intake.collectors}
        assert [name for name, given in found.items() if given] == ["bump"]


async def test_the_service_manager_is_told_every_ten_seconds_and_its_watchdog_fed(
    folders, tmp_path
):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        async with started(folders / "bare", BARE, **environ) as rig:
            run = {each.name: each.run for each in rig.agent.tasks}
            timing = rig.world.host.timing
            telling = asyncio.create_task(run["service status"]())
            await timing.advance(9.9)
            feeding = asyncio.create_task(run["watchdog"]())
            await timing.advance(0.1)
            assert manager.recv(99) == b"WATCHDOG=1"
            assert manager.recv(4096).decode() == f"STATUS={rig.agent.snapshot.line()}"
            await timing.advance(0.1)
            assert manager.recv(99) == b"WATCHDOG=1", "twice in its 0.4 s"
            telling.cancel()
            feeding.cancel()


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
