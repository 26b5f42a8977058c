from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadFrame
from drivers.gnss.dates import as_received
from drivers.gnss.decode import decode
from drivers.gnss.fix import Epochs
from drivers.rollover import unfold


def epochs(*sentences, dated=as_received):
    """All fixes that `sentences` (without `$` and checksum) bring to an end."""
    merged = Epochs(dated)
    fixes = [
        merged.feed(observation, float(at))
        for at, sentence in enumerate(sentences)
        if (observation := decode(sentence)) is not None
    ]
    fixes.append(merged.flush())
    return [fix for fix in fixes if fix is not None]


def gga(time, quality=1, lat="4807.038,N", lon="01131.000,E"):
    return f"GPGGA,{time},{lat},{lon},{quality},08,0.9,545.4,M,46.9,M,,"


def rmc(time, day="230394", status="A", tail=""):
    return f"GPRMC,{time},{status},4807.038,N,01131.000,E,022.4,084.4,{day},003.1,W{tail}"


def test_gga_and_rmc_of_one_time_are_one_fix():
    (fix,) = epochs(gga("123519.00"), rmc("123519"))
    assert fix.lat == pytest.approx(48 + 7.038 / 60)
    assert fix.lon == pytest.approx(11 + 31 / 60)
    assert fix.altitude == 545.4
    assert fix.speed == pytest.approx(22.4 * 0.514444, abs=1e-4)
    assert fix.course == 84.4
    assert fix.hdop == 0.9
    assert fix.satellites == 8
    assert fix.utc == datetime(1994, 3, 23, 12, 35, 19, tzinfo=UTC)


def test_south_and_west_are_negative():
    (fix,) = epochs(gga("123519", lat="4807.038,S", lon="01131.000,W"))
    assert (fix.lat, fix.lon) == pytest.approx((-48.1173, -11.516667), abs=1e-6)


@pytest.mark.parametrize(
    "sentences",
    [
        ["GPGGA,,,,,,0,,,,,,,,", "GPRMC,,V,,,,,,,,,,N"],
        ["GPGGA,123519,0000.000,N,00000.000,E,0,00,,,M,,M,,"],
        ["GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"],
        ["GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W,N"],
        ["GNGNS,123519.00,4807.038,N,01131.000,E,NNN,,,,,,"],
        ["GPGLL,4807.038,N,01131.000,E,123519,V,N"],
        [gga("123519"), "GPRMC,123519,V,,,,,,,230394,,,N"],
    ],
)
def test_without_a_fix_there_is_no_position(sentences):
    (fix,) = epochs(*sentences)
    assert fix.fix == "none"
    assert (fix.lat, fix.lon, fix.utc) == (None, None, None)


def test_each_new_time_is_an_epoch_even_an_earlier_one():
    fixes = epochs(gga("105153.71"), rmc("105153.71"), gga("105153.408"), rmc("105153.408"))
    assert len(fixes) == 2


def test_an_epoch_has_the_moment_of_its_first_sentence():
    before = "GPGSV,2,1,06,14,49,042,20,19,34,153,22,30,34,085,24,05,16,232,,1"
    fixes = epochs(before, gga("123519"), rmc("123519"), before, rmc("123520"), gga("123520"))
    assert [fix.at for fix in fixes] == [1.0, 4.0]


def test_no_fix_sentences_without_a_time_do_not_spoil_the_fix_before_them():
    fixes = epochs(gga("123519"), "GPRMC,,V,,,,,,,,,,N", "GPGGA,,,,,,0,,,,,,,,")
    assert [fix.fix for fix in fixes] == ["3d", "none"]


def test_repeated_sentences_without_a_time_are_epochs_of_their_own():
    assert len(epochs(*["GPGGA,,,,,,0,,,,,,,,", "GPRMC,,V,,,,,,,,,,N"] * 3)) == 3


def test_what_comes_after_the_epoch_was_told_is_not_told_again():
    merged = Epochs(as_received)
    merged.feed(decode(gga("123519")), 1.0)
    assert merged.pending
    assert merged.flush() is not None
    assert not merged.pending
    assert merged.feed(decode(rmc("123519")), 2.0) is None
    assert merged.flush() is None
    assert merged.feed(decode(gga("123520")), 3.0) is None
    assert merged.flush() is not None


@pytest.mark.parametrize(
    ("sentences", "fix"),
    [
        ([gga("123519", 1)], "3d"),
        ([rmc("123519")], "2d"),
        ([gga("123519", 1), "GPGSA,A,2,01,02,03,,,,,,,,,,2,1,2"], "2d"),
        ([rmc("123519"), "GPGSA,A,3,01,02,03,04,,,,,,,,,2,1,2", "GLGSA,A,1,,,,,,,,,,,,,,,"], "3d"),
        ([gga("123519", 2)], "dgps"),
        ([gga("123519", 4)], "rtk"),
        ([gga("123519", 5)], "rtk-float"),
        ([gga("123519", 6)], "estimated"),
        (["GNGNS,123519.00,4807.038,N,01131.000,E,AAD,12,0.9,5.0,1.0,,"], "dgps"),
        ([rmc("123519", tail=",S")], "simulated"),
    ],
)
def test_kind_of_fix(sentences, fix):
    assert [found.fix for found in epochs(*sentences)] == [fix]


def test_date_is_carried_on_over_midnight():
    first, second = epochs(rmc("235959.00", "311220"), gga("000000.00"))
    assert first.utc == datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert second.utc == datetime(2021, 1, 1, tzinfo=UTC)


def test_date_from_zda():
    (fix,) = epochs(gga("123519"), "GPZDA,123519,11,07,2020,00,00")
    assert fix.utc == datetime(2020, 7, 11, 12, 35, 19, tzinfo=UTC)


def test_without_any_date_utc_is_unknown_but_the_position_stands():
    (fix,) = epochs(rmc("000231.099", "2208-1"))
    assert fix.utc is None
    assert fix.lat is not None


def test_rolled_over_week_is_corrected_and_the_time_of_day_kept():
    (fix,) = epochs(rmc("101112", "160107"), dated=lambda day: unfold(day, date(2026, 1, 1)))
    assert fix.utc == datetime(2026, 9, 1, 10, 11, 12, tzinfo=UTC)


def test_leap_second_is_an_epoch_of_its_own():
    before, leap, after = epochs(
        rmc("235959", "311216"), rmc("235960", "311216"), rmc("000000", "010117")
    )
    assert before.utc < leap.utc < after.utc


def test_satellites_in_view_are_counted_over_constellations():
    (fix,) = epochs(
        "GPGSV,2,1,06,14,49,042,20,19,34,153,22,30,34,085,24,05,16,232,,1",
        "GLGSV,2,1,08,78,38,036,22,79,53,313,19,88,22,080,26,68,39,195,21,1",
        "GPGGA,,,,,,0,,,,,,,,",
    )
    assert fix.in_view == 14


def test_satellites_of_a_constellation_that_is_told_no_more_are_forgotten():
    glonass = "GLGSV,2,1,08,78,38,036,22,79,53,313,19,88,22,080,26,68,39,195,21,1"
    fixes = epochs(glonass, *(gga(f"1235{second}") for second in range(10, 30)))
    assert [fix.in_view for fix in fixes] == [8] * 10 + [0] * 10


@pytest.mark.parametrize(
    "sentence",
    [
        "GPGGA,123519,,,,,1,08,0.9,545.4,M,46.9,M,,",
        "GPGGA,123519,9907.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
        "GPGGA,123519,4807.038,X,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
        "GPGGA,993519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
        "GPGGA,123519,4807.038,N,01131.000,E,1,08,nan,545.4,M,46.9,M,,",
        "GPGGA,123519,4807.038,N,01131.000,E,1,eight,0.9,545.4,M,46.9,M,,",
        "GPZDA,123519,31,02,2020,00,00",
        "GPZDA,101112.00,29,11,3000000000,00,00",  # a year beyond all calendars
        "GPZDA,101112.00,29,11,26,00,00",
        "GPGGA,123519,4860.000,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
    ],
)
def test_unreadable_sentences_are_bad_frames(sentence):
    with pytest.raises(BadFrame):
        decode(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "PQGSV,4,1,14",
        "GPXYZ,1,2",
        "GP",
        "",
        "GPGGA",
        "PGGGA,1",
        " PRMC,,V",
        "pPZDA,1,2,3",
        "gpgga,1",
    ],
)
def test_other_sentences_say_nothing(sentence):
    assert decode(sentence) is None


fields = st.text(st.sampled_from("0123456789.,-NSEWAVDM"), max_size=60)


@given(st.sampled_from(["GGA", "RMC", "GNS", "GLL", "VTG", "GSA", "GSV", "ZDA"]), fields)
def test_any_fields_are_decoded_or_refused(formatter, text):
    try:
        observation = decode(f"GP{formatter},{text}")
    except BadFrame:
        return
    if observation.lat is not None:
        assert abs(observation.lat) <= 90
        assert abs(observation.lon) <= 180
        assert observation.valid
