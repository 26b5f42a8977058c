from hypothesis import given
from hypothesis import strategies as st

from drivers.rfid.m100_frames import Frame, FrameType, split

# Published frames: EL-UHF-RMT01 protocol page and M5Stack's documentation of the JRD-4035.
PUBLISHED = [
    "BB0007000101097E",
    "BB0003000100047E",
    "BB00220000227E",
    "BB00270003222710837E",
    "BB00280000287E",
    "BB00B6000207D08F7E",
    "BB00B70000B77E",
    "BB01FF000115167E",
    "BB02220011D53000E20010710000529B0940B402EB980C7E",
    "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E",
    "BB01030010004D31303020323664426D2056312E30927E",
]
FRAMES = [bytes.fromhex(text) for text in PUBLISHED]

frames = st.builds(Frame, st.sampled_from(FrameType), st.integers(0, 255), st.binary(max_size=255))


def fed(data: bytes, size: int):
    found, rest, skipped = [], b"", 0
    for at in range(0, len(data), size):
        part = split(rest + data[at : at + size])
        found += part.frames
        rest, skipped = part.rest, skipped + part.skipped
    return found, rest, skipped


def test_published_frames_are_read_and_written_again_byte_for_byte():
    found = split(b"".join(FRAMES))
    assert [frame.to_bytes() for frame in found.frames] == FRAMES
    assert (found.rest, found.skipped) == (b"", 0)


def test_head_and_tail_inside_a_frame_do_not_end_it():
    frame = Frame(FrameType.NOTICE, 0x22, bytes.fromhex("BB7EBB0022000022BB7E"))
    assert split(frame.to_bytes() + FRAMES[0]).frames == (frame, split(FRAMES[0]).frames[0])


def test_after_a_wrong_sum_the_next_frame_is_found():
    damaged = bytearray(FRAMES[8])
    damaged[10] ^= 0x40
    found = split(bytes(damaged) + FRAMES[9])
    assert [frame.to_bytes() for frame in found.frames] == [FRAMES[9]]
    assert found.skipped == len(damaged)


def test_an_impossible_length_does_not_wait_for_bytes_that_never_come():
    found = split(bytes.fromhex("BB02220F00") + FRAMES[9])
    assert [frame.to_bytes() for frame in found.frames] == [FRAMES[9]]


@given(st.lists(frames))
def test_what_was_written_is_read(sent):
    found = split(b"".join(frame.to_bytes() for frame in sent))
    assert list(found.frames) == sent
    assert found.skipped == 0


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            frames.map(Frame.to_bytes),
            st.sampled_from(FRAMES),
            st.sampled_from([b"\xbb", b"\xbb\x02\x22\x00", b"\x7e"]),
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
    whole = sum(len(frame.to_bytes()) for frame in found.frames)
    assert whole + found.skipped + len(found.rest) == len(data)


@given(st.sampled_from(FRAMES[8:10]), st.integers(0, 23), st.integers(0, 7))
def test_no_flipped_bit_goes_unseen(frame, at, bit):
    damaged = bytearray(frame)
    damaged[at] ^= 1 << bit
    assert split(bytes(damaged)).frames == ()
