"""What parts of an AI's value must be, check by check: the last value that is right, and the next."""

from __future__ import annotations

import pytest

from drivers.gs1.check_digits import check_digit, check_pair, with_check_digit
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.pc_word import PcWord
from drivers.gs1.value_checks import CHECKS

RIGHT = {
    "birth": ["1/2", "2/2", "1/1", "9/9"],
    "check": ["9506000134352", "0", "17"],
    "company": ["0614", "061414112345"],
    "company+1": ["80614", "80614141"],
    "country": ["276", "008", "894"],
    "country-letters": ["DE", "AX"],
    "country-or-none": ["276", "999"],
    "currency": ["978", "840", "191"],
    "date": ["260101", "261231", "240229", "000229", "260228", "260200", "260430", "260600"],
    "day": ["260101", "261231"],
    "escaped": ["plain", "a%2F", "%aF%00"],
    "full-day": ["20260101", "19991231"],
    "hour": ["00", "23"],
    "iban": ["NO751234567", "DE89370400440532013000", "GB82WEST12345698765432", "NO9386011117947"],
    "importer": ["-", "_", "0", "z", "Z"],
    "latitude": ["0", "1800000000"],
    "longitude": ["0", "3600000000"],
    "media": ["01", "10", "80", "99"],
    "minus": ["-"],
    "minute": ["00", "59"],
    "mixed": ["1A", "A", "-1"],
    "nonzero": ["1", "001", "0100"],
    "package": ["1A", "BX", "PX", "200"],
    "piece": ["0101", "0102", "0202", "9999"],
    "second": ["00", "59"],
    "sex": ["0", "1", "2", "9"],
    "time": ["0000", "2359"],
    "unpadded": ["0", "1", "10", "A0"],
    "winding": ["0", "1", "9"],
    "yes-no": ["0", "1"],
    "zero": ["0"],
}
WRONG = {
    "birth": (Fault.CONTENT, ["2/1", "0/1", "1-2", "a/2", "1/b", "0/0"]),
    "check": (Fault.CHECK_DIGIT, ["9506000134353", "1"]),
    "company": (Fault.CHARACTER, ["061", "06A4", "A614"]),
    "company+1": (Fault.CHARACTER, ["8061", "8A614"]),
    "country": (Fault.CONTENT, ["999", "000", "27", "DE"]),
    "country-letters": (Fault.CONTENT, ["XX", "de", "276"]),
    "country-or-none": (Fault.CONTENT, ["000", "998"]),
    "coupon": (Fault.UNSUPPORTED, ["1"]),
    "currency": (Fault.CONTENT, ["000", "280"]),
    "date": (Fault.DATE, ["260001", "261301", "260132", "260229", "260431", "26010", "2601011",
                          "26010A", "260631", "260931", "261131"]),
    "day": (Fault.DATE, ["260100", "260132"]),
    "escaped": (Fault.CONTENT, ["%", "a%2", "%GG"]),
    "full-day": (Fault.DATE, ["20260100", "20261301"]),
    "hour": (Fault.CONTENT, ["24", "99"]),
    "iban": (Fault.CHECK_DIGIT, ["DE88370400440532013000", "XX89370400440532013000",
                                 "de89370400440532013000", "NO09123456", "DE8937040044053201300-"]),
    "importer": (Fault.CONTENT, ["/", "ab", ""]),
    "latitude": (Fault.CONTENT, ["1800000001"]),
    "longitude": (Fault.CONTENT, ["3600000001"]),
    "media": (Fault.CONTENT, ["00", "11", "79", "100"]),
    "minus": (Fault.CONTENT, ["+", "0"]),
    "minute": (Fault.CONTENT, ["60"]),
    "mixed": (Fault.CONTENT, ["1", "123"]),
    "nonzero": (Fault.CONTENT, ["0", "000"]),
    "package": (Fault.CONTENT, ["QQQ", "1a"]),
    "piece": (Fault.CONTENT, ["0001", "0201", "0000", "1009"]),
    "second": (Fault.CONTENT, ["60"]),
    "sex": (Fault.CONTENT, ["3", "8", "00"]),
    "time": (Fault.CONTENT, ["2400", "2360"]),
    "unpadded": (Fault.CONTENT, ["00", "01"]),
    "winding": (Fault.CONTENT, ["2", "8"]),
    "yes-no": (Fault.CONTENT, ["2"]),
    "zero": (Fault.CONTENT, ["1", "00"]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in RIGHT for text in RIGHT[name]])
def test_what_is_right(name, text):
    CHECKS[name]("99", text)


@pytest.mark.parametrize(
    ("name", "fault", "text"), [(name, fault, each) for name, (fault, texts) in WRONG.items()
                                for each in texts]
)  # fmt: skip
def test_what_is_wrong(name, fault, text):
    with pytest.raises(Gs1Error, match=r"\(99\)") as caught:
        CHECKS[name]("99", text)
    assert caught.value.fault is fault


def test_every_check_is_tried():
    assert set(CHECKS) == {*RIGHT, *WRONG, "pair"}


def test_a_pair_of_check_characters():
    """GS1 General Specifications, §7.9.5: the GMN 1987654Ad4X4bL5ttr2310c ends with 2K."""
    whole = "1987654Ad4X4bL5ttr2310c2K"
    assert check_pair(whole[:-2]) == "2K"
    CHECKS["pair"]("8013", whole)
    for wrong in (whole[:-2] + "K2", whole.replace("A", "B")):
        with pytest.raises(Gs1Error, match="the check characters of") as caught:
            CHECKS["pair"]("8013", wrong)
        assert caught.value.fault is Fault.CHECK_DIGIT


@pytest.mark.parametrize(
    ("digits", "check"),
    [("950600013435", "2"), ("0061414112345", "2"), ("629104150021", "3"), ("", "0"), ("1", "7")],
)
def test_check_digits(digits, check):
    """§7.9.1: weights 3 and 1 in turn from the right; 629104150021 is its own example."""
    assert check_digit(digits) == check
    assert with_check_digit(digits) == digits + check


@pytest.mark.parametrize(
    ("epc", "more", "value"),
    [
        (bytes(12), {}, 0x3000),
        (bytes(62), {}, 0xF800),
        (b"", {}, 0x0000),
        (bytes(12), {"user_memory": True}, 0x3400),
        (bytes(12), {"attributes": 0xFF}, 0x30FF),
        (bytes(12), {"afi": 0xA1}, 0x31A1),
        (bytes(12), {"afi": 0, "user_memory": True}, 0x3500),
    ],
)
def test_pc_words_by_hand(epc, more, value):
    """Gen2, §6.3.2.1.2.2: five bits of words, UMI, XI, T, and eight bits of attributes or AFI."""
    word = PcWord.of(epc, **more)
    assert (word.value, word.to_bytes()) == (value, value.to_bytes(2))
    assert word.epc_bytes == len(epc)
    assert word.has_user_memory is more.get("user_memory", False)
    assert word.is_gs1 is ("afi" not in more)
    assert (word.afi, word.attributes) == (more.get("afi"), more.get("attributes", 0))
    assert not word.extended
    assert PcWord(value | 0x0200).extended


@pytest.mark.parametrize(
    ("epc", "more", "fault"),
    [
        (bytes(64), {}, Fault.LENGTH),
        (bytes(11), {}, Fault.LENGTH),
        (bytes(12), {"attributes": 0x100}, Fault.RANGE),
        (bytes(12), {"attributes": -1}, Fault.RANGE),
        (bytes(12), {"afi": 0x100}, Fault.RANGE),
    ],
)
def test_what_no_pc_word_holds(epc, more, fault):
    with pytest.raises(Gs1Error) as caught:
        PcWord.of(epc, **more)
    assert caught.value.fault is fault
