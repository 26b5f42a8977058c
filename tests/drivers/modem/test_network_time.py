"""The network's time: what each line says of UTC, of local time and of its zone."""

from datetime import UTC, datetime, timedelta

import pytest

from drivers.modem.answer import NetworkTime, Unknown
from drivers.modem.answers import understood
from drivers.modem.nitz import Nitz

NO_ZONE, BAD_ZONE = "the zone is not told", "no zone of the earth"
NEVER_SET = "the clock was never set"
UNSURE = "UTC or local time: what was asked for is not known"


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def local(*parts):
    """A time without its zone."""
    return utc(*parts).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('+CCLK: "24/04/02,13:39:57+08"',
         NetworkTime(utc(2024, 4, 2, 11, 39, 57), local(2024, 4, 2, 13, 39, 57), 120)),
        ('+CCLK: "24/04/02,13:39:57+56"',  # UTC+14:00, the latest
         NetworkTime(utc(2024, 4, 1, 23, 39, 57), local(2024, 4, 2, 13, 39, 57), 840)),
        ('+CCLK: "24/04/02,13:39:57+57"',
         NetworkTime(None, local(2024, 4, 2, 13, 39, 57), None, BAD_ZONE)),
        ('+CCLK: "24/04/02,13:39:57-48"',  # UTC-12:00, the earliest
         NetworkTime(utc(2024, 4, 3, 1, 39, 57), local(2024, 4, 2, 13, 39, 57), -720)),
        ('+CCLK: "24/04/02,13:39:57-49"',
         NetworkTime(None, local(2024, 4, 2, 13, 39, 57), None, BAD_ZONE)),
        ('+CCLK: "24/04/02,13:39:57"',
         NetworkTime(None, local(2024, 4, 2, 13, 39, 57), None, NO_ZONE)),
        ('+CCLK: "09/12/31,23:59:59+00"',
         NetworkTime(None, local(2009, 12, 31, 23, 59, 59), 0, NEVER_SET)),
        ('+CCLK: "10/01/01,00:00:00+00"',
         NetworkTime(utc(2010, 1, 1), local(2010, 1, 1), 0)),
        ('+CCLK: "70/01/01,00:00:00+00"',
         NetworkTime(None, local(1970, 1, 1), 0, NEVER_SET)),
        ('+CCLK: "99/12/31,23:59:59+00"',
         NetworkTime(None, local(1999, 12, 31, 23, 59, 59), 0, NEVER_SET)),
        ('+CCLK: "69/01/01,00:00:00+00"',
         NetworkTime(utc(2069, 1, 1), local(2069, 1, 1), 0)),
        ('+CCLK: "2099/12/31,23:59:59.5+00"',
         NetworkTime(utc(2099, 12, 31, 23, 59, 59), local(2099, 12, 31, 23, 59, 59), 0)),
        ('+CTZE: "+08",1', NetworkTime(zone=120)),
        ('+CTZE: "+08",1,"2024/04/02,13:39:57"',
         NetworkTime(utc(2024, 4, 2, 11, 39, 57), local(2024, 4, 2, 13, 39, 57), 120)),
        ('+CTZEU: "-20",0', NetworkTime(zone=-300)),
        ('+CTZEU: "+08",1,"2024/04/02,11:39:57"',
         NetworkTime(utc(2024, 4, 2, 11, 39, 57), local(2024, 4, 2, 13, 39, 57), 120)),
        ('+CTZEU: "+99",1,"2024/04/02,11:39:57"',
         NetworkTime(utc(2024, 4, 2, 11, 39, 57))),
        ('+CTZEU: "+08",1,"2004/04/02,11:39:57"', NetworkTime(None, None, 120, NEVER_SET)),
        ('+CTZEU: "+08",1,"2009/12/31,23:59:59"', NetworkTime(None, None, 120, NEVER_SET)),
        ('+CTZEU: "+08",1,"2010/01/01,00:00:00"',
         NetworkTime(utc(2010, 1, 1), local(2010, 1, 1, 2), 120)),
        ('+CTZV: "26/09/25,14:30:00+32,0"',
         NetworkTime(None, local(2026, 9, 25, 14, 30), 480, UNSURE)),
        ("+CTZV: 57", NetworkTime(problem=BAD_ZONE)),
        ('*PSUTTZ: 2024, 2, 14, 10, 30, 5, "+04", 1',
         NetworkTime(utc(2024, 2, 14, 10, 30, 5), local(2024, 2, 14, 11, 30, 5), 60)),
        ('*PSUTTZ: 21/01/24,23:10:29","+40",0',
         NetworkTime(None, local(2021, 1, 24, 23, 10, 29), 600, UNSURE)),
    ],
)  # fmt: skip
def test_a_line_of_the_time(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            '+CCLK: "2100/01/01,00:00:00+00"',
            "no date and time: ['2100', '01', '01', '00', '00', '00']",
        ),
        ('+CCLK: "24/04/02"', "no date and time: '\"24/04/02\"'"),
        ("+CTZE: 8", "1 field of at least 2: '8'"),
        ("*PSUTTZ: 2024,2,14", "3 fields of at least 7: '2024,2,14'"),
    ],
)
def test_what_is_no_time_says_so(line, problem):
    assert understood(line) == Unknown(line.partition(":")[0], error=problem)


IN_UTC = NetworkTime(utc(2017, 1, 13, 11, 41, 23), local(2017, 1, 13, 19, 41, 23), 480)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("at+qlts=2", NetworkTime(utc(2017, 1, 13, 3, 41, 23), local(2017, 1, 13, 11, 41, 23), 480)),
        ("AT+QLTS=1", IN_UTC), ("AT+QLTS", IN_UTC),
        ("", NetworkTime(None, local(2017, 1, 13, 11, 41, 23), 480, UNSURE)),
    ],
)  # fmt: skip
def test_quectel_s_time_is_what_was_asked_for(command, wanted):
    assert understood('+QLTS: "2017/01/13,11:41:23+32,0"', command=command) == wanted


NOON = utc(2026, 11, 30, 12)


def confirmed(*told, not_before=None):
    """What comes of times that were told, by the seconds behind NOON, at each second."""
    nitz = Nitz()
    moments = [None if each is None else NOON + timedelta(seconds=each) for each in told]
    return [nitz.confirmed(each, float(at), not_before) for at, each in enumerate(moments)]


def test_a_time_counts_once_it_was_told_three_times_alike():
    assert confirmed(0, 1, 2, 3)[:2] == [None, None]
    assert confirmed(0, 1, 2)[2] == utc(2026, 11, 30, 12, 0, 2)
    assert confirmed(0, 1, 4)[2] == utc(2026, 11, 30, 12, 0, 4)  # two seconds late
    assert confirmed(0, 1, 5)[2] is None
    assert confirmed(0, 1, None, 3, 4)[4] is None  # it begins anew
    assert confirmed(9, 1, 2, 3)[3] == utc(2026, 11, 30, 12, 0, 3)  # the last three count


def test_a_time_ten_years_ahead_of_what_is_over_is_none():
    over = utc(2016, 11, 30, 12)  # 3652 days before NOON
    assert confirmed(0, 0, 0, not_before=over)[2] == NOON
    assert confirmed(1, 1, 1, not_before=over)[2] is None
    assert confirmed(-86400, -86399, -86398, not_before=NOON)[2] is not None
