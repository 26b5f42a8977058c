"""Where the modem's own GNSS is: each maker's line whole, with its units, and what is none."""

from datetime import UTC, datetime

import pytest

from drivers.modem.answer import Network, Operator, Position, Registration, Unknown
from drivers.modem.answers import understood


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


PLACE = {"lat": 45.5, "lon": 7.25}
NONE = Position()
SIMCOM = "+CGPSINFO: 4530.0,N,00715.0,E,110324,{},17.5,36.0,90.0"
QUECTEL = "+QGPSLOC: 061951.25,4530.0N,00715.0E,0.7,62.2,{},91.5,36.0,19.4,110524,09"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (SIMCOM.format("021430.0"),
         Position(**PLACE, altitude=17.5, speed=18.52, course=90.0, fix=None,
                  utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGPSINFO: 4530.0,S,00715.0,W,110324,021430.0,,,",
         Position(-45.5, -7.25, fix=None, utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGPSINFO: 45.5,N,7.25,E,110324,021430.0,,,",  # in degrees
         Position(**PLACE, fix=None, utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGPSINFO: 4530,N,00715,E,110324,021430.0,,,",
         Position(**PLACE, fix=None, utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGPSINFO: ,N,00715.0,E,110324,021430.0,,,", NONE),
        ("+CGPSINFO: 4530.0,N,,E,110324,021430.0,,,", NONE),
        ("+CGNSSINFO: 2,05,00,01,4530.0,N,00715.0,E,110324,021430.0,35.1,10.0,90.0,1.5,1.2,0.9",
         Position(**PLACE, altitude=35.1, speed=10 * 1852 / 3600, course=90.0, hdop=1.2,
                  satellites=6, fix="2d", utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGNSSINFO: 3,13,,07,00,45.5,N,7.25,E,110324,021430.0,35.1,,,2.47,1.70,1.80,06",
         Position(**PLACE, altitude=35.1, hdop=1.7, satellites=6, fix="3d",
                  utc=utc(2024, 3, 11, 2, 14, 30))),
        ("+CGNSSINFO: ,,,,,45.5,N,7.25,E,,112414.00,48.1,0.0,,3.1,2.2,1.9",
         Position(**PLACE, altitude=48.1, speed=0.0, hdop=2.2, fix=None)),
        ("+CGNSSINFO: 1,00,,,4530.0,N,00715.0,E,110324,021430.0,,,,,,", NONE),
        ("+CGNSSINFO: 2,05,00,00,,N,,E,110324,021430.0,,,,,,", NONE),
        ("+CGNSINF: 1,1,20240408025226.500,45.5,7.25,44.2,36.0,90.0,1,,0.7,1.0,0.7,,16,6,,,42,,",
         Position(**PLACE, altitude=44.2, speed=10.0, course=90.0, hdop=0.7, satellites=6,
                  fix=None, utc=utc(2024, 4, 8, 2, 52, 26, 500_000))),
        ("+CGNSINF: 1,1,,45.5,7.25,,,,1,,,,,,,,,,,,", Position(**PLACE, fix=None)),
        ("+CGNSINF: 1,1,20240408025226,,7.25", NONE),
        ("+CGNSINF: 1,1,20240408025226,45.5", NONE),
        ("+CGNSINF: 0,1,20240408025226.000,45.5,7.25,44.2", NONE),
        ("+CGNSINF: 1,0,20240408025226.000,45.5,7.25,44.2", NONE),
        (QUECTEL.format(2),
         Position(**PLACE, altitude=62.2, speed=10.0, course=91.5, hdop=0.7, satellites=9,
                  fix="2d", utc=utc(2024, 5, 11, 6, 19, 51, 250_000))),
        (QUECTEL.format(1), NONE),
        ("+QGPSLOC: 061951.0,45.5,-7.25,0.7,62.2,3,91.5,36.0,19.4,110524,",
         Position(45.5, -7.25, 62.2, 10.0, 91.5, 0.7, None, "3d", utc(2024, 5, 11, 6, 19, 51))),
        ("+QGPSLOC: 061951.0,4530.0,S,00715.0,W,0.7,62.2,3,91.5,36.0,19.4,110524,09",
         Position(-45.5, -7.25, 62.2, 10.0, 91.5, 0.7, 9, "3d", utc(2024, 5, 11, 6, 19, 51))),
        ("+QGPSLOC: 061951.0,,,0.7,62.2,3,91.5,36.0,19.4,110524,09", NONE),
        ("+UULOC: 13/04/2024,09:54:51.000,45.5,7.25,49,1",
         Position(**PLACE, altitude=49.0, fix=None, utc=utc(2024, 4, 13, 9, 54, 51))),
        ("+UULOC: 13/04/2024,09:54:51.000,,,49,1", NONE),
        # ends of what can be
        ("+UULOC: 13/04/2024,09:54:51,90,180,50000,1",
         Position(90.0, 180.0, 50_000.0, fix=None, utc=utc(2024, 4, 13, 9, 54, 51))),
        ("+UULOC: 13/04/2024,09:54:51,-90,-180,-1000,1",
         Position(-90.0, -180.0, -1000.0, fix=None, utc=utc(2024, 4, 13, 9, 54, 51))),
        ("+UULOC: 13/04/2024,09:54:51,45.5,7.25,50000.1,1",
         Position(**PLACE, fix=None, utc=utc(2024, 4, 13, 9, 54, 51))),
        ("+UULOC: 13/04/2024,09:54:51,45.5,7.25,-1000.1,1",
         Position(**PLACE, fix=None, utc=utc(2024, 4, 13, 9, 54, 51))),
        # a place stands without a time that is none
        *((f"+UULOC: {stamp},45.5,7.25,49,1", Position(**PLACE, altitude=49.0, fix=None))
          for stamp in ("31/02/2024,09:54:51", "13/04/2024,24:00:00", "13/04/2024,09:60:00",
                        "13/04/2024,09:54:60")),
    ],
)  # fmt: skip
def test_a_line_of_a_place(line, wanted):
    found = understood(line)
    numbers = ("lat", "lon", "altitude", "speed", "course", "hdop")
    for name in numbers:
        value = getattr(wanted, name)
        assert getattr(found, name) == (None if value is None else pytest.approx(value)), name
    for name in ("satellites", "fix", "utc"):
        assert getattr(found, name) == getattr(wanted, name), name


@pytest.mark.parametrize(
    ("course", "hdop", "shown"),
    [("0", "0", (0.0, 0.0)), ("360", "99", (360.0, 99.0)), ("360.1", "99.99", (None, None)),
     ("-0.1", "-0.1", (None, None))],
)  # fmt: skip
def test_what_a_receiver_says_for_none_is_none(course, hdop, shown):
    line = f"+QGPSLOC: 061951.0,45.5,7.25,{hdop},62.2,3,{course},36.0,19.4,110524,09"
    found = understood(line)
    assert (found.course, found.hdop) == shown


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("+CGPSINFO: 4560.0,N,00715.0,E,110324,021430.0,,,", "no degrees and minutes: '4560.0'"),
        ("+CGPSINFO: 4530.0,N,00760.0,E,110324,021430.0,,,", "no degrees and minutes: '00760.0'"),
        ("+CGPSINFO: 45.x,N,7.25,E,110324,021430.0,,,", "no degrees: '45.x'"),
        ("+CGPSINFO: 9030.0,N,00715.0,E,110324,021430.0,,,", "no place on earth: 90.5, 7.25"),
        ("+CGPSINFO: 4530.0,N,18000.6,E,110324,021430.0,,,", "no place on earth: 45.5, 180.01"),
        ("+UULOC: 13/04/2024,09:54:51,90.1,7,49,1", "no place on earth: 90.1, 7"),
        ("+UULOC: 13/04/2024,09:54:51,45,-180.1,49,1", "no place on earth: 45, -180.1"),
        ("+CGPSINFO: 4530.0,N,00715.0,Q,110324,021430.0,,,",
         "no hemispheres: '4530.0,N,00715.0,Q'"),
        ("+QGPSLOC: 061951.0,4530.0N,715,0.7,62.2,3,91.5,36.0,19.4,110524,09",
         "no latitude and longitude: '4530.0N', '715'"),
        ("+CGNSINF: 2,1,x", "no state of a GNSS: '2,1,x'"),
        ("+CGNSINF: 1,1", "2 fields of at least 3: '1,1'"),
        ("+CGPSINFO: ,,,,,,,", "8 fields of at least 9: ',,,,,,,'"),
        ("+UULOC: 13/04/2024,09:54:51,45,7,49",
         "5 fields of at least 6: '13/04/2024,09:54:51,45,7,49'"),
        ("+QGPSLOC: 1,2,3,4,5,6,7,8,9,10", "10 fields of at least 11: '1,2,3,4,5,6,7,8,9,10'"),
        ("+CGNSSINFO: ,,,,,,,", "8 fields of at least 9: ',,,,,,,'"),
    ],
)  # fmt: skip
def test_what_is_no_place_says_so(line, problem):
    assert understood(line) == Unknown(line.partition(":")[0], error=problem)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('+QSPN: "TIM","TIM IT","",0,"22201"', Operator("TIM", "22201")),
        ('+QSPN: "","TIM IT","",0,"22201"', Operator("TIM IT", "22201")),
        ('+QSPN: "","","",0,"000000"', Operator()),
        ('*PSNWID: "222","1","",0,"TIM",0', Operator(None, "22201")),
        ('+QNWINFO: "NR5G-SA","222010"', Operator(None, "222010", "nr")),
        ('+COPS: 0,2,"2220",7', Operator("2220", None, "lte")),
        ('+COPS: 0,2,"2220101",7', Operator("2220101", None, "lte")),
        ('+COPS: 0,2,"00000",7', Operator("00000", None, "lte")),
        (f'+COPS: 0,0,"{"x" * 65}",7', Operator("x" * 64, None, "lte")),
        ('+COPS: 0,0,"  ",7', Operator(None, None, "lte")),
        ("+COPS: 0,0,\"005400\",7", Operator(None, "005400", "lte")),
        ('+COPS: (0,"A","","22201",0),(3,"","B","22202",7)',
         Operator(networks=(Network("unknown", "A", "22201", "gsm"),
                            Network("forbidden", "B", "22202", "lte")))),
    ],
)  # fmt: skip
def test_whose_network_it_is(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("+COPS: 12", "no mode of operator selection: '12'"),
        ("+COPS: x", "no mode of operator selection: 'x'"),
        ('+QSPN: "TIM"', "1 field of at least 5: '\"TIM\"'"),
        ('*PSNWID: "222","01"', '2 fields of at least 3: \'"222","01"\''),
    ],
)
def test_what_names_no_network_says_so(line, problem):
    assert understood(line) == Unknown(line.partition(":")[0], error=problem)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        *((f'+CREG: 2,1,"{area}","{cell}"', Registration("cs", "home", None, *shown))
          for area, cell, shown in (
              ("0000", "00000000", (None, None)), ("FFFE", "FFFF", (None, None)),
              ("FFFF", "0FFFFFFF", (None, None)), ("FFFFFE", "FFFFFFFF", (None, None)),
              ("FFFFFF", "FFFFFFFFF", (None, None)), ("0001", "0001", (1, 1)),
              ("FFFD", "FFFE", (0xFFFD, 0xFFFE)), ("x", "0001", (None, None)),
          )),
        *((f"+CREG: {code}", Registration("cs", state)) for code, state in enumerate((
            "none", "home", "searching", "denied", "unknown", "roaming", "sms-only", "sms-only",
            "emergency", "home", "roaming", "unknown",
        ))),
        ("+CGREG: 2,3,,,,0,15", Registration("ps", "denied", cause=15)),
        ("+CGREG: 2,3,,,,00,0,15", Registration("ps", "denied", cause=15)),  # a RAC before it
        ("+CREG: 2,3,,,,00,0,15", Registration("cs", "denied")),
        ("+CREG: 2,3,,,,1,15", Registration("cs", "denied")),  # a maker's own cause
        ("+CREG: 5,3,,,,0,15", Registration("cs", "denied", cause=15)),
    ],
)  # fmt: skip
def test_a_registration_to_its_ends(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("+CREG: 6,1,0001,0002", "no code begins with '6' before a state"),
        ("+CREG: x,1,0001,0002", "no code begins with 'x' before a state"),
        ("+CREG: 1,84CD", "the second of two fields is no state of a registration"),
        ("+CREG: 12", "no state of a registration: '12'"),
    ],
)
def test_what_is_no_registration_says_so(line, problem):
    assert understood(line) == Unknown("+CREG", error=problem)
