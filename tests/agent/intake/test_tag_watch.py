"""From a reader's readings to `tag-state` records, and what survives a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.clock.clock import Clock
from agent.intake.health_board import HealthBoard
from agent.intake.tag_values import read_of
from agent.intake.tag_watch import FILE_NAME, RAW_READS, TagWatch, presence_book
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.observe.points import PointMap
from drivers.reading import Quality
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, reading
from tests.agent.observe.points import point

A, B = "3074257BF7194E4000001A85", "3074257BF7194E4000001A86"
POINTS = [point(name="door 2"), point(name="shelf A", kind="shelf", antennas="r420:9")]


async def nothing() -> None:
    """What an agent saves that was killed."""


class Rig:
    """A recorder on a journal of its own, and the watch; `restart` leaves only the disk."""

    def __init__(self, folder: Path, points=POINTS, gathered=None, neighbours=None) -> None:
        self.folder, self.points, self.gathered = folder, points, gathered or {}
        self.neighbours = neighbours
        self.timing = FakeTiming()

    async def start(self) -> None:
        clock = Clock(FakeSystemClock(self.timing, wall_ms=5000), boot=1)
        self.timing.thread = thread = JournalThread()
        self.journal = await AsyncJournal.open_in(thread, RingJournal, self.folder / "j", b"e" * 16)
        progress = Progress(self.timing.monotonic)
        self.recorder = Recorder(self.journal, clock, self.timing, progress, window=1.0)
        await self.recorder.open()
        self.book = presence_book(self.folder, self.recorder, self.journal)
        self.watch = TagWatch(
            PointMap(self.points, {"r420": "door 2", "scanner": "belt"}), self.book, HealthBoard(),
            self.recorder, clock, self.timing, gathered=self.gathered,
            neighbours=self.neighbours,
        )  # fmt: skip
        self.tasks = [asyncio.create_task(run()) for run in (self.recorder.run, self.watch.run)]
        await self.watch.inherited()
        await self.timing.advance(0.0)

    async def say(self, epc: str = A, antenna: int = 1, times: int = 1, **fields) -> bool:
        fields = {"rssi": -60, "count": 1} | fields
        taken = False
        for _ in range(times):
            seen = reading("r420", "tag", self.timing.now, epc=epc, antenna=antenna, **fields)
            taken = await self.watch.take(seen)
            await self.timing.advance(0.25)
        return taken

    async def records(self, kind: str):
        await self.recorder.flush()
        records = await self.journal.records(0, 9999)
        return [record for record in records if record.kind == kind]

    async def stop(self, *, orderly: bool = True) -> None:
        if not orderly:
            self.book.save = nothing
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


async def test_reads_become_states_and_the_reads_themselves_stay_in_memory(rig):
    assert await rig.say(times=40)
    await rig.timing.advance(6.0)
    entered, left = await rig.records("tag-state")
    assert (entered.device, entered.values["state"], left.values["state"]) == (
        "r420", "enter", "leave",
    )  # fmt: skip
    assert entered.values | {"at_ms": 0} == {
        "state": "enter", "read_point": "door 2", "epc": A, "antenna": 1, "reads": 2,
        "rssi": -60, "at_ms": 0,
    }  # fmt: skip
    assert entered.values["at_ms"] == 5000
    assert left.values["dwell_ms"] == 39 * 250
    assert len(rig.watch.raw) == 40
    assert rig.watch.raw.maxlen == RAW_READS
    assert await rig.records("tag") == []


async def test_what_is_no_clean_read_at_a_read_point_is_recorded_as_it_is(rig):
    rig.watch._map = type(rig.watch._map)(POINTS[1:], {})
    assert not await rig.say()  # no read point
    assert not await rig.say(epc="", antenna=9)
    bad = reading("r420", "tag", rig.timing.now, Quality.CORRUPT, epc=A, antenna=9)
    assert not await rig.watch.take(bad)
    assert not await rig.watch.take(reading())


async def test_a_departure_is_told_within_one_window_and_one_round(rig):
    await rig.say(times=10)
    gone = rig.timing.now - 0.25  # the last read
    while not any(r.values["state"] == "leave" for r in await rig.records("tag-state")):
        await rig.timing.advance(0.25)
    told = rig.timing.now - gone
    print(f"gate: departure told {told:.2f} s after the last read")
    assert told <= POINTS[0].missed * 0.25 + 0.25 + 0.05


async def test_a_copy_is_told_and_both_are_kept(rig):
    await rig.say(times=3, tid="E280AA")
    await rig.say(times=3, tid="E280BB")
    (suspect,) = await rig.records("tag-suspect")
    assert (suspect.quality, suspect.values["cause"]) == ("suspect", "two-tids")
    assert (suspect.values["before"], suspect.values["now"]) == ("E280AA", "E280BB")
    assert len(await rig.records("tag-state")) == 1


async def test_counts_are_recorded_while_anything_is_read(rig, monkeypatch):
    monkeypatch.setattr("agent.intake.tag_watch.COUNT_EVERY", 10.0)
    await rig.say(times=4, antenna=9)
    await rig.timing.advance(11.0)
    (count,) = await rig.records("tag-count")
    assert count.values["read_point"] == "shelf A"
    assert (count.values["reads"], count.values["present"], count.values["entered"]) == (4, 1, 1)
    assert len(count.values["contents"]) == 32
    await rig.timing.advance(22.0)
    assert len(await rig.records("tag-count")) == 1  # nothing was read


async def test_what_is_present_is_kept_now_and_then(rig, monkeypatch):
    monkeypatch.setattr("agent.intake.tag_watch.SAVE_EVERY", 5.0)
    kept = rig.folder / FILE_NAME
    for _ in range(2):
        await rig.timing.advance(4.5)
        assert not kept.exists()
        await rig.timing.advance(0.75)
        async with asyncio.timeout(30):
            while not kept.exists():
                await asyncio.sleep(0.001)
        kept.unlink()


@pytest.mark.parametrize("orderly", [True, False])
async def test_what_is_present_outlives_a_restart(rig, orderly):
    await rig.say(times=3)
    await rig.say(epc=B, antenna=9)
    await rig.recorder.flush()
    await rig.timing.advance(0.0)
    await rig.stop(orderly=orderly)
    assert (rig.folder / FILE_NAME).exists() is orderly
    await rig.start()
    assert [tag.epc for tag in rig.watch.presence] == [A, B]
    await rig.say(times=3)  # still here: no second enter
    assert len(await rig.records("tag-state")) == 2
    await rig.timing.advance(6.0)  # gone from the door; the shelf's window is longer
    states = await rig.records("tag-state")
    assert [(r.values["state"], r.values["epc"]) for r in states[2:]] == [("leave", A)]
    assert [tag.epc for tag in rig.watch.presence] == [B]


async def test_a_damaged_snapshot_is_no_obstacle(rig):
    await rig.say(times=3)
    await rig.recorder.flush()
    await rig.timing.advance(0.0)
    await rig.stop()
    (rig.folder / FILE_NAME).write_text('{"upto": 9')
    await rig.start()
    assert [tag.epc for tag in rig.watch.presence] == [A]


async def test_a_snapshot_of_another_journal_counts_for_nothing(rig):
    await rig.stop()
    (rig.folder / FILE_NAME).write_text('{"upto": 900, "tags": []}')
    await rig.start()
    assert rig.book.upto == 0


async def test_a_point_for_commissioning_records_every_read(tmp_path):
    rig = Rig(tmp_path, [point(name="door 2", raw=True)])
    await rig.start()
    assert not await rig.say(times=3)
    assert len(await rig.records("tag-state")) == 1
    await rig.stop()


async def test_beams_are_recorded_and_tell_the_direction(tmp_path):
    rig = Rig(tmp_path, [point(name="door 2", beam_outer="lo", beam_inner="li")])
    await rig.start()
    for beam in ("lo", "li"):
        for state in ("broken", "clear"):  # only the first of them says that something came
            assert not await rig.watch.take(reading(beam, "input", rig.timing.now, state=state))
        await rig.say(times=4)
    await rig.timing.advance(6.0)
    assert (await rig.records("tag-state"))[-1].values["direction"] == "in"
    await rig.stop()


async def test_a_reader_that_tells_once_a_second_loses_no_tag(tmp_path):
    """Read in every round, so its window is shorter than the time between two reports."""
    rig = Rig(tmp_path, gathered={"r420": 1.0})
    await rig.start()
    for _ in range(30):
        await rig.timing.advance(0.98)
        seen = reading("r420", "tag", rig.timing.now, epc=A, antenna=1, rssi=-50, count=4)
        await rig.timing.advance(0.02)
        await rig.watch.take(seen)
    assert [r.values["state"] for r in await rig.records("tag-state")] == ["enter"]
    await rig.timing.advance(6.0)
    assert [r.values["state"] for r in await rig.records("tag-state")] == ["enter", "leave"]
    await rig.stop()


async def test_reads_at_a_doubtful_moment_count_and_are_recorded_as_they_are(rig):
    """The reader's clock was set: what it read is certain, when is not."""
    for _ in range(3):
        seen = reading("r420", "tag", rig.timing.now, Quality.SUSPECT, epc=A, antenna=1, count=1)
        assert not await rig.watch.take(seen)
    (entered,) = await rig.records("tag-state")
    assert entered.values["epc"] == A


async def test_a_tag_whose_epc_is_doubtful_is_recorded_and_is_nowhere(rig):
    for _ in range(8):
        seen = reading(
            "r420", "tag", rig.timing.now, Quality.SUSPECT, epc=A, epc_bits=90, antenna=1, count=9
        )
        assert not await rig.watch.take(seen)
        await rig.timing.advance(0.25)
    assert await rig.records("tag-state") == []


async def test_a_tag_at_an_antenna_that_the_reader_did_not_tell_is_not_at_the_first(rig):
    """It is where the reader looks as a whole, where that is one place."""
    await rig.say(times=8, antenna=None)
    (entered,) = await rig.records("tag-state")
    assert entered.values["read_point"] == "door 2"
    assert "antenna" not in entered.values
    unknown = read_of(reading("r420", "tag", 1.0, epc=A, antenna=None)).antenna
    doors = [point(name=f"door {n}", antennas=f"r420:{n}") for n in (1, 2)]
    assert PointMap(doors, {}).at("r420", unknown) is None
    assert read_of(reading("nfc", "tag", 1.0, uid="04")).antenna == 1


BELT = [point(name="belt", antennas="r420:1", single=True)]
PRINTED = "https://id.gs1.org/01/10614141123459/21/6789"  # B is an item of another article


@pytest.mark.parametrize(
    ("tags", "verdict", "quality"),
    [
        ([A], "mismatch_class", "suspect"),
        ([], "not_comparable", "ok"),
        ([A, B], "not_comparable", "ok"),
    ],
)
async def test_where_boxes_pass_one_by_one_barcode_and_tag_are_compared(
    tmp_path, tags, verdict, quality
):
    rig = Rig(tmp_path, BELT)
    await rig.start()
    for tag in tags:
        await rig.say(epc=tag, times=3)
    scanned = reading("scanner", "barcode", rig.timing.now, uri=PRINTED)
    assert not await rig.watch.take(scanned)
    await rig.timing.advance(3.0)
    (box,) = await rig.records("box-check")
    assert (box.values["verdict"], box.quality, box.device) == (verdict, quality, "scanner")
    assert box.values["barcode"] == PRINTED
    assert ("epc" in box.values) is (len(tags) == 1)
    await rig.stop()


async def test_two_doors_whose_reports_cross_are_no_clone_where_no_time_apart_is_set(tmp_path):
    """The later report tells of the earlier read, as each reader gathers its own second."""
    doors = [point(name="door 2", antennas="r420:1"), point(name="door 3", antennas="r420:2")]
    rig = Rig(tmp_path, doors)
    await rig.start()
    now = rig.timing.now
    for antenna, at in ((1, now), (2, now - 0.3), (1, now + 0.1)):
        await rig.watch.take(reading("r420", "tag", at, epc=A, antenna=antenna, count=1))
    assert await rig.records("tag-suspect") == []
    await rig.stop()


GTIN = "80614141123458"
SHELVES = [
    point(name="shelf A", kind="shelf", antennas="r420:9", round=1.0, stock="5000112637922"),
    point(name="shelf B", kind="shelf", antennas="r420:8", round=1.0, stock=GTIN),
]


async def test_goods_on_a_wrong_shelf_are_told_once_as_they_come(tmp_path):
    """As they leave it, nobody has to carry them home."""
    rig = Rig(tmp_path, SHELVES)
    await rig.start()
    named = {"uri": "urn:epc:id:sgtin:0614141.812345.6789"}
    await rig.say(B, antenna=9, times=4)  # of no scheme that names an article
    await rig.say(A, antenna=8, times=4, **named)
    assert await rig.records("misplaced") == []
    await rig.say(A, antenna=9, times=6, **named)
    await rig.timing.advance(120.0)
    assert {record.values["state"] for record in await rig.records("tag-state")} == {
        "enter",
        "leave",
    }
    (told,) = await rig.records("misplaced")
    assert (told.values["read_point"], told.values["gtin"]) == ("shelf A", GTIN)
    await rig.stop()


class Site:
    """The site's other gateways: what they are told, and where they say that each tag is."""

    def __init__(self):
        self.told = []

    def tell(self, change):
        self.told.append((change.point, change.entered))

    def where(self, epc):
        return ("door 9 (two)", -50.0) if epc == A else None


async def test_neighbours_are_told_of_tags_and_asked_for_those_that_are_nowhere_else_here(tmp_path):
    site = Site()
    rig = Rig(tmp_path, neighbours=site)
    await rig.start()
    await rig.say(times=2)
    assert rig.watch.rival(A, "shelf A") == ("door 2", -60.0)
    assert rig.watch.rival(A, "door 2") == ("door 9 (two)", -50.0)
    assert rig.watch.rival(B, "door 2") is None
    await rig.timing.advance(6.0)
    assert site.told == [("door 2", True), ("door 2", False)]
    await rig.stop()


async def test_a_tag_without_neighbours_is_elsewhere_only_where_it_is_read(rig):
    await rig.say(times=2)
    assert rig.watch.rival(A, "shelf A") == ("door 2", -60.0)
    assert rig.watch.rival(A, "door 2") is None
