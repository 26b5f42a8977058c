"""The table of application identifiers: against biip's, and each check with a value of both kinds."""

import pytest
from biip.gs1_application_identifiers import _GS1_APPLICATION_IDENTIFIERS as BIIP

from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.identifiers import IDENTIFIERS, check_pairs, leading
from drivers.gs1.value_checks import CHECKS

GTIN = "09506000134352"


def test_the_same_identifiers_as_biip_with_the_same_separators():
    assert set(IDENTIFIERS) == set(BIIP)
    for ai, identifier in IDENTIFIERS.items():
        assert identifier.predefined != BIIP[ai].separator_required, ai


def test_no_identifier_begins_another():
    for ai in IDENTIFIERS:
        assert leading(ai + "123") is IDENTIFIERS[ai]
    assert leading("0") is leading("04") is leading("") is None


SOUND = [
    ("00", "095201234567891235"), ("01", GTIN), ("10", "A-1"), ("17", "261000"), ("17", "280229"),
    ("253", "9521141123454"), ("253", "9521141123454ABC"), ("30", "1"), ("3103", "001250"),
    ("3912", "978" + "1999"), ("3912", "396" + "1"), ("401", "9521ABC"), ("4102"[:3], "9521141123454"),
    ("421", "380" + "10100"), ("423", "380"), ("423", "380276250040756"), ("4300", "A%20B"),
    ("4307", "IT"), ("4309", "0451234567" + "1876543210"), ("4321", "1"), ("4324", "2612312359"),
    ("4330", "000250-"), ("4330", "000250"), ("7003", "2612312359"), ("7007", "261230"),
    ("7007", "261230261231"), ("7011", "261230"), ("7030", "999X"), ("7040", "1ABC"), ("7041", "PX"),
    ("7241", "10"), ("7250", "19991231"), ("7252", "9"), ("7258", "1/2"), ("8001", "00010000100101"),
    ("8003", "09521141123454A"), ("8006", f"{GTIN}0102"), ("8007", "FR7630006000011234567890189"),
    ("8007", "MT90MALT011000012345MTLCAST001SABC"), ("8008", "26123123"), ("8008", "2612312359"),
    ("8008", "261231235959"), ("8010", "9521#/-A"), ("8011", "0"), ("8011", "12"),
    ("8013", "1987654Ad4X4bL5ttr2310c2K"), ("8030", "aZ09-_"), ("8043", "0" * 18), ("8043", "0" * 20),
]  # fmt: skip

UNSOUND = [
    ("00", "095201234567891236", Fault.CHECK_DIGIT), ("01", "0950600013435", Fault.LENGTH),
    ("10", "", Fault.LENGTH), ("10", "A" * 21, Fault.LENGTH), ("10", "A B", Fault.CHARACTER),
    ("10", "ä", Fault.CHARACTER), ("10", "A\x1dB", Fault.CHARACTER), ("17", "261301", Fault.DATE),
    ("17", "260230", Fault.DATE), ("17", "270229", Fault.DATE), ("20", "1A", Fault.CHARACTER),
    ("253", "9521141123455", Fault.CHECK_DIGIT), ("30", "123456789", Fault.LENGTH),
    ("3912", "000" + "1999", Fault.CONTENT), ("401", "952", Fault.CHARACTER),
    ("410", "9521141123455", Fault.CHECK_DIGIT), ("421", "000" + "1", Fault.CONTENT),
    ("421", "380", Fault.LENGTH), ("423", "38027", Fault.LENGTH), ("423", "380000", Fault.CONTENT),
    ("4300", "A%2", Fault.CONTENT), ("4307", "XX", Fault.CONTENT), ("4307", "I1", Fault.CONTENT),
    ("4309", "1800000001" + "0000000000", Fault.CONTENT),
    ("4309", "0000000000" + "3600000001", Fault.CONTENT), ("4321", "2", Fault.CONTENT),
    ("4324", "2612312400", Fault.CONTENT), ("4324", "2612312360", Fault.CONTENT),
    ("4326", "261200", Fault.DATE), ("4330", "000250+", Fault.CONTENT), ("7006", "261200", Fault.DATE),
    ("7007", "2612302612", Fault.LENGTH), ("7030", "000X", Fault.CONTENT), ("7040", "1AB.", Fault.CONTENT),
    ("7041", "QX", Fault.CONTENT), ("7241", "11", Fault.CONTENT), ("7250", "19991301", Fault.DATE),
    ("7252", "3", Fault.CONTENT), ("7258", "3/2", Fault.CONTENT), ("7258", "1-2", Fault.CONTENT),
    ("8001", "00000000100101", Fault.CONTENT), ("8001", "00010000100121", Fault.CONTENT),
    ("8003", "19521141123454", Fault.CONTENT), ("8006", f"{GTIN}0302", Fault.CONTENT),
    ("8006", f"{GTIN}0001", Fault.CONTENT), ("8007", "FR7630006000011234567890180", Fault.CHECK_DIGIT),
    ("8007", "XX7630006000011234567890189", Fault.CHECK_DIGIT), ("8007", "FR76", Fault.CHECK_DIGIT),
    ("8007", "fr7630006000011234567890189", Fault.CHECK_DIGIT), ("8008", "26123124", Fault.CONTENT),
    ("8008", "2612312360", Fault.CONTENT), ("8008", "261231235960", Fault.CONTENT),
    ("8010", "9521.", Fault.CHARACTER), ("8011", "012", Fault.CONTENT),
    ("8013", "1987654Ad4X4bL5ttr2310cXK", Fault.CHECK_DIGIT), ("8013", "2", Fault.CHECK_DIGIT),
    ("8014", "029899824", Fault.CONTENT), ("8030", "a=", Fault.CHARACTER),
    ("8110", "106141416543213500110000310123196000", Fault.UNSUPPORTED),
]  # fmt: skip


@pytest.mark.parametrize(("ai", "value"), SOUND)
def test_values_that_an_identifier_can_have(ai, value):
    IDENTIFIERS[ai].check(value)


@pytest.mark.parametrize(("ai", "value", "fault"), UNSOUND)
def test_values_that_it_cannot_have(ai, value, fault):
    with pytest.raises(Gs1Error) as caught:
        IDENTIFIERS[ai].check(value)
    assert caught.value.fault is fault, caught.value


def test_each_check_is_used_and_refuses_something():
    used = {name for each in IDENTIFIERS.values() for part in each.parts for name in part.checks}
    assert used == set(CHECKS)
    refused = {ai for ai, _, _ in UNSOUND}
    by_check = {
        name: {ai for ai, each in IDENTIFIERS.items() for p in each.parts if name in p.checks}
        for name in used
    }
    assert [name for name, ais in by_check.items() if not ais & refused] == []


@pytest.mark.parametrize(
    "ais",
    [("01", "37"), ("01", "02"), ("21", "235"), ("3100", "3103"), ("3900", "3942"), ("420", "421"),
     ("8017", "8018"), ("4330", "4331"), ("01", "10", "255")],
)  # fmt: skip
def test_identifiers_that_exclude_each_other(ais):
    for order in (ais, ais[::-1]):
        with pytest.raises(Gs1Error, match="exclude each other"):
            check_pairs(order)


@pytest.mark.parametrize(
    "ais", [("00", "02", "37"), ("01", "10", "17", "21"), ("01", "3103", "3922"), ("99", "98")]
)
def test_identifiers_that_go_together(ais):
    check_pairs(ais)
