"""Which keyboard a scanner plays: what scans show of it, and what stays doubtful (weird case 18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.keystrokes import EVENT, KeyFramer
from drivers.barcode.layouts import LAYOUTS
from drivers.barcode.spelling import EVERY, spelled
from hil.emulators.input.barcode_keyboard import KeyboardGun
from tests.drivers.barcode.test_keystrokes import LABEL, presses

GTIN = "09506000134352"
PLAIN_LABEL = f"]d201{GTIN}10XBC-a_q\x1d17261031"  # no letter that two keyboards exchange
WITH_BRACKET_AT_9 = {"de", "se", "fi", "no", "dk"}


def names(found):
    return {layout.name for layout in found.layouts}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gs", ["control", "f8", "alt"])
def test_a_gs1_label_is_read_on_every_keyboard(layout, gs):
    found = spelled(presses(KeyboardGun(layout=layout, gs=gs), PLAIN_LABEL))
    assert (found.text, found.doubt) == (PLAIN_LABEL, "")
    assert layout in names(found)
    assert len(found.layouts) < len(EVERY)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_letters_that_two_keyboards_exchange_are_never_guessed(layout):
    """On a German keyboard Y and Z have changed places, and ] is where the North has it."""
    found = spelled(presses(KeyboardGun(layout=layout), LABEL))
    assert layout in names(found)
    if found.doubt:
        assert LABEL in (found.text, found.doubt.rpartition(" ")[2])
    else:
        assert found.text == LABEL


def test_what_a_german_label_leaves_open():
    found = spelled(presses(KeyboardGun(layout="de"), LABEL))
    assert found.text == LABEL
    assert found.doubt == "on a keyboard se it would be " + LABEL.replace("XYZ", "XZY")
    assert names(found) == WITH_BRACKET_AT_9


def test_digits_alone_read_the_same_and_leave_all_keyboards_that_have_them():
    found = spelled(presses(KeyboardGun(layout="de"), "9506000134352"))
    assert (found.text, found.doubt) == ("9506000134352", "")
    assert names(found) == set(LAYOUTS) - {"fr"}
    french = spelled(presses(KeyboardGun(layout="fr"), "9506000134352"))
    assert (french.text, french.doubt, names(french)) == ("9506000134352", "", {"fr"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [("QC-157", "QC/157"), ("ZY-100/7", "YZ/100&7"), ("LOT_42", "LOT?42")],
)
def test_a_code_that_is_no_gs1_is_doubted_until_a_gs1_code_has_come(text, shown):
    typed = presses(KeyboardGun(layout="de"), text)
    found = spelled(typed)
    assert found.text == shown  # as an American keyboard spells it
    assert found.doubt.startswith("on a keyboard ")
    taught = spelled(presses(KeyboardGun(layout="de"), PLAIN_LABEL)).layouts
    again = spelled(typed, taught)
    assert again.text == text
    assert bool(again.doubt) == ("Z" in text)  # the North has these elsewhere
    assert again.layouts == taught  # a code that is no GS1 teaches nothing


def test_french_is_known_from_one_gs1_code():
    taught = spelled(presses(KeyboardGun(layout="fr"), PLAIN_LABEL)).layouts
    assert [layout.name for layout in taught] == ["fr"]
    found = spelled(presses(KeyboardGun(layout="fr"), "QA-157"), taught)
    assert (found.text, found.doubt) == ("QA-157", "")


def test_two_layouts_that_both_make_sense_leave_a_doubt():
    typed = presses(KeyboardGun(layout="de", aim=False), f"01{GTIN}10YZ")
    found = spelled(typed)
    assert found.doubt == f"on a keyboard de it would be 01{GTIN}10YZ"
    assert spelled(typed, (LAYOUTS["de"],)).text == f"01{GTIN}10YZ"
    assert spelled(typed, (LAYOUTS["de"],)).doubt == ""


def test_text_that_is_not_gs1_keeps_the_known_keyboard():
    typed = presses(KeyboardGun(layout="de"), "Platz-Z7")
    assert spelled(typed, (LAYOUTS["de"],)).text == "Platz-Z7"
    assert spelled(typed, (LAYOUTS["de"],)).doubt == ""
    assert spelled(typed).text == "Platy/Y7"


def test_a_scanner_that_was_set_to_another_keyboard_is_doubted_once():
    french = (LAYOUTS["fr"],)
    typed = presses(KeyboardGun(layout="us"), PLAIN_LABEL)
    found = spelled(typed, french)
    assert found.text == PLAIN_LABEL
    assert found.doubt.startswith("on a keyboard fr it would be ")
    assert spelled(typed, found.layouts).doubt == ""


def test_a_scan_that_makes_sense_on_one_keyboard_alone_is_of_that_one():
    typed = presses(KeyboardGun(layout="fr"), PLAIN_LABEL)
    found = spelled(typed, (LAYOUTS["de"],))
    assert (found.text, names(found)) == (PLAIN_LABEL, {"fr"})
    assert found.doubt.startswith("on a keyboard de it would be ")


def test_a_character_that_stands_for_fnc1_teaches_as_well():
    typed = presses(KeyboardGun(layout="uk"), f"]C101{GTIN}10AB|17261031")
    found = spelled(typed, EVERY, Fnc1("as:|"))
    assert (found.text, found.doubt) == (f"]C101{GTIN}10AB|17261031", "")
    assert names(found) == {"us", "uk"}


@given(st.binary(max_size=240))
def test_any_bytes_are_taken(data):
    framer = KeyFramer()
    for scan in [*framer.feed(data, 1.0), *framer.feed(b"", 2.0)]:
        spelled(scan.presses)


events = st.tuples(st.sampled_from([1, 1, 1, 0]), st.integers(0, 130), st.integers(0, 2))


@given(st.lists(events, max_size=60))
def test_any_keys_are_taken(keys):
    framer = KeyFramer()
    data = b"".join(EVENT.pack(0, 0, *key) for key in keys)
    for scan in [*framer.feed(data, 1.0), *framer.feed(b"", 2.0)]:
        assert isinstance(spelled(scan.presses).text, str)
