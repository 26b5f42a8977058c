"""The stream: whole, byte by byte, damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.rfid.llrp.elements import element
from drivers.rfid.llrp.frames import HEADER, LONGEST, Frame, frame, split

KEEPALIVE = Frame(62, 5)
REPORT = Frame(
    61, 9, bytes.fromhex("00f0001f8d3000abcdef0000000000000381000186d0820005a9e4bef862e0")
)

frames = st.builds(Frame, st.integers(0, 1023), st.integers(0, 2**32 - 1), st.binary(max_size=60))


def test_header_of_a_keepalive():
    assert KEEPALIVE.to_bytes() == bytes.fromhex("043e 0000000a 00000005")
    assert frame(element("KEEPALIVE"), 5) == KEEPALIVE


@given(st.lists(frames, max_size=5), st.binary(max_size=0))
def test_a_stream_cut_anywhere_gives_the_same_frames(sent, rest):
    stream = b"".join(one.to_bytes() for one in sent)
    whole = split(stream)
    assert (list(whole.frames), whole.rest, whole.fault) == (sent, b"", "")
    found = []
    for at in range(len(stream)):
        part = split(rest + stream[at : at + 1])
        found += part.frames
        rest = part.rest
        assert not part.fault
    assert (found, rest) == (sent, b"")


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_damage_never_costs_the_frames_before_it(sent, data):
    intact = data.draw(st.integers(0, len(sent) - 1))
    stream = bytearray(b"".join(one.to_bytes() for one in sent))
    start = sum(len(one.to_bytes()) for one in sent[:intact])
    at = data.draw(st.integers(start, len(stream) - 1))
    stream[at] ^= 1 << data.draw(st.integers(0, 7))
    assert list(split(bytes(stream)).frames[:intact]) == sent[:intact]


@given(st.binary(max_size=300))
def test_noise_is_no_crash_and_keeps_what_may_still_come(noise):
    found = split(noise)
    assert sum(HEADER + len(one.body) for one in found.frames) + len(found.rest) <= len(noise)
    assert found.fault or len(found.rest) < HEADER or found.rest == noise[-len(found.rest) :]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2", "version"),
        (b"HTTP/1.1 400 Bad Request", "version"),
        (bytes.fromhex("043e 00000009 00000005"), "9 bytes"),
        (bytes.fromhex("043e") + (LONGEST + 1).to_bytes(4) + bytes(4), "131073 bytes"),
    ],
)
def test_a_stream_that_is_no_llrp_is_given_up(data, why):
    found = split(REPORT.to_bytes() + data)
    assert found.frames == (REPORT,)
    assert why in found.fault
