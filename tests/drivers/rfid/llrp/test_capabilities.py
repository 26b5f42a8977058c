"""What a reader says that it can, and what is made of it."""

from __future__ import annotations

import pytest

from drivers.errors import DeviceFault
from drivers.rfid.llrp.capabilities import capabilities
from drivers.rfid.llrp.elements import element
from tests.drivers.rfid.llrp.chosen import IMPINJ, able


def general(*parts, has_utc=1):
    return element(
        "GeneralDeviceCapabilities", *parts, antennas=4, sets_properties=0, has_utc=has_utc,
        vendor=IMPINJ, model=2001002, firmware="5.14",
    )  # fmt: skip


def limits(holding=1):
    names = ("survey", "fill_warning", "client_ops", "state_aware", "priorities",
             "client_op_timeout", "rospecs", "specs", "inventories", "accessspecs", "opspecs")  # fmt: skip
    return element("LLRPCapabilities", holding=holding, **dict.fromkeys(names, 0))


def power(index, centi):
    return element("TransmitPowerLevelTableEntry", index=index, centi_dbm=centi)


def band(*parts):
    return element("RegulatoryCapabilities", element("UHFBandCapabilities", *parts), country=276,
                   standard=2)  # fmt: skip


def mode(number):
    numbers = dict.fromkeys(
        ("divide_ratio", "conformant", "miller", "forward", "spectral_mask", "backscatter", "pie",
         "shortest_tari", "longest_tari", "tari_step"), 0,
    )  # fmt: skip
    return element("C1G2UHFRFModeTableEntry", id=number, **numbers)


def answer(*parts):
    return element("GET_READER_CAPABILITIES_RESPONSE", *parts)


def sensitivity(index, db):
    return element("ReceiveSensitivityTableEntry", index=index, db=db)


def of_antenna(antenna, lowest, highest):
    return element(
        "PerAntennaReceiveSensitivityRange", antenna=antenna, lowest=lowest, highest=highest
    )


def test_a_whole_answer():
    can = capabilities(
        answer(
            general(
                sensitivity(1, 0), sensitivity(2, 10), sensitivity(3, -5),
                of_antenna(1, 1, 2), of_antenna(2, 2, 2), of_antenna(3, 4, 9),
                element("GPIOCapabilities", inputs=4, outputs=2),
            ),
            limits(),
            band(
                power(1, 1000), power(2, 3250),
                element("FrequencyInformation", element("FrequencyHopTable", id=3, khz=(865700,)),
                        hopping=1),
                element("C1G2UHFRFModeTable", mode(0), mode(1002)),
            ),
        )
    )  # fmt: skip
    assert can == able(
        firmware="5.14", powers={1: 10.0, 2: 32.5}, hopping=True, hop_table=3,
        sensitivities={None: 3, 1: 1, 2: 2},
    )  # fmt: skip
    assert can.antennas_differ
    assert [can.sensitivity(each) for each in (1, 2, 3)] == [1, 2, 3]


def test_an_answer_with_the_least_there_must_be():
    can = capabilities(answer(general(has_utc=0), limits(holding=0), band(power(1, 0))))
    assert can == able(
        firmware="5.14", has_utc=False, inputs=0, holds_reports=False, powers={1: 0.0},
        modes=frozenset(), sensitivities={},
    )  # fmt: skip
    assert not can.antennas_differ
    assert can.sensitivity(1) is None


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([limits(), band(power(1, 0))], "lack 'GeneralDeviceCapabilities'"),
        ([general(), band(power(1, 0))], "lack 'LLRPCapabilities'"),
        ([general(), limits()], "lack 'RegulatoryCapabilities'"),
        ([general(), limits(), band()], "names no transmit power"),
    ],
)
def test_what_every_reader_must_tell(parts, why):
    with pytest.raises(DeviceFault, match=why):
        capabilities(answer(*parts))


def test_tables_are_looked_at_up_to_a_thousand_entries():
    many = [power(index, index) for index in range(1, 1002)]
    assert len(capabilities(answer(general(), limits(), band(*many))).powers) == 1000


@pytest.mark.parametrize(
    ("dbm", "index"), [(9.9, 1), (10.0, 1), (10.24, 1), (10.25, 2), (30.0, 81), (33.0, 90), (0, 1)]
)
def test_the_highest_power_that_is_not_above_what_is_asked(dbm, index):
    assert able().power_index(dbm) == index


@pytest.mark.parametrize(
    ("vendor", "model", "title"),
    [
        (IMPINJ, 2001001, "Impinj Speedway R220"),
        (IMPINJ, 2001002, "Impinj Speedway R420"),
        (IMPINJ, 2001003, "Impinj xPortal"),
        (IMPINJ, 2001007, "Impinj xArray"),
        (IMPINJ, 7, "Impinj model 7"),
        (10642, 2001002, "Zebra model 2001002"),
        (161, 1, "Motorola model 1"),
        (17996, 1, "CAEN model 1"),
        (25533, 1, "ThingMagic model 1"),
        (1, 2, "vendor 1 model 2"),
    ],
)
def test_readers_as_people_call_them(vendor, model, title):
    can = able(vendor=vendor, model=model, firmware="1.2")
    assert can.title == f"{title}, firmware 1.2"
    assert can.is_impinj is (vendor == IMPINJ)


@pytest.mark.parametrize(
    ("vendor", "antennas", "hubs"), [(IMPINJ, 4, False), (IMPINJ, 5, True), (161, 32, False)]
)
def test_antennas_behind_hubs(vendor, antennas, hubs):
    assert able(vendor=vendor, antennas=antennas).has_hubs is hubs
