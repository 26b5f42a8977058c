import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import catalog
from drivers.errors import BadFrame
from drivers.rfid import mercury_commands as commands
from drivers.rfid.mercury_commands import Command, Flag, Opcode
from drivers.rfid.mercury_frames import Answer, command, crc, split
from drivers.rfid.sightings import Heard
from drivers.rfid.split import Split
from foundation.options import OptionError
from hil.emulators.serial import mercury_protocol as wire

# M5e developer's guide and a Nano's transport log.
ANSWER = bytes.fromhex("FF0A210000C80507A80084C4FF9EE0F725")

answers = st.builds(Answer, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=248))


def fed(data, size):
    found, rest, skipped = [], b"", 0
    for at in range(0, len(data), size):
        part = split(rest + data[at : at + size])
        found += part.frames
        rest, skipped = part.rest, skipped + part.skipped
    return found, rest, skipped


@pytest.mark.parametrize(
    ("sent", "published"),
    [
        (commands.set_antennas([1]), "FF02910101703B"),
        (Command(Opcode.VERSION), "FF00031D0C"),
        (Command(Opcode.CLEAR_BUFFER), "FF002A1D25"),
    ],
)
def test_published_commands(sent, published):
    assert sent.to_bytes() == bytes.fromhex(published)
    assert wire.commands(sent.to_bytes()) == ([(sent.opcode, sent.data)], b"")


def test_a_published_answer():
    (answer,) = split(ANSWER).frames
    assert (answer.opcode, answer.status) == (0x21, 0)
    assert answer.to_bytes() == ANSWER == wire.answer(0x21, 0, answer.data)


@given(st.binary())
def test_both_ways_to_compute_the_check_agree(data):
    assert crc(data).to_bytes(2) == wire.check(data)


@given(st.lists(answers))
def test_what_was_written_is_read(sent):
    found = split(b"".join(answer.to_bytes() for answer in sent))
    assert list(found.frames) == sent
    assert (found.rest, found.skipped) == (b"", 0)


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            answers.map(Answer.to_bytes),
            st.sampled_from([ANSWER, b"\xff", b"\xff\x02\x22", command(3)]),
        )
    ),
    st.integers(1, 5),
)
def test_pieces_of_any_size_give_what_the_whole_gives(parts, size):
    data = b"".join(parts)
    whole = split(data)
    assert fed(data, size) == (list(whole.frames), whole.rest, whole.skipped)


@given(st.binary())
def test_no_byte_is_lost_or_made_up(data):
    found = split(data)
    whole = sum(len(answer.to_bytes()) for answer in found.frames)
    assert whole + found.skipped + len(found.rest) == len(data)


@given(st.integers(0, len(ANSWER) - 1), st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(at, bit):
    damaged = bytearray(ANSWER)
    damaged[at] ^= 1 << bit
    assert split(bytes(damaged)).frames == ()


@given(st.integers(0, len(ANSWER) - 1), st.integers(0, 7))
def test_after_damage_the_next_answer_is_found_once_its_bytes_came(at, bit):
    damaged = bytearray(ANSWER)
    damaged[at] ^= 1 << bit
    found = split(bytes(damaged) + ANSWER * 20)
    assert found.frames[-1:] == split(ANSWER).frames


def test_a_head_that_begins_no_answer_costs_one_byte_at_a_time():
    assert split(b"\xff\x00\x01" + ANSWER) == Split(split(ANSWER).frames, b"", 3)


def test_a_buffer_with_all_metadata():
    heard = wire.tag_record(3, -51, 2, 0x3000, bytes.fromhex("3074257BF7194E4000001A85"))
    epc = heard[3:]
    everything = (
        heard[:3]
        + bytes.fromhex("0DC8A4")  # frequency
        + bytes.fromhex("00000064")  # timestamp
        + bytes.fromhex("0010")  # phase
        + b"\x05"  # protocol
        + bytes.fromhex("0010E280")  # 16 bits of data
        + b"\x0f"  # GPIO
        + epc
    )
    flags = sum(Flag)
    answer = Answer(Opcode.GET_BUFFER, 0, flags.to_bytes(2) + b"\x00\x02" + everything * 2)
    tag = Heard(0x3000, bytes.fromhex("3074257BF7194E4000001A85"), -51, 2, intact=True, count=3)
    assert commands.buffered(answer) == [tag, tag]


@given(st.binary(max_size=80))
def test_a_hostile_buffer_gives_tags_or_bad_frame(data):
    try:
        tags = commands.buffered(Answer(Opcode.GET_BUFFER, 0, data))
    except BadFrame:
        return
    assert len(tags) == data[3]


@given(st.integers(0, 21))
def test_a_buffer_cut_anywhere_is_refused(cut):
    record = wire.tag_record(1, -60, 1, 0x3000, bytes(12))
    whole = b"\x00\x07\x00\x01" + record
    with pytest.raises(BadFrame):
        commands.buffered(Answer(Opcode.GET_BUFFER, 0, whole[: -1 - cut % len(record)]))
    with pytest.raises(BadFrame):
        commands.buffered(Answer(Opcode.GET_BUFFER, 0, whole + b"\x00"))


def test_answers_of_odd_lengths_are_refused():
    for parse in (commands.version_text, commands.power_dbm, commands.tags_found):
        with pytest.raises(BadFrame):
            parse(Answer(0, 0, b"1"))
    assert commands.tags_found(Answer(0x22, 0, bytes.fromhex("00000003"))) == 3
    assert commands.tags_found(Answer(0x22, 0, bytes.fromhex("00000000000104"))) == 260


@pytest.mark.parametrize("text", ["", "0", "17", "1,,2", "one", "1;2"])
def test_antennas_that_are_none_are_named(text):
    with pytest.raises(OptionError, match="must be antenna ports of 1 to 16"):
        catalog.check_options("rfid.mercury", {"port": "/dev/x", "antennas": text})
