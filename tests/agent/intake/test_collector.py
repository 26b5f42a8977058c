"""From a driver's readings to records of time, state and silence, with an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.config.devices import Device
from agent.intake.collector import Collector
from agent.intake.declared import Declared
from agent.intake.health_board import HealthBoard
from agent.intake.observer import LOOK_WITHIN, Observer
from agent.intake.placed import Placed
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.observe.calibration import Calibration
from agent.observe.silence import Silence
from agent.records.registry import kind_of
from agent.records.sentences import sentence
from drivers.driver import Health, State
from drivers.kind import PROMPT
from drivers.reading import Quality, Reading
from evidence.leaf import Record
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, reading, settle

FIX = datetime(2026, 11, 22, 6, 0, 0, tzinfo=UTC)


class ScriptedDriver:
    """Yields what the test puts in; ends with the exception the test puts in."""

    def __init__(self, timing: FakeTiming) -> None:
        self.name = "cold-1"
        self.health = Health(since=timing.now)
        self.script: asyncio.Queue[Reading | Exception] = asyncio.Queue()
        self.acknowledged: list[int] = []
        self.open = False

    async def readings(self) -> AsyncIterator[Reading]:
        while True:
            item = await self.script.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def read_once(self) -> Reading:
        return await self.script.get()

    def committed(self, count: int) -> None:
        self.acknowledged.append(count)

    async def __aenter__(self):
        self.open = True
        return self

    async def __aexit__(self, kind, error, trace):
        self.open = False


class Rig:
    def __init__(self, tmp_path) -> None:
        self.timing = FakeTiming()
        self.system = FakeSystemClock(self.timing, wall_ms=5000)
        self.clock = Clock(self.system, boot=1)
        self.path = tmp_path / "j"
        self.made: list[ScriptedDriver] = []
        self.silence = Silence(300.0)
        self.board = HealthBoard()
        self.calibrations: list[Calibration] = []
        self.placed: Placed | None = None
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.thread = JournalThread()
        self.timing.thread = self.thread  # time waits for the disk
        ring = await self.thread.run(RingJournal, self.path, b"e" * 16)
        self.journal = AsyncJournal(ring, self.thread)
        self.recorder = Recorder(
            self.journal,
            self.clock,
            self.timing,
            Progress(self.timing.monotonic),
            window=1.0,
        )
        await self.recorder.open()
        device = Device("cold-1", "fake", "", {}, 10.0)
        declared = Declared(device, ("temperature", "position", "mobile-network", "waveform"))
        self.collector = Collector(
            device,
            self.make,
            declared,
            self.board,
            self.recorder,
            self.clock,
            self.silence,
            calibrations=self.calibrations,
            placed=self.placed,
        )
        self.observer = Observer(
            [self.collector], self.silence, self.clock, self.recorder, self.journal, self.timing
        )
        for run in (self.recorder.run, self.observer.run, self.collector.run):
            self.tasks.append(asyncio.create_task(run()))
        await settle()

    def make(self) -> ScriptedDriver:
        self.made.append(ScriptedDriver(self.timing))
        return self.made[-1]

    @property
    def driver(self) -> ScriptedDriver:
        return self.made[-1]

    async def say(self, **fields) -> None:
        fields.setdefault("monotonic", self.timing.now)
        self.driver.script.put_nowait(reading("cold-1", **fields))
        await settle()

    async def records(self) -> list[Record]:
        await self.recorder.flush()
        return await self.journal.records(0, 9999)

    async def kinds(self) -> list[str]:
        return [record.kind for record in await self.records()]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.journal.close()


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


async def test_readings_are_recorded_and_acknowledged(rig):
    await rig.say(temperature=4.31)
    await rig.say(temperature=4.32)
    assert rig.driver.acknowledged == []
    records = await rig.records()
    await settle()
    assert [record.values["temperature"] for record in records] == [431, 432]
    assert rig.driver.acknowledged == [2]


async def test_silence_opens_a_gap_and_return_closes_it(rig):
    await rig.say()
    await rig.timing.advance(27.0)
    await rig.say()
    gaps = [record for record in await rig.records() if record.kind == "gap"]
    assert [gap.values["state"] for gap in gaps] == ["open", "closed"]
    assert [gap.device for gap in gaps] == ["cold-1", "cold-1"]
    assert gaps[0].values["from_ms"] == gaps[1].values["from_ms"] == 5000
    assert gaps[0].values["reason"].startswith("no reading for 25 s")
    assert gaps[1].values["to_ms"] == 5000 + 27_000
    assert gaps[1].values["duration_ms"] == 27_000


async def test_a_reading_without_data_does_not_end_a_gap(rig):
    await rig.timing.advance(26.0)
    for _ in range(3):
        await rig.say(quality=Quality.NO_ANSWER, temperature=None)
        await rig.timing.advance(10.0)
    kinds = await rig.kinds()
    assert kinds.count("gap") == 1
    assert kinds.count("temperature") == 3
    assert rig.collector.last is None


async def test_the_gap_of_an_earlier_run_is_closed_by_this_one(rig):
    await rig.recorder.note(
        "gap", {"state": "open", "from_ms": 77, "reason": "before"}, device="cold-1"
    )
    await rig.recorder.flush()
    await rig.observer.inherit()
    assert rig.silence.silent("cold-1")
    await rig.say()
    closed = [r for r in await rig.records() if r.kind == "gap"][-1]
    assert (closed.values["state"], closed.values["from_ms"]) == ("closed", 77)
    assert "duration_ms" not in closed.values


async def test_device_states_are_records(rig):
    rig.driver.health.enter(State.RUNNING, rig.timing.now)
    await rig.timing.advance(2.0)
    rig.driver.health.enter(State.MISSING, rig.timing.now, "unplugged")
    await rig.timing.advance(2.0)
    states = [r.values for r in await rig.records() if r.kind == "device"]
    assert states == [{"state": "running"}, {"state": "missing", "detail": "unplugged"}]


async def test_a_commit_is_a_moment_to_look_and_no_timer_need_come(rig):
    await rig.timing.advance(2 * LOOK_WITHIN + 0.2)
    looked = rig.timing.now - 0.2
    rig.driver.health.enter(State.RUNNING, looked)
    await rig.say()
    await rig.timing.advance(LOOK_WITHIN)
    (state,) = [r for r in await rig.records() if r.kind == "device"]
    committed = looked + 0.2 + 0.95  # the window is 1 s, of which 50 ms are for the write
    assert state.monotonic_ms == round(committed * 1000)


async def test_a_fix_sets_the_clock_and_the_record_of_it_comes_first(rig):
    await rig.say(kind="position", utc=FIX, lat=1.0, lon=2.0)
    records = await rig.records()
    assert [record.kind for record in records] == ["clock", "position"]
    change, position = records
    assert change.values["old_source"] == "none"
    assert change.values["new_source"] == "gnss"
    expected = round(FIX.timestamp() * 1000)
    assert change.values["offset_ms"] == expected - 5000
    assert (position.clock_source, position.wall_ms) == ("gnss", expected)


async def test_the_mobile_networks_time_counts_within_an_hour_and_a_fix_for_more(rig):
    await rig.say(kind="mobile-network", utc=FIX + timedelta(minutes=40), state="home")
    assert rig.clock.source is Source.NITZ
    assert rig.clock.bound_ms() == 3_610_000
    await rig.say(kind="position", utc=FIX, lat=1.0)
    assert rig.clock.source is Source.GNSS
    assert rig.clock.now().wall_ms == round(FIX.timestamp() * 1000)
    await rig.say(kind="mobile-network", utc=FIX + timedelta(minutes=40), state="home")
    assert rig.clock.source is Source.GNSS


async def test_bad_fixes_do_not_set_the_clock(rig):
    await rig.say(kind="position", utc=FIX, quality=Quality.SUSPECT, lat=1.0)
    await rig.say(kind="position", utc=FIX.replace(tzinfo=None), lat=1.0)
    assert "clock" not in await rig.kinds()
    assert not rig.clock.synced


async def test_a_jump_of_the_receiver_is_told_at_once_and_followed_after_a_minute(rig):
    await rig.say(kind="position", utc=FIX, lat=1.0)
    for second in range(1, 62):
        await rig.timing.advance(1.0)
        await rig.say(kind="position", utc=FIX + timedelta(days=1, seconds=second), lat=1.0)
    changes = [record for record in await rig.records() if record.kind == "clock"]
    assert [change.quality for change in changes] == ["ok", "suspect", "suspect"]
    assert [change.values["offset_ms"] for change in changes[1:]] == [0, 86_400_000]
    assert changes[1].values["claim_ms"] == 86_400_000
    positions = [record.quality for record in await rig.records() if record.kind == "position"]
    assert positions == ["ok", *["suspect"] * 60, "ok"]


async def test_the_time_of_a_doubtful_fix_is_told_where_it_contradicts_but_never_followed(rig):
    await rig.say(kind="position", utc=FIX, lat=1.0)
    for second in range(1, 100):
        await rig.timing.advance(1.0)
        moment = FIX + timedelta(days=1, seconds=second)
        await rig.say(kind="position", utc=moment, lat=1.0, quality=Quality.SUSPECT)
    changes = [record for record in await rig.records() if record.kind == "clock"]
    assert [change.values["offset_ms"] for change in changes][1:] == [0]
    assert rig.clock.now().wall_ms == round(FIX.timestamp() * 1000) + 99_000


async def test_a_position_from_a_time_that_was_over_is_suspect(rig):
    rig.clock.offer(Source.QUORUM, FIX, rig.timing.now, None)
    await rig.say(kind="position", utc=FIX - timedelta(days=30), lat=1.0)
    clock, position = (await rig.records())[-2:]
    assert (clock.kind, clock.quality) == ("clock", "suspect")
    assert (position.kind, position.quality) == ("position", "suspect")
    assert not rig.clock.synced


async def test_the_bound_holds_until_leap_seconds_are_known(rig):
    for second in range(0, 750, 5):
        fast = timedelta(seconds=3 if second < 300 else 0)
        await rig.say(kind="position", utc=FIX + timedelta(seconds=second) + fast, lat=1.0)
        assert rig.clock.bound_ms() >= 19_000
        await rig.timing.advance(5.0)
    await rig.say(kind="position", utc=FIX + timedelta(seconds=750), lat=1.0)
    assert rig.clock.bound_ms() == 1000
    changes = [record for record in await rig.records() if record.kind == "clock"]
    assert [change.quality for change in changes] == ["ok"] * 3
    told = [(each.values["offset_ms"], each.values["bound_ms"]) for each in changes[1:]]
    assert told == [(-3000, 19_000), (0, 1000)]


async def test_who_was_off_may_have_forgotten_the_leap_seconds(rig):
    for second in range(0, 800, 10):
        await rig.say(kind="position", utc=FIX + timedelta(seconds=second), lat=1.0)
        await rig.timing.advance(10.0)
    assert rig.clock.bound_ms() < 1100
    await rig.say(kind="position", quality=Quality.NO_ANSWER)
    await rig.say(kind="position", utc=FIX + timedelta(seconds=803), lat=1.0)  # 3 s fast again
    assert rig.clock.bound_ms() < 1100  # what was known before holds
    clocks = [record for record in await rig.records() if record.kind == "clock"]
    assert [clock.values["bound_ms"] for clock in clocks] == [19_000, 1000]


async def test_the_system_clock_syncing_is_noticed(rig):
    rig.system.ntp_ms = 20
    rig.system.offset_ms += 1_790_000_000_000
    await rig.timing.advance(11.0)
    change = next(record for record in await rig.records() if record.kind == "clock")
    assert change.values["new_source"] == "ntp"
    assert change.values["offset_ms"] == 1_790_000_000_000


async def test_a_driver_with_a_mistake_is_replaced_and_counts_anew(rig):
    await rig.say()
    await rig.records()
    rig.driver.script.put_nowait(ZeroDivisionError("oh"))
    await settle()
    with pytest.raises(ZeroDivisionError):
        rig.tasks[-1].result()
    assert not rig.made[0].open
    rig.tasks[-1] = asyncio.create_task(rig.collector.run())
    await settle()
    assert len(rig.made) == 2
    assert rig.made[1].open
    rig.made[0].health.enter(State.RUNNING, rig.timing.now)
    assert rig.board.blind("cold-1"), "what the old one says is of no account"
    rig.made[1].health.enter(State.RUNNING, rig.timing.now)
    assert not rig.board.blind("cold-1")
    assert not rig.board.blind("a device of another gateway"), "nobody knows"
    await rig.say()
    await rig.records()
    await settle()
    assert rig.made[1].acknowledged == [1]
    assert [r.number for r in await rig.records()] == [0, 1]


async def test_a_field_that_nobody_knows_is_recorded_as_suspect_and_told_once(rig, caplog):
    await rig.say(temperature=4.31, co2=612.5)
    await rig.say(temperature=4.32, co2=612.5)
    records = await rig.records()
    assert [record.quality for record in records] == ["suspect", "suspect"]
    assert records[0].values == {"temperature": 431, "co2": "612.5"}
    assert caplog.text.count("'co2'") == 1
    assert rig.collector.last.quality is Quality.SUSPECT


async def test_a_kind_that_the_driver_did_not_declare_is_recorded_as_suspect(rig, caplog):
    await rig.say(kind="shock", peak=12.5)
    [record] = await rig.records()
    assert (record.values, record.quality) == ({"peak": 1250}, "suspect")
    assert "which its driver does not declare" in caplog.text


async def test_a_shock_is_on_record_with_place_and_pallet_within_a_tenth_of_a_second(tmp_path):
    rig = Rig(tmp_path)
    rig.placed = Placed("bay 1", lambda at: f"(00)106141412345678908 at {at}")
    await rig.start()
    await rig.say(kind="shock", peak=31.0)
    await rig.say(kind="waveform", part=1)
    shock, waveform = await rig.records()
    assert "at bay 1, with (00)106141412345678908 at bay 1" in sentence(shock)
    assert kind_of("shock").durability is PROMPT, "within 0.1 s, whatever the window is"
    assert set(waveform.values) == {"part"}
    await rig.stop()


async def test_one_reading_on_demand_is_marked_too(rig):
    fresh = asyncio.create_task(rig.collector.read_once())
    await settle()
    await rig.say()  # for `run`, which asked first
    await rig.say(co2=612.5)
    assert (await fresh).quality is Quality.SUSPECT


async def test_a_calibration_is_on_record_before_the_first_value_that_it_corrects(tmp_path):
    rig = Rig(tmp_path)
    rig.calibrations = [Calibration("cold-1", "temperature", -0.3, 1.02, "K-17", 9_000_000)]
    await rig.start()
    await rig.say(kind="temperature", temperature=5.0)
    told, value = [each for each in await rig.records() if each.device == "cold-1"][:2]
    assert sentence(told) == (
        "temperature is 1.020000 of what the sensor says, and -0.300 more, by certificate K-17, "
        "valid until 1970-01-01T02:30:00.000Z"
    )
    assert value.values["temperature"] == 480  # 1.02 · 5.00 - 0.30 °C
    assert value.quality == "ok"  # nobody vouches for the time: whether it is over is unknown
    await rig.stop()


async def test_a_certificate_is_over_only_by_a_clock_that_somebody_vouches_for(tmp_path):
    rig = Rig(tmp_path)  # its own clock, which is right for nobody, stands a second behind the end
    rig.calibrations = [Calibration("cold-1", "temperature", -0.3, 1.02, "K-17", 4_000)]
    await rig.start()
    await rig.say(kind="temperature", temperature=5.0)
    await rig.say(kind="position", utc=FIX, lat=1.0)
    await rig.say(kind="temperature", temperature=5.0)
    told = [each for each in await rig.records() if each.kind == "temperature"]
    assert [(each.values["temperature"], each.quality) for each in told] == [
        (480, "ok"),
        (480, "uncalibrated"),
    ]
    await rig.stop()
