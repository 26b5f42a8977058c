"""Keys of a scanner, pressed one by one: what they spell, and where a scan begins and ends."""

from __future__ import annotations

import pytest

from drivers import catalog
from drivers.barcode.framing import LONGEST, Framer
from drivers.barcode.hid import better_keyboard
from drivers.barcode.keystrokes import EVENT, KeyFramer, KeyScan, Press, text_of
from drivers.barcode.layouts import LAYOUTS
from drivers.barcode.scan import reading
from foundation.options import OptionError

US, DE, IT = LAYOUTS["us"], LAYOUTS["de"], LAYOUTS["it"]
A, Z, M, J, SPACE, TAB, ENTER, PAD_ENTER, F8, CAPS = 30, 44, 50, 36, 57, 15, 28, 96, 66, 58
SHIFT, RIGHT_SHIFT, CTRL, RIGHT_CTRL, ALT, ALT_GR = 42, 54, 29, 97, 56, 100
BRACKET, NINE, PAD_0, PAD_1, PAD_2, PAD_6, PAD_9 = 27, 10, 82, 79, 80, 77, 73
GS = "\x1d"


@pytest.mark.parametrize(
    ("press", "layout", "text"),
    [
        (Press(A), US, "a"),
        (Press(A, shift=True), US, "A"),
        (Press(SPACE), US, " "),
        (Press(TAB), US, "\t"),
        (Press(F8), US, GS),
        (Press(F8, shift=True), DE, GS),
        (Press(PAD_9, shift=True), US, "9"),
        (Press(BRACKET, control=True), US, GS),
        (Press(BRACKET, control=True), DE, GS),  # by its place
        (Press(NINE, control=True, alt_gr=True), DE, GS),  # by its character
        (Press(A, control=True), US, "\x01"),
        (Press(Z, control=True), US, "\x1a"),
        (Press(A, shift=True, control=True), US, "\x01"),
        (Press(12, control=True), DE, ""),  # ß is no control character
        (Press(120, control=True), US, ""),
        (Press(120), US, ""),
        (Press(NINE, alt_gr=True), DE, "]"),
        (Press(A, alt_gr=True), DE, ""),
        (Press(26, alt_gr=True), IT, "["),
        (Press(26, shift=True, alt_gr=True), IT, "{"),
        (Press(39, shift=True, alt_gr=True), IT, "@"),  # without a fourth character, the third
        (Press(ALT, code="029"), US, GS),
        (Press(ALT, code="29"), US, GS),
        (Press(ALT, code="031"), US, "\x1f"),
        (Press(ALT, code="32"), US, " "),
        (Press(ALT, code="0196"), US, "Ä"),
        (Press(ALT, code="142"), US, "Ä"),  # code page 437
        (Press(ALT, code="0255"), US, "ÿ"),
        (Press(ALT, code="256"), US, "\N{REPLACEMENT CHARACTER}"),
        (Press(ALT, code="0129"), US, "\N{REPLACEMENT CHARACTER}"),  # cp1252 has none there
    ],
)
def test_what_a_key_spells(press, layout, text):
    assert text_of((press,), layout) == text


PAD = {
    71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+", 79: "1", 80: "2",
    81: "3", 82: "0", 83: ".", 55: "*", 98: "/",
}  # fmt: skip


def test_keys_of_the_number_pad():
    """KEY_KP7 to KEY_KPDOT, KEY_KPASTERISK and KEY_KPSLASH of input-event-codes.h."""
    for key, text in PAD.items():
        assert {text_of((Press(key),), layout) for layout in LAYOUTS.values()} == {text}


@pytest.mark.parametrize(
    ("keys", "layout", "text"),
    [
        ([CAPS, A, CAPS, A], US, "Aa"),
        ([CAPS, 2], US, "1"),
        ([41, SPACE, SPACE], DE, "^ "),
        ([41, A, SPACE], DE, "^a "),
        ([41, CAPS, SPACE, A], DE, "^A"),
        ([A, SPACE], DE, "a "),
    ],
)
def test_caps_lock_and_dead_keys(keys, layout, text):
    assert text_of(tuple(map(Press, keys)), layout) == text


def test_caps_lock_turns_shift_around():
    assert text_of((Press(CAPS), Press(A, shift=True), Press(A)), US) == "aA"


def down(*keys):
    return [(1, key, 1) for key in keys]


def up(*keys):
    return [(1, key, 0) for key in keys]


def events(*parts):
    return b"".join(EVENT.pack(0, 0, *event) for part in parts for event in part)


def typed(*parts, then=()):
    """Return the presses of each scan in these events, and of what is left once it is silent."""
    framer = KeyFramer()
    scans = [*framer.feed(events(*parts), 5.0), *framer.feed(b"", 6.0)]
    assert all(scan.at == 5.0 for scan in scans)
    return [list(scan.presses) for scan in scans]


def test_an_event_has_the_kernels_size():
    assert EVENT.size == 24


@pytest.mark.parametrize("key", [ENTER, PAD_ENTER])
def test_either_enter_ends_a_scan_and_an_empty_one_is_none(key):
    assert typed(down(key, A, key, key, Z)) == [[Press(A)], [Press(Z)]]


@pytest.mark.parametrize(
    ("held", "press"),
    [
        (SHIFT, Press(A, shift=True)),
        (RIGHT_SHIFT, Press(A, shift=True)),
        (CTRL, Press(A, control=True)),
        (RIGHT_CTRL, Press(A, control=True)),
        (ALT_GR, Press(A, alt_gr=True)),
        (ALT, Press(A)),
    ],
)
def test_what_is_held_counts_until_it_is_let_go(held, press):
    assert typed(down(held, A), up(A, held), down(A)) == [[press, Press(A)]]


def test_the_wrong_release_lets_nothing_go():
    assert typed(down(SHIFT), up(RIGHT_SHIFT), down(A)) == [[Press(A, shift=True)]]
    assert typed(down(SHIFT), [(0, SHIFT, 0)], down(A)) == [[Press(A, shift=True)]]


@pytest.mark.parametrize(("key", "ends"), [(M, True), (J, True), (A, False)])
def test_ctrl_m_and_ctrl_j_are_enters(key, ends):
    scans = typed(down(Z, CTRL, key), up(CTRL), down(Z))
    assert len(scans) == (2 if ends else 1)
    assert typed(down(Z, key, Z)) == [[Press(Z), Press(key), Press(Z)]]


def test_a_code_on_the_number_pad_ends_with_alt():
    keys = down(ALT, PAD_0, PAD_2, PAD_9), up(ALT), down(A, PAD_1)
    assert typed(*keys) == [[Press(ALT, code="029"), Press(A), Press(PAD_1)]]
    assert typed(down(ALT), up(ALT), down(A)) == [[Press(A)]]


def test_codes_do_not_run_into_each_other():
    one = down(ALT, PAD_6), up(ALT)
    assert typed(*one, *one) == [[Press(ALT, code="6"), Press(ALT, code="6")]]


def test_a_code_that_did_not_end_is_forgotten_with_its_scan():
    assert typed(down(A, ALT, PAD_6, ENTER), up(ALT), down(Z)) == [[Press(A)], [Press(Z)]]


def test_a_scan_is_pending_from_its_first_key_on():
    framer = KeyFramer()
    assert not framer.pending
    framer.feed(events(down(SHIFT)), 1.0)
    assert not framer.pending
    framer.feed(events(down(ALT, PAD_6)), 1.0)
    assert framer.pending
    framer.feed(events(up(ALT), down(A)), 1.0)
    assert framer.pending
    framer.feed(b"", 2.0)
    assert not framer.pending


def test_dropped_events_let_go_of_all_and_mark_one_scan():
    framer = KeyFramer()
    data = events(down(SHIFT), [(0, 3, 0)], down(A, ENTER, Z, ENTER))
    first, second = framer.feed(data, 1.0)
    assert (first.presses, first.problem) == ((Press(A),), "the kernel dropped key presses")
    assert (second.presses, second.problem) == ((Press(Z),), "")
    framer.feed(events([(0, 2, 0), (1, 3, 2)], down(A)), 1.0)
    assert framer.finish()[0].problem == "the scan's end did not come"


@pytest.mark.parametrize(
    ("more", "problem"), [(0, ""), (1, "1 keys more than the 1024 that are kept")]
)
def test_how_many_keys_are_kept(more, problem):
    framer = KeyFramer()
    (scan,) = framer.feed(events(down(*[A] * (LONGEST + more), ENTER)), 1.0)
    assert (len(scan.presses), scan.problem) == (LONGEST, problem)
    (scan,) = framer.feed(events(down(A, ENTER)), 1.0)
    assert scan.problem == ""


def test_an_event_that_is_cut_waits_for_its_rest():
    framer = KeyFramer()
    data = events(down(A, Z, ENTER))
    assert framer.feed(data[:30], 1.0) == []
    (scan,) = framer.feed(data[30:], 2.0)
    assert (scan.presses, scan.at) == ((Press(A), Press(Z)), 2.0)


def test_a_scan_has_the_moment_of_its_last_byte():
    framer = Framer(by_gap=False)
    framer.feed(b"95", 1.0)
    (scan,) = framer.feed(b"06\r", 2.0)
    assert (scan.data, scan.at, scan.problem) == (b"9506", 2.0, "")
    assert Framer(by_gap=False).finish() == []


@pytest.mark.parametrize(
    ("date", "told"),
    [("770101", "1977-01-01"), ("991231", "1999-12-31"), ("000101", "2000-01-01"),
     ("760131", "2076-01-31"), ("240200", "2024-02-29"), ("261200", "2026-12-31")],
)  # fmt: skip
def test_the_window_of_years(date, told):
    """GS1 General Specifications, §7.12: from 1977 to 2076, and day 00 is the last one."""
    found = reading("gun", f"]C1010950600013435217{date}", 1.0)
    assert found.fields["expiry"] == told
    assert (found.fields["problem"] is None) is (told >= "2000")


@pytest.mark.parametrize(
    ("option", "fits", "refused"),
    [("gap", (0.01, 5), (0.009, 5.1)), ("debounce", (0, 60), (-0.1, 60.1))],
)
def test_times_at_their_bounds(option, fits, refused):
    for kind in ("barcode.serial", "barcode.hid"):
        for value in fits:
            given = catalog.check_options(kind, {"port": "/dev/x", option: value})
            assert given[option] == value
        for value in refused:
            with pytest.raises(OptionError):
                catalog.check_options(kind, {"port": "/dev/x", option: value})


GERMAN_C1 = (Press(NINE, alt_gr=True), Press(46, shift=True), Press(2))  # ]C1


@pytest.mark.parametrize(
    ("presses", "text", "better"),
    [
        (GERMAN_C1, "C1", "de"),
        (GERMAN_C1, "]C1", ""),  # it makes sense as it is
        ((Press(A), Press(Z)), "az", ""),  # and so on no keyboard
        ((Press(BRACKET), Press(46, shift=True), Press(2)), "+C1", "us"),
    ],
)
def test_a_keyboard_on_which_a_scan_would_begin_with_its_identifier(presses, text, better):
    assert better_keyboard(KeyScan(presses, 1.0), text) == better
