"""Where frames begin, whatever pieces a connection comes in; bytes by hand from RFC 37."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.zmtp.frames import BadFrame, Frames

GREETING = bytes.fromhex("ff00000000000000017f0301") + b"CURVE".ljust(20, b"\x00") + bytes(32)
HELLO = b"\x04\x05hello"  # a command of 5 bytes: flags, size, body
LONG = b"\x02" + (300).to_bytes(8, "big") + bytes(300)
EMPTY = b"\x00\x00"


def sizes_of(chunks):
    """Feed chunks as a connection does; return the frame sizes, and all that passed on."""
    frames, sizes, waiting, passed = Frames(), [], b"", b""

    def admit(size):
        sizes.append(size)
        return True

    for chunk in chunks:
        waiting += chunk
        count = frames.passing(waiting, admit)
        passed += waiting[:count]
        waiting = waiting[count:]
    assert frames.begun == len(sizes)
    return sizes, passed


def test_sizes_with_their_heads():
    assert sizes_of([GREETING + HELLO + LONG + EMPTY]) == (
        [7, 309, 2],
        GREETING + HELLO + LONG + EMPTY,
    )


@given(st.lists(st.integers(0, 64 + 7 + 309 + 2), max_size=40))
def test_pieces_do_not_matter(cuts):
    whole = GREETING + HELLO + LONG + EMPTY
    at = [0, *sorted(cuts), len(whole)]
    chunks = [whole[a:b] for a, b in pairwise(at)]
    assert sizes_of(chunks) == ([7, 309, 2], whole)


def test_a_frame_that_is_not_admitted_stays_with_all_behind_it():
    frames = Frames()
    data = GREETING + HELLO + LONG + EMPTY
    assert frames.passing(data, lambda size: size != 309) == len(GREETING + HELLO)
    rest = LONG + EMPTY
    assert frames.passing(rest, lambda _: True) == len(rest)


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff" + bytes(8) + b"\x00", b"G"])
def test_what_is_no_greeting_is_told(banner):
    with pytest.raises(BadFrame):
        Frames().passing(banner, lambda _: True)


def test_half_a_signature_waits_for_more():
    frames = Frames()
    assert frames.passing(GREETING[:9], lambda _: True) == 0
    assert not frames.greeted
    assert frames.passing(GREETING[:10], lambda _: True) == 10
    assert frames.greeted
