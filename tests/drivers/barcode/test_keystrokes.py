"""Keyboard scanners: layouts, GS in its three disguises, key events cut anywhere (weird case 18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.barcode.framing import LONGEST
from drivers.barcode.keystrokes import EVENT, KeyFramer, text_of
from drivers.barcode.layouts import LAYOUTS
from hil.emulators.input.barcode_keyboard import KEYBOARDS, KeyboardGun

GTIN = "09506000134352"
LABEL = f"]d201{GTIN}10XYZ-a_q\x1d17261031"


def presses(gun, content):
    framer = KeyFramer()
    scans = framer.feed(gun.bytes_of(content), 1.0) or framer.feed(b"", 2.0)
    (scan,) = scans
    assert scan.problem == ""
    return scan.presses


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gs", ["control", "f8", "alt"])
def test_a_label_on_every_keyboard_with_every_way_of_typing_gs(layout, gs):
    typed = presses(KeyboardGun(layout=layout, gs=gs), LABEL)
    assert text_of(typed, LAYOUTS[layout]) == LABEL


@pytest.mark.parametrize("layout", LAYOUTS)
@given(st.data())
def test_every_character_a_keyboard_has(layout, data):
    alphabet = st.sampled_from(sorted(KEYBOARDS[layout]))
    text = data.draw(st.text(alphabet, min_size=1, max_size=30))
    assert text_of(presses(KeyboardGun(layout=layout), text), LAYOUTS[layout]) == text


def test_golden_keys_of_a_german_scanner():
    """AltGr-9 is ], the keys of Y and Z are swapped (input-event-codes.h: 100, 10, 44, 21)."""
    keys = [
        (100, 1),
        (10, 1),
        (10, 0),
        (100, 0),
        (44, 1),
        (44, 0),
        (42, 1),
        (21, 1),
        (21, 0),
        (42, 0),
    ]
    events = b"".join(EVENT.pack(0, 0, 1, key, value) for key, value in [*keys, (28, 1)])
    (scan,) = KeyFramer().feed(events, 1.0)
    assert text_of(scan.presses, LAYOUTS["de"]) == "]yZ"
    assert text_of(scan.presses, LAYOUTS["us"]) == "zY"


def test_the_pad_s_keys_are_the_same_on_every_layout():
    """KEY_KP7 to KEY_KPDOT, KEY_KPASTERISK and KEY_KPSLASH of input-event-codes.h."""
    keys = [71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 55, 98]
    events = b"".join(EVENT.pack(0, 0, 1, key, value) for key in keys for value in (1, 0))
    (scan,) = KeyFramer().feed(events + EVENT.pack(0, 0, 1, 28, 1), 1.0)
    assert {text_of(scan.presses, layout) for layout in LAYOUTS.values()} == {"789-456+1230.*/"}


def test_caps_lock_counts_within_a_scan():
    caps = b"".join(EVENT.pack(0, 0, 1, 58, value) for value in (1, 0))
    events = KeyboardGun().bytes_of("ab1")
    (scan,) = KeyFramer().feed(caps + events, 1.0)
    assert text_of(scan.presses, LAYOUTS["us"]) == "AB1"


def test_dead_keys_swallow_the_space_behind_them():
    keys = [41, 57, 30]
    events = b"".join(EVENT.pack(0, 0, 1, key, value) for key in keys for value in (1, 0))
    (scan,) = KeyFramer().feed(events + EVENT.pack(0, 0, 1, 28, 1), 1.0)
    assert text_of(scan.presses, LAYOUTS["de"]) == "^a"
    assert text_of(scan.presses, LAYOUTS["us"]) == "` a"


def test_events_cut_anywhere_are_put_together():
    events = KeyboardGun().bytes_of(LABEL)
    framer = KeyFramer()
    found = [scan for at in range(len(events)) for scan in framer.feed(events[at : at + 1], 1.0)]
    assert [text_of(scan.presses, LAYOUTS["us"]) for scan in found] == [LABEL]


def test_key_repeats_of_a_held_key_do_not_count():
    events = b"".join(EVENT.pack(0, 0, 1, 30, value) for value in (1, 2, 2, 0))
    (scan,) = KeyFramer().feed(events + EVENT.pack(0, 0, 1, 28, 1), 1.0)
    assert text_of(scan.presses, LAYOUTS["us"]) == "a"


def test_events_that_the_kernel_dropped_mark_the_scan():
    framer = KeyFramer()
    data = EVENT.pack(0, 0, 0, 3, 0) + KeyboardGun().bytes_of("9506000134352")
    (scan,) = framer.feed(data, 1.0)
    assert scan.problem == "the kernel dropped key presses"


def test_a_very_long_code_is_bounded():
    framer = KeyFramer()
    (scan,) = framer.feed(KeyboardGun().bytes_of("x" * 3000), 1.0)
    assert len(scan.presses) == LONGEST
    assert "1976 keys more" in scan.problem


def test_ctrl_m_and_ctrl_j_end_a_scan():
    events = b"".join(EVENT.pack(0, 0, 1, *event) for event in [(30, 1), (29, 1), (50, 1), (29, 0)])
    (scan,) = KeyFramer().feed(events, 1.0)
    assert text_of(scan.presses, LAYOUTS["us"]) == "a"


@given(st.binary(max_size=240), st.sampled_from(sorted(LAYOUTS)))
def test_any_bytes_are_taken(data, layout):
    framer = KeyFramer()
    for scan in [*framer.feed(data, 1.0), *framer.feed(b"", 2.0)]:
        text_of(scan.presses, LAYOUTS[layout])


events = st.tuples(st.sampled_from([1, 1, 1, 0]), st.integers(0, 130), st.integers(0, 2))


@given(st.lists(events, max_size=60))
def test_any_keys_are_taken(keys):
    framer = KeyFramer()
    data = b"".join(EVENT.pack(0, 0, *key) for key in keys)
    for scan in [*framer.feed(data, 1.0), *framer.feed(b"", 2.0)]:
        assert isinstance(text_of(scan.presses, LAYOUTS["de"]), str)
