import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadFrame
from drivers.rfid import iso14443a as iso
from drivers.rfid.iso14443a import Prefix
from drivers.rfid.iso14443a_cards import Received
from hil.emulators.nfc import cards as nfc_cards
from hil.emulators.nfc import field as nfc_field

uids = st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@pytest.mark.parametrize(
    ("data", "check"),
    [
        ("0000", "A01E"),  # ISO 14443-3 annex B.2: the two examples of CRC_A
        ("1234", "26CF"),
        ("5000", "57CD"),  # HLTA as every sniffer shows it
    ],
)
def test_published_crcs(data, check):
    assert iso.crc_a(bytes.fromhex(data)) == bytes.fromhex(check)


@given(st.binary(), st.integers(0), st.integers(0, 7))
def test_no_flipped_bit_passes_the_crc(data, at, bit):
    whole = iso.with_crc(data)
    assert iso.checked(whole) == data
    assert whole[-2:] == nfc_field.crc_a(data)
    damaged = bytearray(whole)
    damaged[at % len(whole)] ^= 1 << bit
    with pytest.raises(BadFrame):
        iso.checked(bytes(damaged))


@given(st.binary(max_size=1))
def test_an_answer_too_short_for_a_crc_is_refused(data):
    with pytest.raises(BadFrame):
        iso.checked(data)


@given(uids)
def test_cascade_levels_there_and_back(uid):
    parts = iso.levels_of(uid)
    assert [len(part) for part in parts] == [4] * (1 + (len(uid) - 4) // 3)
    assert iso.uid_of(parts) == uid
    assert [level[:4] for level in nfc_cards.levels(uid)] == parts


def test_a_level_that_goes_on_must_have_the_cascade_tag():
    with pytest.raises(BadFrame, match="cascade tag"):
        iso.uid_of([bytes.fromhex("04112233"), bytes.fromhex("44556677")])


def test_a_short_uid_may_begin_with_the_cascade_tag():
    """Old cards of four bytes: whether a level is the last is for SAK to say."""
    assert iso.uid_of([bytes.fromhex("88112233")]) == bytes.fromhex("88112233")


@given(st.binary(min_size=4, max_size=4), st.integers(0, 39))
def test_a_level_in_two_pieces_cut_at_any_bit(part, cut):
    (level,) = nfc_cards.levels(part)
    bits = nfc_field.bits_of(level)
    known = Prefix().joined(nfc_field.bytes_of(bits[:cut]), cut)
    frame = known.frame(0)
    assert frame[1] == (2 + cut // 8) << 4 | cut % 8
    assert len(frame) == 2 + -(-cut // 8)
    answer = nfc_field.bytes_of([0] * known.align + bits[cut:])
    assert known.joined(answer, 40 - cut).level_bytes() == part


@given(st.binary(min_size=4, max_size=4), st.integers(0, 39))
def test_a_wrong_bcc_or_a_wrong_byte_is_seen(part, bit):
    (level,) = nfc_cards.levels(part)
    damaged = int.from_bytes(level, "little") ^ 1 << bit
    with pytest.raises(BadFrame, match="BCC"):
        Prefix(damaged, 40).level_bytes()


@given(st.binary(max_size=8), st.integers(0, 64), st.integers(0, 39))
def test_hostile_answers_give_a_level_or_bad_frame(answer, bits, count):
    try:
        joined = Prefix(0, count).joined(answer, bits)
        joined.level_bytes()
    except BadFrame:
        return
    assert joined.count == 40


def test_bits_of_what_was_received():
    assert Received(b"\x0a", 4).bits == 4
    assert Received(b"ab").bits == 16
    assert Received(b"").bits == 0
