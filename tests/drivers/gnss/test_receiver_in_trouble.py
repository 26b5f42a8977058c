"""A receiver that sends bytes and no new position is `faulty` soon, and says why."""

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import DeviceFault
from drivers.reading import Quality
from hil.emulators.serial.gnss_receiver import GnssReceiver
from tests.drivers.gnss.nmea import framed, gga, rmc
from tests.drivers.gnss.test_diagnosis import GSV, PUBX, TXT, damaged, ubx
from tests.drivers.pty_bench import PtyBench

NOW = "101112.00"
EPOCH = framed(gga(NOW), rmc(NOW), GSV)


class Bench(PtyBench):
    """A receiver that says one thing for ever, and its driver."""

    def __init__(self, tmp_path, says, *, baudrate=9600, options=None, rate=10.0):
        path, file = tmp_path / "gnss", tmp_path / "says"
        file.write_bytes(says)
        emulator = GnssReceiver(link=path, capture=file, repeat=True, rate=rate, baudrate=baudrate)
        given = {"port": str(path), "interval": 0.0, "silent_after": 0.6} | (options or {})
        super().__init__(emulator, catalog.build("gnss.nmea", "gnss1", given, Host()))

    @property
    def health(self):
        return self.driver.health


@pytest.mark.parametrize(
    ("says", "seen", "advice"),
    [
        (EPOCH, "repeats 10:11:12 UTC", "power-cycle"),
        (framed(GSV, TXT), "sends GSV, TXT, no sentence with a position", "switch GGA and RMC on"),
        (framed(PUBX), "sends PUBX, no sentence with a position", "switch GGA and RMC on"),
        (ubx(1, 7, bytes(92)) + framed(TXT), "sends UBX, TXT, no", "switch GGA and RMC on"),
        (ubx(1, 7, bytes(92)), "sends UBX, no NMEA", "switch NMEA on there: switch GGA and RMC on"),
        (f"${gga(NOW)}\r\n${rmc(NOW)}\r\n".encode(), "without checksums", "switch checksums on"),
        (damaged(EPOCH), "all damaged", "grounding"),
    ],
)
async def test_it_is_faulty_with_what_was_seen_and_the_next_step(tmp_path, says, seen, advice):
    async with Bench(tmp_path, says) as bench:
        await bench.until(lambda: bench.health.state is State.FAULTY)
        assert seen in bench.health.detail
        assert advice in bench.health.advice


async def test_a_hung_receiver_is_told_once_and_stays_faulty_when_it_is_reopened(tmp_path):
    async with Bench(tmp_path, EPOCH, rate=2.0, options={"silent_after": 1.2}) as bench:
        first, second = await bench.next(), await bench.next()
        assert (first.quality, second.quality) == (Quality.OK, Quality.NO_ANSWER)
        await bench.until(lambda: bench.health.counters.get("reopens", 0) >= 2)
        assert bench.health.state is State.FAULTY
        assert bench.health.counters["readings"] == 2


async def test_who_asks_is_told_why(tmp_path):
    async with Bench(tmp_path, framed(GSV, TXT)) as bench:
        with pytest.raises(DeviceFault, match="no sentence with a position") as raised:
            await bench.driver.read_once()
        assert "GGA and RMC" in raised.value.advice
