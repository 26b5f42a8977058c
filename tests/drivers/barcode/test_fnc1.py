"""What is known of how a scanner sends FNC1, and what that makes of its codes (weird case 18)."""

import pytest

from drivers import catalog
from drivers.barcode.fnc1 import Fnc1
from drivers.gs1.element_strings import split_aim
from foundation.options import OptionError

GTIN = "09506000134352"
OPEN = f"]C101{GTIN}10AB3712"  # a lot, or a lot and a count
WITH_GS = f"]d201{GTIN}10AB\x1d17261031"


def read(fnc1, scan):
    symbology, text = split_aim(scan)
    return fnc1.read(text, symbology)[1]


def test_what_may_be_cut_is_doubted_until_a_gs_comes():
    fnc1 = Fnc1()
    assert read(fnc1, OPEN).lost_fnc1
    assert fnc1.missed
    assert read(fnc1, "]C100095201234567891235").problem == ""  # shows nothing of FNC1
    assert read(fnc1, OPEN).lost_fnc1
    assert read(fnc1, WITH_GS).problem == ""
    assert read(fnc1, OPEN).keys == {"01": GTIN, "10": "AB3712"}
    assert read(fnc1, OPEN).problem == ""
    assert not fnc1.missed


@pytest.mark.parametrize(
    "scan",
    [
        f"]d201{GTIN[:-1]}310AB\x1d17261031",  # damaged: the GS may be noise
        f"]d001{GTIN}10AB\x1d17261031",  # no GS1 symbol: its data may hold GS
        "]d1[)>\x1e06\x1dP123",
        "hello\x1dthere",
    ],
)
def test_what_is_no_sound_gs1_code_shows_nothing(scan):
    fnc1 = Fnc1()
    read(fnc1, scan)
    assert read(fnc1, OPEN).lost_fnc1


def test_a_scanner_that_is_said_to_send_it_is_believed_and_one_that_eats_it_is_not():
    assert read(Fnc1("sent"), OPEN).problem == ""
    eaten = Fnc1("eaten")
    read(eaten, WITH_GS)
    assert read(eaten, OPEN).lost_fnc1


def test_what_is_provably_cut_stays_doubtful_whatever_is_said():
    cut = f"]C101{GTIN}10" + "A" * 21
    for option in ("auto", "sent", "eaten", "as:|"):
        assert "(10) has up to 20 characters" in read(Fnc1(option), cut).problem
    assert read(Fnc1("auto"), cut).lost_fnc1
    assert not read(Fnc1("sent"), cut).lost_fnc1


@pytest.mark.parametrize("option", ["auto", "sent", "eaten"])
@pytest.mark.parametrize(
    ("scan", "sense"),
    [(OPEN, True), (WITH_GS, True), (f"]C101{GTIN[:-1]}310AB3712", False), ("hello", False)],
)
def test_a_code_makes_sense_wherever_its_fnc1_may_have_been(option, scan, sense):
    assert Fnc1(option).makes_sense(scan) is sense


@pytest.mark.parametrize("sign", ["|", "~", "^", "{GS}", "#", "Ý"])
def test_another_character_in_its_place(sign):
    fnc1 = Fnc1(f"as:{sign}")
    text, content = fnc1.read(f"01{GTIN}10AB{sign}21S1", "C1")
    assert content.keys == {"01": GTIN, "10": "AB", "21": "S1"}
    assert (content.problem, text) == ("", f"01{GTIN}10AB\x1d21S1")
    assert fnc1.read(f"01{GTIN}10AB{sign}21S1", None)[1].keys["21"] == "S1"
    assert fnc1.read(f"3724{sign}10AB", None)[1].keys == {"37": "24", "10": "AB"}
    assert read(fnc1, OPEN).problem == ""  # none came, so there was none


def test_the_character_stays_itself_where_no_gs1_code_is():
    fnc1 = Fnc1("as:|")
    for text, symbology in (("SHELF|7", None), ("SHELF|7", "C0"), ("A|B", "Q1")):
        assert fnc1.read(text, symbology)[0] == text


@pytest.mark.parametrize("option", ["auto", "sent", "eaten", "as:|", "as:~", "as:{GS}", "as:Ý"])
def test_options_that_are_taken(option):
    for kind in ("barcode.serial", "barcode.hid"):
        taken = catalog.check_options(kind, {"port": "/dev/x", "fnc1": option})
        assert taken["fnc1"] == option


@pytest.mark.parametrize(
    "option", ["", "as:", "as:A", "as:7", "as:-", "as: ", "as:(", "GS", "as:<GS>"]
)
def test_a_character_that_a_value_may_hold_is_refused(option):
    with pytest.raises(OptionError, match="fnc1 must be"):
        catalog.check_options("barcode.serial", {"port": "/dev/x", "fnc1": option})
