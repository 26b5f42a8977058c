import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import count
from statistics import median

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import CommandTimeout
from drivers.gnss import listening
from drivers.gnss.receiver import NmeaReceiver, Settings
from drivers.links.serial import SerialLink
from drivers.reading import Quality
from foundation.options import OptionError
from hil.emulators.faults import Faults
from hil.emulators.serial.gnss_receiver import GnssReceiver
from tests.drivers.pty_bench import PtyBench

START = datetime(2026, 10, 3, 8, 0, 0, tzinfo=UTC)
ROUTE = [
    {"at": 0, "lat": 48.1, "lon": 11.5, "altitude": 520.0},
    {"at": 1000, "lat": 48.2, "lon": 11.7, "altitude": 480.0},
]


class Bench(PtyBench):
    """An emulated receiver and its driver."""

    def __init__(self, tmp_path, *, options=None, **emulated):
        path = tmp_path / "gnss"
        emulated = {"route": ROUTE, "rate": 20.0, "start": START} | emulated
        given = {"port": str(path), "interval": 0.0, "silent_after": 0.6} | (options or {})
        self.host = Host()
        driver = catalog.build("gnss.nmea", "gnss1", given, self.host)
        super().__init__(GnssReceiver(link=path, **emulated), driver)


async def test_positions_along_a_route(tmp_path):
    async with Bench(tmp_path, pace=10.0, rate=5.0) as bench:
        readings = [await bench.next() for _ in range(5)]
        assert bench.driver.health.state is State.RUNNING
        assert "3d fix" in bench.driver.health.detail
    latitudes = [reading.fields["lat"] for reading in readings]
    assert latitudes == sorted(latitudes)
    assert len(set(latitudes)) == 5
    offsets = []
    for reading in readings:
        fields = reading.fields
        on_route = (fields["lat"] - 48.1) / 0.1
        assert 0 <= on_route < 1
        assert fields["lon"] == pytest.approx(11.5 + 0.2 * on_route, abs=1e-6)
        assert fields["altitude"] == pytest.approx(520 - 40 * on_route, abs=0.06)
        assert fields["speed"] == pytest.approx(18.5, abs=0.3)  # 11.1 km north, 14.8 km east
        assert fields["course"] == pytest.approx(53, abs=1)
        assert fields["fix"] == "3d"
        assert reading.quality is Quality.OK
        assert reading.utc >= START
        # Moment and UTC belong together: the agent sets its clock by the two.
        offsets.append(reading.monotonic - (reading.utc - START).total_seconds())
        assert (reading.device, reading.kind) == ("gnss1", "position")
    late = median(offsets) - min(offsets)  # the machine may hold up two of five
    assert late < 0.18  # less than an epoch of 0.2 s


async def test_unplugged_and_replugged(tmp_path):
    async with Bench(tmp_path) as bench:
        await bench.next()
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        assert "gnss" in bench.driver.health.detail
        bench.emulator.plug()
        assert (await bench.next()).fields["lat"] is not None
        assert bench.driver.health.state is State.RUNNING


async def test_a_port_that_is_not_there_yet(tmp_path):
    async with Bench(tmp_path) as bench:
        await asyncio.sleep(0)  # lets the receiver start
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        assert "there is no serial port" in bench.driver.health.detail
        assert "by-id" in bench.driver.health.advice


async def test_split_bytes_and_garbage_between_bursts_lose_nothing(tmp_path):
    stamps = (START + number * timedelta(seconds=0.2) for number in count())
    async with Bench(tmp_path, rate=5.0, start=None, now=lambda: next(stamps)) as bench:
        bench.emulator.port.through(Faults(seed=3, split=True, garbage=1.0).around)
        first = await bench.next()
        seconds = [((await bench.next()).utc - first.utc).total_seconds() for _ in range(5)]
    assert seconds == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


async def test_damaged_bytes_are_counted_and_give_no_wrong_position(tmp_path):
    async with Bench(tmp_path, route=[{"at": 0, "lat": 48.1, "lon": 11.5}]) as bench:
        bench.emulator.port.through(Faults(seed=5, flip=0.01, drop=0.005).around)
        readings = [await bench.next() for _ in range(15)]
        assert bench.driver.health.counters["damaged"] > 0
    for reading in readings:
        assert (reading.fields["lat"], reading.fields["lon"]) == pytest.approx((48.1, 11.5))


async def test_a_lost_fix_is_told_once_and_health_says_so(tmp_path):
    tunnel = [
        {"at": 0, "lat": 48.1, "lon": 11.5},
        {"at": 0.3, "lat": 48.1, "lon": 11.5, "fix": False},
        {"at": 0.9, "lat": 48.1, "lon": 11.6},
    ]
    async with Bench(tmp_path, route=tunnel) as bench:
        readings = []
        details = []
        while not readings or readings[-1].fields["lon"] != 11.6:
            readings.append(await bench.next())
            details.append(bench.driver.health.detail)
    lost = [reading for reading in readings if reading.fields["lat"] is None]
    assert len(lost) == 1
    assert lost[0].quality is Quality.NO_ANSWER
    assert lost[0].utc is None
    assert lost[0].fields["fix"] == "none"
    assert any("no fix for" in detail and "9 satellites" in detail for detail in details)


async def test_asked_without_a_fix_the_answer_is_that_there_is_none(tmp_path):
    async with Bench(tmp_path, route=[{"at": 0, "lat": 0, "lon": 0, "fix": False}]) as bench:
        assert (await bench.next()).fields["lat"] is None
        following = asyncio.ensure_future(anext(bench.stream))
        assert (await bench.driver.read_once()).quality is Quality.NO_ANSWER
        assert not following.done()  # an answer to a person is no second record
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following


async def test_read_once_without_a_reader(tmp_path):
    async with Bench(tmp_path) as bench:
        reading = await bench.driver.read_once()
        assert reading.fields["lat"] == pytest.approx(48.1, abs=0.01)


async def test_fast_receivers_are_thinned_by_the_interval(tmp_path):
    async with Bench(tmp_path, rate=20.0, options={"interval": 0.5}) as bench:
        stamps = [(await bench.next()).monotonic for _ in range(4)]
        assert bench.driver.health.counters["thinned"] > 10
    assert (stamps[-1] - stamps[0]) / 3 == pytest.approx(0.5, abs=0.2)


async def test_a_silent_receiver_is_reopened(tmp_path):
    async with Bench(tmp_path, rate=0.01) as bench:
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        assert "nothing came from" in bench.driver.health.detail


async def test_another_rate_is_found_and_said(tmp_path):
    async with Bench(tmp_path, baudrate=38400) as bench:
        reading = await bench.next()
        assert reading.fields["lat"] == pytest.approx(48.1, abs=0.01)
        assert bench.driver.health.state is State.RUNNING
        assert "heard at 38400 baud, not at 9600 as configured" in bench.driver.health.detail
        assert "set baudrate = 38400" in bench.driver.health.advice


async def test_the_rate_that_was_found_is_taken_again_after_an_unplug(tmp_path, monkeypatch):
    tuned, tune = [], SerialLink.tune

    def told(link, baudrate):
        tuned.append(baudrate)
        tune(link, baudrate)

    monkeypatch.setattr(SerialLink, "tune", told)
    async with Bench(tmp_path, baudrate=38400) as bench:
        await bench.next()
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        tuned.clear()
        bench.emulator.plug()
        await bench.next()
        assert tuned == [38400], "not tried from the beginning"


async def test_while_other_rates_are_tried_it_is_faulty_and_says_what_it_hears(tmp_path):
    async with Bench(tmp_path, baudrate=115200) as bench:
        await bench.until(lambda: bench.driver.health.state is State.FAULTY)
        assert "no NMEA at 9600 baud: now listening at 38400" in bench.driver.health.detail


async def test_noise_at_every_rate_is_a_wrong_device(tmp_path, monkeypatch):
    monkeypatch.setattr(listening, "TRIAL", 0.05)
    async with Bench(tmp_path, baudrate=300) as bench:  # a rate that no receiver speaks at
        await bench.until(lambda: bench.driver.health.state is State.WRONG_DEVICE)
        assert "no NMEA at any rate from 4800 to 921600 baud" in bench.driver.health.detail
        assert "check that" in bench.driver.health.advice


async def test_a_fix_that_flickers_is_told_to_be_lost_once(tmp_path):
    flicker = [
        {"at": 0.2 * step, "lat": 48.1, "lon": 11.5, "fix": step % 2 == 0} for step in range(20)
    ]
    async with Bench(tmp_path, route=flicker) as bench:
        readings = [await bench.next() for _ in range(20)]
    assert [reading.fields["fix"] for reading in readings].count("none") == 1


async def test_a_wrong_default_date_places_but_dates_nothing(tmp_path):
    async with Bench(tmp_path, start=datetime(1980, 1, 6, 10, tzinfo=UTC)) as bench:
        reading = await bench.next()
        assert (reading.quality, reading.utc) == (Quality.OK, None)
        assert reading.fields["lat"] == pytest.approx(48.1, abs=0.01)
        assert "date unknown" in bench.driver.health.detail


async def test_what_the_host_knows_of_the_time_says_which_week_it_is(tmp_path):
    async with Bench(tmp_path, start=datetime(2019, 4, 8, 10, tzinfo=UTC)) as bench:
        assert (await bench.next()).utc is None  # by this release it is none of its time
        bench.host.not_before = lambda: datetime(2038, 11, 20, tzinfo=UTC)
        while (reading := await bench.next()).utc is None:
            pass
        assert reading.utc.date() == date(2038, 11, 22)


class DeadLink:
    """Answers nothing, ever, in no time."""

    def __init__(self, timing, data=()):
        self.timing, self.data, self.closed = timing, list(data), False

    async def read(self, within):
        self.timing.now += within
        return self.data.pop(0) if self.data else b""

    def close(self):
        self.closed = True


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds


async def test_the_link_is_closed_whatever_ends_a_session():
    clock = Clock()
    link = DeadLink(clock)

    async def connect():
        return link

    settings = Settings("/dev/gnss", 9600, 1.0, 10.0, date(2026, 1, 1))
    driver = NmeaReceiver("gnss1", settings, Host(clock), connect)
    with pytest.raises(CommandTimeout):
        await driver.read_once()
    assert link.closed
    assert clock.now == pytest.approx(10.0)


async def test_estimated_and_manual_positions_are_marked():
    clock = Clock()
    estimated = b"$GPGGA,123519,4807.038,N,01131.000,E,6,08,0.9,545.4,M,46.9,M,,*40\r\n"

    async def connect():
        return DeadLink(clock, [estimated])

    settings = Settings("/dev/gnss", 9600, 1.0, 10.0, date(2026, 1, 1))
    driver = NmeaReceiver("gnss1", settings, Host(clock), connect)
    reading = await driver.read_once()
    assert reading.quality is Quality.SUSPECT
    assert reading.fields["fix"] == "estimated"


def test_not_before_must_be_a_date():
    with pytest.raises(OptionError, match="not_before"):
        catalog.build("gnss.nmea", "gnss1", {"port": "/dev/x", "not_before": "soon"}, Host())


def test_interval_is_what_the_agent_expects():
    module = catalog.module("gnss.nmea")
    for given, expected in [(5.0, 5.0), (0.0, 1.0)]:
        options = catalog.check_options("gnss.nmea", {"port": "/dev/x", "interval": given})
        assert module.interval(options) == expected
