"""Records of conditions on a real journal, through restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.clock.clock import Clock
from agent.intake.condition_watch import ConditionWatch, conditions_book
from agent.intake.goods_there import goods_there
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.observe.presence import Present
from agent.records.sentences import sentence
from agent.rules import shipped
from agent.rules.watched import Watched
from drivers.reading import Quality
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, reading

ALL_RULES = "too warm, too cold, far too warm, frozen, warm for a day"  # of 2-8
TOLD = ("profile", "excursion", "alarm", "override")


class Rig:
    """A recorder on a journal, and the watch; `stop` leaves the disk."""

    def __init__(self, folder, profile="2-8", interval=60.0, goods=lambda at: f"(00)1 at {at}"):
        self.folder = folder
        self.rules = shipped.find(profile, Path())
        self.interval, self.goods = interval, goods
        self.timing = FakeTiming()

    async def start(self) -> None:
        self.clock = Clock(FakeSystemClock(self.timing, wall_ms=1_790_000_000_000), boot=1)
        self.timing.thread = thread = JournalThread()
        self.journal = await AsyncJournal.open_in(thread, RingJournal, self.folder / "j", b"e" * 16)
        progress = Progress(self.timing.monotonic)
        self.recorder = Recorder(self.journal, self.clock, self.timing, progress, window=1.0)
        await self.recorder.open()
        watched = {"cargo": Watched("cargo", self.rules, self.interval, "bay 1")}
        book = conditions_book(self.folder, watched, self.recorder, self.journal)
        self.watch = ConditionWatch(book, self.recorder, self.timing, window=1.0, goods=self.goods)
        self.tasks = [asyncio.create_task(run()) for run in (self.recorder.run, self.watch.run)]
        await book.opened()
        await self.timing.advance(2.0)

    async def minutes(self, count, celsius) -> None:
        for _ in range(count):
            taken = reading("cargo", "temperature", self.timing.now, temperature=celsius)
            await self.recorder.take(taken)
            await self.timing.advance(60.0)

    async def told(self):
        await self.recorder.flush()
        records = await self.journal.records(0, 9999)
        return [each for each in records if each.kind in TOLD]

    async def stop(self, *, snapshot=True) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.journal.close()
        if not snapshot:
            (self.folder / "conditions.json").unlink()


async def test_an_alarm_in_words_with_place_goods_and_extremes(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(2, 5.0)
    await rig.minutes(20, 9.0)
    await rig.minutes(15, 9.41)
    profile, excursion, alarm = [
        each for each in await rig.told() if each.values.get("rule") in (None, "too warm")
    ]
    assert sentence(profile).startswith("profile 2-8 version 1 holds from here on: SHA-256 ")
    assert sentence(excursion).startswith(
        "too warm: excursion, was ok: temperature above 8 °C, since 20"
    )
    assert alarm.kind == "alarm"
    assert "ALARM too warm: temperature above 8 °C, critical" in sentence(alarm)
    assert sentence(alarm).endswith("from 9.00 to 9.41, at bay 1, with (00)1 at bay 1")
    since = excursion.values["from_ms"]
    assert alarm.values["from_ms"] == since + 30 * 60_000
    await rig.stop()


async def test_a_restart_tells_nothing_twice_and_forgets_no_minute(tmp_path):
    rig = Rig(tmp_path)
    for snapshot in (True, False, True, False):
        await rig.start()
        await rig.minutes(9, 9.0)
        await rig.stop(snapshot=snapshot)
    await rig.start()
    states = [
        each.values["state"] for each in await rig.told() if each.values.get("rule") == "too warm"
    ]
    assert states == ["excursion", "alarm"]
    assert [each.kind for each in await rig.told()].count("profile") == 1
    await rig.stop()


async def test_conditions_are_kept_now_and_then(tmp_path, monkeypatch):
    monkeypatch.setattr("agent.intake.condition_watch.SAVE_EVERY", 60.0)
    rig, kept = Rig(tmp_path), tmp_path / "conditions.json"
    await rig.start()
    for _ in range(2):
        await rig.timing.advance(50.0)
        assert not kept.exists()
        await rig.timing.advance(15.0)
        async with asyncio.timeout(30):
            while not kept.exists():
                await asyncio.sleep(0.001)
        kept.unlink()
    await rig.stop()


async def test_a_sensor_that_is_lost_is_told_as_unknown(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(3, 5.0)
    await rig.timing.advance(600.0)
    await rig.timing.advance(0.0)
    (told,) = [each for each in await rig.told() if each.kind == "excursion"]
    assert (told.values["state"], told.values["before"]) == ("unknown", "ok")
    assert told.values["rule"] == ALL_RULES, "one record, not one a rule"
    assert sentence(told).startswith(
        f"{ALL_RULES}: unknown, was ok: no value that can be believed, since 20"
    )
    await rig.stop()


async def test_rules_of_a_lost_sensor_are_told_once_through_a_restart_and_come_back_each(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(3, 5.0)
    for snapshot in (False, True):
        await rig.timing.advance(600.0)
        await rig.stop(snapshot=snapshot)
        await rig.start()
    await rig.minutes(2, 9.0)
    await rig.timing.advance(0.0)
    told = [each.values for each in await rig.told() if each.kind == "excursion"]
    assert [each["state"] for each in told].count("unknown") == 1
    back = {each["rule"]: each["state"] for each in told[1:]}
    assert back == {
        "too warm": "excursion",
        "warm for a day": "excursion",
        "far too warm": "ok",
        "too cold": "ok",
        "frozen": "ok",
    }
    await rig.stop()


async def test_an_alarm_is_not_forgotten_with_the_snapshot_however_long_ago_it_was(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(40, 9.0)
    await rig.minutes(10, 5.0)
    await rig.stop(snapshot=False)
    await rig.start()
    assert rig.watch.conditions.watched("cargo") is not None
    states = {
        rule.name: str(s.state) for _, rule, s in rig.watch.conditions.standings(rig.watch.now())
    }
    assert states["too warm"] == "alarm"
    await rig.stop()


async def test_where_the_records_are_gone_as_well_it_is_on_record_that_nobody_knows(
    tmp_path, monkeypatch
):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.minutes(40, 9.0)
    await rig.stop(snapshot=False)
    monkeypatch.setattr(
        "agent.journal.async_journal.AsyncJournal.records", without_the_first_twenty
    )
    await rig.start()
    told = [each for each in await rig.told() if each.values.get("state") == "unknown"]
    monkeypatch.undo()
    (record,) = told
    assert record.values["limit"].startswith("20 records before this are gone")
    assert record.values["rule"] == ALL_RULES
    await rig.stop()


async def without_the_first_twenty(journal, first, limit):
    """As retention leaves a journal."""
    first = max(first, 20)
    return await journal._thread.run(journal._journal.records, first, limit)


def tag(uri, epc):
    return Present(epc, "bay 1", "gate", uri, "", 0, 0)


def test_goods_are_named_pallets_first_and_the_rest_counted():
    items = [tag(f"urn:epc:id:sgtin:0614141.812345.{n}", f"{n:02X}") for n in range(5)]
    pallet = tag("urn:epc:id:sscc:0614141.1234567890", "FF")
    assert goods_there([]) == ""
    assert goods_there([*items, pallet]) == (
        "(00)106141412345678908, (01)80614141123458(21)0, (01)80614141123458(21)1, "
        "(01)80614141123458(21)2 and 2 more"
    )


async def test_an_impact_is_an_alarm_with_pallet_and_place_within_a_second(tmp_path):
    pallet = tag("urn:epc:id:sscc:0614141.1234567890", "FF")
    rig = Rig(tmp_path, "fragile", None, lambda _: goods_there([pallet]))
    await rig.start()
    impact = rig.timing.now
    await rig.recorder.take(reading("cargo", "shock", impact, peak=31.0, duration=9.0))
    await rig.timing.advance(0.5)
    (alarm,) = [each for each in await rig.told() if each.kind == "alarm"]
    assert alarm.monotonic_ms - round(impact * 1000) < 1000
    assert alarm.values["goods"] == "(00)106141412345678908"
    assert alarm.values["read_point"] == "bay 1"
    await rig.stop()


class PackRig(Rig):
    """A battery pack under watch, read twice a minute."""

    def __init__(self, folder):
        super().__init__(folder, "battery", 30.0, lambda _: "")

    async def read(self, faults=None, quality=Quality.OK, count=1) -> None:
        for _ in range(count):
            fields = {"charge": 61.0, "faults": faults}
            await self.recorder.take(
                reading("cargo", "battery", self.timing.now, quality, **fields)
            )
            await self.timing.advance(30.0)

    async def states(self):
        told = [each for each in await self.told() if each.kind in ("excursion", "alarm")]
        return [(each.kind, each.values["state"]) for each in told]


async def test_a_batterys_fault_is_one_alarm_with_its_name_and_its_record_until_it_is_over(
    tmp_path,
):
    rig = PackRig(tmp_path)
    await rig.start()
    await rig.read(count=3)
    await rig.read("over temperature", count=4)
    await rig.stop(snapshot=False)
    await rig.start()
    await rig.read("over temperature", count=2)
    assert await rig.states() == [("alarm", "alarm")]
    (alarm,) = [each for each in await rig.told() if each.kind == "alarm"]
    assert alarm.values["reports"] == "over temperature"
    (shown,) = await rig.journal.records(alarm.values["record"], 1)
    assert (shown.kind, shown.values["faults"]) == ("battery", "over temperature")
    assert sentence(alarm).startswith(
        "ALARM the battery reports a fault: faults at or above 1, critical, it names: over "
        f"temperature, in record {shown.number}, since 20"
    )
    await rig.read(count=2)
    assert await rig.states() == [("alarm", "alarm"), ("excursion", "ok")]
    await rig.read("short circuit", count=2)
    assert [each.values["reports"] for each in await rig.told() if each.kind == "alarm"] == [
        "over temperature",
        "short circuit",
    ]
    await rig.stop()


async def test_a_batterys_other_fault_is_an_alarm_of_its_own_once_though_the_first_one_lasts(
    tmp_path,
):
    low, both, hot = (
        "little time is left",
        "over temperature, little time is left",
        ("over temperature"),
    )
    rig = PackRig(tmp_path)
    await rig.start()
    await rig.read(low, count=2)
    await rig.read(both, count=2)
    for snapshot, faults in ((False, low), (True, both), (True, hot)):
        await rig.read(faults, count=2)
        await rig.stop(snapshot=snapshot)
        await rig.start()
    named = [each.values.get("reports") for each in await rig.told() if each.kind == "alarm"]
    assert named == [low, both]
    (_, second) = [each for each in await rig.told() if each.kind == "alarm"]
    (shown,) = await rig.journal.records(second.values["record"], 1)
    assert shown.values["faults"] == both
    assert abs(second.values["from_ms"] - shown.wall_ms) < 1000
    await rig.read("short circuit")  # in the place of the others
    await rig.read(count=2)
    await rig.read(low)
    assert await rig.states() == [
        *[("alarm", "alarm")] * 3,
        ("excursion", "ok"),
        ("alarm", "alarm"),
    ]
    await rig.stop()


async def test_nobody_takes_a_batterys_silence_or_damaged_bytes_for_the_end_of_its_fault(tmp_path):
    rig = PackRig(tmp_path)
    await rig.start()
    await rig.read("over temperature", count=2)
    await rig.read(quality=Quality.CORRUPT, count=2)
    await rig.read(quality=Quality.OUT_OF_RANGE, count=2)
    await rig.timing.advance(900.0)
    await rig.timing.advance(0.0)
    assert await rig.states() == [("alarm", "alarm")]
    await rig.read()
    assert await rig.states() == [("alarm", "alarm"), ("excursion", "ok")]
    await rig.timing.advance(900.0)
    await rig.timing.advance(0.0)
    assert (await rig.states())[2:] == [("excursion", "unknown")]
    await rig.read("short circuit", quality=Quality.OUT_OF_RANGE)
    assert (await rig.states())[3:] == [("alarm", "alarm")]
    await rig.stop()
