"""The SIM card: what each line says of it, and why a modem refuses."""

import pytest

from drivers.modem.answer import Context, Position, Sim, Unknown
from drivers.modem.answers import SIM_COMMANDS, understood
from drivers.modem.sim_card import imei


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("READY", "ready"), ("SIM PIN", "pin"), ("SIM PUK", "puk"), ("SIM PIN2", "pin2"),
        ("SIM PUK2", "puk2"), ("NOT READY", "not-ready"), ("NOT INSERTED", "absent"),
        ("SIM NOT INSERTED", "absent"), ("SIM REMOVED", "absent"), ("NOT AVAILABLE", "absent"),
        ("SIM CRASH", "failure"), ("SIM DROP", "failure"), ("SIM FAILURE", "failure"),
        ("SIM BUSY", "busy"), ("BLOCKED", "puk"), ("PH-SIM PIN", "locked"),
        ("PH-NET PUK", "locked"), ('"sim pin"', "pin"),
    ],
)  # fmt: skip
def test_the_state_of_a_card(words, state):
    assert understood(f"+CPIN: {words}") == Sim(state)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("+QSIMSTAT: 0,0", Sim("absent")), ("+QSIMSTAT: 0,1", Sim("not-ready")),
        ("+QSIMSTAT: 0,2", Sim()),
        ("+SPIC: 3,10,3,10", Sim(tries=3)),
        ("+CPINR: sim pin,1,3", Sim(tries=1)), ('+QPINC: "SC",3,10', Sim(tries=3)),
        ("+CCID: 8939107800023416395", Sim(iccid="8939107800023416395")),
        ("8939107800023416395f", Sim(iccid="8939107800023416395")),
        ("893910780002341639", None), ("893910780002341639541", None),
    ],
)  # fmt: skip
def test_a_card_s_number_and_tries(line, wanted):
    assert understood(line) == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("+CPIN: DANCING", "no state of a SIM: 'DANCING'"),
        ("+CCID: 1239107800023416395", "no number of a SIM card: '1239107800023416395'"),
        ("+CPINR: SIM PUK,10,10", "not of the PIN, but of 'SIM PUK'"),
        ("+QSIMSTAT: 0,3", "no state of a SIM holder: '0,3'"),
        ("+QSIMSTAT: 0", "1 field of at least 2: '0'"),
        ("+SPIC: many", "'many' is no whole number"),
        ("+CPINR: SIM PIN", "1 field of at least 2: 'SIM PIN'"),
    ],
)
def test_what_is_none_says_so(line, problem):
    assert understood(line) == Unknown(line.partition(":")[0], error=problem)


@pytest.mark.parametrize("command", SIM_COMMANDS)
def test_a_bare_refusal_of_a_card_s_command_is_that_none_answers(command):
    assert understood("ERROR", command=command.lower()) == Sim("absent")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("490154203237518", "490154203237518"),  # TS 23.003's own example by Luhn
        ('+CGSN: "490154203237518"', "490154203237518"),
        ("490154203237517", None), ("490154203237528", None), ("940154203237518", None),
        ("49015420323751", None), ("4901542032375180", None), ("49015420323751x", None),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", None), ("AT", None),
    ],
)  # fmt: skip
def test_a_modem_s_own_number_has_fifteen_digits_and_luhn_s_check(line, number):
    assert imei(line) == number


NOT_FIXED = Position()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("0", Unknown("+CME ERROR", error="phone failure", code=0)),
        ("operation not allowed", Unknown("+CME ERROR", error="operation not allowed", code=3)),
        ("4", Unknown("+CME ERROR", error="operation not supported", code=4)),
        ("5", Sim("locked")), ("10", Sim("absent")), ("11", Sim("pin")), ("12", Sim("puk")),
        ("13", Sim("failure")), ("14", Sim("busy")), ("15", Sim("wrong")),
        ("16", Unknown("+CME ERROR", error="incorrect password", code=16)),
        ("17", Sim("pin2")), ("18", Sim("puk2")), ("sim pin required", Sim("pin")),
        ("30", Unknown("+CME ERROR", error="no network service", code=30)),
        ("31", Unknown("+CME ERROR", error="network timeout", code=31)),
        ("32", Unknown("+CME ERROR", error="network not allowed - emergency calls only", code=32)),
        ("40", Sim("locked")),
        ("50", Unknown("+CME ERROR", error="incorrect parameters", code=50)),
        ("100", Unknown("+CME ERROR", error="unknown", code=100)),
        ("103", Unknown("+CME ERROR", error="illegal MS", code=103)),
        ("106", Unknown("+CME ERROR", error="illegal ME", code=106)),
        ("107", Context(active=False, problem="GPRS services not allowed")),
        ("111", Unknown("+CME ERROR", error="PLMN not allowed", code=111)),
        ("112", Unknown("+CME ERROR", error="location area not allowed", code=112)),
        ("132", Context(active=False, problem="service option not supported", cause=32)),
        ("133", Context(active=False, problem="requested service option not subscribed", cause=33)),
        ("134", Context(active=False, problem="service option temporarily out of order", cause=34)),
        ("148", Context(active=False, problem="unspecified GPRS error")),
        ("149", Context(active=False, problem="PDP authentication failure", cause=29)),
        ("PDP AUTHENTICATION FAILURE",
         Context(active=False, problem="PDP authentication failure", cause=29)),
        ("516", NOT_FIXED), ("Not fixed now", NOT_FIXED), ("not fixed", NOT_FIXED),
        ("517", Unknown("+CME ERROR", error="517", code=517)),
        ("65535", Unknown("+CME ERROR", error="65535", code=65535)),
        ("655350", Unknown("+CME ERROR", error="655350")),
        ("dancing", Unknown("+CME ERROR", error="dancing")),
    ],
)  # fmt: skip
def test_a_refusal_is_what_its_number_or_its_words_say(said, wanted):
    """3GPP TS 27.007 §9.2."""
    assert understood(f"+CME ERROR: {said}") == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("310", Sim("absent")), ("311", Sim("pin")), ("312", Sim("locked")), ("313", Sim("failure")),
        ("314", Sim("busy")), ("315", Sim("wrong")), ("316", Sim("puk")), ("317", Sim("pin2")),
        ("318", Sim("puk2")),
        ("331", Unknown("+CMS ERROR", error="no network service", code=331)),
        ("332", Unknown("+CMS ERROR", error="network timeout", code=332)),
        ("1", Unknown("+CMS ERROR", error="1", code=1)),
        ("dancing", Unknown("+CMS ERROR", error="dancing")),
    ],
)  # fmt: skip
def test_so_is_that_of_a_message(said, wanted):
    """3GPP TS 27.005 §3.2.5."""
    assert understood(f"+CMS ERROR: {said}") == wanted
