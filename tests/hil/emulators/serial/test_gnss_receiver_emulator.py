"""The emulated receiver, checked by pynmea2 and by the captures of real ones."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.emulators.serial.gnss_receiver import GnssReceiver, bursts
from hil.emulators.serial.gnss_route import Motion, motion, waypoints
from hil.emulators.serial.nmea_encoder import Satellite, epoch, sentence

CAPTURE = (
    b"# a comment, as captures have them\n"
    b"$GPGSV,1,1,00*79\r\n$GPGSV,1,1,00*79\r\n$GPGGA,,,,,,0,,,,,,,,*66\r\n"
    b"$GPGSV,1,1,00*79\r\n$GPGGA,,,,,,0,,,,,,,,*66\r\n"
)
NOW = datetime(2026, 10, 3, 8, 0, 0, 250000, tzinfo=UTC)
SKY = [Satellite(number, 45, 180, 40) for number in range(1, 10)]


def decoded(motion):
    found = {}
    for text in epoch(NOW, motion, SKY, 0.9):
        message = pynmea2.parse(text.decode().strip(), check=True)
        found.setdefault(message.sentence_type, []).append(message)
    return found


def test_sentences_are_framed_as_real_receivers_frame_them():
    real = b"$GPGGA,051347.00,6001.336799,N,03014.169008,E,1,05,0.9,16.5,M,18.0,M,,*59\r\n"
    assert sentence(real[1:-5].decode()) == real


places = st.builds(
    Motion,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    altitude=st.floats(-100, 9000),
    speed=st.floats(0, 300),
    course=st.floats(0, 359.99),
    fix=st.just(True),
)


@given(places)
def test_pynmea2_reads_what_was_meant(truth):
    found = decoded(truth)
    (gga,), (rmc,), (vtg,), (gsa,) = (found[name] for name in ("GGA", "RMC", "VTG", "GSA"))
    for message in (gga, rmc):
        assert message.latitude == pytest.approx(truth.lat, abs=1e-8)
        assert message.longitude == pytest.approx(truth.lon, abs=1e-8)
        assert message.is_valid
    assert rmc.datetime == NOW
    assert gga.timestamp == NOW.timetz()
    assert gga.altitude == pytest.approx(truth.altitude, abs=0.051)
    assert rmc.spd_over_grnd * 1852 / 3600 == pytest.approx(truth.speed, abs=1e-3)
    assert vtg.spd_over_grnd_kmph / 3.6 == pytest.approx(truth.speed, abs=1e-3)
    assert rmc.true_course == pytest.approx(truth.course, abs=0.0051)
    assert gsa.mode_fix_type == "3"
    assert int(gga.num_sats) == len(SKY)
    assert [message.num_sv_in_view for message in found["GSV"]] == ["09"] * 3


def test_without_a_fix_no_sentence_has_a_place():
    found = decoded(Motion(48.1, 11.5, 500, 10, 90, fix=False))
    (gga,), (rmc,), (gsa,) = (found[name] for name in ("GGA", "RMC", "GSA"))
    assert (gga.lat, rmc.lat) == ("", "")
    assert gga.gps_qual == 0
    assert rmc.status == "V"
    assert gsa.mode_fix_type == "1"


def test_a_route_stands_before_its_start_and_after_its_end():
    points = waypoints([{"at": 10, "lat": 1, "lon": 2}, {"at": 20, "lat": 2, "lon": 2}])
    assert motion(points, 0).lat == 1
    assert motion(points, 15).lat == pytest.approx(1.5)
    assert motion(points, 15).speed == pytest.approx(11_120, rel=1e-3)  # a degree in 10 s
    assert motion(points, 15).course == pytest.approx(0)
    assert (motion(points, 99).lat, motion(points, 99).speed) == (2, 0)


@pytest.mark.parametrize("route", [[], [{"at": 1, "lat": 0, "lon": 0}] * 2])
def test_a_route_needs_rising_times(route):
    with pytest.raises(ValueError, match="rising times"):
        waypoints(route)


def test_routes_from_toml_and_csv_are_the_same(tmp_path):
    toml, csv = tmp_path / "route.toml", tmp_path / "route.csv"
    toml.write_text(
        "[[waypoint]]\nat = 0\nlat = 48.1\nlon = 11.5\naltitude = 500\n"
        "[[waypoint]]\nat = 60\nlat = 48.2\nlon = 11.6\nfix = false\n"
    )
    csv.write_text("at,lat,lon,altitude,fix\n0,48.1,11.5,500,\n60,48.2,11.6,,false\n")
    assert waypoints(toml) == waypoints(csv)
    assert [point.fix for point in waypoints(csv)] == [True, False]


def test_a_capture_is_cut_where_its_first_sentence_comes_again():
    found = bursts(CAPTURE)
    assert [burst.count(b"\n") for burst in found] == [3, 2]
    assert b"".join(found) == CAPTURE.partition(b"\n")[2]


def test_a_real_capture_has_one_burst_per_epoch():
    data = Path(os.environ.get("TALLYMAN_DATA", Path(__file__).parents[5] / "shared" / "data"))
    path = data / "gnss" / "quectel-eg25-g.log"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing: CI must have the reference data")
        pytest.skip(f"no reference data at {data}: set TALLYMAN_DATA")
    found = bursts(path.read_bytes())
    assert sum(burst.count(b"$GPRMC") for burst in found) == 60
    assert max(burst.count(b"$GPRMC") for burst in found) == 1


async def played(receiver, size):
    """The first `size` bytes a client reads from the port."""
    receiver.plug()
    fd = os.open(receiver.where, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    running = asyncio.ensure_future(receiver.run())
    data = b""
    while len(data) < size:
        await asyncio.sleep(0.005)
        try:
            data += os.read(fd, 4096)
        except BlockingIOError:
            continue
    os.close(fd)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return data


async def test_a_capture_comes_out_as_it_is(tmp_path):
    capture = tmp_path / "capture.log"
    capture.write_bytes(CAPTURE * 100)
    expected = b"".join(bursts(CAPTURE * 100))
    receiver = GnssReceiver(link=tmp_path / "gnss", capture=capture, rate=0)
    assert await played(receiver, len(expected)) == expected
    assert not (tmp_path / "gnss").exists()


async def test_a_repeated_capture_begins_anew(tmp_path):
    capture = tmp_path / "capture.log"
    capture.write_bytes(CAPTURE)
    once = b"".join(bursts(CAPTURE))
    receiver = GnssReceiver(link=tmp_path / "gnss", capture=capture, rate=0, repeat=True)
    assert (await played(receiver, 3 * len(once)))[: 3 * len(once)] == once * 3


async def test_present_time_is_asked_of_the_clock_given(tmp_path):
    route = [{"at": 0, "lat": 48.1, "lon": 11.5}]
    receiver = GnssReceiver(link=tmp_path / "gnss", route=route, now=lambda: NOW)
    assert b"080000.25" in await played(receiver, 100)


def test_either_a_capture_or_a_route():
    with pytest.raises(ValueError, match="either a capture or a route"):
        GnssReceiver()
