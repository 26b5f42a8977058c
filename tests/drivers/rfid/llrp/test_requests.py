"""What a reader is asked, word by word of the options, in the names of LLRP 1.0.1."""

from __future__ import annotations

import pytest

from drivers.rfid.llrp import requests
from drivers.rfid.llrp.elements import Element, element, encode_body, encode_parameter
from drivers.rfid.llrp.layouts import Bits
from tests.drivers.rfid.llrp.chosen import IMPINJ, ZEBRA, able, chosen

ZEBRAS = {"vendor": ZEBRA, "model": 1}


def sent(message):
    number, body = encode_body(message)
    return number, body.hex()


def test_the_simple_requests():
    assert sent(requests.enable_extensions()) == (1023, "0000651a" + "15" + "00000000")
    assert sent(requests.get_capabilities()) == (1, "00")
    parts = [2, 5, 8, 9, 11]  # §13.1: properties, events, keepalive, inputs, held reports
    assert [sent(each) for each in requests.get_config()] == [
        (2, f"0000{part:02x}00000000") for part in parts
    ]
    assert [sent(each) for each in requests.clean_up()] == [(41, "00000000"), (21, "00000000")]


def events():
    wanted = {1: 1, 3: 1, 4: 1, 8: 1}  # inputs, buffer warnings, exceptions, antennas (§13.1.3)
    return element(
        "ReaderEventNotificationSpec",
        *(element("EventNotificationState", type=t, enabled=wanted.get(t, 0)) for t in range(9)),
    )


def keepalive(milliseconds):
    return element("KeepaliveSpec", type=1, milliseconds=milliseconds)


def inputs(count):
    return tuple(
        element("GPIPortCurrentState", port=port, enabled=1, state=2)
        for port in range(1, count + 1)
    )


HELD = element("EventsAndReports", hold=1)


@pytest.mark.parametrize(
    ("options", "can", "parts"),
    [
        ({}, {}, (keepalive(10_000), HELD)),
        ({"keepalive": 2.5}, {"holds_reports": False}, (keepalive(2500),)),
        ({"inputs": True}, {}, (keepalive(10_000), *inputs(4), HELD)),
        ({"trigger": "gpi"}, {"inputs": 2}, (keepalive(10_000), *inputs(2), HELD)),
        ({"inputs": True}, {"inputs": 33}, (keepalive(10_000), *inputs(32), HELD)),
    ],
)
def test_what_a_reader_is_configured_to_say(options, can, parts):
    asked = requests.set_config(chosen(**options), able(**can))
    assert asked == Element("SET_READER_CONFIG", {"reset": 0}, (events(), *parts))


def test_the_read_of_the_tid():
    assert requests.accessspec() == element(
        "AccessSpec",
        element("AccessSpecStopTrigger", type=0, count=0),
        element(
            "AccessCommand",
            element(
                "C1G2TagSpec",
                element(
                    "C1G2TargetTag", bank=1, match=1, pointer=0, mask=Bits(0, b""),
                    data=Bits(0, b""),
                ),
            ),
            element("C1G2Read", id=1, password=0, bank=2, pointer=0, words=6),
        ),
        element("AccessReportSpec", trigger=1),
        id=14151,
        antenna=0,
        protocol=1,
        state=0,
        rospec=14150,
    )  # fmt: skip
    encode_parameter(requests.accessspec())


CONTENT = element(
    "TagReportContentSelector",
    element("C1G2EPCMemorySelector", crc=0, pc=1),
    rospec=0, spec=0, inventory=0, antenna=1, channel=0, rssi=1, first_seen=1, last_seen=1,
    count=1, accessspec=0,
)  # fmt: skip


def report(*extensions):
    return element("ROReportSpec", CONTENT, *extensions, trigger=1, n=1)


def impinj_report(tid=0, phase=0):
    return element(
        "ImpinjTagReportContentSelector",
        element("ImpinjEnableSerializedTID", mode=tid),
        element("ImpinjEnableRFPhaseAngle", mode=phase),
        element("ImpinjEnablePeakRSSI", mode=1),
    )


def antenna(number, *, power, sensitivity=1, control=(), extensions=(), session=1, population=32,
            hop_table=0, channel=1):  # fmt: skip
    receiver = () if sensitivity is None else (element("RFReceiver", sensitivity=sensitivity),)
    singulation = element(
        "C1G2SingulationControl", session=session, population=population, transit=0
    )
    return element(
        "AntennaConfiguration",
        *receiver,
        element("RFTransmitter", hop_table=hop_table, channel=channel, power=power),
        element("C1G2InventoryCommand", *control, singulation, *extensions, state_aware=0),
        antenna=number,
    )


def rospec(*antennas, used=(0,), boundary=None, reported=None):
    immediate = (
        element("ROSpecStartTrigger", type=1), element("ROSpecStopTrigger", type=0, duration=0),
    )  # fmt: skip
    return element(
        "ROSpec",
        element("ROBoundarySpec", *(boundary or immediate)),
        element(
            "AISpec",
            element("AISpecStopTrigger", type=0, duration=0),
            element("InventoryParameterSpec", *antennas, id=1, protocol=1),
            antennas=used,
        ),
        report() if reported is None else reported,
        id=14150,
        priority=0,
        state=0,
    )


def asked(options, can):
    made = requests.rospec(chosen(**options), able(**can))
    encode_parameter(made)
    return made


def test_a_plain_inventory():
    assert asked({}, ZEBRAS) == rospec(antenna(0, power=81))


@pytest.mark.parametrize(
    ("options", "can", "antennas", "used"),
    [
        ({"power_dbm": 10.25}, {}, [antenna(0, power=2)], (0,)),
        ({"antennas": "2: door, 4"}, {}, [antenna(2, power=81), antenna(4, power=81)], (2, 4)),
        ({"antennas": "1-2", "antenna_power": "2: 10"}, {},
         [antenna(1, power=81), antenna(2, power=1)], (1, 2)),
        ({"antenna_power": "2: 10"}, {"antennas": 3},
         [antenna(1, power=81), antenna(2, power=1), antenna(3, power=81)], (0,)),
        ({"mode": 1002}, {}, [antenna(0, power=81, control=(element("C1G2RFControl", mode=1002,
         tari=0),))], (0,)),
        ({"antennas": "1-2", "antenna_mode": "2: 0"}, {},
         [antenna(1, power=81),
          antenna(2, power=81, control=(element("C1G2RFControl", mode=0, tari=0),))], (1, 2)),
        ({"session": 2, "population": 500}, {}, [antenna(0, power=81, session=2, population=500)],
         (0,)),
        ({}, {"hopping": True, "hop_table": 3}, [antenna(0, power=81, hop_table=3, channel=0)],
         (0,)),
        ({}, {"hop_table": 3}, [antenna(0, power=81)], (0,)),
        ({}, {"sensitivities": {}}, [antenna(0, power=81, sensitivity=None)], (0,)),
        ({}, {"sensitivities": {None: 1, 2: 1}}, [antenna(0, power=81)], (0,)),
        ({}, {"antennas": 2, "sensitivities": {None: 1, 2: 7}},
         [antenna(1, power=81), antenna(2, power=81, sensitivity=7)], (0,)),
    ],
)  # fmt: skip
def test_what_the_options_ask_of_each_antenna(options, can, antennas, used):
    assert asked(options, ZEBRAS | can) == rospec(*antennas, used=used)


def test_more_antennas_than_a_rospec_can_configure():
    many = asked({"antenna_power": "1: 10"}, ZEBRAS | {"antennas": 400})
    spec = many.first("AISpec").first("InventoryParameterSpec")
    assert len(spec.children) == 256


STOP = element("ROSpecStopTrigger", type=1, duration=2500)


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({"trigger": "periodic", "period": 30.5},
         element("ROSpecStartTrigger", element("PeriodicTriggerValue", offset=0, period=30_500),
                 type=2)),
        ({"trigger": "gpi", "gpi_port": 3},
         element("ROSpecStartTrigger", element("GPITriggerValue", port=3, event=1, timeout=0),
                 type=3)),
        ({"trigger": "gpi", "gpi_level": False},
         element("ROSpecStartTrigger", element("GPITriggerValue", port=1, event=0, timeout=0),
                 type=3)),
    ],
)  # fmt: skip
def test_rounds_that_begin_and_end(options, start):
    made = asked(options | {"duration": 2.5}, ZEBRAS)
    assert made == rospec(antenna(0, power=81), boundary=(start, STOP))


@pytest.mark.parametrize(
    ("options", "extensions", "reported"),
    [
        ({}, [element("ImpinjInventorySearchMode", mode=2)], impinj_report()),
        ({"search_mode": "single", "tid": True}, [element("ImpinjInventorySearchMode", mode=1)],
         impinj_report(tid=1)),
        ({"search_mode": "reader", "phase": True}, [element("ImpinjInventorySearchMode", mode=0)],
         impinj_report(phase=1)),
        ({"search_mode": "single-suppressed", "channels": "1, 4"},
         [element("ImpinjInventorySearchMode", mode=3),
          element("ImpinjFixedFrequencyList", mode=2, channels=(1, 4))], impinj_report()),
        ({"low_duty_cycle": True},
         [element("ImpinjInventorySearchMode", mode=2),
          element("ImpinjLowDutyCycle", mode=1, empty_field=2000, ping_interval=200)],
         impinj_report()),
    ],
)  # fmt: skip
def test_extensions_of_impinj(options, extensions, reported):
    wanted = rospec(antenna(0, power=81, extensions=tuple(extensions)), reported=report(reported))
    assert asked(options, {"vendor": IMPINJ}) == wanted
