import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.barcode.framing import LARGEST_SYMBOL, LONGEST, Framer


def texts(scans):
    return [(scan.data.decode("latin-1"), scan.problem) for scan in scans]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_cr_and_lf_end_a_scan_however_the_bytes_come(end, size):
    framer = Framer(by_gap=False)
    data = f"]C100095201234567891235{end}PALLET-7{end}".encode()
    found = []
    for at in range(0, len(data), size):
        found += framer.feed(data[at : at + size], at * 0.001)
    assert texts(found) == [("]C100095201234567891235", ""), ("PALLET-7", "")]
    assert not framer.pending


def test_silence_ends_a_scan_of_a_scanner_without_suffix():
    framer = Framer(by_gap=True)
    assert framer.feed(b"9506000", 1.0) == []
    assert framer.feed(b"134352", 1.05) == []
    (scan,) = framer.feed(b"", 1.16)
    assert (scan.data, scan.at, scan.problem) == (b"9506000134352", 1.05, "")
    assert framer.feed(b"", 1.3) == []


def test_bytes_that_waited_for_a_busy_program_belong_together():
    framer = Framer(by_gap=False)
    framer.feed(b"one", 1.0)
    assert texts(framer.feed(b"two\r", 9.0)) == [("onetwo", "")]


def test_a_scan_that_lost_its_suffix_is_marked_and_does_not_join_the_next():
    framer = Framer(by_gap=False)
    framer.feed(b"one", 1.0)
    assert texts(framer.feed(b"", 1.1)) == [("one", "the scan's end did not come")]
    assert texts(framer.feed(b"two\r", 2.0)) == [("two", "")]


def test_a_very_long_code_is_cut_and_counted():
    framer = Framer(by_gap=False)
    assert framer.feed(b"x" * 5000, 1.0) == []
    (scan,) = framer.feed(b"\r", 1.0)
    assert len(scan.data) == LONGEST
    assert scan.problem == f"{5000 - LONGEST} bytes more than the {LONGEST} that are kept"
    assert texts(framer.feed(b"next\r", 1.1)) == [("next", "")]


def test_noise_without_an_end_is_told_in_pieces():
    framer = Framer(by_gap=False)
    scans = framer.feed(b"x" * 100_000, 1.0)
    assert len(scans) == 100_000 // (LONGEST + LARGEST_SYMBOL + 1)
    assert all(scan.problem and len(scan.data) == LONGEST for scan in scans)


def test_framing_characters_and_empty_scans_are_left_out():
    framer = Framer(by_gap=False)
    assert texts(framer.feed(b"\r\n\x02A\x03\r\0\r", 1.0)) == [("A", "")]


@given(st.lists(st.binary(max_size=40)), st.booleans())
def test_no_byte_is_lost_whatever_comes(pieces, by_gap):
    framer = Framer(by_gap=by_gap)
    scans = [scan for data in pieces for scan in framer.feed(data, 1.0)]
    scans += framer.finish()
    kept = b"".join(scan.data for scan in scans)
    noise = b"\r\n\x02\x03\0"
    sent = b"".join(pieces)
    strip = bytes.maketrans(b"", b"")
    assert kept.translate(strip, noise) == sent.translate(strip, noise)


def test_the_largest_symbol_there_is_stays_one_scan():
    """7089 digits beyond what is kept: one more is noise that is told before its end."""
    framer = Framer(by_gap=False)
    assert framer.feed(b"x" * (LONGEST + LARGEST_SYMBOL), 1.0) == []
    ((_, problem),) = texts(framer.feed(b"\r", 1.0))
    assert problem == f"{LARGEST_SYMBOL} bytes more than the {LONGEST} that are kept"
    assert len(framer.feed(b"x" * (LONGEST + LARGEST_SYMBOL + 1), 2.0)) == 1
