"""The whole table of what a box's barcode and its tag may say of each other (row P11)."""

import pytest

from drivers.gs1.compare import NAMES, Verdict, compare
from drivers.gs1.epc import decode
from drivers.gs1.keys import IDENTITIES

MATCH, CLASS = Verdict.MATCH, Verdict.MISMATCH_CLASS
INSTANCE, NOT = Verdict.MISMATCH_INSTANCE, Verdict.NOT_COMPARABLE
A, B = "09506000134352", "79521141123453"

TABLE = [
    ({"01": A, "21": "1"}, {"01": A, "21": "1"}, MATCH),
    ({"01": A, "21": "1"}, {"01": B, "21": "1"}, CLASS),
    ({"01": A, "21": "1"}, {"01": A, "21": "2"}, INSTANCE),
    ({"01": A, "21": "1"}, {"01": B, "21": "2"}, CLASS),
    ({"01": A, "21": "01"}, {"01": A, "21": "1"}, INSTANCE),
    ({"01": A}, {"01": A, "21": "1"}, MATCH),
    ({"01": A, "10": "L", "17": "261031"}, {"01": A, "21": "1"}, MATCH),
    ({"01": A}, {"01": B, "21": "1"}, CLASS),
    ({"02": A, "37": "4"}, {"01": A, "21": "1"}, NOT),
    ({"00": "095201234567891235"}, {"00": "095201234567891235"}, MATCH),
    ({"00": "095201234567891235"}, {"00": "106141412345678908"}, INSTANCE),
    ({"00": "095201234567891235"}, {"01": A, "21": "1"}, NOT),
    ({"00": "095201234567891235", "01": A}, {"01": A, "21": "1"}, MATCH),
    ({"8003": "09521141123454A"}, {"8003": "09521141123454A"}, MATCH),
    ({"8003": "09521141123454A"}, {"8003": "09521141123454B"}, INSTANCE),
    ({"8003": "09521141123454"}, {"8003": "09521141123454B"}, MATCH),
    ({"8003": "09521141123454A"}, {"8003": "09521141987650A"}, CLASS),
    ({"8004": "95211415678"}, {"8004": "95211415678"}, MATCH),
    ({"8004": "95211415678"}, {"8004": "95211415679"}, INSTANCE),
    ({"414": "9521141123454"}, {"414": "9521141123454"}, MATCH),
    ({"414": "9521141123454", "254": "5"}, {"414": "9521141123454", "254": "6"}, INSTANCE),
    ({"414": "9521141123454"}, {"414": "9521141987650"}, CLASS),
    ({"253": "9521141123454A"}, {"253": "9521141123454B"}, INSTANCE),
    ({"253": "9521141123454A"}, {"253": "9521141987650A"}, CLASS),
    ({"255": "95211416789091"}, {"255": "95211416789092"}, INSTANCE),
    ({"8006": A + "0102", "21": "1"}, {"8006": A + "0202", "21": "1"}, CLASS),
    ({"8006": A + "0102", "21": "1"}, {"8006": A + "0102", "21": "2"}, INSTANCE),
    ({"8010": "9521141P", "8011": "1"}, {"8010": "9521141P", "8011": "2"}, INSTANCE),
    ({"8010": "9521141P", "8011": "1"}, {"8010": "9521141Q", "8011": "1"}, CLASS),
    ({"8017": "952114112345678906"}, {"8018": "952114112345678906"}, NOT),
    ({"8018": "952114112345678906"}, {"8018": "952114112345678907"}, INSTANCE),
    ({}, {"01": A, "21": "1"}, NOT),
    ({"01": A}, {}, NOT),
    ({}, {}, NOT),
]


@pytest.mark.parametrize(("barcode", "tag", "verdict"), TABLE)
def test_table(barcode, tag, verdict):
    found = compare(barcode, tag)
    assert found.verdict is verdict
    assert compare(tag, barcode).verdict is verdict
    assert found.detail


def test_the_sentence_names_both_sides():
    found = compare({"01": A, "21": "1"}, {"01": A, "21": "2"})
    assert found.detail == f"GTIN {A}: serial 1 on the barcode, 2 in the tag"
    assert "no serial number on the barcode" in compare({"01": A}, {"01": A, "21": "2"}).detail
    assert compare({"10": "L"}, {"01": A}).detail == "the barcode has no GS1 key, the tag has GTIN"


def test_every_key_of_an_epc_has_a_name_here():
    assert set(NAMES) == set(IDENTITIES)


def test_a_tag_of_any_scheme_is_compared_by_its_keys():
    """The same SGTIN as SGTIN-96 and as SGTIN+ is the same thing as on the label."""
    old = decode(bytes.fromhex("3066C4409047E140075BCD15"))
    assert compare({"01": A, "21": "123456789"}, old.keys).verdict is MATCH
    assert compare({"01": A, "21": "0123456789"}, old.keys).verdict is INSTANCE
