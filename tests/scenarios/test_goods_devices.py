"""Emulated devices, the drivers that read them, and the tag watch: from bytes to records."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from agent.clock.clock import Clock
from agent.clock.kernel import KernelClock
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch, presence_book
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.observe.points import PointMap
from drivers import catalog
from drivers.driver import Host
from foundation.notify import Progress
from hil.emulators.llrp.reader import LlrpReader
from hil.emulators.serial.barcode_scanner import SerialGun
from hil.site.ports import HERE, free_port
from tests.agent.intake.test_neighbours import neighbour, running
from tests.agent.observe.points import point

DEADLINE = 60.0  # s; a machine with nothing else to do takes two
ITEM = "3074257BF7194E4000001A85"  # (01)80614141123458(21)6789
OTHER = "3074257BF7194E4000001A86"
PRINTED = "]d2018061414112345821"
REPORTS = 0.2  # s


class Goods:
    """A reader and a scanner, read by their drivers into one journal."""

    def __init__(self, folder, points, tags, neighbours=None) -> None:
        self.folder, self.points, self.neighbours = folder, points, neighbours
        self.reader = LlrpReader(listen=f"{HERE}:{free_port()}", tags=tags, antennas=4, seed=3)
        self.gun = SerialGun(link=folder / "gun")
        self.records = []

    async def __aenter__(self):
        self.tasks = [asyncio.ensure_future(each.run()) for each in (self.reader, self.gun)]
        await self.reader.listening()
        host = Host()
        self.journal = await AsyncJournal.open(RingJournal, self.folder / "j", bytes(16))
        clock = Clock(KernelClock(), 1)
        self.recorder = Recorder(
            self.journal, clock, host.timing, Progress(host.timing.monotonic), window=0.2
        )  # fmt: skip
        await self.recorder.open()
        self.recorder.listen(self.records.extend)
        self.watch = TagWatch(
            PointMap(self.points, {"scanner": self.points[0].name}),
            presence_book(self.folder, self.recorder, self.journal),
            HealthBoard(), self.recorder, clock, host.timing, gathered={"reader": REPORTS}, neighbours=self.neighbours,
        )  # fmt: skip
        options = {"address": self.reader.where, "tid": True, "inputs": True}
        reader = catalog.build("rfid.llrp", "reader", options | {"report_interval": REPORTS}, host)
        scanner = catalog.build(
            "barcode.serial", "scanner", {"port": str(self.gun.where), "debounce": 0.0}, host
        )
        self.tasks += [
            asyncio.ensure_future(run)
            for run in (
                self.recorder.run(),
                self.watch.run(),
                self.read(reader),
                self.read(scanner),
            )
        ]
        return self

    async def read(self, driver):
        async with driver, aclosing(driver.readings()) as readings:
            async for reading in readings:
                if not await self.watch.take(reading):
                    await self.recorder.take(reading)

    async def __aexit__(self, *_):
        for task in reversed(self.tasks):
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.journal.close()

    def of(self, kind):
        return [record for record in self.records if record.kind == kind]

    async def until(self, condition):
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, [(r.kind, r.values) for r in self.records]
            await asyncio.sleep(0.02)


FORGED = [
    {"epc": ITEM, "antenna": 1, "tid": "E280116020000001"},
    {"epc": ITEM, "antenna": 2, "tid": "E280116020000002"},  # a copy on another chip
    {"epc": OTHER, "antenna": 1, "tid": "1234567890ABCDEF"},  # no Gen2 chip begins so
]


async def test_forged_tags_are_caught_by_their_chips_and_none_is_dropped(tmp_path):
    points = [point(name="door", antennas="reader:1-4")]
    async with Goods(tmp_path, points, FORGED) as goods:
        await goods.until(lambda: len(goods.of("tag-suspect")) >= 2)
        await goods.until(lambda: len(goods.of("tag-state")) >= 2)
        causes = {r.values["cause"]: r for r in goods.of("tag-suspect")}
        assert set(causes) == {"two-tids", "foreign-tid"}
        chips = causes["two-tids"].values
        assert {chips["before"], chips["now"]} == {"E280116020000001", "E280116020000002"}
        assert all(record.quality == "suspect" for record in causes.values())
        assert {r.values["epc"] for r in goods.of("tag-state")} == {ITEM, OTHER}


async def test_a_belt_compares_each_boxs_barcode_with_its_tag(tmp_path):
    points = [point(name="belt", antennas="reader:1-4", single=True)]
    async with Goods(tmp_path, points, [{"epc": ITEM, "antenna": 1}]) as goods:
        await goods.until(lambda: goods.of("tag-state"))
        for code in (f"{PRINTED}6789", f"{PRINTED}77", "]d20109506000134352"):
            goods.gun.scan(code)
        await goods.until(lambda: len(goods.of("box-check")) == 3)
        verdicts = [record.values["verdict"] for record in goods.of("box-check")]
        assert verdicts == ["match", "mismatch_instance", "mismatch_class"]
        assert {record.values["epc"] for record in goods.of("box-check")} == {ITEM}


async def test_beams_at_a_readers_inputs_tell_the_way_through_a_door(tmp_path):
    door = point(
        name="door", antennas="reader:1", beam_outer="reader:1", beam_inner="reader:2",
        missed_rounds=3,
    )  # fmt: skip
    tags = [{"epc": ITEM, "antenna": 1, "group": "pallet"}]
    async with Goods(tmp_path, [door], tags) as goods:
        await goods.until(lambda: goods.watch.raw is not None and goods.reader._client is not None)
        await goods.until(lambda: goods.reader.desk.inventory.rospec is not None)
        goods.reader.bring("pallet", "1")
        await goods.until(lambda: goods.of("tag-state"))
        for port in (1, 2):
            goods.reader.set_input(port, 1)
            await goods.until(lambda port=port: len(goods.of("input")) == port)
        goods.reader.take("pallet")
        await goods.until(lambda: len(goods.of("tag-state")) == 2)
        assert goods.of("tag-state")[-1].values["direction"] == "in"


def neighbours(*names):
    """Return what lets gateways tell each other what comes, by their names."""
    where = {name: f"127.0.0.1:{free_port()}" for name in names}
    return {
        name: neighbour(name, where[name], *(where[other] for other in names if other != name))
        for name in names
    }


async def test_two_gateways_that_hear_one_tag_both_record_how(tmp_path):
    """Each keeps strength, reads and dwell, so that a rule can decide; on the site they tell."""
    gateways, near = [], neighbours("one", "two")
    for name, rssi in (("one", -50.0), ("two", -63.0)):
        folder = tmp_path / name
        folder.mkdir()
        tags = [{"epc": ITEM, "antenna": 1, "rssi": rssi, "group": "pallet"}]
        door = point(name=f"door {name}", antennas="reader:1", missed_rounds=4)
        gateways.append(Goods(folder, [door], tags, near[name]))
    async with gateways[0] as one, gateways[1] as two, running(*near.values()):
        for goods in (one, two):
            await goods.until(lambda goods=goods: goods.reader.desk.inventory.rospec is not None)
        for goods in (one, two):  # one script for both
            goods.reader.bring("pallet", "1")
        for goods in (one, two):
            await goods.until(lambda goods=goods: goods.of("tag-state"))
        for goods, other in ((one, "door two (two)"), (two, "door one (one)")):
            await goods.until(lambda g=goods: g.watch.rival(ITEM, g.points[0].name) is not None)
            assert goods.watch.rival(ITEM, goods.points[0].name)[0] == other
        for goods in (one, two):
            goods.reader.take("pallet")
        for goods in (one, two):
            await goods.until(lambda goods=goods: len(goods.of("tag-state")) == 2)
        found = [goods.of("tag-state")[-1].values for goods in (one, two)]
    assert [each["read_point"] for each in found] == ["door one", "door two"]
    assert all(each["state"] == "leave" and each["dwell_ms"] >= 0 for each in found)
    assert all(each["reads"] >= 2 for each in found)
    assert found[0]["rssi"] > found[1]["rssi"]
