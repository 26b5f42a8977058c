"""Strengths, and whose cell it is: each form of a maker's line, and the ends of each scale.

Fields by the SIM7600 and SIM7070 AT Command Manuals (AT+CPSI), Quectel's EC2x and BG96 AT Commands
(AT+QCSQ, AT+QENG) and 3GPP TS 27.007 §8.5 and §8.69.
"""

import pytest

from drivers.modem.answer import Signal, Unknown
from drivers.modem.answers import understood

LTE_CELL = ("50501", 0x30A2, 135012865)
AT_LTE = "+CPSI: LTE,Online,505-01,0x30A2,135012865,427,EUTRAN-BAND3,1750,5,5,{},{},-710,{}"
OF_QUECTEL = '+QENG: "servingcell","NOCONN",'


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+CPSI: GSM,Online,460-00,0x182d,12401,27 EGSM 900,-64,2110,42-42",
         Signal("gsm", -64.0, "rssi", None, None, "46000", 0x182D, 12401)),
        ("+CPSI: GSM,Online,460-00,0x182d,12401,27 EGSM 900,47,2110,42-42",  # TS 45.008's code
         Signal("gsm", -64.0, "rssi", None, None, "46000", 0x182D, 12401)),
        ("+CPSI: GSM,Online,460-00,0x182d,12401,27 EGSM 900,0,2110,42-42",
         Signal("gsm", None, None, None, None, "46000", 0x182D, 12401)),
        ("+CPSI: WCDMA,Online,460-01,0xA809,11122855,WCDMA IMT 2000,279,10663,0,1.5,62,33,52,500",
         Signal("umts", -62.0, "rscp", None, None, "46001", 0xA809, 11122855)),
        (AT_LTE.format(-75, -1023, 10), Signal("lte", -102.3, "rsrp", -7.5, 10.0, *LTE_CELL)),
        (AT_LTE.format(-11, -91, ""), Signal("lte", -91.0, "rsrp", -11.0, None, *LTE_CELL)),
        (AT_LTE.format("", -910, -3), Signal("lte", -91.0, "rsrp", None, -3.0, *LTE_CELL)),
        (AT_LTE.format(-11, "", 7), Signal("lte", None, None, -11.0, 7.0, *LTE_CELL)),
        ("+CPSI: LTE CAT-M1,Online,505-01,0x30A2,135012865,4,EUTRAN-BAND3,1750,5,5,-9,-91,-60,14",
         Signal("lte-m", -91.0, "rsrp", -9.0, 14.0, *LTE_CELL)),
        ("+CPSI: NR5G_SA,Online,460-11,0xA1,12345,7,NR5G_BAND78,627264,-810,-110,170",
         Signal("nr", -81.0, "rsrp", -11.0, None, "46011", 0xA1, 12345)),
        ("+CPSI: NR5G_NSA,Online,460-11,0xA1,12345,7,NR5G_BAND78,627264,-810,-110,170",
         Signal("nr")),
        ("+CPSI: CDMA,Online,460-03,0,0,0,0,0,0,0,0,0,0,0", Signal("cdma")),
        # what stands for none: PLMN of zeros, TAC FFFE, and a cell of more than 36 bits
        ("+CPSI: LTE,Online,000-00,0xFFFE,687194767350,4,EUTRAN-BAND3,1750,5,5,-9,-91,-60,14",
         Signal("lte", -91.0, "rsrp", -9.0, 14.0)),
        ("+CPSI: LTE,Online,505-01,0x1,12345678901,4,EUTRAN-BAND3,1750,5,5,-9,-91,-60,14",
         Signal("lte", -91.0, "rsrp", -9.0, 14.0, "50501", 1, 12345678901)),
        (OF_QUECTEL + '"LTE","FDD",262,02,2A5C201,317,1300,3,5,5,D2F,-97,-10,-67,14,35',
         Signal("lte", -97.0, "rsrp", -10.0, None, "26202", 0xD2F, 0x2A5C201)),
        (OF_QUECTEL + '"CAT-M","FDD",262,02,2A5C201,317,1300,3,5,5,D2F,-97,-10,-67,14,35',
         Signal("lte-m", -97.0, "rsrp", -10.0, None, "26202", 0xD2F, 0x2A5C201)),
        (OF_QUECTEL + '"NBIoT","FDD",262,02,2A5C201,317,1300,3,5,5,D2F,-97,-10,-67,14,35',
         Signal("nb-iot", -97.0, "rsrp", -10.0, None, "26202", 0xD2F, 0x2A5C201)),
        (OF_QUECTEL + '"WCDMA",262,2,D2F,2A5C201,10663,279,0,-85,-6,-,-,-,-,-',
         Signal("umts", -85.0, "rscp", None, None, "26202", 0xD2F, 0x2A5C201)),
        (OF_QUECTEL + '"GSM",262,02,D2F,2A5C,15,20,-,-71,255',
         Signal("gsm", -71.0, "rssi", None, None, "26202", 0xD2F, 0x2A5C)),
        (OF_QUECTEL + '"NR5G-SA","TDD",460,11,1A2B3C,7,A1,627264,78,12,-81,-11,17',
         Signal("nr", -81.0, "rsrp", -11.0, None, "46011", 0xA1, 0x1A2B3C)),
        (OF_QUECTEL + '"EVDO",262', Signal("cdma")),
        ('+QENG: "servingcell","LIMSRV"', Signal()),
        ('+QENG: "servingcell","SEARCH","LTE?"', Signal()),
        ('+QCSQ: "CAT-M1",-52,-81,195,-10', Signal("lte-m", -81.0, "rsrp", -10.0, 19.0)),
        ('+QCSQ: "LTE",-52,-81', Signal("lte", -81.0, "rsrp")),
        ('+QCSQ: "LTE",-52', Signal("lte")),
        ('+QCSQ: "LTE",-52,-81,100', Signal("lte", -81.0, "rsrp", None, 0.0)),
        ('+QCSQ: "WCDMA",-70,-85,-6', Signal("umts", -85.0, "rscp")),
        ('+QCSQ: "GSM"', Signal("gsm")),
        ("+CPSI: LIMSRV,Online", Signal()),
        ("+QCSQ: NOSERVICE", Signal()),
    ],
)  # fmt: skip
def test_a_line_of_the_serving_cell(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('+QENG: "neighbourcell intra","LTE",1300,317,-10,-97,-67,0',
         "not of the serving cell, but 'neighbourcell intra'"),
        (OF_QUECTEL + '"WLAN"', "'NOCONN' is no technology"),
        ("+CPSI: WLAN,Online", "'WLAN' is no technology"),
        ('+QCSQ: "WLAN",-70', "'WLAN' is no technology"),
        ('+QENG: "servingcell"', "1 field of at least 2: '\"servingcell\"'"),
        ("+CPSI: LTE", "1 field of at least 2: 'LTE'"),
        (AT_LTE.format(-11, "loud", 7), "'loud' is no number"),
    ],
)  # fmt: skip
def test_what_is_none_is_kept_with_the_reason(line, problem):
    found = understood(line)
    assert found == Unknown(line.partition(":")[0], error=problem)


@pytest.mark.parametrize(
    ("told", "dbm"),
    [("-157", -157.0), ("-158", None), ("-20", -20.0), ("-19", None), ("-1570", -157.0),
     ("-1571", None), ("-201", -20.1), ("97", None)],
)  # fmt: skip
def test_a_strength_that_cannot_be_is_unknown(told, dbm):
    found = understood(AT_LTE.format("", told, ""))
    assert (found.dbm, found.measure) == (dbm, None if dbm is None else "rsrp")


@pytest.mark.parametrize(
    ("rsrq", "sinr", "wanted"),
    [
        ("-43", "-23.5", (-43.0, -23.5)),
        ("-43.5", "-24", (None, None)),
        ("20", "40", (20.0, 40.0)),
        ("20.5", "40.5", (None, None)),
    ],
)
def test_qualities_are_those_of_the_widest_scale(rsrq, sinr, wanted):
    found = understood(AT_LTE.format(rsrq, -91, sinr))
    assert (found.rsrq, found.sinr) == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+CSQ: 31,99", Signal(None, -51.0, "rssi")), ("+CSQ: 32,99", Signal()),
        ("+CSQ: 1,99", Signal(None, -111.0, "rssi")),
        ("+CSQ: 100,99", Signal("umts", -116.0, "rscp")),
        ("+CSQ: 191,99", Signal("umts", -25.0, "rscp")), ("+CSQ: 192,99", Signal()),
        ("+CESQ: 99,99,255,255,0,0", Signal("lte", -141.0, "rsrp", -20.0)),
        ("+CESQ: 99,99,255,255,34,97", Signal("lte", -44.0, "rsrp", -3.0)),
        ("+CESQ: 99,99,255,255,35,98", Signal()),
        ("+CESQ: 99,99,255,255,35,50", Signal("lte", -91.0, "rsrp")),
        ("+CESQ: 99,99,0,0,255,255", Signal("umts", -121.0, "rscp")),
        ("+CESQ: 99,99,96,0,255,255", Signal("umts", -25.0, "rscp")),
        ("+CESQ: 99,99,97,0,255,255", Signal()),
        ("+CESQ: 0,0,255,255,255,255", Signal("gsm", -111.0, "rssi")),
        ("+CESQ: 63,0,255,255,255,255", Signal("gsm", -48.0, "rssi")),
        ("+CESQ: 64,0,255,255,255,255", Signal()),
        ("+CESQ: 99,99,255,255,255,255,1,0,0", Signal("nr", -157.0, "rsrp", -43.0, -23.5)),
        ("+CESQ: 99,99,255,255,255,255,126,126,127", Signal("nr", -31.0, "rsrp", 19.5, 40.0)),
        ("+CESQ: 99,99,255,255,255,255,127,126,128", Signal("nr", -31.0, "rsrp")),
        ("+CESQ: 99,99,255,255,255,255,0,127,0", Signal()),
        ("+CESQ: 99,99,255,255,255,255,60,62", Signal("nr", -95.0, "rsrp", -13.5)),
        ('^HCSQ: "GSM",0', Signal("gsm", -121.0, "rssi")),
        ('^HCSQ: "GSM",96', Signal("gsm", -25.0, "rssi")), ('^HCSQ: "GSM",97', Signal("gsm")),
        ('^HCSQ: "GSM"', Signal("gsm")),
        ('^HCSQ: "WCDMA",44', Signal("umts")),
        ('^HCSQ: "WCDMA",44,0,46', Signal("umts", -121.0, "rscp")),
        ('^HCSQ: "WCDMA",44,96', Signal("umts", -25.0, "rscp")),
        ('^HCSQ: "WCDMA",44,97', Signal("umts")),
        ('^HCSQ: "LTE",30,0,101,34', Signal("lte", -141.0, "rsrp", -3.0, 0.0)),
        ('^HCSQ: "LTE",30,97,252,0', Signal("lte", -44.0, "rsrp", -20.0)),
        ('^HCSQ: "LTE",30,98,255,35', Signal("lte")),
        ('^HCSQ: "LTE",30,97,101', Signal("lte")),
        ('^HCSQ: "NOSERVICE"', Signal()),
    ],
)  # fmt: skip
def test_a_coded_strength_to_the_ends_of_its_scale(line, wanted):
    found = understood(line)
    assert (found.technology, found.dbm, found.measure) == (
        wanted.technology, wanted.dbm, wanted.measure,
    )  # fmt: skip
    assert found.rsrq == wanted.rsrq
    assert found.sinr == (None if wanted.sinr is None else pytest.approx(wanted.sinr))


def test_the_best_step_of_a_sinr_is_thirty_decibels():
    assert understood('^HCSQ: "LTE",30,50,251,20').sinr == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("number", "technology"),
    [(0, "gsm"), (1, "gsm"), (2, "umts"), (3, "gsm"), (4, "umts"), (5, "umts"), (6, "umts"),
     (7, "lte"), (8, "gsm"), (9, "nb-iot"), (10, "lte"), (11, "nr"), (12, "nr"), (13, "lte"),
     (14, None), ("013", "lte"), ("0013", None), ("", None), ("x", None)],
)  # fmt: skip
def test_a_network_s_technology_by_its_number(number, technology):
    """3GPP TS 27.007 §7.3, <AcT>."""
    assert understood(f'+COPS: 0,0,"TIM",{number}').technology == technology


@pytest.mark.parametrize(
    ("model", "seven", "eight"),
    [("BG96", "lte", "lte-m"), ("SIM7070", "lte-m", "gsm"), ("EC25", "lte", "gsm")],
)
def test_makers_have_numbers_of_their_own_for_lte_m(model, seven, eight):
    found = [understood(f'+COPS: 0,0,"TIM",{number}', model).technology for number in (7, 8, 9)]
    assert found == [seven, eight, "nb-iot"]
