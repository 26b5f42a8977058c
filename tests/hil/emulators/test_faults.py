import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.emulators.faults import LONGEST_GARBAGE, Faults


async def written(faults, *parts):
    pieces = []

    async def write(data):
        pieces.append(data)

    damaged = faults.around(write)
    for part in parts:
        await damaged(part)
    return pieces


async def test_without_faults_nothing_changes():
    assert await written(Faults(), b"hello", b"you") == [b"hello", b"you"]


async def test_split_writes_each_byte_alone():
    assert await written(Faults(split=True), b"abc") == [b"a", b"b", b"c"]


async def test_garbage_comes_before_the_frame_which_stays_whole():
    faults = Faults(seed=1, garbage=1.0)
    (piece,) = await written(faults, b"frame")
    assert piece.endswith(b"frame")
    assert 0 < len(piece) - 5 == faults.damaged <= LONGEST_GARBAGE


async def test_drop_and_flip_damage_as_often_as_asked():
    data = bytes(10_000)
    faults = Faults(seed=1, drop=0.1)
    (piece,) = await written(faults, data)
    assert len(data) - len(piece) == faults.damaged == pytest.approx(1000, rel=0.15)
    faults = Faults(seed=1, flip=0.1)
    (piece,) = await written(faults, data)
    assert len(piece) == len(data)
    assert {byte.bit_count() for byte in piece} == {0, 1}
    assert sum(map(bool, piece)) == faults.damaged == pytest.approx(1000, rel=0.15)


async def test_delay_waits_before_each_piece_up_to_its_limit():
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    await written(Faults(split=True, delay=0.5, sleep=sleep), b"abcdefgh")
    assert len(waits) == 8
    assert all(0 <= wait < 0.5 for wait in waits)
    assert len(set(waits)) == 8


@given(st.integers(), st.lists(st.binary()))
async def test_the_same_seed_damages_the_same_bytes(seed, parts):
    def faults():
        return Faults(seed=seed, split=True, garbage=0.3, drop=0.2, flip=0.2)

    assert await written(faults(), *parts) == await written(faults(), *parts)
