"""Reading, writing and locking one tag: which orders the module gets, and what counts as done."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, DeviceFault
from drivers.rfid import m100_tags as tags
from drivers.rfid.m100_commands import Area, Bank, Lock, ModuleFault
from tests.drivers.rfid.played_m100 import PlayedModule, heard

OLD, NEW = bytes.fromhex("3074257BF7194E4000001A85"), bytes.fromhex("3074257BF7194E4000001A86")
TID = bytes.fromhex("E28011052000AAAAAAAAAAAA")
SELECT_OLD = bytes.fromhex("0100000020 60 00") + OLD
SELECT_NEW = bytes.fromhex("0100000020 60 00") + NEW
NOT_READ, NOT_WRITTEN, NOT_LOCKED, WRONG_PASSWORD = 0x09, 0x10, 0x13, 0x16
NO_SUCH_MEMORY, LOCKED = 0xA3, 0xB4


async def test_words_are_read_of_the_tag_that_was_selected():
    module = PlayedModule(read=[b"lot1"])
    assert await tags.read(module, OLD, Bank.USER, 3, 2, 0xFFFF) == b"lot1"
    assert module.asked == [
        ("SELECT", SELECT_OLD), ("READ", bytes.fromhex("0000FFFF 03 0003 0002")),
    ]  # fmt: skip
    with pytest.raises(BadFrame, match=r"^3 bytes of 2 words of tag 3074257BF7194E4000001A85$"):
        await tags.read(PlayedModule(read=[b"lot"]), OLD, Bank.USER, 3, 2)


@pytest.mark.parametrize("silence", [NOT_READ, NOT_WRITTEN, NOT_LOCKED])
async def test_a_tag_that_does_not_answer_is_asked_eight_times(silence):
    module = PlayedModule(read=[*[silence] * 7, b"lot1"])
    assert await tags.read(module, OLD, Bank.USER, 0, 2) == b"lot1"
    assert module.names == ["SELECT", *["READ"] * 8]
    module = PlayedModule(read=[silence] * 9)
    with pytest.raises(ModuleFault) as caught:
        await tags.read(module, OLD, Bank.USER, 0, 2)
    assert caught.value.code == silence
    assert module.names == ["SELECT", *["READ"] * 8]


@pytest.mark.parametrize("code", [WRONG_PASSWORD, NO_SUCH_MEMORY, LOCKED])
async def test_what_a_tag_refuses_is_final(code):
    module = PlayedModule(read=[code, b"lot1"])
    with pytest.raises(ModuleFault):
        await tags.read(module, OLD, Bank.USER, 0, 2)
    assert module.names == ["SELECT", "READ"]


async def test_what_is_written_is_read_back_with_the_same_password():
    module = PlayedModule(read=[b"lot1"])
    await tags.write(module, OLD, Bank.USER, 4, b"lot1", 7)
    assert module.asked == [
        ("SELECT", SELECT_OLD), ("WRITE", bytes.fromhex("00000007 03 0004 0002") + b"lot1"),
        ("SELECT", SELECT_OLD), ("READ", bytes.fromhex("00000007 03 0004 0002")),
    ]  # fmt: skip
    with pytest.raises(BadFrame) as caught:
        await tags.write(PlayedModule(read=[b"lot2"]), OLD, Bank.USER, 4, b"lot1")
    told = "tag 3074257BF7194E4000001A85 holds 6c6f7432 after writing 6c6f7431"
    assert str(caught.value) == told
    assert "hold the tag still" in caught.value.advice


@pytest.mark.parametrize(
    ("size", "fits"), [(0, False), (1, False), (2, True), (64, True), (66, False)]
)
async def test_what_can_be_written_at_once(size, fits):
    module = PlayedModule(read=[bytes(size)])
    if fits:
        await tags.write(module, OLD, Bank.USER, 0, bytes(size))
        return
    with pytest.raises(DeviceFault, match=f"^{size} bytes cannot be written at once$") as caught:
        await tags.write(module, OLD, Bank.USER, 0, bytes(size))
    assert "at most 64 bytes" in caught.value.advice
    assert module.asked == []


@pytest.mark.parametrize(("size", "fits"), [(0, False), (3, False), (30, True), (32, False)])
async def test_the_longest_epc_is_what_a_tag_can_be_selected_by_afterwards(size, fits):
    new = bytes(size)
    module = PlayedModule(read=[(size // 2 << 11).to_bytes(2) + new, TID])
    if fits:
        await tags.give_epc(module, OLD, new, TID)
        return
    with pytest.raises(DeviceFault, match=f"^{size} bytes cannot be written at once$") as caught:
        await tags.give_epc(module, OLD, new, TID)
    assert "at most 30 bytes" in caught.value.advice
    assert module.asked == []


async def test_a_tag_with_a_longer_epc_is_no_tag_of_this_module():
    module = PlayedModule()
    with pytest.raises(DeviceFault, match="cannot select a tag by an EPC of 32 bytes") as caught:
        await tags.read(module, bytes(32), Bank.USER, 0, 1)
    assert "at most 30 bytes" in caught.value.advice
    assert module.asked == []


async def test_an_epc_is_written_with_its_pc_word_and_the_same_chip_must_answer_to_it():
    module = PlayedModule(read=[b"\x30\x00" + NEW, TID])
    await tags.give_epc(module, OLD, NEW, TID, 7)
    assert module.asked == [
        ("SELECT", SELECT_OLD), ("WRITE", bytes.fromhex("00000007 01 0001 0007 3000") + NEW),
        ("SELECT", SELECT_NEW), ("READ", bytes.fromhex("00000000 01 0001 0007")),
        ("SELECT", SELECT_NEW), ("READ", bytes.fromhex("00000007 02 0000 0006")),
    ]  # fmt: skip


@pytest.mark.parametrize("silence", [NOT_READ, NOT_WRITTEN, NOT_LOCKED])
async def test_a_write_without_an_answer_is_judged_by_what_is_read_back(silence):
    module = PlayedModule(write=[silence] * 8, read=[b"\x30\x00" + NEW, TID])
    await tags.give_epc(module, OLD, NEW, TID)
    module = PlayedModule(write=[LOCKED])
    with pytest.raises(ModuleFault, match="this memory is locked"):
        await tags.give_epc(module, OLD, NEW, TID)


@pytest.mark.parametrize(
    ("stored", "tid", "kind", "why"),
    [
        (b"\x28\x00" + NEW, TID, BadFrame, "the tag's PC word is 2800 after writing 3000"),
        (b"\x30\x00" + OLD, TID, BadFrame, "tag 3074257BF7194E4000001A86 holds 3074"),
        (b"\x30\x00" + NEW, TID[::-1], DeviceFault,
         "another tag in the field has the EPC 3074257BF7194E4000001A86"),
    ],
)  # fmt: skip
async def test_what_answers_otherwise_afterwards_is_no_success(stored, tid, kind, why):
    with pytest.raises(kind, match=f"^{why}"):
        await tags.give_epc(PlayedModule(read=[stored, tid]), OLD, NEW, TID)


async def test_flags_of_the_pc_word_are_the_chips_own():
    await tags.give_epc(PlayedModule(read=[b"\x34\x00" + NEW, TID]), OLD, NEW, TID)


async def test_an_epc_is_written_after_a_look_around_and_with_the_chips_tid():
    module = PlayedModule([OLD], read=[TID, b"\x30\x00" + NEW, TID])
    await tags.write_epc(module, OLD, NEW, 7)
    assert module.names == [
        *["ROUND"] * 5, "SELECT", "READ", "SELECT", "WRITE", "SELECT", "READ", "SELECT", "READ",
    ]  # fmt: skip
    assert module.payloads("READ")[0] == bytes.fromhex("00000007 02 0000 0006")
    module = PlayedModule([OLD], read=[TID, b"\x30\x00" + NEW, TID])
    await tags.write_epc(module, OLD, NEW)
    assert {payload[:4] for payload in module.payloads("READ")} == {bytes(4)}
    assert module.payloads("WRITE")[0][:4] == bytes(4)
    with pytest.raises(DeviceFault, match="another tag in the field"):
        await tags.write_epc(PlayedModule([OLD, NEW]), OLD, NEW)


async def test_a_short_tid_is_taken_where_the_chip_has_no_serial_number():
    module = PlayedModule(read=[NO_SUCH_MEMORY, TID[:4]])
    assert await tags.read_tid(module, OLD, 7) == TID[:4]
    assert module.payloads("READ") == [
        bytes.fromhex("00000007 02 0000 0006"), bytes.fromhex("00000007 02 0000 0002"),
    ]  # fmt: skip
    with pytest.raises(ModuleFault, match="locked"):
        await tags.read_tid(PlayedModule(read=[0xA4]), OLD)


async def test_a_lock_is_guarded_by_a_password():
    module = PlayedModule()
    await tags.lock(module, OLD, Area.EPC, Lock.WITH_PASSWORD, 7)
    assert module.asked == [
        ("SELECT", SELECT_OLD), ("LOCK", bytes.fromhex("00000007 008020")),
    ]  # fmt: skip
    module = PlayedModule()
    with pytest.raises(DeviceFault, match="zero is none") as caught:
        await tags.lock(module, OLD, Area.EPC, Lock.WITH_PASSWORD, 0)
    assert "choose an access password" in caught.value.advice
    assert module.asked == []


async def test_a_look_around_takes_five_rounds_and_only_what_is_intact():
    module = PlayedModule([OLD], [NEW, heard(OLD, intact=False)], [])
    assert await tags.look(module) == [[OLD], [NEW], [], [], []]


@pytest.mark.parametrize(
    ("rounds", "new", "why"),
    [
        ([[OLD], [OLD]], NEW, None),
        ([[OLD], [OLD]], OLD, None),
        ([[], [OLD, OLD]], NEW, "two tags in the field have the EPC 3074257BF7194E4000001A85"),
        ([[OLD, OLD]], OLD, "two tags in the field have the EPC 3074257BF7194E4000001A85"),
        ([[OLD], [NEW]], NEW, "another tag in the field has the EPC 3074257BF7194E4000001A86"),
        ([[NEW, NEW]], NEW, "another tag in the field has the EPC 3074257BF7194E4000001A86"),
    ],
)
def test_twins_are_refused(rounds, new, why):
    if why is None:
        tags.refuse_twins(rounds, OLD, new)
        return
    with pytest.raises(DeviceFault, match=f"^{why}$"):
        tags.refuse_twins(rounds, OLD, new)
