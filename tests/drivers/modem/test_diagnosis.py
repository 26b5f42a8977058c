"""What keeps data from passing: card first, then network, then call; and what a reset may heal."""

from itertools import pairwise

import pytest

from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DeviceMissing, LinkLost
from drivers.links.causes import PORT_ABSENT, PORT_HELD
from drivers.modem import causes
from drivers.modem.answer import Boot, Context, NetworkTime, Operator, Registration, Signal, Sim
from drivers.modem.diagnosis import diagnose
from drivers.modem.knowledge import Knowledge
from drivers.modem.ladder import Around, Trouble
from drivers.modem.telling import in_words
from drivers.modem.trouble import coverage, trouble_of

HOME = Registration("ps", "home")
CALL = Context(1, active=True, apn="iot.example", address="10.64.1.2")


def known(*answers, **more):
    found = Knowledge()
    for answer in answers:
        found.take(answer)
    for name, value in more.items():
        setattr(found, name, value)
    return found


def told(found, **asked):
    """The id of what is wrong, and all that is said of it behind the row's own sentence."""
    problem, cause = diagnose(found, **asked)
    if cause is None:
        return problem, None
    assert problem.startswith(cause.sentence)
    return problem.removeprefix(cause.sentence), cause.id.removeprefix("modem.")


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("absent", "no-sim"), ("pin", "pin"), ("puk", "puk"), ("locked", "locked"),
        ("wrong", "locked"), ("failure", "sim-fails"), ("ready", None), ("busy", None),
        ("not-ready", None),
    ],
)  # fmt: skip
def test_the_card_comes_first(state, cause):
    found = known(Sim(state), Registration("ps", "denied"))
    assert told(found) == ("", cause or "refused")


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("denied", "refused"), ("emergency", "emergency"), ("sms-only", "messages-only"),
        ("searching", "searching"), ("none", "no-network"), ("unknown", "no-network"),
    ],
)  # fmt: skip
def test_then_the_network(state, cause):
    assert told(known(Registration("cs", state), CALL)) == ("", cause)


@pytest.mark.parametrize("state", ["home", "roaming"])
def test_a_call_in_the_network_lacks_nothing(state):
    assert told(known(Registration("ps", state), CALL)) == (None, None)
    assert told(known(CALL)) == (None, None)  # of the network nothing was said


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        *((number, "card-unknown") for number in (2, 3, 6, 7, 8)),
        *((number, "no-roaming") for number in (11, 12, 13, 14)),
        *((number, "refused") for number in (1, 4, 5, 9, 10, 15, 17)),
    ],
)
def test_a_network_that_refuses_says_why(number, cause):
    """Reject causes of 3GPP TS 24.008 annex G."""
    found = known(Registration("eps", "denied", cause=number))
    assert told(found) == (f" (cause {number})", cause)


def test_a_cause_of_what_is_no_refusal_is_not_told():
    assert told(known(Registration("eps", "searching", cause=11))) == ("", "searching")


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        *((number, "wrong-apn") for number in (27, 28, 29)),
        *((number, "card-unknown") for number in (8, 32, 33)),
        *((number, "no-call") for number in (26, 30, 31, 34, None)),
    ],
)
def test_without_a_call_the_network_s_reason_says_why(number, cause):
    """SM causes of 3GPP TS 24.008 §10.5.6.6."""
    reason = Context(1, active=False, apn="", problem="in its words", cause=number)
    assert told(known(HOME, reason)) == (": in its words", cause)


def test_an_access_point_that_is_refused_is_named():
    refused = Context(1, active=False, apn="wrong", problem="unknown APN", cause=27)
    assert told(known(HOME, refused)) == (" (wrong): unknown APN", "wrong-apn")
    assert told(known(HOME, Context(1, active=False, apn="iot"))) == ("", "no-call")


@pytest.mark.parametrize(
    ("used", "wanted", "wrong"),
    [
        ("iot.example", "IOT.example", False),
        ("iot.example.mnc001.mcc262.gprs", "iot.example", False),
        ("iot.example.mnc01.mcc262.gprs", "iot.example", False),
        ("internet", "iot.example", True),
        ("", "iot.example", False),  # the modem does not say
        ("internet", "", False),
    ],
)
def test_another_access_point_than_the_configured_one_is_named(used, wanted, wrong):
    found = known(HOME, Context(1, active=False, apn=used))
    more = f": it is {used}, and {wanted} in the configuration"
    assert told(found, apn=wanted) == ((more, "wrong-apn") if wrong else ("", "no-call"))


def test_the_access_point_is_that_of_the_configured_context():
    found = known(HOME, Context(2, active=False, apn="ims"))
    assert told(found, apn="iot") == ("", "no-call")
    assert told(found, apn="iot", cid=2)[1] == "wrong-apn"


@pytest.mark.parametrize(
    ("passes", "probed", "cause"),
    [(None, 0, None), (True, 2, None), (False, 1, "no-packets"), (False, 2, "out-of-data")],
)
def test_packets_that_do_not_pass(passes, probed, cause):
    """Where several addresses do not answer it is not the node."""
    found = known(HOME, CALL, passes=passes, probed=probed)
    assert told(found) == (None if cause is None else "", cause)


@pytest.mark.parametrize(
    ("radio", "flight", "cause"),
    [
        (True, True, "radio-on"), (None, True, "radio-on"), (False, True, "radio-off"),
        (False, False, "radio-off"), (True, False, None), (None, False, None),
    ],
)  # fmt: skip
def test_before_all_comes_the_radio(radio, flight, cause):
    found = known(HOME, CALL, radio=radio)
    assert told(found, flight=flight) == (None if cause is None else "", cause)


def test_the_best_domain_counts_and_of_equals_the_one_that_carries_data():
    cs, ps, eps = (Registration(each, "home") for each in ("cs", "ps", "eps"))
    assert known(cs, ps, eps).registration is eps
    assert known(cs, ps).registration is ps
    denied = Registration("eps", "denied")
    assert known(cs, denied).registration is cs
    order = ("home", "roaming", "sms-only", "emergency", "denied", "searching", "unknown", "none")
    for better, worse in pairwise(order):
        found = known(Registration("eps", worse), Registration("cs", better))
        assert found.registration.state == better
        assert found.registered is (better in {"home", "roaming"})
    assert known().registration is None
    assert not known().registered


def test_what_was_said_last_counts():
    found = known(Operator("TIM", None, "lte"), Operator(None, "22201", "gsm"))
    assert (found.operator, found.plmn, found.technology) == ("TIM", "22201", "gsm")
    found.take(Operator())
    assert (found.operator, found.plmn, found.technology) == (None, None, None)
    found.take(Sim("pin", "8939107800023416395", 0))
    found.take(Sim("ready"))
    assert (found.sim, found.iccid, found.tries) == ("ready", "8939107800023416395", 0)
    found.take(Sim(tries=3))
    assert (found.sim, found.tries) == ("ready", 3)


def test_a_call_s_end_takes_its_address_and_says_why():
    found = known(Context(1, active=False, problem="unknown APN", cause=27), CALL)
    assert (found.address, found.refused, found.cause) == ("10.64.1.2", None, None)
    found.take(Context(1, problem="not of this moment", cause=8))
    assert (found.refused, found.cause) == (None, None)
    found.take(Context(1, active=False))
    found.take(Context(1, problem="unknown APN", cause=27))
    found.take(Context(1))
    assert (found.address, found.refused, found.cause) == (None, "unknown APN", 27)
    assert found.apns == {1: "iot.example"}
    found.forget()
    assert found == known()


def test_what_stays_from_one_look_to_the_next():
    found = known(HOME, CALL, Signal("lte", -90.0, "rsrp"), Operator("TIM", "22201"), Sim("ready"),
                  NetworkTime(local=1), passes=True, radio=True)  # fmt: skip
    found.forget()
    assert found == known(Sim("ready"), radio=True)
    assert known(NetworkTime(zone=60)).time is None  # the zone alone is no time


@pytest.mark.parametrize(
    ("event", "anew"),
    [("RDY", True), ("*ATREADY: 1", True), ("APP RDY", True), ("START", True),
     ("SMS Ready", False), ("NORMAL POWER DOWN", False)],
)  # fmt: skip
def test_a_modem_has_begun_anew_by_its_first_word_only(event, anew):
    assert known(Boot(event)).booted is anew


class Seen:
    """A modem of which so much is known."""

    def __init__(self, found, technology=None):
        self.known, self.technology, self.imei = found, technology, None


def test_a_modem_in_words():
    full = known(HOME, CALL, Signal("lte", -90.5, "rsrp"), Operator("TIM", "22201"))
    assert in_words(Seen(full, "lte"), "x") == "home in TIM, lte, -90.5 dBm, 10.64.1.2, x"
    assert in_words(Seen(known(HOME, Operator(None, "22201"))), None) == "home in 22201"
    assert in_words(Seen(known(HOME)), None) == "it answers"
    assert in_words(Seen(known(Operator("TIM"))), None) == "it answers"


NO_PACKETS = DeviceFault("no packets pass", cause=causes.NO_PACKETS)


@pytest.mark.parametrize(
    ("error", "greeted", "trouble"),
    [
        (CommandTimeout("no answer"), True, Trouble.DEAF),
        (CommandTimeout("no answer"), False, Trouble.SILENT),
        (DeviceMissing("no port", cause=PORT_ABSENT), False, Trouble.GONE),
        (DeviceMissing("held", cause=PORT_HELD), False, None),
        (LinkLost("gone"), True, Trouble.GONE),
        (NO_PACKETS, True, Trouble.STUCK),
        (DeviceFault("broken"), True, None),
        (BadFrame("noise"), True, None),
    ],
)
def test_what_a_reset_may_heal(error, greeted, trouble):
    assert trouble_of(error, greeted=greeted) is trouble


@pytest.mark.parametrize(
    ("answers", "covered"),
    [
        *(((Registration("cs", state),), True)
          for state in ("home", "roaming", "denied", "emergency", "sms-only")),
        *(((Registration("cs", state),), False) for state in ("none", "searching", "unknown")),
        *(((Registration("cs", "none"), Signal(None, dbm, measure)), heard)
          for measure, dbm, heard in (
              ("rssi", -110.0, False), ("rssi", -109.0, True), ("rscp", -115.0, False),
              ("rscp", -114.0, True), ("rsrp", -125.0, False), ("rsrp", -124.0, True),
              (None, None, False),
          )),
        ((), None),
        ((Registration("cs", "home"), Sim("absent")), None),  # such a modem says nothing of it
    ],
)  # fmt: skip
def test_whether_there_is_coverage(answers, covered):
    found = coverage(known(*answers), 7.0)
    assert found == (None if covered is None else Around(covered=covered, covered_at=7.0))
