"""Data calls: what each line says of one, and of the reason why there is none."""

import pytest

from drivers.modem.answer import Context, Unknown
from drivers.modem.answers import understood

ENDED = "the data call ended"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+CGATT: 0", Context(attached=False)),
        ("+CGPADDR: 3", Context(3, False)),
        ("+CGPADDR: 1,10.64.1.2", Context(1, True, address="10.64.1.2")),
        ('+CGPADDR: 1,"2001:db8::1"', Context(1, True, address="2001:db8::1")),
        ('+CGPADDR: 1,"::"', Context(1, False)),
        ('+CGDCONT: 1,"IP","internet"', Context(1, apn="internet")),
        ('+CGDCONT: 2,"IP","internet","10.64.1.2"', Context(2, apn="internet", address="10.64.1.2")),
        (f'+CGDCONT: 1,"IP","{"a" * 101}"', Context(1, apn="a" * 100)),
        ('+CGCONTRDP: 1,5,"iot"', Context(1, True, apn="iot")),
        (f'+CGCONTRDP: 1,5,"{"a" * 101}"', Context(1, True, apn="a" * 100)),
        ("+QIACT: 1,1", Context(1, True)),
        ("+QIACT: 2,0", Context(2, False)),
        ("+CNACT: 0,0", Context(0, False)),
        ('+CNACT: 1,2,"0.0.0.0"', Context(1, False)),  # it is coming up
        ("+APP PDP: 0,ACTIVE", Context(0, True)),
        ("+APP PDP: 12,DEACTIVE", Context(12, False, problem=ENDED)),
        ("+PDP: DEACT", Context(None, False, problem=ENDED)),
        ('+QIURC: "pdpdeact",2', Context(2, False, problem=ENDED)),
        ("+UUPSDD: 3", Context(3, False, problem=ENDED)),
        ("+CGEV: NW DETACH", Context(attached=False, active=False, problem="NW DETACH")),
        ("+CGEV: ME DETACH", Context(attached=False, active=False, problem="ME DETACH")),
        ("+CGEV: NW PDN DEACT 2", Context(2, False, problem="NW PDN DEACT 2")),
        ('+CGEV: NW DEACT "IP","10.64.1.2",1',
         Context(1, False, problem='NW DEACT "IP","10.64.1.2",1')),
        ("+CGEV: ME PDN ACT 12,1", Context(12, True)),
        ("+CGEV: NW PDN ACT 12", Context(12, True)),
        ("+CGEV: NW MODIFY 1,3", Context(3)),
        ("+CGEV: NW CLASS B", Context()),
        ("+CEER: 8,26", Context(problem="insufficient resources", cause=26)),
        *((f"+CEER: 5,{cause}", Context(problem=problem, cause=cause)) for cause, problem in (
            (8, "operator determined barring"), (27, "unknown APN"), (28, "unknown PDP type"),
            (29, "authentication failed"), (30, "rejected by GGSN"), (31, "activation rejected"),
            (32, "service option not supported"), (33, "not subscribed"),
            (34, "service option temporarily out of order"), (38, "network failure"),
        )),
        ("+CEER: 5,9", Context()),
        ("+CEER: 5,0033", Context()),
        ("+CEER: 1,33,26", Context(problem="insufficient resources", cause=26)),
        ("+CEER: 1,33,9", Context()),  # the last number is the cause
        ('+CEER: "Network Failure"', Context(problem="network failure", cause=38)),
        ("+CEER: not subscribed,8", Context(problem="not subscribed", cause=33)),  # words first
    ],
)  # fmt: skip
def test_a_line_of_a_data_call(line, wanted):
    """3GPP TS 27.007 §10.1 and §6.10, and makers' manuals."""
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("+CGATT: 2", "neither 0 nor 1: '2'"),
        ("+CGACT: 1,2", "neither 0 nor 1: '2'"),
        ("+CGACT: 1", "1 field of at least 2: '1'"),
        ('+CGDCONT: 1,"IP"', "2 fields of at least 3: '1,\"IP\"'"),
        ("+CGCONTRDP: 1,5", "2 fields of at least 3: '1,5'"),
        ("+QIACT: 1", "1 field of at least 2: '1'"),
        ("+CNACT: 1", "1 field of at least 2: '1'"),
        ('+QIURC: "recv",0', "not of a context, but 'recv'"),
        ('+QIURC: "pdpdeact"', "1 field of at least 2: '\"pdpdeact\"'"),
        ('+CGPADDR: 1,"10.64', "a field without an end: '1,\"10.64'"),
        ("+CGPADDR: 1234567890,x", "'1234567890' is no whole number"),
    ],
)
def test_what_is_none_says_so(line, problem):
    assert understood(line) == Unknown(line.partition(":")[0], error=problem)


def test_of_an_event_as_much_is_kept_as_a_record_shows():
    line = "+CGEV: NW DEACT " + "x" * 100
    assert understood(line).problem == "NW DEACT " + "x" * 71
    assert understood("+CGEV: NW DETACH " + "x" * 100).problem == "NW DETACH " + "x" * 70
    assert understood("+CMTI: " + "x" * 100).event == "+CMTI: " + "x" * 73
    assert understood("*ATREADY: " + "x" * 100).event == "*ATREADY: " + "x" * 70
    assert understood("+QCFG: " + ",".join("abcdefghijklmnopqrs")).values == tuple(
        "abcdefghijklmnop"
    )
