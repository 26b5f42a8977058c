"""What barcodes say: GS1-128, DataMatrix with FNC1, QR with Digital Link, EAN, damaged ones."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gs1.element_strings import Content, read_content, split_aim, symbology_name

GTIN = "09506000134352"


@pytest.mark.parametrize(
    ("scan", "keys"),
    [
        (f"]C101{GTIN}10ABC\x1d17261031", {"01": GTIN, "10": "ABC", "17": "261031"}),
        (f"]d201{GTIN}21S1\x1d10L1\x1d", {"01": GTIN, "21": "S1", "10": "L1"}),
        (f"]C1\x1d01{GTIN}", {"01": GTIN}),
        (f"]e001{GTIN}", {"01": GTIN}),
        (f"]Q301{GTIN}21A%2Fb", {"01": GTIN, "21": "A%2Fb"}),
        (f"]Q3https://id.gs1.org/01/{GTIN}/21/a%2Fb", {"01": GTIN, "21": "a/b"}),
        (f"]Q1https://example.com/01/{GTIN}", {"01": GTIN}),
        ("]C100095201234567891235", {"00": "095201234567891235"}),
        ("]E09506000134352", {"01": GTIN}),
        ("]E496385074", {"01": "00000096385074"}),
        ("]E3950600013435212345", {"01": GTIN}),
        ("]I179521141123453", {"01": "79521141123453"}),
        ("9506000134352", {"01": GTIN}),
        ("036000291452", {"01": "00036000291452"}),
        ("00095201234567891235", {"00": "095201234567891235"}),
        (f"01{GTIN}21S1", {"01": GTIN, "21": "S1"}),
        (f"(01){GTIN}(21)S1", {"01": GTIN, "21": "S1"}),
        ("https://example.com/about", {}),
        ("]Q1hello", {}),
        ("]C0PALLET-7", {}),
        ("PALLET-7", {}),
        ("9506000134353", {}),
        ("00000000", {}),
        ("00" * 20, {}),
    ],
)
def test_what_is_read_without_doubt(scan, keys):
    symbology, text = split_aim(scan)
    content = read_content(text, symbology)
    assert content.keys == keys
    assert content.problem == ""


@pytest.mark.parametrize(
    ("scan", "problem"),
    [
        ("]C10109506000134353", "check digit"),
        ("]C100095201234567891236", "check digit"),
        (f"]d201{GTIN}17260230", "17"),
        (f"]d201{GTIN}99999"[:14], "01"),
        ("]d2hello", "Application Identifier"),
        ("]C1", "empty"),
        ("]C1 ", "may not be in an element string"),
        ("]E09506000134353", "check digit"),
        ("]E0950600013435", "12 characters|check digit"),
        (f"]C101{GTIN}10ABC17261031", r"\(17\) 261031: no FNC1 came"),
        (f"]d201{GTIN}10A\x1d10B", "twice"),
        ("]Q3https://id.gs1.org/01/09506000134353", "check digit"),
        ("]Q1https://id.gs1.org/01/09506000134353", "check digit"),
        ("]Q3https://example.com/about", "Digital Link"),
        ("(01)0950600013435(21)S1", "."),
    ],
)
def test_what_is_doubtful_says_why(scan, problem):
    symbology, text = split_aim(scan)
    found = read_content(text, symbology)
    assert re.search(problem, found.problem), found


@pytest.mark.parametrize(
    ("scan", "problem", "sound"),
    [
        # A value that is cut at its longest, and what stands behind it taken for more AIs.
        (
            "]C10110857326005540102021121092220084115197123",
            r"\(10\) has up to 20 characters",
            {"01": "10857326005540"},
        ),
        ("]d20109501101530003211234567890123456789017261231", r"\(21\) has up to 20", None),
        ("]d2010401234563256921VF4SUE17250117" + "10NPP493AKNK", r"\(21\) has up to 20", None),
        ("]d270072112252112", r"\(7007\) '2112252112' ends within a part", {}),
        ("]C1422056" + "10LOT", r"\(422\) has up to 3 characters", {}),  # a country, FNC1 lost
        # What stands behind an FNC1 is known to be whole: so is what is wrong with it.
        (f"]d201{GTIN}21S1\x1d17261301\x1d10L1", r"\(17\) 261301 is no day", None),
        (f"]d201{GTIN}17270229", r"\(17\) 270229 is no day", None),
        (f"]d201{GTIN}" + "10" + "A" * 21 + "\x1d17261031", r"\(10\) has up to 20", None),
        ("]C10295116133310019", r"check digit of \(02\)", {}),
        ("]C14104012345000055", r"check digit of \(410\)", {}),
        ("]C1402" + "95211411234567893", r"check digit of \(402\)", {}),
        ("]C18013" + "1987654Ad4X4bL5ttr2310cXK", "where 2K belong", {}),
        ("]C18006" + f"{GTIN}0302", "piece 3 of 2", {}),
        ("]C18006" + f"{GTIN}0099", "piece 0 of 99", {}),
        ("]C18011" + "0012", "begins with 0", {}),
        ("]C1422" + "999", "no number of a country", {}),
        ("]C1401" + "y6KAwC", "no company prefix", {}),
        ("]C17003" + "2612312460", "no hour 24", {}),
        ("]C18110" + "106141416543213500110000310123196000", "coupon", {}),
        # AIs that exclude each other.
        (f"]C101{GTIN}3724", r"\(01\) and \(37\) exclude each other", {}),
        (f"]d201{GTIN}21A\x1d235B", r"\(21\) and \(235\) exclude", {}),
        ("]C1310000012331030001" + "23", r"\(3100\) and \(3103\) exclude", {}),
        # Numbers of one shop, country or coupon.
        ("]C1010211234567890" + "0", "one shop", {}),
        # Elements that say nothing.
        (f"]C101{GTIN}10A\x1d\x1d17261031", "no Application Identifier begins", None),
        (f"]C101{GTIN}10", r"\(10\) cannot have 0 characters", None),
    ],
)
def test_what_the_dictionary_refuses_is_never_taken(scan, problem, sound):
    symbology, text = split_aim(scan)
    found = read_content(text, symbology)
    assert re.search(problem, found.problem), found
    if sound is not None:
        assert found.keys == sound
    for value in found.keys.values():
        assert value in text  # and nothing that was cut where it does not end
    assert not found.keys.get("10", "").endswith("A" * 20)


@pytest.mark.parametrize(
    ("scan", "inside"),
    [
        (f"]C101{GTIN}10ABC17261031", "(17) 261031"),
        (f"]C101{GTIN}10A17261031", "(17) 261031"),
        (f"]C101{GTIN}10A1B21XYZ7", "(21) XYZ7"),
        (f"]C101{GTIN}10AB17261031" + "21S1", "(17) 261031 (21) S1"),
        (f"]C101{GTIN}10AB3103001250", "(3103) 001250"),
        (f"]C101{GTIN}10AB3712", "(37) 12"),
        (f"]C101{GTIN}10AB3012", "(30) 12"),
        (f"]C101{GTIN}10AB400XY", "(400) XY"),
        (f"]C101{GTIN}10AB91X", "(91) X"),
        ("]C17007211225211230", "(21) 1230"),  # one day of harvest and a serial number, or two
        ("0104150011164140" + "1726013110V1002521JGFMG4P38R", "(21) JGFMG4P38R"),  # a real label
    ],
)
def test_what_may_hide_where_no_fnc1_came_is_told(scan, inside):
    symbology, text = split_aim(scan)
    found = read_content(text, symbology)
    assert f"may hold {inside}: no FNC1 came" in found.problem
    assert found.lost_fnc1
    sure = read_content(text, symbology, fnc1_comes=True)
    assert (sure.keys, sure.problem, sure.lost_fnc1) == (found.keys, "", False)


@pytest.mark.parametrize("value", ["ABC", "LOT-7", "A10", "X21", "B5Z", "L1012"])
def test_a_lot_that_can_be_nothing_else_is_not_doubted(value):
    """No AI begins in it, nothing would stand behind it, or (10) is there already."""
    assert read_content(f"01{GTIN}17261031" + "10" + value, "C1").problem == ""


def test_predefined_lengths_hide_nothing():
    """3926 577187813901114 ends like a date; it has digits alone, and (39) is no lot."""
    assert read_content("00095201234567891235" + "02" + GTIN, "C1").problem == ""


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (f"(01){GTIN}(21)A\\(B)", {"01": GTIN, "21": "A(B)"}),
        (f"(01){GTIN}(21)A\\(10\\)B", {"01": GTIN, "21": "A(10)B"}),
        (f"(01){GTIN}(21)A)B", {"01": GTIN, "21": "A)B"}),
        ("(01) 0950 6000 1343 52 (21) S1 ", {"01": GTIN, "21": "S1"}),
    ],
)
def test_brackets_in_values_and_blanks_around_them(text, keys):
    assert read_content(text) == Content(keys)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"(01){GTIN}(21)A(B)", r"'\(B\)' is no AI in brackets; .* is written"),
        (f"(01){GTIN}(21)A(12", r"'\(12' is no AI in brackets"),
        (f"(01){GTIN}(21)S1(banana)7", r"'\(banana\)7' is no AI"),
        (f"(BADAI)DATA(01){GTIN}", r"'\(BADAI\)DATA"),
        (f"(01){GTIN}(21)", r"\(21\) is empty"),
        (f"(01){GTIN}(21)A B", r"character ' ' may not be in a \(21\)"),
        (f"(01){GTIN}(1)C", r"\(1\) is no Application Identifier"),
        (f"(01){GTIN}(21)A(12)B", r"\(12\) cannot have 1 characters"),
        (f"(01){GTIN}(21)A\\B", "may not be in a"),
        (f"(01){GTIN}(10)A(10)B", "twice"),
    ],
)
def test_typed_text_that_is_not_understood_is_never_passed_over(text, problem):
    found = read_content(text)
    assert re.search(problem, found.problem), found


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (f"https://id.gs1.org/01/{GTIN}/10/LOT1?10=LOT2", "twice"),
        (f"https://id.gs1.org/01/{GTIN}/21/a/10/b", "may not stand there"),
        (f"https://id.gs1.org/01/{GTIN}?98=a%00b", "character"),
        (f"https://id.gs1.org/01/{GTIN}?98=XYZ+987", "character ' '"),
        (f"https://id.gs1.org/01/{GTIN}?99=", "cannot have 0"),
        (f"https://id.gs1.org/01/{GTIN}?89=7", "no application identifier"),
        (f"https://id.gs1.org/01/{GTIN}?999=7", "no application identifier"),
        (f"https://id.gs1.org/01/{GTIN}?37=7", "exclude"),
        (f"https://id.gs1.org/8006/{GTIN}0302/21/1", "piece 3 of 2"),
        ("https://id.gs1.org/01/02112345678900", "one shop"),
    ],
)
def test_links_that_are_wrong_are_doubted_as_plain_qr_codes_too(link, problem):
    for symbology in ("Q1", "Q3", None):
        found = read_content(link, symbology)
        assert re.search(problem, found.problem), found
        assert found.keys == {}


def test_the_company_prefix_is_known_where_biip_knows_it():
    assert read_content(f"01{GTIN}21S1").prefix_digits == 11


def test_symbologies_have_names():
    assert symbology_name("C1") == "GS1-128"
    assert symbology_name("d1") == "Data Matrix"
    assert symbology_name("X9") == "]X9"
    assert symbology_name(None) is None
    assert split_aim("]~1abc") == (None, "]~1abc")


@given(st.text(max_size=60), st.sampled_from([None, "C1", "d2", "Q3", "E0", "E3", "I1", "Q1"]))
def test_any_text_is_read(text, symbology):
    assert read_content(text, symbology) is not None
    assert read_content("(" + text) is not None
    assert read_content("(01)" + text) is not None


@given(st.text(st.sampled_from("0123456789\x1d()A%/"), max_size=40))
def test_anything_like_an_element_string_is_read(text):
    assert read_content(text, "C1") is not None
    assert read_content(text) is not None


def test_biip_is_loaded_by_nothing_that_reads_codes():
    """It takes 0.1 s and 20 MB, which `decode` pays where it tells the company prefix."""
    code = (
        "import sys, drivers.gs1.epc; from drivers.gs1.element_strings import read_content as read;"
        f"assert read('01{GTIN}21S1').keys; sys.exit('biip' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("00106141412345678908", {"00": "106141412345678908"}),
        ("0110614141123459", {"01": "10614141123459"}),
        ("011061414112345910L7", {"01": "10614141123459", "10": "L7"}),
        ("00106141412345678909", {}),
        ("0010614141234567890", {}),
    ],
)
def test_without_fnc1_a_key_with_its_check_digit_begins_an_element_string(text, keys):
    assert read_content(text, None).keys == keys
