"""A scanner's life on its link: what is waited for, told, counted, and what ends a session."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers import catalog
from drivers.barcode import causes
from drivers.barcode.serial import SerialScanner, Settings
from drivers.driver import Host, State
from drivers.errors import LinkLost
from drivers.reading import Quality
from foundation.options import settings_of
from tests.drivers.fake_timing import FakeTiming

GTIN = "09506000134352"
LABEL = f"]d201{GTIN}21S1\x1d17261031\r".encode()
CODE = f"]E0{GTIN[1:]}\r".encode()
WRONG = b"]E09506000134353\r"
NOISE = b"95060\x0700134352\r"
PATIENCE = 30.0  # s


class Link:
    """Gives one of `said` a read; behind the last one it waits for ever."""

    def __init__(self, said, timing):
        self.said, self.timing = list(said), timing
        self.waited = []
        self.closed = False

    async def read(self, within):
        self.waited.append(within)
        if not self.said:
            await asyncio.get_running_loop().create_future()
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        self.timing.now += 0.0 if said else within
        return said

    def close(self):
        self.closed = True


class Bench:
    """A scanner whose link says what it is told to."""

    def __init__(self, *said, **options):
        self.timing = FakeTiming()
        self.links = [Link(said, self.timing)]
        given = catalog.check_options("barcode.serial", {"port": "/dev/x"} | options)
        settings = settings_of(Settings, given)
        self.driver = SerialScanner("gate", settings, Host(self.timing), self.connect)
        self.opened = []

    async def connect(self):
        self.opened.append(self.links.pop(0) if self.links else Link((), self.timing))
        return self.opened[-1]

    async def readings(self, count):
        """Return so many readings, and leave the driver listening."""
        self.stream = self.driver.readings()
        async with asyncio.timeout(PATIENCE):
            return [await anext(self.stream) for _ in range(count)]

    async def listened(self):
        """Let the driver take all that its link says, where none of it is a reading."""
        task = asyncio.ensure_future(anext(self.driver.readings()))
        async with asyncio.timeout(PATIENCE):
            while not (self.opened and not self.opened[-1].said):
                await asyncio.sleep(0)
            for _ in range(5):
                await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    @property
    def health(self):
        return self.driver.health


async def test_a_scan_is_a_reading_and_the_scanner_listens():
    bench = Bench(LABEL)
    (reading,) = await bench.readings(1)
    assert (reading.device, reading.kind, reading.quality) == ("gate", "barcode", Quality.OK)
    assert reading.monotonic == 100.0
    assert (bench.health.state, bench.health.detail) == (State.RUNNING, "listening")
    assert bench.health.counters == {"scans": 1, "readings": 1}


async def test_between_scans_it_waits_long_and_within_one_for_the_gap():
    bench = Bench(LABEL[:5], LABEL[5:], b"", CODE, gap=0.25)
    await bench.readings(2)
    assert bench.opened[0].waited == [60.0, 0.25, 60.0, 60.0]


@pytest.mark.parametrize(("debounce", "readings"), [(1.0, 1), (0.0, 3)])
async def test_repeats_of_a_code_are_counted_and_not_told(debounce, readings):
    bench = Bench(CODE, CODE, CODE, LABEL, debounce=debounce)
    found = await bench.readings(readings + 1)
    assert [each.fields["serial"] for each in found] == [None] * readings + ["S1"]
    assert bench.health.counters["scans"] == 4
    assert bench.health.counters.get("repeats", 0) == 3 - readings


@pytest.mark.parametrize(
    ("scan", "quality", "told", "row"),
    [
        (WRONG, "suspect", "the check digit of", causes.LABEL),
        (NOISE, "corrupt", "control character 0x07 in the scan", causes.SETTINGS),
        (f"]C101{GTIN}10ABC17261031\r".encode(), "suspect", "no FNC1 came", causes.FNC1),
    ],
)
async def test_a_doubtful_scan_is_told_with_its_row_until_a_sound_one_comes(
    scan, quality, told, row
):
    bench = Bench(scan, LABEL)
    (reading,) = await bench.readings(1)
    assert reading.quality == quality
    assert bench.health.detail == f"last scan doubtful: {reading.fields['problem']}"
    assert told in bench.health.detail
    assert (bench.health.state, bench.health.cause) == (State.RUNNING, row)
    assert bench.health.counters[f"{quality} scans"] == 1
    await anext(bench.stream)
    assert (bench.health.detail, bench.health.cause) == ("listening", None)


@pytest.mark.parametrize("suffix", ["cr-lf", "none"])
async def test_what_a_scanner_that_is_pulled_had_begun_is_told_and_its_link_closed(suffix):
    bench = Bench(b"950600", LinkLost("pulled"), suffix=suffix)
    (cut,) = await bench.readings(1)
    assert (cut.fields["text"], cut.quality) == ("950600", Quality.CORRUPT)
    assert "the scan's end did not come" in cut.fields["problem"]
    following = asyncio.ensure_future(anext(bench.stream))
    async with asyncio.timeout(PATIENCE):
        while len(bench.opened) < 2:
            await asyncio.sleep(0)
    assert bench.opened[0].closed
    assert bench.health.counters["reopens"] == 1
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


async def test_a_cut_repeat_is_not_told_and_the_scanner_is_missing():
    bench = Bench(CODE, CODE[:-1], LinkLost("pulled"))
    (reading,) = await bench.readings(1)
    assert reading.quality is Quality.OK
    missed = []

    async def noting(seconds):
        missed.append((bench.health.state, bench.health.detail))
        await asyncio.get_running_loop().create_future()

    bench.timing.sleep = noting
    following = asyncio.ensure_future(anext(bench.stream))
    async with asyncio.timeout(PATIENCE):
        while not missed:
            await asyncio.sleep(0)
    assert missed == [(State.MISSING, "pulled")]
    assert bench.health.counters["repeats"] == 1
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


async def test_frames_without_a_code_are_no_scans():
    bench = Bench(b"\r\n\r\n", b"\x02\x03\r")
    await bench.listened()
    assert bench.health.counters == {}


def test_what_stands_where_nothing_is_chosen():
    given = catalog.check_options("barcode.serial", {"port": "/dev/x"})
    assert given == {
        "port": "/dev/x", "baudrate": 9600, "suffix": "cr-lf", "gap": 0.1, "debounce": 1.0,
        "fnc1": "auto",
    }  # fmt: skip
