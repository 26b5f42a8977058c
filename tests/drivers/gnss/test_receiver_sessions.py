"""A receiver's session on its link, sentence by sentence and second by second."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import LinkLost
from drivers.gnss import causes
from drivers.gnss.receiver import NmeaReceiver, Settings
from drivers.reading import Quality
from foundation.options import OptionError, settings_of
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.gnss.nmea import framed, gga, rmc

PATIENCE = 30.0  # s
NOISE = bytes(byte ^ 0xA5 for byte in framed(gga("101112.00")))


def burst(second, **more):
    moment = f"1011{second:02d}.00"
    return framed(gga(moment, **more), rmc(moment))


def nowhere(second):
    moment = f"1011{second:02d}.00"
    return framed(gga(moment, lat=",", lon=",", quality=0), rmc(moment, status="V"))


class Port:
    """Says one of `said` a read, each a second after the one before; then nothing."""

    def __init__(self, said, timing, every=1.0):
        self.said, self.timing, self.every = list(said), timing, every
        self.waited, self.rates = [], []
        self.closed = False
        self.due = timing.now

    async def read(self, within):
        await asyncio.sleep(0)
        self.waited.append(within)
        if not self.said or self.timing.now + within < self.due:
            self.timing.now += within
            return b""
        self.timing.now = max(self.timing.now, self.due)
        self.due = self.timing.now + self.every
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def write(self, data, within):
        raise AssertionError("nothing is written to a receiver")

    def close(self):
        self.closed = True


class TunablePort(Port):
    def tune(self, baudrate):
        self.rates.append(baudrate)


class Bench:
    def __init__(self, *said, port=Port, every=1.0, **options):
        self.timing = FakeTiming()
        self.port = port(said, self.timing, every)
        self.opened = 0
        given = catalog.check_options("gnss.nmea", {"port": "/dev/gps"} | options)
        settings = settings_of(Settings, given)
        self.driver = NmeaReceiver("truck", settings, Host(self.timing), self.connect)

    async def connect(self):
        self.opened += 1
        return self.port

    async def until(self, condition):
        seen = []

        def keep(reading):
            seen.append(reading)

        async def read_on():
            async for reading in self.driver.readings():
                keep(reading)

        going = asyncio.ensure_future(read_on())
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition(seen) and not going.done():
                    await asyncio.sleep(0)
        finally:
            going.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await going
        assert condition(seen), (self.health, seen)
        return seen

    def readings(self, count):
        return self.until(lambda seen: len(seen) >= count)

    @property
    def health(self):
        return self.driver.health


async def test_a_position_has_the_moment_of_its_first_sentence_and_all_that_was_told():
    bench = Bench(burst(12), burst(13))
    (first, *_) = await bench.readings(1)
    assert (first.device, first.kind, first.quality) == ("truck", "position", Quality.OK)
    assert first.monotonic == 100.0
    assert first.utc.isoformat() == "2026-11-29T10:11:12+00:00"
    assert set(first.fields) == {
        "lat", "lon", "altitude", "speed", "course", "fix", "hdop", "satellites", "problem",
    }  # fmt: skip
    assert (first.fields["fix"], first.fields["satellites"]) == ("3d", 8)
    assert bench.health.state is State.RUNNING
    assert bench.health.detail == "3d fix, 8 satellites used"
    assert bench.health.counters["sentences"] == 2


@pytest.mark.parametrize(
    ("interval", "told", "thinned"), [(1.0, 10, 0), (0, 10, 0), (2.0, 5, 5), (5.0, 3, 7)]
)
async def test_positions_are_thinned_to_the_interval(interval, told, thinned):
    bench = Bench(*(burst(second) for second in range(10, 20)), interval=interval)
    seen = await bench.until(lambda seen: len(seen) + bench.health.counters.get("thinned", 0) >= 10)
    positions = [each for each in seen if each.quality is Quality.OK]
    assert (len(positions), bench.health.counters.get("thinned", 0)) == (told, thinned)


@pytest.mark.parametrize(
    ("quality", "marked"),
    [(1, "ok"), (2, "ok"), (6, "suspect"), (7, "manual"), (8, "suspect")],
)
async def test_what_no_satellite_gave_is_marked(quality, marked):
    bench = Bench(framed(gga("101112.00", quality=quality)))
    (first, *_) = await bench.readings(1)
    assert first.quality == marked


async def test_a_doubtful_position_is_told_with_its_row():
    bench = Bench(burst(12, hdop="25.0"))
    (first, *_) = await bench.readings(1)
    assert (first.quality, first.fields["problem"]) == (Quality.SUSPECT, "HDOP 25")
    assert bench.health.detail.endswith("but doubtful: HDOP 25")
    assert bench.health.cause is causes.DOUBTFUL


async def test_a_lost_fix_is_told_once_with_how_long_and_what_is_in_view():
    gsv = framed("GPGSV,1,1,04,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45")
    bench = Bench(burst(10), gsv + nowhere(11), nowhere(12), nowhere(13), nowhere(14))
    seen = await bench.until(lambda seen: "no fix for 3 s" in bench.health.detail)
    assert [each.quality for each in seen] == [Quality.OK, Quality.NO_ANSWER]
    assert seen[1].fields["lat"] is None
    assert bench.health.detail == "no fix for 3 s, 4 satellites in view"
    assert bench.health.cause is causes.NO_FIX


async def test_who_asks_a_receiver_without_a_fix_is_told_so():
    bench = Bench(*(nowhere(second) for second in range(10, 40)))
    stream = bench.driver.readings()
    first = await anext(stream)
    assert first.quality is Quality.NO_ANSWER
    following = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    answer = await asyncio.wait_for(bench.driver.read_once(), PATIENCE)
    assert answer.quality is Quality.NO_ANSWER
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
        await following


async def test_damage_and_what_cannot_be_read_are_counted():
    damaged = burst(12)[:20] + burst(13) + framed(gga("101114.00", lat="9959.00000,N"))
    bench = Bench(damaged, burst(15))
    await bench.readings(2)
    assert bench.health.counters["damaged"] == 1
    assert bench.health.counters["unreadable"] == 1


async def test_before_the_first_position_it_says_that_it_listens():
    bench = Bench(framed("GPGSV,1,1,00"), b"", b"")
    await bench.until(lambda seen: bench.health.counters.get("sentences", 0) >= 1)
    assert (bench.health.state, bench.health.detail) == (
        State.OPENING, "listening, no position yet",
    )  # fmt: skip


async def test_a_silent_receiver_is_missing_after_its_time_and_its_port_closed():
    bench = Bench(burst(10), silent_after=4.0)
    seen = await bench.until(lambda seen: bench.health.state is State.MISSING)
    assert bench.health.detail == "nothing came from /dev/gps for 4 s"
    assert bench.health.cause is causes.QUIET
    assert bench.port.closed
    assert seen[-1].quality is Quality.NO_ANSWER


async def test_a_receiver_that_hangs_is_faulty():
    bench = Bench(*[burst(10)] * 12, silent_after=5.0)
    seen = await bench.until(lambda seen: bench.health.state is State.FAULTY)
    assert bench.health.detail == "the receiver at /dev/gps repeats 10:11:10 UTC, for 6 s"
    assert [each.quality for each in seen] == [Quality.OK, Quality.NO_ANSWER]


async def test_a_port_that_is_pulled_is_opened_again():
    bench = Bench(burst(10), LinkLost("pulled"), burst(30), burst(31))
    seen = await bench.until(lambda seen: len(seen) >= 3)
    assert [each.quality for each in seen[:3]] == [Quality.OK, Quality.NO_ANSWER, Quality.OK]
    assert bench.opened == 2


async def test_other_rates_are_tried_and_the_one_that_is_right_is_said():
    said = [NOISE] * 4 + [burst(second) for second in range(10, 14)]
    bench = Bench(*said, port=TunablePort, baudrate=115200)
    told = []

    def running(seen):
        told.append((bench.health.state, bench.health.detail))
        return bool(seen)

    await bench.until(running)
    assert bench.port.rates == [9600]
    faulty = "bytes come from /dev/gps, but no NMEA at 115200 baud: now listening at 9600"
    assert (State.FAULTY, faulty) in told
    assert bench.health.detail == (
        "3d fix, 8 satellites used; heard at 9600 baud, not at 115200 as configured"
    )
    assert bench.health.cause == causes.HEARD_AT_ANOTHER_RATE.of(rate=9600)


async def test_sentences_between_noise_show_that_the_rate_is_right():
    """They are its maker's words, so that no position comes."""
    words = framed("GPTXT,01,01,02,u-blox")
    bench = Bench(*[words + NOISE * 40] * 6, port=TunablePort, silent_after=60.0)
    await bench.until(lambda _: not bench.port.said)
    assert (bench.port.rates, bench.health.counters["sentences"] > 3) == ([], True)


async def test_noise_at_every_rate_is_another_device():
    bench = Bench(*[NOISE] * 40, port=TunablePort)
    await bench.until(lambda seen: bench.health.state is State.WRONG_DEVICE)
    assert bench.port.rates == [38400, 115200, 4800, 57600, 19200, 230400, 460800, 921600]
    assert "no NMEA at any rate from 4800 to 921600 baud" in bench.health.detail


async def test_the_end_of_a_burst_is_heard_soon_and_silence_looked_at_each_second():
    bench = Bench(burst(10), every=5.0)
    await bench.until(lambda seen: len(bench.port.waited) >= 4)
    first, gap, *looks = bench.port.waited[:4]
    assert gap < 0.5
    assert {first, *looks} == {1.0}


@pytest.mark.parametrize(
    ("release", "meant"), [("2026-01-01", date(2026, 12, 13)), ("2006-01-01", date(2007, 4, 29))]
)
async def test_a_date_is_unfolded_to_what_is_nearest_the_release(release, meant):
    """From 29 April 2007, 1024 weeks lead to 13 December 2026."""
    old = framed(gga("101112.00"), rmc("101112.00", day="290407"))
    (first, *_) = await Bench(old, not_before=release).readings(1)
    assert first.utc.date() == meant


@pytest.mark.parametrize(
    ("option", "fits", "refused"),
    [
        ("interval", (0, 3600), (-1, 3601)),
        ("silent_after", (0.1, 3600), (0.09, 3601)),
        ("not_before", ("2026-01-01",), ("soon", "2026-13-01")),
    ],
)
def test_options_at_their_bounds(option, fits, refused):
    for value in fits:
        catalog.check_options("gnss.nmea", {"port": "/dev/gps", option: value})
    for value in refused:
        with pytest.raises(OptionError):
            catalog.check_options("gnss.nmea", {"port": "/dev/gps", option: value})
