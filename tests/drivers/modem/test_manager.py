"""What ModemManager's numbers and words mean (its D-Bus API, version 1.24): nothing is asked."""

import pytest

from drivers.modem.answer import Context, Operator, Registration, Signal, Sim
from drivers.modem.knowledge import Knowledge
from drivers.modem.manager import (
    BEARER,
    GPP,
    MODEM,
    ROOT,
    SERVICE,
    SIGNAL,
    SIM,
    find,
    interfaces_of,
    managed,
)

NOTHING = Context(1, active=False)


def seen(modem=None, gpp=None, signal=None, sim=None, bearer=None):
    interfaces = {MODEM: modem or {}}
    interfaces |= {} if gpp is None else {GPP: gpp}
    interfaces |= {} if signal is None else {SIGNAL: signal}
    return managed(interfaces, sim or {}, bearer or {})


def knowing(*answers, radio=None):
    found = Knowledge()
    for answer in answers:
        found.take(answer)
    found.radio = radio
    return found


def test_its_names():
    assert (SERVICE, ROOT) == (
        "org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1",
    )  # fmt: skip
    assert [each.removeprefix(SERVICE) for each in (MODEM, GPP, SIGNAL, SIM, BEARER)] == [
        ".Modem", ".Modem.Modem3gpp", ".Modem.Signal", ".Sim", ".Bearer",
    ]  # fmt: skip


def test_of_what_is_not_told_nothing_is_known():
    found = seen()
    assert (found.technology, found.imei) == (None, None)
    assert found.known == knowing(Operator(), Signal(), NOTHING)


@pytest.mark.parametrize(
    ("state", "radio"), [(None, None), (0, True), (1, False), (2, False), (3, True)]
)
def test_a_radio_without_power_or_with_little_is_off(state, radio):
    """MMModemPowerState: unknown, off, low, on."""
    assert seen({} if state is None else {"PowerState": state}).known.radio is radio


@pytest.mark.parametrize(
    ("modem", "state"),
    [
        # MMModemLock
        *(({"UnlockRequired": lock}, state) for lock, state in enumerate(
            (None, "ready", "pin", "ready", "puk", "ready", "locked", "locked", "locked"))),
        # MMModemStateFailedReason, where the state is -1
        *(({"State": -1, "StateFailedReason": why, "UnlockRequired": 2}, state)
          for why, state in enumerate((None, None, "absent", "failure", None))),
        ({"State": -1}, None), ({"State": 8, "StateFailedReason": 2, "UnlockRequired": 1}, "ready"),
    ],
)  # fmt: skip
def test_the_card(modem, state):
    found = seen(modem, sim={"SimIdentifier": "89391078000234163954"}).known
    assert (found.sim, found.iccid) == (state, "89391078000234163954")
    assert seen(modem, sim={"SimIdentifier": ""}).known.iccid is None


@pytest.mark.parametrize(
    ("number", "state"),
    [*enumerate(("none", "home", "searching", "denied", "unknown", "roaming", "sms-only",
                 "sms-only", "emergency", "home", "roaming", "unknown", "unknown"))],
)  # fmt: skip
def test_the_registration(number, state):
    """MMModem3gppRegistrationState."""
    found = seen({"AccessTechnologies": 1 << 14}, {"RegistrationState": number}).known
    assert found.registrations == {"ps": Registration("ps", state, "lte")}
    assert seen(gpp={}).known.registrations == {}


@pytest.mark.parametrize(
    ("bits", "technology"),
    [
        # MMModemAccessTechnology: GSM to EDGE, UMTS to HSPA+, LTE, 5G NR, Cat-M, NB-IoT
        *(([bit], "gsm") for bit in (1, 2, 3, 4)), *(([bit], "umts") for bit in range(5, 10)),
        ([14], "lte"), ([15], "nr"), ([16], "lte-m"), ([17], "nb-iot"),
        ([0], None), ([10], None), ([13], None), ([18], None), ([], None),
        ([14, 15], "nr"), ([4, 9], "umts"), ([9, 14], "lte"), ([14, 16], "lte-m"),
        ([16, 17], "nb-iot"),
    ],
)  # fmt: skip
def test_the_newest_technology_counts(bits, technology):
    assert seen({"AccessTechnologies": sum(1 << bit for bit in bits)}).technology == technology


@pytest.mark.parametrize(
    ("gpp", "modem", "imei"),
    [
        ({"Imei": "490154203237518"}, {"EquipmentIdentifier": "1"}, "490154203237518"),
        ({}, {"EquipmentIdentifier": "490154203237518"}, "490154203237518"),
        ({"Imei": ""}, {"EquipmentIdentifier": "A0000012"}, None),
        ({"Imei": "٤٩"}, {}, None),
    ],
)
def test_its_number(gpp, modem, imei):
    assert seen(modem, gpp).imei == imei


def test_whose_network_it_is():
    found = seen({"AccessTechnologies": 1 << 14}, {"OperatorName": "TIM", "OperatorCode": ""})
    assert (found.known.operator, found.known.plmn, found.known.technology) == ("TIM", None, "lte")
    found = seen({}, {"OperatorName": "", "OperatorCode": "22201"}).known
    assert (found.operator, found.plmn) == (None, "22201")


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"Lte": {"rsrp": -97, "rsrq": -11.5, "snr": 6}}, Signal("lte", -97.0, "rsrp", -11.5, 6.0)),
        ({"Nr5g": {"rsrp": -97, "snr": 6}}, Signal("lte", -97.0, "rsrp", None, 6.0)),
        ({"Umts": {"rscp": -90, "ecio": -6}}, Signal("lte", -90.0, "rscp")),
        ({"Gsm": {"rssi": -71}}, Signal("lte", -71.0, "rssi")),
        ({"Gsm": {"rssi": -71}, "Lte": {"rsrp": -97}}, Signal("lte", -97.0, "rsrp")),
        ({"Lte": {}, "Umts": {"rscp": -90}}, Signal("lte", -90.0, "rscp")),
        ({}, Signal("lte")), ({"Rate": 0}, Signal("lte")), (None, Signal("lte")),
    ],
)  # fmt: skip
def test_its_strength_where_it_is_polled(told, wanted):
    assert seen({"AccessTechnologies": 1 << 14}, signal=told).known.signal == wanted


ERROR = "org.freedesktop.ModemManager1.Error.MobileEquipment."


@pytest.mark.parametrize(
    ("bearer", "wanted"),
    [
        ({"Connected": True, "Ip4Config": {"address": "10.64.1.2"},
          "Ip6Config": {"address": "2001:db8::1"}, "Properties": {"apn": "iot"}},
         Context(1, True, apn="iot", address="10.64.1.2")),
        ({"Connected": True, "Ip4Config": {"method": 0}, "Ip6Config": {"address": "2001:db8::1"}},
         Context(1, True, address="2001:db8::1")),
        ({"Connected": True, "Ip4Config": {"address": ""}}, Context(1, True, address="0.0.0.0")),
        ({"Connected": False, "Properties": {"apn": "iot"}}, Context(1, False, apn="iot")),
        *(({"ConnectionError": (ERROR + name, "why")}, Context(1, False, problem="why", cause=cause))
          for name, cause in (
              ("MissingOrUnknownApn", 27), ("UserAuthenticationFailed", 29),
              ("ServiceOptionNotSubscribed", 33), ("OperatorDeterminedBarring", 8),
              ("PhoneFailure", None),
          )),
        ({"ConnectionError": (ERROR + "PhoneFailure", "")}, NOTHING),
        ({"ConnectionError": None}, NOTHING),
    ],
)  # fmt: skip
def test_its_data_call(bearer, wanted):
    found, other = seen(bearer=bearer).known, knowing(Operator(), Signal(), wanted)
    assert found == other


def test_a_modem_is_found_by_its_port_and_the_only_one_by_nothing():
    one, two = {"Ports": [("ttyUSB2", 3), ("cdc-wdm0", 6)]}, {"Ports": [("ttyUSB9", 3)]}
    objects = {"/a": {MODEM: one, GPP: {}}, "/b": {SIM: {}}, "/c": {MODEM: two}}
    assert find(objects, "ttyUSB2") is one
    assert find(objects, "cdc-wdm0") is one
    assert find(objects, "ttyUSB9") is two
    assert find(objects, "ttyUSB5") is None
    assert find({"/a": objects["/a"], "/b": {}}, "ttyUSB5") is one
    assert find({}, "ttyUSB5") is None
    assert find({"/a": {MODEM: {}}, "/c": {MODEM: two}}, "ttyUSB9") is two
    assert interfaces_of(objects, two) == {MODEM: two}
    assert interfaces_of(objects, one) == {MODEM: one, GPP: {}}


def test_what_is_known_of_a_card_that_told_its_number_stays_with_it():
    found = seen({"UnlockRequired": 1}, sim={"SimIdentifier": "8939107800023416395"}).known
    assert found == knowing(Sim("ready", "8939107800023416395"), Operator(), Signal(), NOTHING)
