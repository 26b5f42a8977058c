"""Real lines of real modems read as their standards, and their makers' quirks, mean them.

Lines are of ModemManager's test data and of public bug reports; what they mean was worked out by
hand from 3GPP TS 27.007 and the makers' manuals.
"""

from datetime import UTC, datetime

import pytest

from drivers.modem.answer import (
    Boot,
    Context,
    Model,
    Network,
    NetworkTime,
    Operator,
    Position,
    Registration,
    Signal,
    Sim,
    Unknown,
    Unsolicited,
)
from drivers.modem.answers import is_echo, is_final, understood


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+CREG: 1,3", Registration("cs", "denied")),
        ("+CREG: 3", Registration("cs", "denied")),
        ("+CREG: 1,1,84CD,00D30173", Registration("cs", "home", None, 0x84CD, 0xD30173)),
        ("+CREG: 1,84CD,00D30156", Registration("cs", "home", None, 0x84CD, 0xD30156)),
        ("+CREG: 2,0,00,0", Registration("cs", "none")),
        ('+CREG:002,001,"18d8","ffff"', Registration("cs", "home", None, 0x18D8)),
        ("+CREG: 5", Registration("cs", "roaming")),
        ("+CGREG: 0", Registration("ps", "none")),
        ("+CGREG: 2,1, 81ED, 1A9CEB", Registration("ps", "home", None, 0x81ED, 0x1A9CEB)),
        ("+CREG: 2,1,  0 5, 2715", Registration("cs", "home")),
        (
            '+CGREG: 1,"1422","00000142",3,"00"',
            Registration("ps", "home", "gsm", 0x1422, 0x142),
        ),
        ("+CEREG: 1, 2, 0001, 00000100, 7", Registration("eps", "searching", "lte", 1, 0x100)),
        ("+CEREG: 2, 0001, 00000100, 7", Registration("eps", "searching", "lte", 1, 0x100)),
        ("+CEREG: 4,3", Registration("eps", "denied")),
        ("+CGREG: 2,4", Registration("ps", "unknown")),
        ("+CREG: 0,0", Registration("cs", "none")),
        ("+CEREG: 0,1", Registration("eps", "home")),
        ("+CREG: 2,,", Registration("cs", "searching")),
        ('+CREG: 001,"0001","0010",000', Registration("cs", "home", "gsm", 1, 0x10)),
        ("+CREG: 1,0001,0010,0", Registration("cs", "home", "gsm", 1, 0x10)),
        ("+CREG: 2,1,000B,2816, B, C2816", Registration("cs", "home", None, 0xB, 0x2816)),
        ("+C5GREG: 1,1F00,79D903,11,6,ABCDEF", Registration("5gs", "home", "nr", 0x1F00, 0x79D903)),
        ('+CEREG: 2,5,"A"', Registration("eps", "roaming", None, 0xA)),
        # a routing area between area and cell
        ("+CEREG: 2,1, 1F00, 20 ,79D903 ,7", Registration("eps", "home", "lte", 0x1F00, 0x79D903)),
        ("+CEREG: 1, 1F00, 20 ,79D903 ,7", Registration("eps", "home", "lte", 0x1F00, 0x79D903)),
        # why it was denied: n=3, cause type 0, EMM cause 15 "no suitable cells in tracking area"
        ("+CEREG: 3,3,,,,0,15", Registration("eps", "denied", cause=15)),
        ("+CEREG: 3,,,,0,15", Registration("eps", "denied", cause=15)),
        ('+CEREG: 4,1,"0E1E","0001A2D3",9,,,"00000001","00001000"',
         Registration("eps", "home", "nb-iot", 0xE1E, 0x1A2D3)),
        ('+CREG: 2,5,"FFFE","FFFFFFF",7', Registration("cs", "roaming", "lte")),
        ("+CREG: 1,8", Registration("cs", "emergency")),
        ("+CREG: 0,6", Registration("cs", "sms-only")),
        ("+CEREG: 10", Registration("eps", "roaming")),
        ('+C5GREG: 2,1,"00A0F1","00019C4B01",11',
         Registration("5gs", "home", "nr", 0xA0F1, 0x19C4B01)),
    ],
)  # fmt: skip
def test_registration(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    "line", ["+CREG: 12", "+CREG: ", "+CREG: (0-2)", "+CREG: 1,84CD", "+CREG: x,1"]
)
def test_what_is_no_registration_is_none(line):
    assert isinstance(understood(line), Unknown)


def test_the_same_number_is_another_technology_by_model():
    line = '+CEREG: 2,1,"0E1E","0001A2D3",8'
    assert understood(line, Model.BG96).technology == "lte-m"
    assert understood(line).technology == "gsm"


@pytest.mark.parametrize(
    ("line", "technology", "dbm", "measure"),
    [
        ("+CSQ: 18,99", None, -77, "rssi"),
        ("+CSQ: 0,0", None, -113, "rssi"),
        ("+CSQ:31,99", None, -51, "rssi"),
        ("+CSQ: 99,99", None, None, None),
        ("+CSQ: 199,99", None, None, None),
        ("+CESQ: 99,99,255,255,20,80", "lte", -61, "rsrp"),
        ("+CESQ:10,6,255,255,255,255", "gsm", -101, "rssi"),
        ("+CESQ: 99,99,40,30,255,255", "umts", -81, "rscp"),
        ("+CESQ: 99,99,255,255,255,255", None, None, None),
        ("+CESQ: 99,99,255,255,255,255,60,62,80", "nr", -95, "rsrp"),
        ('+QCSQ: "NOSERVICE"', None, None, None),
        ('+QCSQ: "GSM",-71', "gsm", -71, "rssi"),
        ('+QCSQ: "CAT-M1",-52,-81,195,-10', "lte-m", -81, "rsrp"),
        ('+QCSQ: "eMTC",-52,-81,195,-10', "lte-m", -81, "rsrp"),
        ('+QCSQ: "WCDMA",-70,-85,-6', "umts", -85, "rscp"),
        ('+QCSQ: "LTE"', "lte", None, None),
        ("+CPSI: NO SERVICE,Online", None, None, None),
        ("+CPSI: NO SERVICE,Powering Off", None, None, None),
        ("+CPSI: GSM,Online,460-00,0x182d,12401,27 EGSM 900,-64,2110,42-42", "gsm", -64, "rssi"),
        (
            "+CPSI: WCDMA,Online,460-01,0xA809,11122855,WCDMA IMT 2000,279,10663,0,1.5,62,33,52,500",
            "umts", -62, "rscp",
        ),
        (
            "+CPSI: LTE,Online,505-01,0x30A2,135012865,427,EUTRAN-BAND3,1750,5,5,-75,-1023,-710,10",
            "lte", -102.3, "rsrp",
        ),
        ("+CPSI: NR5G_SA,Online,460-11,0xA1,12345,7,NR5G_BAND78,627264,-810,-110,170",
         "nr", -81, "rsrp"),
        ('+QENG: "servingcell","NOCONN","LTE","FDD",262,02,2A5C201,317,1300,3,5,5,D2F,-97,-10,-67,14,35',
         "lte", -97, "rsrp"),
        ('+QENG: "servingcell","SEARCH"', None, None, None),
        ('^HCSQ:"LTE",30,19,66,0', "lte", -122, "rsrp"),
        ('^HCSQ: "WCDMA",44,41,46', "umts", -80, "rscp"),
        ("^RSSI: 15", None, -83, "rssi"),
        ('+QCSQ: "LTE",0,-32768,0,0', "lte", None, None),
        ("+CPSI: LTE,Online", "lte", None, None),
        ("+CPSI: LTE,Online,460-01,0x230A,175499523,318,EUTRAN-BAND3,1650,5,0,21,67,255,19",
         "lte", None, None),
        ("+CPSI: WCDMA,Online,252-02,0x2612,-294967296,WCDMA IMT 2000,437,10687,0,-3,-83,-32768,-83,-15",
         "umts", -83, "rscp"),
    ],
)  # fmt: skip
def test_signal(line, technology, dbm, measure):
    found = understood(line)
    assert isinstance(found, Signal)
    assert (found.technology, found.dbm, found.measure) == (technology, dbm, measure)


def test_a_cells_line_says_whose_cell_it_is():
    line = (
        "+CPSI: LTE NB-IOT,Online,242-01,0xA411,18460008,457,EUTRAN-BAND20,6352,0,0,-7,-77,-70,14"
    )
    assert understood(line) == Signal("nb-iot", -77, "rsrp", -7, 14, "24201", 0xA411, 18460008)
    line = '+QENG: "servingcell","NOCONN","GSM",262,2,D2F,2A5C,15,20,-,-71,255'
    assert understood(line) == Signal("gsm", -71, "rssi", plmn="26202", area=0xD2F, cell=0x2A5C)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('+COPS: 0,0,"T-Mobile",7', Operator("T-Mobile", None, "lte")),
        ('+COPS: 1,2,"26201",0', Operator(None, "26201", "gsm")),
        ("+COPS: 0", Operator()),
        ('+COPS: 0,0,"Vodafone, IT"', Operator("Vodafone, IT")),
        ('+COPS: 0,0,"0054004900 4D"', Operator("0054004900 4D")),
        ('+COPS: 0,0,"00540049004D",2', Operator("TIM", None, "umts")),
        ('+QNWINFO: "FDD LTE","46001","LTE BAND 3",1825', Operator(None, "46001", "lte")),
        ("+QNWINFO: No Service", Operator()),
        ('*PSNWID: "222","01","TIM",0,"TIM",0', Operator("TIM", "22201")),
    ],
)  # fmt: skip
def test_operator(line, wanted):
    assert understood(line) == wanted


def test_a_scan_is_read_in_spite_of_its_broken_tail():
    line = '+COPS: (1,"T-Mobile","TMO","31026",0),,(0,1,2,3,4),)'
    assert understood(line) == Operator(
        networks=(Network("available", "T-Mobile", "31026", "gsm"),)
    )
    line = '+COPS: (2,"","T-Mobile","31026",0),(1,"A","A","310260"),2),(1,"B",,"3104100")'
    assert understood(line).networks == (
        Network("current", "T-Mobile", "31026", "gsm"),
        Network("available", "A", "310260", "umts"),
        Network("available", "B", None),
    )
    line = '+COPS: (2,"0059004F00490047004F","0059004F","00320031003400300034",7)'
    assert understood(line).networks == (Network("current", "YOIGO", "21404", "lte"),)
    assert understood("+COPS: (0,1,2,3),(1,2,3,4)").networks == ()
    line = '+COPS: (2,"A (B)","A","22201",7),(3,"","W","22288",2),,(0-4),(0,2)'
    assert understood(line).networks == (
        Network("current", "A (B)", "22201", "lte"),
        Network("forbidden", "W", "22288", "umts"),
    )


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "utc"),
    [
        ('+CCLK: "24/04/02,13:39:57+08"', at(2024, 4, 2, 11, 39, 57)),
        ("+CCLK: 17/07/26,11:42:15+01", at(2017, 7, 26, 11, 27, 15)),
        ('+CCLK: "24/11/14,01:06:15+36"', at(2024, 11, 13, 16, 6, 15)),
        ('+CCLK: "24/12/31,23:59:59-20"', at(2025, 1, 1, 4, 59, 59)),
        ('+CCLK: "14/08/05,04:00:21"', None),
        ('+CCLK: "80/01/06,00:00:10+00"', None),
        ('+CCLK: "04/01/01,00:00:10+00"', None),
        ('+CCLK: "70/01/01,00:00:10+00"', None),
        ('+CCLK: "24/04/02,13:39:57+99"', None),
        ('^NWTIME: "14/08/05,04:00:21+40,00"', at(2014, 8, 4, 18, 0, 21)),
        ('*PSUTTZ: 2024, 2, 14, 10, 30, 5, "+04", 1', at(2024, 2, 14, 10, 30, 5)),
        ('+CTZEU: "+08",1,"2024/04/02,11:39:57"', at(2024, 4, 2, 11, 39, 57)),
        ('+CTZE: "+08",1,"2024/04/02,13:39:57"', at(2024, 4, 2, 11, 39, 57)),
        ("+CTZV: 128", None),
        ("+CTZV: +8", None),
        ('+CTZV: "26/09/25,14:30:00+32,0"', None),
        ('*PSUTTZ: 21/01/24,23:10:29","+40",0', None),
        ('*PSUTTZ: 2017,1,22,21,7,29,"+4",0', at(2017, 1, 22, 21, 7, 29)),
    ],
)  # fmt: skip
def test_time(line, utc):
    found = understood(line)
    assert isinstance(found, NetworkTime)
    assert found.utc == utc


def test_a_time_without_utc_says_why():
    assert understood('+CCLK: "14/08/05,04:00:21"').problem == "the zone is not told"
    assert understood("+CTZV: 128") == NetworkTime(problem="no zone of the earth")
    assert understood("+CTZV: +8").zone == 120
    assert understood('+CCLK: "80/01/06,00:00:10+00"').problem == "the clock was never set"


def test_what_was_asked_for_tells_utc_from_local_time():
    line = '+QLTS: "2017/01/13,11:41:23+32,0"'
    assert understood(line, command="AT+QLTS=2").utc == at(2017, 1, 13, 3, 41, 23)
    assert understood(line, command="AT+QLTS=1").utc == at(2017, 1, 13, 11, 41, 23)
    assert understood(line).utc is None


@pytest.mark.parametrize(
    "line",
    [
        '+CCLK: "24/13/02,13:39:57+08"', '+CCLK: "24/02/30,13:39:57+08"', "+CCLK: ",
        '+CCLK: "9999/12/31,23:59:59-48"', '+CCLK: "24/04/02,25:39:57+08"',
    ],
)  # fmt: skip
def test_no_date_is_no_time(line):
    assert isinstance(understood(line), Unknown)


@pytest.mark.parametrize(
    ("line", "command", "state"),
    [
        ("ERROR", "AT+CPIN?", "absent"),
        ("+CME ERROR: SIM not inserted", "", "absent"),
        ("+CME ERROR: 10", "", "absent"),
        ("+CPIN: NOT INSERTED", "", "absent"),
        ("+CPIN: SIM PIN", "", "pin"),
        ("+CPIN: SIM PUK", "", "puk"),
        ("+CPIN:READY", "", "ready"),
        ("+CPIN: PH-NET PIN", "", "locked"),
        ("+CPIN: NOT READY", "", "not-ready"),
        ("+CME ERROR: 14", "", "busy"),
        ("+CME ERROR: sim failure", "", "failure"),
        ("+CMS ERROR: 311", "", "pin"),
        ("+SIMCARD: NOT AVAILABLE", "", "absent"),
        ("+QSIMSTAT: 1,0", "", "absent"),
    ],
)
def test_sim(line, command, state):
    assert understood(line, command=command) == Sim(state)


def test_a_bare_refusal_of_another_command_says_nothing():
    assert understood("ERROR") is None
    assert understood("ERROR", command="AT+CGPS=1") is None


def test_the_cards_number_and_its_tries():
    assert understood("+CCID: 8939107800023416395F") == Sim(iccid="8939107800023416395")
    assert understood('+ICCID: "89391078000234163954"') == Sim(iccid="89391078000234163954")
    assert understood("89391078000234163954") == Sim(iccid="89391078000234163954")
    assert understood("+CPINR: SIM PIN,3,3") == Sim(tries=3)
    assert understood('+QPINC: "SC",2,10') == Sim(tries=2)
    assert understood("+SPIC: 0,10,0,10") == Sim(tries=0)


@pytest.mark.parametrize(
    ("line", "lat", "lon", "fix"),
    [
        (
            "+CGNSSINFO: 2,05,00,00,6041.475467,N,02846.185792,E,080222,114731.0,35.1,0.0,,1.5,1.2,0.9",
            60 + 41.475467 / 60, 28 + 46.185792 / 60, "2d",
        ),
        ("+CGNSSINFO: ,,,,,52.5,N,13.4,E,,112414.00,48.1,0.0,,3.1,2.2,1.9", 52.5, 13.4, None),
        ("+CGNSSINFO: 3,13,,07,00,42.4344826,N,59.5115700,E,210624,065131.01,58.0,0.047,,2.47,1.70,1.80,06",
         42.4344826, 59.51157, "3d"),
        ("+CGNSSINFO: ,,,,,,,,,,,,,,,", None, None, "none"),
        ("+CGNSSINFO: 1,00,,,6041.475467,N,02846.185792,E,080222,114731.0,,,,,,", None, None, "none"),
        ("+CGPSINFO: 4043.576433,N,07400.316980,W,110324,021430.0,17.5,0.0,0.0",
         40 + 43.576433 / 60, -(74 + 0.316980 / 60), None),
        ("+CGPSINFO: ,,,,,,,,", None, None, "none"),
        ("+CGNSINF: 1,1,20240408025226.000,31.222014,121.354255,44.2,3.6,90.0,1,,0.7,1.0,0.7,,16,6,,,42,,",
         31.222014, 121.354255, None),
        ("+CGNSINF: 1,0,19800106000009.000,0.0,0.0,,,,0,,,,,,,,,,,,", None, None, "none"),
        ("+CGNSINF: 0,,,,,,,,,,,,,,,,,,,,", None, None, "none"),
        ("+QGPSLOC: 061951.0,3150.7223N,11711.9293E,0.7,62.2,2,0.00,0.0,0.0,110524,09",
         31 + 50.7223 / 60, 117 + 11.9293 / 60, "2d"),
        ("+QGPSLOC: 061951.0,-31.84539,117.19882,0.7,62.2,3,0.00,0.0,0.0,110524,09",
         -31.84539, 117.19882, "3d"),
        ("+QGPSLOC: 061951.0,3150.722300,N,11711.929300,W,0.7,62.2,3,0.00,0.0,0.0,110524,09",
         31 + 50.7223 / 60, -(117 + 11.9293 / 60), "3d"),
        ("$GPSACP: 122330.000,4542.8106N,01344.2720E,2.25,338.0,3,0.0,0.02,0.01,240624,04",
         45 + 42.8106 / 60, 13 + 44.2720 / 60, "3d"),
        ("$GPSACP: ,,,,,1,,,,,", None, None, "none"),
        ("+CME ERROR: 516", None, None, "none"),
        ("+UULOC: 13/04/2024,09:54:51.000,45.6334520,13.0618620,49,1", 45.633452, 13.061862, None),
    ],
)  # fmt: skip
def test_position(line, lat, lon, fix):
    found = understood(line)
    assert isinstance(found, Position)
    assert found.fix == fix
    assert found.lat == (None if lat is None else pytest.approx(lat, abs=1e-9))
    assert found.lon == (None if lon is None else pytest.approx(lon, abs=1e-9))


def test_a_positions_units_and_time():
    line = "+CGNSINF: 1,1,20240408025226.000,31.222014,121.354255,44.2,3.6,90.0,1,,0.7,1.0,0.7,,16,6,,,42,,"
    found = understood(line)
    assert found.utc == at(2024, 4, 8, 2, 52, 26)
    assert (found.speed, found.course, found.altitude) == (pytest.approx(1.0), 90.0, 44.2)
    assert (found.hdop, found.satellites) == (0.7, 6)
    found = understood("+CGPSINFO: 4043.576433,N,07400.316980,W,110324,021430.0,17.5,10.0,0.0")
    assert found.utc == at(2024, 3, 11, 2, 14, 30)
    assert found.speed == pytest.approx(10 * 1852 / 3600)
    assert understood("+CGNSSINFO: ,,,,,52.5,N,13.4,E,,112414.00,48.1,0.0,,3.1,2.2,1.9").utc is None


@pytest.mark.parametrize(
    "line",
    [
        "+CGPSINFO: 4060.576433,N,07400.316980,W,110324,021430.0,17.5,0.0,0.0",
        "+CGPSINFO: 9143.576433,N,07400.316980,W,110324,021430.0,17.5,0.0,0.0",
        "+CGPSINFO: 4043.576433,Q,07400.316980,W,110324,021430.0,17.5,0.0,0.0",
        "+CGNSINF: 1,1,20240408025226.000,131.222014,121.354255,44.2,0.0,0.0",
    ],
)
def test_no_place_on_earth_is_no_position(line):
    assert isinstance(understood(line), Unknown)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+CGATT: 1", Context(attached=True)),
        ("+CGACT: 1,1", Context(1, True)),
        ("+CGACT: 2,0", Context(2, False)),
        ('+CGPADDR: 1,"10.64.1.2"', Context(1, True, address="10.64.1.2")),
        ("+CGPADDR: 1,0.0.0.0", Context(1, False)),
        ('+CGDCONT: 1,"IP","internet","0.0.0.0",0,0', Context(1, apn="internet")),
        ('+QIACT: 1,1,1,"10.7.157.1"', Context(1, True, address="10.7.157.1")),
        ('+CNACT: 0,1,"10.0.0.1"', Context(0, True, address="10.0.0.1")),
        ('+CGCONTRDP: 1,5,"iot","10.1.2.3.255.255.255.0"',
         Context(1, True, apn="iot", address="10.1.2.3")),
        ('+QIURC: "pdpdeact",1', Context(1, False, problem="the data call ended")),
        ("+PDP: DEACT", Context(None, False, problem="the data call ended")),
        ("+APP PDP: 0,DEACTIVE", Context(0, False, problem="the data call ended")),
        ("+CGEV: NW DETACH", Context(active=False, attached=False, problem="NW DETACH")),
        ("+CGEV: ME PDN ACT 1", Context(1, True)),
        ("+CME ERROR: 133",
         Context(active=False, problem="requested service option not subscribed", cause=33)),
        ("+CEER: No report available", Context()),
        ("+CEER: Missing or unknown APN", Context(problem="unknown APN", cause=27)),
        ('+CEER: "SM signalling error","Missing or unknown APN"',
         Context(problem="unknown APN", cause=27)),
        ("+CEER: 5,33", Context(problem="not subscribed", cause=33)),
        ("+CEER: 33", Context()),
    ],
)  # fmt: skip
def test_context(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    "line", ["*ATREADY: 1", "RDY", "APP RDY", "+CFUN: 1", "SMS Ready", "Call Ready"]
)
def test_boot(line):
    assert isinstance(understood(line), Boot)


@pytest.mark.parametrize(
    "line", ['+CMTI: "SM",3', "RING", "NO CARRIER", '+CIEV: "MESSAGE",1', "DST: 0"]
)
def test_unsolicited(line):
    assert isinstance(understood(line), Unsolicited)


def test_unknown_answers_are_told_with_their_values():
    assert understood('+QCFG: "nwscanmode",0') == Unknown("+QCFG", ("nwscanmode", "0"))
    assert understood("+CME ERROR: 3") == Unknown(
        "+CME ERROR", error="operation not allowed", code=3
    )


@pytest.mark.parametrize(
    "line", ["f`f", "OK", "AT", "at+csq", "AT+CREG?", "CONNECT 150000000", "~"]
)
def test_noise_echoes_and_results_say_nothing(line):
    assert understood(line) is None


def test_echoes_and_results_are_told_apart():
    assert is_echo("AT+CPIN?")
    assert is_echo("ATE0")
    assert not is_echo("*ATREADY: 1")
    assert is_final("CONNECT 115200")
    assert not is_final("CONNECTED")
