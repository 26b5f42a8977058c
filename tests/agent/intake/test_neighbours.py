"""Gateways of one site tell each other which tags came: sealed, lost without harm, never believed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.intake.neighbours import (
    MOST_TAGS,
    NONCE_BYTES,
    REMEMBERED,
    Hearsay,
    Hint,
    Neighbours,
    read_key,
    sealed,
    unsealed,
)
from agent.observe.tags import Change, Read
from drivers.driver import SystemTiming
from foundation.errors import Fatal, Retry
from hil.site.ports import free_ports

EPC = "3074257BF7194E4000001A85"
KEY, NONCE = bytes(range(32)), bytes(NONCE_BYTES)
HINT = Hint("two", "door 3", EPC, -50, here=True)


@given(
    st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=64),
    st.binary(min_size=1, max_size=62),
    st.integers(-128, 127),
    st.booleans(),
)
def test_a_hint_survives_its_datagram(name, epc, level, here):
    hint = Hint(name, name, epc.hex().upper(), level, here)
    assert unsealed(sealed(hint, KEY, NONCE), KEY) == hint


@given(st.integers(0, 200), st.integers(1, 255))
def test_damage_and_strangers_say_nothing(place, change):
    data = bytearray(sealed(HINT, KEY, NONCE))
    data[place % len(data)] ^= change
    assert unsealed(bytes(data), KEY) is None
    assert unsealed(sealed(HINT, bytes(32), NONCE), KEY) is None


@given(st.binary(max_size=600))
def test_rubbish_says_nothing(data):
    assert unsealed(data, KEY) is None


def test_the_newest_word_counts_and_grows_old():
    said = Hearsay()
    said.note(HINT, 0.0)
    assert said.where(EPC, REMEMBERED) == ("door 3 (two)", -50.0)
    assert said.where(EPC, REMEMBERED + 1) is None
    said.note(Hint("three", "gate", EPC, -40, here=False), 1.0)
    assert said.where(EPC, 2.0) is not None, "only who has a tag can say that it left"
    said.note(Hint("two", "door 3", EPC, -50, here=False), 2.0)
    assert said.where(EPC, 2.0) is None


def test_memory_is_bounded():
    said = Hearsay()
    for number in range(MOST_TAGS + 10):
        said.note(Hint("two", "door", f"{number:024X}", -50, here=True), 0.0)
    assert said.where(f"{9:024X}", 1.0) is None
    assert said.where(f"{MOST_TAGS + 9:024X}", 1.0) is not None


def neighbour(name: str, listen: str, *tell: str, key: bytes = KEY) -> Neighbours:
    return Neighbours(listen, tell, key, name, SystemTiming(), os.urandom)


@contextlib.asynccontextmanager
async def running(*neighbours: Neighbours):
    tasks = [asyncio.create_task(each.run()) for each in neighbours]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def came(point: str = "door 1", *, entered: bool = True) -> Change:
    read = Read(EPC, "reader", 1, 0.0, 0.0)
    return Change(entered=entered, point=point, read=read, at=0.0, rssi=-47.0)


async def told(one: Neighbours, other: Neighbours, change: Change, wanted: object) -> None:
    deadline = asyncio.get_running_loop().time() + 10
    while other.where(EPC) != wanted:
        assert asyncio.get_running_loop().time() < deadline
        one.tell(change)
        await asyncio.sleep(0.02)


async def test_two_gateways_and_one_that_has_another_key():
    here, there, evil = (f"127.0.0.1:{port}" for port in free_ports(3))
    one, two = neighbour("one", here, there, evil), neighbour("two", there, here)
    stranger = neighbour("evil", evil, here, there, key=bytes(32))
    async with running(one, two, stranger):
        await told(one, two, came(), ("door 1 (one)", -47.0))
        stranger.tell(came("nowhere"))
        await told(two, one, came("door 2"), ("door 2 (two)", -47.0))
        assert stranger.where(EPC) is None
        await told(one, two, came(entered=False), None)
    one.tell(came())  # after its end nobody hears, and nothing breaks


async def test_gateways_that_only_tell_need_no_address_of_their_own():
    there = f"127.0.0.1:{free_ports(1)[0]}"
    hears = neighbour("hears", there)
    first, second = neighbour("one", "", there), neighbour("two", "", there)
    async with running(hears, first, second):
        await told(first, hears, came(), ("door 1 (one)", -47.0))
        await told(second, hears, came("door 2"), ("door 2 (two)", -47.0))
        assert hears.unopened == 0


async def test_an_address_that_is_taken():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        with pytest.raises(Retry, match="cannot listen to neighbours at 127"):
            await neighbour("one", f"127.0.0.1:{port.getsockname()[1]}").run()


@pytest.mark.parametrize("text", [None, "xyz", "00" * 16])
def test_a_key_that_is_none(tmp_path, text):
    path = tmp_path / "site.key"
    if text is not None:
        path.touch(mode=0o600)
        path.write_text(text)
    with pytest.raises(Fatal, match=r"the site's key .*site\.key") as caught:
        read_key(path)
    assert "openssl rand -hex 32" in caught.value.advice
    path.touch(mode=0o600)
    path.write_text(KEY.hex() + "\n")
    assert read_key(path) == KEY
    path.chmod(0o644)
    with pytest.raises(Fatal, match="others may read the key"):
        read_key(path)
