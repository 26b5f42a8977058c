"""What barcodes say: GS1-128, DataMatrix with FNC1, QR with Digital Link, EAN, damaged ones."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gs1.element_strings import read_content, split_aim, symbology_name

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


def test_biip_is_loaded_by_barcodes_only():
    """It takes 0.1 s, which a gateway without a scanner does not pay."""
    code = (
        "import sys, drivers.gs1.element_strings, drivers.gs1.epc; sys.exit('biip' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
