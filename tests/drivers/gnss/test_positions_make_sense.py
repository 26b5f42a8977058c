"""A receiver's word is not enough: what no vehicle's position can be is `suspect`, and says why."""

import pytest

from drivers.reading import Quality
from tests.drivers.gnss.nmea import framed, gga, read, rmc

NOW = "101112.00"


def minutes(degrees, more):
    """48 or 11 degrees and the minutes of the places above, and so many more."""
    return {48: f"48{7.038 + more:08.5f},N", 11: f"011{31.0 + more:08.5f},E"}[degrees]


async def one(*texts):
    (reading,) = await read(*texts)
    return reading


async def test_a_sound_fix_is_ok_and_has_no_problem():
    reading = await one(gga(NOW), rmc(NOW))
    assert (reading.quality, reading.fields["problem"]) == (Quality.OK, None)
    assert reading.fields["lat"] == pytest.approx(48.1173)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([gga(NOW), rmc(NOW, lat="4817.03800,N")], "GGA says 48.11730°, 11.51667°, RMC 48.28397°"),
        ([gga(NOW), rmc(NOW, lon="01131.00000,W")], "RMC 48.11730°, -11.51667°"),
        ([gga(NOW), f"GPGLL,4807.04500,N,01131.00000,E,{NOW},A,A"], "GLL 48.11742°"),
        (
            [rmc(NOW), f"GNGNS,{NOW},4807.03800,N,01132.00000,E,AA,08,0.9,545.4,46.9,,"],
            "GNS 48.11730°, 11.53333°",
        ),
        ([gga(NOW, "0000.00000,N", "00000.00000,E")], "exactly 0°, 0°"),
        ([gga(NOW, hdop="99.99")], "HDOP 99.99"),
        ([gga(NOW, hdop="20.0")], "HDOP 20"),
        ([rmc(NOW), "GPGSA,A,3,01,02,03,04,,,,,,,,,50.0,25.0,43.0"], "HDOP 25"),
        ([rmc(NOW, knots="2000000.0")], "a speed of 1,028,888.9 m/s"),
        ([rmc(NOW, knots="1001.1")], "a speed of 515"),
        ([rmc(NOW, knots="-1.0")], "a speed of -0.5"),
        ([rmc(NOW, course="400.0")], "a course of 400°"),
        ([rmc(NOW, course="-1.0")], "a course of -1°"),
        ([gga(NOW, high="-99999.9")], "an altitude of -99,999.9 m"),
        ([gga(NOW, high="1000000.0")], "an altitude of 1,000,000.0 m"),
        ([gga(NOW, used="00")], "a fix by 0 satellites"),
        ([gga(NOW, used="9" * 30)], "a fix by 1e+30 satellites"),
        ([rmc(NOW, tail=",,,A,U")], "unsafe"),
        ([f"GNGNS,{NOW},4807.03800,N,01131.00000,E,AA,08,0.9,545.4,46.9,,,U"], "unsafe"),
        ([gga(NOW), "GPGSA,A,1,,,,,,,,,,,,,1.5,0.9,1.1"], "GSA says that there is no fix"),
    ],
)
async def test_what_cannot_be_is_suspect_and_says_why(texts, why):
    reading = await one(*texts)
    assert reading.quality is Quality.SUSPECT
    assert why in reading.fields["problem"]


@pytest.mark.parametrize(
    "texts",
    [
        [gga(NOW), rmc(NOW, lat=minutes(48, 0.005))],  # 8.3·10⁻⁵ degrees: rounding
        [
            gga(NOW, lon="17959.99990,E"),
            rmc(NOW, lon="17959.99990,W"),
        ],  # both sides of the date line
        [gga(NOW, hdop="19.9")],
        [rmc(NOW, knots="1000.0", course="360.0")],
        [gga(NOW, high="-430.0")],  # the Dead Sea
        [gga(NOW, "0000.00000,N")],  # the equator
        [rmc(NOW, tail=",,,A,V")],  # a receiver that gives no navigational status
        [
            gga(NOW),
            "GPGSA,A,3,01,02,03,04,,,,,,,,,1.5,0.9,1.1",
            "GLGSA,A,1,,,,,,,,,,,,,1.5,0.9,1.1",
        ],
    ],
)
async def test_what_can_be_stays_ok(texts):
    reading = await one(*texts)
    assert (reading.quality, reading.fields["problem"]) == (Quality.OK, None)


@pytest.mark.parametrize(
    ("texts", "fix", "quality"),
    [
        ([gga(NOW), rmc(NOW, tail=",,,E")], "estimated", Quality.SUSPECT),
        ([gga(NOW), rmc(NOW, tail=",,,S")], "simulated", Quality.SUSPECT),
        ([rmc(NOW, tail=",,,S"), gga(NOW, quality=6)], "simulated", Quality.SUSPECT),
        ([gga(NOW, quality=8), rmc(NOW)], "simulated", Quality.SUSPECT),
        ([gga(NOW), rmc(NOW, tail=",,,M")], "manual", Quality.MANUAL),
        (
            [f"GNGNS,{NOW},4807.03800,N,01131.00000,E,RE,08,0.9,5.0,46.9,,"],
            "estimated",
            Quality.SUSPECT,
        ),
        ([gga(NOW, quality=2), rmc(NOW, tail=",,,A")], "dgps", Quality.OK),
    ],
)
async def test_the_worst_word_of_an_epoch_counts(texts, fix, quality):
    reading = await one(*texts)
    assert (reading.fields["fix"], reading.quality) == (fix, quality)


@pytest.mark.parametrize("field", ["1_2", "1e1", "nan", "inf", "0x8", "eight"])
async def test_what_is_no_number_places_nothing(field):
    assert await read(gga(NOW, used=field)) == []
    assert await read(gga(NOW, hdop=field)) == []


@pytest.mark.parametrize("lat", ["4860.00000,N", "9000.00001,N", "4807,N", ",N", "0x07.0380,N"])
async def test_what_is_no_angle_places_nothing(lat):
    assert await read(gga(NOW, lat)) == []


def drive(*legs):
    """GGA and RMC of each second from 10:00:00 on: so many seconds at each place."""
    texts, second = [], 0
    for seconds, lat in legs:
        for _ in range(seconds):
            time = f"10{second // 60:02}{second % 60:02}.00"
            texts += [gga(time, lat), rmc(time, lat)]
            second += 1
    return texts


async def qualities(*texts):
    return [str(reading.quality) for reading in await read(*texts)]


async def test_a_jump_of_two_hundred_kilometres_in_a_second_is_suspect_until_it_lasted():
    here, there = "4807.03800,N", "4955.03800,N"
    readings = await read(*drive((5, here), (90, there)))
    doubtful = [reading for reading in readings if reading.quality is Quality.SUSPECT]
    assert readings[5:65] == doubtful  # 60 s
    assert doubtful[0].fields["problem"] == "200 km from where it was 1 s before"


async def test_one_wild_fix_is_suspect_and_the_next_one_is_not():
    here = "4807.03800,N"
    assert await qualities(*drive((3, here), (1, "5207.03800,N"), (3, here))) == [
        *["ok"] * 3,
        "suspect",
        *["ok"] * 3,
    ]


async def test_a_jump_of_three_hundred_metres_at_walking_pace_is_suspect():
    start, beside = minutes(48, 0), minutes(48, 0.162)  # 300 m north
    slow = [rmc("100000.00", start, knots="2.0"), rmc("100001.00", beside, knots="2.0")]
    assert await qualities(*slow) == ["ok", "suspect"]
    fast = [rmc("100000.00", start, knots="500.0"), rmc("100001.00", beside, knots="500.0")]
    assert await qualities(*fast) == ["ok", "ok"]


async def test_a_ferry_over_night_is_no_jump():
    assert await qualities(
        rmc("220000.00", "4807.03800,N", day="291126"),
        rmc("060000.00", "5107.03800,N", day="301126"),
    ) == ["ok", "ok"]


async def test_a_date_that_jumps_is_suspect_until_it_lasted():
    days = ["291126"] * 3 + ["301126"] * 70
    texts = [rmc(f"10{at // 60:02}{at % 60:02}.00", day=day) for at, day in enumerate(days)]
    readings = await read(*texts)
    assert [str(each.quality) for each in readings] == ["ok"] * 3 + ["suspect"] * 60 + ["ok"] * 10
    assert readings[3].fields["problem"] == (
        "the date 2026-11-30, where it was 2026-11-29 a moment before"
    )


async def test_a_wrong_date_for_a_second_leaves_those_around_it_alone():
    days = ["291126"] * 3 + ["291121"] + ["291126"] * 3
    texts = [rmc(f"1000{at:02}.00", day=day) for at, day in enumerate(days)]
    assert await qualities(*texts) == [*["ok"] * 3, "suspect", *["ok"] * 3]


async def test_a_new_day_is_no_jump():
    assert (
        await qualities(
            rmc("235959.00", day="301126"),
            rmc("000000.00", day="011226"),
            rmc("000001.00", day="011226"),
        )
        == ["ok"] * 3
    )


async def test_the_only_sentence_left_of_a_damaged_burst_must_lie_on_the_way():
    before = framed(*drive((4, "4807.03800,N")))
    cut = framed(rmc("100004.00"))[:40]
    wrong = cut + framed(gga("100004.00", minutes(48, 0.06)))  # 111 m beside, and a right checksum
    (*_, last) = await read(raw=before + wrong)
    assert last.quality is Quality.SUSPECT
    assert "one sentence only" in last.fields["problem"]
    (*_, last) = await read(raw=before + cut + framed(gga("100004.00", minutes(48, 0.003))))
    assert last.quality is Quality.OK


async def test_the_only_sentence_left_without_a_trace_of_damage_is_held_against_the_way_too():
    before = framed(*drive((4, "4807.03800,N")))
    lost = framed(gga("100004.00", minutes(48, 0.06)))  # its RMC was lost whole
    (*_, last) = await read(raw=before + lost)
    assert last.quality is Quality.SUSPECT


async def test_a_receiver_of_one_sentence_is_believed_as_long_as_nothing_is_damaged():
    texts = [gga(f"1000{at:02}.00", minutes(48, 0.01 * at)) for at in range(10)]
    assert await qualities(*texts) == ["ok"] * 10
