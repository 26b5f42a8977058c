"""Commissioning: the one tag before the antenna gets its EPC and its lock, or it is said why not."""

from __future__ import annotations

import pytest

from drivers.driver import Commission, Commissioned
from drivers.errors import BadFrame, DeviceFault
from drivers.rfid.m100_commands import ModuleFault
from drivers.rfid.m100_commissioning import commission
from tests.drivers.rfid.played_m100 import PlayedModule

OLD, NEW = bytes.fromhex("3074257BF7194E4000001A85"), bytes.fromhex("3074257BF7194E4000001A86")
TID = bytes.fromhex("E28011052000AAAAAAAAAAAA")
PASSWORD = 0x12345678
NOT_READ, WRONG_PASSWORD, LOCKED, NO_POWER = 0x09, 0x16, 0xB4, 0xBB
STORED = b"\x30\x00" + NEW
LOOK = ["ROUND"] * 5
GIVEN = ["SELECT", "WRITE", "SELECT", "READ", "SELECT", "READ"]


async def test_the_only_tag_gets_its_epc():
    module = PlayedModule([OLD], read=[TID, STORED, TID])
    assert await commission(module, Commission(NEW)) == Commissioned(OLD, TID)
    assert module.names == [*LOOK, "SELECT", "READ", *GIVEN]
    assert module.payloads("WRITE") == [bytes.fromhex("00000000 01 0001 0007 3000") + NEW]


async def test_a_tag_that_has_it_already_is_only_read():
    module = PlayedModule([NEW], read=[TID])
    assert await commission(module, Commission(NEW)) == Commissioned(NEW, TID)
    assert module.names == [*LOOK, "SELECT", "READ"]


async def test_a_new_lock_is_a_password_two_locks_and_a_write_that_is_refused():
    module = PlayedModule(
        [NEW], read=[WRONG_PASSWORD, TID, PASSWORD.to_bytes(4)], write=[None, LOCKED]
    )
    order = Commission(NEW, password=PASSWORD, lock=True)
    assert await commission(module, order) == Commissioned(NEW, TID)
    assert module.payloads("WRITE") == [
        bytes.fromhex("00000000 00 0002 0002 12345678"),  # the access password, in words 2 and 3
        bytes.fromhex("00000000 01 0002 0001 3074"),  # what is there, without the password
    ]
    assert module.payloads("LOCK") == [
        bytes.fromhex("12345678 020080"), bytes.fromhex("12345678 008020"),
    ]  # fmt: skip


async def test_a_tag_that_has_the_password_keeps_it():
    module = PlayedModule([OLD], read=[TID, TID, STORED, TID], write=[None, LOCKED])
    order = Commission(NEW, password=PASSWORD, lock=True)
    assert await commission(module, order) == Commissioned(OLD, TID)
    first, second = module.payloads("WRITE")
    assert first == bytes.fromhex("12345678 01 0001 0007 3000") + NEW
    assert second == bytes.fromhex("00000000 01 0002 0001 3074")


@pytest.mark.parametrize("code", [WRONG_PASSWORD, NOT_READ, 0x10, 0x13])
async def test_a_tag_that_refuses_the_password_or_keeps_still_has_none_yet(code):
    misses = [code] * (1 if code == WRONG_PASSWORD else 8)
    module = PlayedModule([NEW], read=[*misses, TID])
    order = Commission(NEW, password=PASSWORD)
    assert await commission(module, order) == Commissioned(NEW, TID)
    assert module.payloads("READ")[-1][:4] == bytes(4)


async def test_another_fault_of_the_password_is_told():
    module = PlayedModule([NEW], read=[0xA4])
    with pytest.raises(ModuleFault, match="this memory is locked"):
        await commission(module, Commission(NEW, password=PASSWORD))


async def test_a_lock_without_a_password_is_refused_before_anything_is_asked():
    module = PlayedModule([OLD])
    with pytest.raises(DeviceFault, match="zero is none"):
        await commission(module, Commission(NEW, lock=True))
    assert module.asked == []


OTHERS = [number.to_bytes(2) for number in range(1, 6)]


@pytest.mark.parametrize(
    ("rounds", "wanted", "text", "advice"),
    [
        ([[]], None, "no tag is in the field", "hold one in front of the antenna"),
        ([[]], OLD, "no tag in the field has the EPC 3074257BF7194E4000001A85",
         "hold it in front of the antenna"),
        ([[b"\0\1"]], OLD, "no tag in the field has the EPC 3074257BF7194E4000001A85",
         "seen: 0001"),
        ([[b"\0\2"], [b"\0\1"]], None, "2 tags are in the field: 0001, 0002",
         "leave only the tag to be written in the field, or name it by its EPC"),
        ([OTHERS[:4]], None, "4 tags are in the field: 0001, 0002, 0003, 0004", "leave only"),
        ([OTHERS], None, "5 tags are in the field: 0001, 0002, 0003, 0004 and 1 more",
         "leave only"),
        ([OTHERS], OLD, "no tag in the field has the EPC 3074257BF7194E4000001A85",
         "seen: 0001, 0002, 0003, 0004 and 1 more"),
    ],
)  # fmt: skip
async def test_which_tag_is_meant_must_be_clear(rounds, wanted, text, advice):
    module = PlayedModule(*rounds)
    with pytest.raises(DeviceFault) as caught:
        await commission(module, Commission(NEW, wanted))
    assert str(caught.value) == text
    assert caught.value.advice.startswith(advice)
    assert module.names == LOOK


async def test_a_tag_that_is_named_may_have_others_beside_it():
    module = PlayedModule([OLD, b"\0\1"], read=[TID, STORED, TID])
    assert await commission(module, Commission(NEW, OLD)) == Commissioned(OLD, TID)
    with pytest.raises(DeviceFault, match="another tag in the field has the EPC"):
        await commission(PlayedModule([OLD, NEW]), Commission(NEW, OLD))


@pytest.mark.parametrize(
    ("writes", "reads", "why"),
    [
        ([NO_POWER], [], "too little power to write"),
        ([None], [bytes(4)], "holds 00000000 after writing 12345678"),
        ([None, NO_POWER], [PASSWORD.to_bytes(4)], "too little power to write"),
        ([None, None], [PASSWORD.to_bytes(4), NEW[:2]],
         "the tag says that it is locked, and still takes writes without its password"),
    ],
)  # fmt: skip
async def test_a_lock_that_fails_says_that_the_epc_is_written(writes, reads, why):
    module = PlayedModule([NEW], write=writes, read=[WRONG_PASSWORD, TID, *reads])
    with pytest.raises(
        DeviceFault, match=f"^the EPC is written, but not locked: .*{why}"
    ) as caught:
        await commission(module, Commission(NEW, password=PASSWORD, lock=True))
    assert isinstance(caught.value.__cause__, DeviceFault | BadFrame)
    assert caught.value.advice == caught.value.__cause__.advice
