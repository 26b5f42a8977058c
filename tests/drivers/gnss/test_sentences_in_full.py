"""Each sentence of NMEA 0183, field by field, and how the sentences of one moment join."""

from __future__ import annotations

from datetime import date

import pytest

from drivers.errors import BadFrame
from drivers.gnss.dates import as_received
from drivers.gnss.decode import Observation, decode
from drivers.gnss.epoch import Epoch
from drivers.gnss.fix import Epochs
from tests.drivers.gnss.nmea import gga, rmc

S = 1_000_000
TEN = (10 * 3600 + 11 * 60 + 12) * S  # 10:11:12
LAT, LON = 48 + 7.038 / 60, 11 + 31 / 60
PLACE = {"lat": LAT, "lon": LON}
WHERE = "4807.03800,N,01131.00000,E"
KNOT, KMH = 0.514444, 0.277778  # m/s


def seen(formatter, **fields):
    return Observation(formatter, **fields)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (gga("101112.00"), seen("GGA", time=TEN, valid=True, fix="autonomous", altitude=545.4,
                                hdop=0.9, satellites=8, **PLACE)),
        (gga("101112.00", quality=0), seen("GGA", time=TEN, valid=False, hdop=0.9, satellites=8)),
        (gga("", quality=0, used="", hdop=""), seen("GGA", valid=False)),
        (f"GNGNS,101112.00,{WHERE},AN,12,0.8,100.5,46.9,,,V",
         seen("GNS", time=TEN, valid=True, fix="autonomous", altitude=100.5, hdop=0.8,
              satellites=12, **PLACE)),
        (f"GNGNS,101112.00,{WHERE},NDE,12,0.8,100.5,46.9,,,U",
         seen("GNS", time=TEN, valid=True, fix="estimated", altitude=100.5, hdop=0.8,
              satellites=12, unsafe=True, **PLACE)),
        (f"GNGNS,101112.00,{WHERE},NN,00,99.99,,,,",
         seen("GNS", time=TEN, valid=False, hdop=99.99, satellites=0)),
        (rmc("101112.00"), seen("RMC", time=TEN, date=date(2026, 11, 29), valid=True,
                                fix="autonomous", speed=pytest.approx(22.4 * KNOT, rel=1e-5),
                                course=84.4, **PLACE)),
        (rmc("101112.00", tail=",,,D,U"),
         seen("RMC", time=TEN, date=date(2026, 11, 29), valid=True, fix="dgps", unsafe=True,
              speed=pytest.approx(22.4 * KNOT, rel=1e-5), course=84.4, **PLACE)),
        (rmc("101112.00", knots="", course="", tail=""),
         seen("RMC", time=TEN, date=date(2026, 11, 29), valid=True, fix="autonomous", **PLACE)),
        (rmc("101112.00", status="V"),
         seen("RMC", time=TEN, date=date(2026, 11, 29), valid=False)),
        (rmc("101112.00", tail=",,,N"), seen("RMC", time=TEN, date=date(2026, 11, 29),
                                             valid=False)),
        (f"GPGLL,{WHERE},101112.00,A,D", seen("GLL", time=TEN, valid=True, fix="dgps", **PLACE)),
        (f"GPGLL,{WHERE},101112.00,V", seen("GLL", time=TEN, valid=False)),
        ("GPVTG,84.4,T,,M,22.4,N,41.5,K",
         seen("VTG", speed=pytest.approx(22.4 * KNOT, rel=1e-5), course=84.4)),
        ("GPVTG,84.4,T,,M,,N,41.5,K",
         seen("VTG", speed=pytest.approx(41.5 * KMH, rel=1e-5), course=84.4)),
        ("GPVTG,,T,,M,,N,,K", seen("VTG")),
        ("GPGSA,A,3,01,02,,,,,,,,,,,2.0,1.1,1.7", seen("GSA", dimensions=3, hdop=1.1)),
        ("GPGSA,A,2,01,02,,,,,,,,,,,2.0,1.1,1.7", seen("GSA", dimensions=2, hdop=1.1)),
        ("GPGSA,A,1,,,,,,,,,,,,,,,", seen("GSA", dimensions=1)),
        ("GPGSA,A,4,,,,,,,,,,,,,,,", seen("GSA")),
        ("GLGSV,1,1,03,65,40,083,46,66,17,308,41,67,07,344,39", seen("GSV", in_view=("GL", 3))),
        ("GLGSV,1,1,", seen("GSV", in_view=("GL", 0))),
        ("GPZDA,101112.00,29,11,2026,00,00",
         seen("ZDA", time=TEN, date=date(2026, 11, 29))),
        ("GPZDA,101112.00,9,1,2026,00,00", seen("ZDA", time=TEN, date=date(2026, 1, 9))),
        ("GPZDA,101112.00,,,,00,00", seen("ZDA", time=TEN)),
        ("GPZDA,101112.00,29,11,,00,00", seen("ZDA", time=TEN)),
    ],
)  # fmt: skip
def test_what_a_sentence_says(sentence, told):
    found = decode(sentence)
    for name in ("lat", "lon"):
        wanted = getattr(told, name)
        assert getattr(found, name) == (None if wanted is None else pytest.approx(wanted))
    placeless = {"lat": None, "lon": None}
    fields = {name: getattr(told, name) for name in told.__slots__} | placeless
    assert {name: getattr(found, name) for name in found.__slots__} | placeless == fields


@pytest.mark.parametrize(
    ("quality", "fix"),
    [(1, "autonomous"), (2, "dgps"), (3, "pps"), (4, "rtk"), (5, "rtk-float"), (6, "estimated"),
     (7, "manual"), (8, "simulated")],
)  # fmt: skip
def test_qualities_of_gga(quality, fix):
    assert decode(gga("101112.00", quality=quality)).fix == fix


@pytest.mark.parametrize(
    ("mode", "fix"),
    [("R", "rtk"), ("F", "rtk-float"), ("P", "pps"), ("D", "dgps"), ("A", "autonomous"),
     ("E", "estimated"), ("M", "manual"), ("S", "simulated")],
)  # fmt: skip
def test_mode_letters(mode, fix):
    assert decode(rmc("101112.00", tail=f",,,{mode}")).fix == fix


@pytest.mark.parametrize(
    ("modes", "fix"),
    [("AD", "dgps"), ("RA", "rtk"), ("RE", "estimated"), ("SM", "simulated"), ("ME", "manual")],
)
def test_of_several_modes_the_best_counts_but_for_those_that_no_satellite_gave(modes, fix):
    assert decode(f"GNGNS,101112.00,{WHERE},{modes},12,0.8,1,1,,").fix == fix


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("9000.00000,N", "18000.00000,W"),
        ("0000.00000,S", "00000.00000,E"),
        ("4859.99999,N", "01159.99999,E"),
    ],
)
def test_places_at_the_edges(lat, lon):
    found = decode(gga("101112.00", lat=lat, lon=lon))
    assert -90 <= found.lat <= 90
    assert -180 <= found.lon <= 180


@pytest.mark.parametrize(
    "sentence",
    [
        gga("101112.00", lat="9000.00001,N"),
        gga("101112.00", lon="18000.00001,E"),
        gga("101112.00", lat="4860.00000,N"),
        gga("101112.00", lat="4807.03800,E"),
        gga("101112.00", lat="4807.03800,"),
        gga("101112.00", lat="4807,N"),
        gga("101160.00"[:4] + "61.00"),
        gga("240000.00"),
        gga("101112.00", used="8.0"),
        gga("101112.00", hdop="1e5"),
        gga("101112.00", high="1_2"),
        "GPZDA,101112.00,29,11,26,00,00",
        "GPZDA,101112.00,029,11,2026,00,00",
        "GPZDA,101112.00,30,02,2026,00,00",
    ],
)
def test_fields_that_cannot_be(sentence):
    with pytest.raises(BadFrame, match=r"^unreadable (GGA|ZDA) sentence: "):
        decode(sentence)


@pytest.mark.parametrize("sentence", ["GPGGA", "PUBX,00", "GPXXX,1", "gpgga,1", ""])
def test_sentences_that_say_nothing_here(sentence):
    assert decode(sentence) is None


def epochs(*sentences):
    """Return the fixes of sentences that come a second apart."""
    joined = Epochs(as_received)
    found = [joined.feed(decode(each), float(at)) for at, each in enumerate(sentences)]
    return [fix for fix in [*found, joined.flush()] if fix is not None]


def test_the_sentences_of_a_moment_are_one_fix_with_the_best_of_each():
    (fix,) = epochs(
        "GPGSA,A,3,01,02,,,,,,,,,,,2.0,1.1,1.7",
        rmc("101112.00"), gga("101112.00", hdop=""), f"GPGLL,{WHERE},101112.00,A,A",
        "GPVTG,11.0,T,,M,1.0,N,1.8,K", f"GNGNS,101112.00,{WHERE},A,12,,99.5,46.9,,",
    )  # fmt: skip
    assert (fix.at, fix.fix, fix.time, fix.problem) == (1.0, "3d", TEN, None)
    assert (fix.altitude, fix.hdop, fix.satellites) == (545.4, 1.1, 12)
    assert (fix.speed, fix.course) == (pytest.approx(22.4 * KNOT, rel=1e-5), 84.4)
    assert fix.utc.isoformat() == "2026-11-29T10:11:12+00:00"


@pytest.mark.parametrize(("lon", "agree"), [("01131.00590,E", True), ("01131.00610,E", False)])
def test_sentences_of_a_moment_must_agree_to_eleven_metres(lon, agree):
    (fix,) = epochs(rmc("101112.00"), gga("101112.00", lon=lon))
    told = "RMC says 48.11730°, 11.51667°, GGA 48.11730°, 11.51677°"
    assert fix.problem == (None if agree else told)


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ("GPGSA,A,1,,,,,,,,,,,,,,,", "GSA says that there is no fix"),
        (rmc("101112.00", tail=",,,A,U"), "the receiver calls it unsafe"),
    ],
)
def test_warnings_of_a_receiver(extra, problem):
    (fix,) = epochs(gga("101112.00"), extra)
    assert fix.problem == problem


@pytest.mark.parametrize(
    ("sentences", "kind"),
    [
        ([gga("101112.00")], "3d"),
        ([gga("101112.00", high="")], "2d"),
        ([gga("101112.00"), "GPGSA,A,2,01,,,,,,,,,,,,2.0,1.1,1.7"], "2d"),
        ([gga("101112.00", high=""), "GPGSA,A,3,01,,,,,,,,,,,,2.0,1.1,1.7"], "3d"),
        ([gga("101112.00"), "GPGSA,A,3,01,,,,,,,,,,,,2.0,1.1,1.7",
          "GLGSA,A,1,,,,,,,,,,,,,,,"], "3d"),
        ([gga("101112.00"), "GLGSA,A,2,,,,,,,,,,,,,,,",
          "GPGSA,A,3,01,,,,,,,,,,,,2.0,1.1,1.7"], "3d"),
        ([gga("101112.00", quality=4)], "rtk"),
        ([gga("101112.00", quality=0)], "none"),
        ([gga("101112.00"), rmc("101112.00", status="V")], "none"),
    ],
)  # fmt: skip
def test_kinds_of_fix(sentences, kind):
    (fix,) = epochs(*sentences)
    assert fix.fix == kind


def test_a_moment_without_a_fix_has_no_place():
    (fix,) = epochs(gga("101112.00"), rmc("101112.00", status="V"))
    assert (fix.at, fix.time, fix.lat, fix.lon, fix.altitude) == (0.0, TEN, None, None, None)
    assert (fix.utc, fix.problem) == (None, None)


def test_satellites_in_view_are_forgotten_after_ten_moments_without_a_word():
    gsv = "GLGSV,1,1,03,65,40,083,46,66,17,308,41,67,07,344,39"
    found = epochs(gsv, *(gga(f"1011{second:02d}.00") for second in range(12)))
    assert [fix.in_view for fix in found] == [3] * 10 + [0] * 2


def test_an_epoch_that_only_says_the_time_is_not_told():
    epoch = Epoch()
    epoch.add(decode("GPZDA,101112.00,29,11,2026,00,00"), 1.0)
    assert not epoch.pending
    assert not epoch.valid
    epoch.add(decode(gga("101112.00")), 2.0)
    assert epoch.pending
    assert epoch.valid
    assert epoch.date == date(2026, 11, 29)
    epoch.told = True
    assert not epoch.pending


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        ([gga("101112.00")], rmc("101112.00"), False),
        ([gga("101112.00")], gga("101112.00"), False),
        ([gga("101112.00")], rmc("101113.00"), True),
        ([gga("101112.00")], rmc("101111.00"), True),
        ([gga("101112.00")], "GPVTG,84.4,T,,M,22.4,N,41.5,K", False),
        ([gga("101112.00")], gga("", quality=0, lat=",", lon=","), True),
        ([gga("101112.00")], rmc("", status="V", lat=",", lon=","), True),
        ([gga("101112.00", quality=0)], rmc("", status="V", lat=",", lon=","), False),
        ([gga("101112.00", quality=0)], gga("", quality=0, lat=",", lon=","), True),
        ([gga("", quality=0)], rmc("101112.00"), True),
        (["GPVTG,84.4,T,,M,22.4,N,41.5,K"], rmc("101112.00"), False),
    ],
)  # fmt: skip
def test_which_sentence_begins_another_moment(before, after, ends):
    epoch = Epoch()
    for each in before:
        epoch.add(decode(each), 0.0)
    assert epoch.ends_before(decode(after)) is ends


@pytest.mark.parametrize(("quality", "ends"), [(0, True), (1, False)])
def test_a_time_that_stands_still_is_another_moment_only_without_a_fix(quality, ends):
    epoch = Epoch()
    epoch.add(decode(gga("101112.00", quality=quality)), 0.0)
    epoch.told = True
    assert epoch.ends_before(decode(gga("101112.00", quality=quality))) is ends


ON_THE_WAY, BESIDE = "4807.03800,N", "4807.23800,N"  # 370 m apart


@pytest.mark.parametrize(("epochs_after", "doubted"), [(0, True), (1, True), (2, False)])
def test_damage_makes_a_single_sentence_doubtful_for_two_moments(epochs_after, doubted):
    """A receiver of one sentence: where one is damaged, another may be missing beside it."""
    joined = Epochs(as_received)
    lats = [ON_THE_WAY] * (4 + epochs_after) + [BESIDE]
    told = []
    for second, lat in enumerate(lats):
        if second == 4:
            joined.damage()
        joined.feed(decode(gga(f"1011{second:02d}.00", lat=lat)), float(second))
        told.append(joined.flush().problem)
    assert told[:-1] == [None] * (len(lats) - 1)
    assert (told[-1] is not None) is doubted


def test_the_dimensions_of_the_last_gsa_count_where_several_have_as_many():
    (fix,) = epochs(
        gga("101112.00", hdop=""),
        "GPGSA,A,3,01,,,,,,,,,,,,2.0,1.1,1.7",
        "GLGSA,A,3,65,,,,,,,,,,,,2.0,2.2,1.7",
    )
    assert fix.hdop == 2.2


def test_a_gsa_that_says_nothing_of_dimensions_does_not_hide_one_that_does():
    (fix,) = epochs(
        gga("101112.00"), "GPGSA,A,2,01,,,,,,,,,,,,2.0,1.1,1.7", "GLGSA,A,,,,,,,,,,,,,,,,"
    )
    assert fix.fix == "2d"


@pytest.mark.parametrize("blank", [1, 2])
def test_a_gsa_without_dimensions_does_not_hide_that_there_is_no_fix(blank):
    """Before it and behind it."""
    said = ["GPGSA,A,1,,,,,,,,,,,,,,,"] * 2
    said[blank - 1] = "GLGSA,A,,,,,,,,,,,,,,,,"
    (fix,) = epochs(gga("101112.00"), *said)
    assert fix.problem == "GSA says that there is no fix"
