"""The sections of the snapshot: what each part says of itself, with moments as UTC."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.clock.causes import DISPUTED
from agent.clock.clock import Clock
from agent.desks.control import BadRequest
from agent.desks.devices import DeviceDesk
from agent.desks.dock_section import DockSection
from agent.desks.sections import DeviceSection, DiskSection, JournalSection, PowerSection
from agent.desks.snapshot import Snapshot
from agent.desks.status import (
    CardStatus,
    ClockStatus,
    DeviceStatus,
    DisputeStatus,
    DockStatus,
    OpenCheckStatus,
    PowerStatus,
    StorageStatus,
    TaskStatus,
)
from agent.journal.causes import OF_STATE
from agent.journal.storage_state import StorageState
from agent.machine.supervisor import TaskReport, TaskState
from agent.machine.wear import Wear
from drivers.driver import State
from drivers.errors import CRASHED
from evidence.leaf import Record
from tests.agent.desks.office import device
from tests.agent.fakes import WALL_MS, FakeSystemClock, FakeTiming, reading


def clock(timing: FakeTiming | None = None) -> Clock:
    made = Clock(FakeSystemClock(timing or FakeTiming()), boot=1)
    made.poll()
    return made


def disk(state=StorageState.OK, error="", advice="", refused=0, refusing=False) -> DiskSection:
    now = SimpleNamespace(state=state, error=error, advice=advice)
    return DiskSection(
        None, SimpleNamespace(now=now, since=98.0),
        SimpleNamespace(wear=Wear(1, 2, 3.5, 30, "ok", "")),
        SimpleNamespace(refusals=SimpleNamespace(count=refused, refusing=refusing)), clock(),
    )  # fmt: skip


def test_a_disk_in_trouble_says_since_when_what_is_refused_and_its_cause():
    bad = next(state for state in StorageState if state in OF_STATE)
    section = disk(bad, "i/o error", "replace it", 7, refusing=True)
    assert section.storage() == StorageStatus(
        str(bad), WALL_MS - 2000, "i/o error", "replace it", 7, True, OF_STATE[bad].id
    )
    assert section.trouble() == f"storage is {bad}: i/o error"
    assert disk().trouble() == ""
    assert disk().storage() == StorageStatus("ok", WALL_MS - 2000)
    assert disk().card() == CardStatus(1, 2, 3.5, 30, "ok", "")


async def test_a_disk_that_cannot_be_asked_has_no_space_that_anybody_knows(tmp_path):
    away = DiskSection(tmp_path / "away", None, None, None, None)
    assert await away.space() is None


def test_the_journal_tells_in_one_line_what_keeps_it_from_being_durable():
    state = SimpleNamespace(failing_since=None, error="disk full")
    section = JournalSection(SimpleNamespace(state=state), None, None)
    assert section.trouble() == ""
    state.failing_since = 5.0
    assert section.trouble() == "RECORDS ARE NOT DURABLE: disk full"


def test_a_board_that_says_nothing_of_its_supply_is_unknown(tmp_path):
    assert PowerSection(tmp_path).take() == PowerStatus(None, None, None)


COUNTERS = {"readings": 3}


def running(name="cold", last=None, **health):
    made = device(name, last, read_point="bay 1")
    made.health = SimpleNamespace(
        state=State.RUNNING, since=90.0, detail="", advice="", cause=None, counters=COUNTERS
    )
    vars(made.health).update(health)
    return made


def devices(*collectors, silent=(), reports=None) -> DeviceSection:
    silence = SimpleNamespace(silent=lambda name: name in silent)
    return DeviceSection(collectors, silence, reports or {}, clock())


def test_a_device_is_told_with_its_newest_reading_and_since_when():
    (told,) = devices(running(last=reading("cold", monotonic=99.0, temperature=4.31))).take()
    assert told == DeviceStatus(
        name="cold", kind="sensors.sht3x", read_point="bay 1", state="running",
        since_ms=WALL_MS - 10_000, silent=False, last_ms=WALL_MS - 1000, last=told.last, detail="",
        advice="", counters=COUNTERS, cause="",
    )  # fmt: skip
    assert "4.31" in told.last
    assert told.counters is not COUNTERS


def test_a_device_that_never_read_and_is_silent_says_why():
    cause = SimpleNamespace(id="i2c.no-answer")
    missing = running(state=State.MISSING, detail="unplugged", advice="plug it in", cause=cause)
    (told,) = devices(missing, silent=("cold",)).take()
    assert (told.silent, told.last_ms, told.last) == (True, None, "")
    assert (told.state, told.detail, told.advice, told.cause) == (
        "missing", "unplugged", "plug it in", "i2c.no-answer",
    )  # fmt: skip


@pytest.mark.parametrize("state", list(TaskState))
def test_a_driver_that_failed_is_the_devices_trouble(state):
    report = TaskReport("device cold", state, error="a bug", advice="report it")
    (told,) = devices(running(detail="well"), reports={"device cold": report}).take()
    if state in (TaskState.WAITING, TaskState.GIVEN_UP):
        assert (told.detail, told.advice, told.cause) == (
            "its driver failed: a bug", "report it", CRASHED.id,
        )  # fmt: skip
        report = TaskReport("device cold", state, error="a bug")
        (told,) = devices(running(), reports={"device cold": report}).take()
        assert told.advice == CRASHED.next
    else:
        assert (told.detail, told.cause) == ("well", "")


async def test_who_asks_for_devices_is_told_the_moment_and_may_have_one_read():
    timing = FakeTiming()
    cold = running()

    async def read_once():
        return reading("cold", monotonic=99.5, temperature=4.31)

    cold.read_once = read_once
    desk = DeviceDesk([cold], devices(cold), clock(timing))
    verbs = desk.verbs()
    (told,) = [each async for each in verbs["devices"]({})]
    assert (told["now_ms"], [each["name"] for each in told["devices"]]) == (WALL_MS, ["cold"])
    (fresh,) = [each async for each in verbs["read"]({"device": "cold"})]
    record = Record.from_bytes(bytes.fromhex(fresh))
    assert (record.device, record.wall_ms, record.values) == (
        "cold", WALL_MS - 500, {"temperature": 431},
    )  # fmt: skip
    with pytest.raises(BadRequest, match="there is no device 'colt'"):
        [each async for each in verbs["read"]({"device": "colt"})]


def test_the_dock_tells_of_open_checks_refused_notices_and_neighbours():
    opened = SimpleNamespace(check="R-1", read_point="door 2")
    session = SimpleNamespace(opened=opened, notice=SimpleNamespace(number="ASN-1"), last_ms=5)
    checks = SimpleNamespace(sessions={"R-1": session})
    refused = SimpleNamespace(refused=("no number", 98.0))
    told = DockSection(checks, refused, SimpleNamespace(heard=3, unopened=1), clock()).take()
    assert told == DockStatus(
        open=[OpenCheckStatus("R-1", "ASN-1", "door 2", 5)], refused="no number",
        refused_ms=WALL_MS - 2000, heard=3, unopened=1,
    )  # fmt: skip
    nothing = DockSection(None, SimpleNamespace(refused=("", None)), None, clock()).take()
    assert nothing == DockStatus(open=[], refused="", refused_ms=None, heard=None, unopened=None)


class Told:
    """A section that says what it was given."""

    def __init__(self, told, trouble=""):
        self.told, self.said, self.patience = told, trouble, []

    def take(self, *patience):
        if not patience:
            return self.told
        return self._later(*patience)

    async def _later(self, patience):
        self.patience.append(patience)
        return self.told

    def trouble(self):
        return self.said


class Disk(Told):
    def space(self, patience):
        return self._later(patience)

    def storage(self):
        return "storage"

    def card(self):
        return "card"


def snapshot(*, journal="", disk_="", found=(), disputes=(), reports=None):
    now = SimpleNamespace(wall_ms=WALL_MS, source="ntp", bound_ms=20, boot=3, monotonic_ms=5000)
    watch = SimpleNamespace(
        now=lambda: now, source="ntp", disputes=lambda: disputes,
        stamp=lambda at: SimpleNamespace(wall_ms=WALL_MS - 5000 + round(at * 1000)),
    )  # fmt: skip
    config = SimpleNamespace(
        gateway=SimpleNamespace(name="truck-12"), path="/etc/t.toml",
        ledger=SimpleNamespace(nodes=["n"]),
    )  # fmt: skip
    upstream = SimpleNamespace(
        nodes=["node"], uplink="uplink", trust="trust", key="key", ways="ways", days="days",
        names="names",
    )  # fmt: skip
    return Snapshot(
        config, SimpleNamespace(gateway="urn:uuid:1"), watch, Told("journal", journal),
        Disk("space", disk_), Told(found), lambda: upstream, reports or {}, power=Told("power"),
        dock=Told("dock"), ignored=lambda: "ignored", conditions=lambda: "conditions",
        notify=lambda: "notify", flight=lambda: True, privacy=lambda: "privacy",
    )  # fmt: skip


async def test_each_part_of_a_snapshot_comes_from_its_section():
    told = await snapshot(found=["device"]).take(0.5)
    parts = {
        "name": "truck-12", "gateway": "urn:uuid:1", "config": "/etc/t.toml", "journal": "journal",
        "disk": "space", "storage": "storage", "card": "card", "ledger": True, "nodes": ["node"],
        "uplink": "uplink", "devices": ["device"], "trust": "trust", "key": "key",
        "power": "power", "dock": "dock", "ignored": "ignored", "conditions": "conditions",
        "ways": "ways", "notify": "notify", "days": "days", "names": "names", "flight": True,
        "privacy": "privacy", "started_ms": WALL_MS, "tasks": [],
        "clock": ClockStatus(WALL_MS, "ntp", 20, 3),
    }  # fmt: skip
    assert {name: getattr(told, name) for name in parts} == parts


@pytest.mark.parametrize(("asked", "patience"), [({}, None), ({"patience_ms": 250}, 0.25)])
async def test_who_cannot_wait_says_so_to_journal_and_disk(asked, patience):
    seen = []

    async def take(given):
        seen.append(given)
        return SimpleNamespace(to_dict=lambda: "told")

    made = snapshot()
    made.take = take
    assert [each async for each in made.verbs()["status"](asked)] == ["told"]
    assert seen == [patience]


async def test_a_clock_that_somebody_disputes_names_who_and_the_next_step():
    dispute = SimpleNamespace(source="gnss", differs_ms=-70, since=4.0)
    told = (await snapshot(disputes=[dispute]).take()).clock
    assert told.disputes == (DisputeStatus("gnss", -70, WALL_MS - 1000),)
    assert (told.advice, told.cause) == (DISPUTED.next, DISPUTED.id)


async def test_tasks_that_wait_or_were_given_up_are_told_and_drivers_stand_with_devices():
    reports = {
        name: TaskReport(name, state, error="e", advice="a", cause="c")
        for name, state in (
            ("sender", TaskState.WAITING), ("clock", TaskState.GIVEN_UP),
            ("recorder", TaskState.RUNNING), ("device cold", TaskState.WAITING),
        )
    }  # fmt: skip
    assert (await snapshot(reports=reports).take()).tasks == [
        TaskStatus("sender", "waiting", "e", "a", "c"),
        TaskStatus("clock", "given-up", "e", "a", "c"),
    ]


def test_one_line_says_what_is_worst():
    found = [SimpleNamespace(silent=True), SimpleNamespace(silent=False)]
    line = "2 devices, 1 silent; clock by ntp"
    assert snapshot(found=found).line() == line
    dispute = SimpleNamespace(source="gnss")
    assert snapshot(found=found, disputes=[dispute]).line() == f"{line}, gnss excludes it"
    assert snapshot(found=found, journal="J", disk_="D").line() == f"J; {line}"
    assert snapshot(found=found, disk_="D").line() == f"D; {line}"
