"""The driver of serial scanners on a pty."""

import asyncio

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.reading import Quality
from hil.emulators.faults import Faults
from hil.emulators.serial.barcode_scanner import SerialGun
from tests.drivers.pty_bench import DEADLINE, PtyBench

GTIN = "09506000134352"
LABEL = f"]d201{GTIN}21S1\x1d17261031"
SSCC = "]C100095201234567891235"


class Bench(PtyBench):
    def __init__(self, tmp_path, *, options=None, **emulated):
        path = tmp_path / "gun"
        given = {"port": str(path), "debounce": 0} | (options or {})
        super().__init__(
            SerialGun(link=path, **({"every": 0.02} | emulated)),
            catalog.build("barcode.serial", "gate", given, Host()),
        )


@pytest.mark.parametrize("suffix", ["cr", "lf", "cr-lf"])
async def test_scans_become_readings(tmp_path, suffix):
    async with Bench(tmp_path, scans=[LABEL, SSCC], repeat=True, suffix=suffix) as bench:
        first, second = await bench.next(), await bench.next()
        if first.fields["sscc"]:
            first, second = second, await bench.next()
        assert bench.driver.health.state is State.RUNNING
    assert (first.device, first.kind, first.quality) == ("gate", "barcode", Quality.OK)
    assert first.fields["gtin"] == GTIN
    assert (first.fields["serial"], first.fields["expiry"]) == ("S1", "2026-10-31")
    assert second.fields["sscc"] == "095201234567891235"


async def test_a_scanner_without_suffix(tmp_path):
    options = {"suffix": "none", "gap": 0.03}
    async with Bench(
        tmp_path, options=options, scans=[SSCC], repeat=True, suffix="none", every=0.1
    ) as bench:
        for _ in range(2):
            assert (await bench.next()).fields["sscc"] == "095201234567891235"


async def test_the_same_code_again_is_one(tmp_path):
    async with Bench(
        tmp_path, options={"debounce": 0.5}, scans=[LABEL, SSCC], times=4, repeat=True
    ) as bench:
        found = [(await bench.next()).fields["sscc"] is None for _ in range(5)]
        # Three of each code, but for the first one, which may have begun before there was a reader.
        assert bench.driver.health.counters["repeats"] >= 9
    assert found in ([True, False, True, False, True], [False, True, False, True, False])


async def test_an_eaten_fnc1_is_marked(tmp_path):
    eaten = f"]C101{GTIN}10LOT\x1d17261031"
    async with Bench(tmp_path, scans=[eaten], repeat=True, gs=False) as bench:
        reading = await bench.next()
        assert bench.driver.health.counters["suspect scans"] >= 1
    assert reading.quality is Quality.SUSPECT
    assert reading.fields["lot"] == "LOT17261031"
    assert "no FNC1 came" in reading.fields["problem"]


async def test_the_advice_for_an_eaten_fnc1_names_it(tmp_path):
    eaten = f"]C101{GTIN}10LOT\x1d17261031"
    async with Bench(tmp_path, scans=[eaten], repeat=True, gs=False) as bench:
        await bench.next()
        assert "let the scanner send FNC1" in bench.driver.health.advice
        assert "baud" not in bench.driver.health.advice
    wrong = "]E09506000134353"
    async with Bench(tmp_path, scans=[wrong], repeat=True) as bench:
        await bench.next()
        assert bench.driver.health.advice.startswith("scan it again")


async def test_a_scanner_that_has_sent_a_gs_is_believed(tmp_path):
    may_hide = f"]C101{GTIN}10AB3712"
    async with Bench(tmp_path, scans=[may_hide, LABEL], repeat=True) as bench:
        found = [await bench.next() for _ in range(6)]
    lots = [each.quality for each in found if each.fields["lot"] == "AB3712"]
    assert lots[-1] is Quality.OK
    assert lots.count(Quality.SUSPECT) <= 1


@pytest.mark.parametrize(
    ("fnc1", "label", "quality"),
    [
        ("sent", f"]C101{GTIN}10AB3712", Quality.OK),
        ("eaten", f"]C101{GTIN}10AB3712", Quality.SUSPECT),
        ("as:|", f"]C101{GTIN}10AB|17261031", Quality.OK),
        ("auto", f"]C101{GTIN}10AB|17261031", Quality.SUSPECT),
    ],
)
async def test_how_fnc1_comes_is_configured(tmp_path, fnc1, label, quality):
    async with Bench(tmp_path, options={"fnc1": fnc1}, scans=[label], repeat=True) as bench:
        reading = await bench.next()
    assert reading.quality is quality
    if fnc1 == "as:|":
        assert (reading.fields["lot"], reading.fields["expiry"]) == ("AB", "2026-10-31")


async def test_garbage_is_kept_and_marked(tmp_path):
    async with Bench(
        tmp_path, options={"baudrate": 115200, "gap": 0.02}, scans=[LABEL], repeat=True, every=0.1
    ) as bench:
        reading = await bench.next()
        assert "baud rate" in bench.driver.health.advice
    assert reading.quality is Quality.CORRUPT
    assert reading.fields["gtin"] is None


async def test_split_bytes_are_put_together(tmp_path):
    async with Bench(tmp_path, scans=[LABEL], repeat=True) as bench:
        bench.emulator.port.through(Faults(seed=3, split=True).around)
        for _ in range(3):
            await bench.next()
        assert (await bench.next()).fields["gtin"] == GTIN


async def test_damage_on_the_wire_never_becomes_another_article(tmp_path):
    async with Bench(tmp_path, scans=[LABEL, SSCC], repeat=True, every=0.005) as bench:
        bench.emulator.port.through(Faults(seed=5, flip=0.02, drop=0.02, garbage=0.1).around)
        for _ in range(40):
            reading = await bench.next()
            gtin = reading.fields["gtin"]
            assert gtin in {GTIN, None} or reading.quality is not Quality.OK
        assert bench.driver.health.counters["corrupt scans"] > 0


async def test_unplugged_in_a_scan_and_replugged(tmp_path):
    async with Bench(tmp_path, options={"gap": 5.0}) as bench:
        reading = asyncio.ensure_future(anext(bench.stream))
        while bench.driver.health.state is not State.RUNNING:
            await asyncio.sleep(0.01)
        await bench.emulator.port.write(b"950600")
        await asyncio.sleep(0.05)
        bench.emulator.unplug()
        cut = await asyncio.wait_for(reading, DEADLINE)
        assert (cut.quality, cut.fields["text"]) == (Quality.CORRUPT, "950600")
        bench.emulator.plug()
        following = asyncio.ensure_future(anext(bench.stream))
        while not following.done():
            await bench.emulator.fire(SSCC)
            await asyncio.sleep(0.05)
        assert (await following).fields["sscc"] == "095201234567891235"


def test_silence_means_nothing_to_a_scanner():
    options = catalog.check_options("barcode.serial", {"port": "/dev/x"})
    assert catalog.module("barcode.serial").interval(options) is None
