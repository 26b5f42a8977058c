"""Type 2 tags and MIFARE Classic cards, command by command of NXP's data sheets."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.rfid import mifare_classic as classic
from drivers.rfid import type2_tag as type2
from drivers.rfid.iso14443a_cards import Received
from drivers.rfid.mifare_classic import Keys
from tests.drivers.rfid.card_bench import ACK, PlayedCard, checked

NAK = Received(b"\x00", 4)


@pytest.mark.parametrize(
    ("version", "name", "pages"),
    [
        ("0004040101000B03", "NTAG210", 20),
        ("0004040101000E03", "NTAG212", 41),
        ("0004040201000F03", "NTAG213", 45),
        ("0004040201001103", "NTAG215", 135),
        ("0004040201001303", "NTAG216", 231),
        ("0004030101000B03", "MIFARE Ultralight EV1 48", 20),
        ("0004030101000E03", "MIFARE Ultralight EV1 128", 41),
        ("0004040201001403", "Type 2 tag, version 0004040201001403", 0),
        ("0004050201000F03", "Type 2 tag, version 0004050201000F03", 0),
        ("0053040201000F03", "Type 2 tag, version 0053040201000F03", 0),  # not NXP's
    ],
)
async def test_models(version, name, pages):
    card = PlayedCard(bytes.fromhex(version))
    assert await type2.model(card) == type2.Model(name, pages, bytes.fromhex(version))
    assert card.frames == [checked("60")]


async def test_the_first_ultralight_does_not_know_the_command():
    assert await type2.model(PlayedCard(NAK)) is None


async def test_a_signature():
    card = PlayedCard(bytes(range(32)))
    assert await type2.signature(card) == bytes(range(32))
    assert card.frames == [checked("3C00")]
    with pytest.raises(BadFrame, match="31 bytes"):
        await type2.signature(PlayedCard(bytes(31)))


@pytest.mark.parametrize(
    ("first", "count", "commands"),
    [(4, 1, ["3004"]), (4, 4, ["3004"]), (4, 5, ["3004", "3008"]), (0, 0, [])],
)
async def test_pages_are_read_by_four(first, count, commands):
    card = PlayedCard(*[bytes(range(at, at + 16)) for at in range(0, 16 * len(commands), 16)])
    assert await type2.read(card, first, count) == bytes(range(count * 4))
    assert card.frames == [checked(each) for each in commands]


async def test_a_page_is_written_and_read_back():
    card = PlayedCard(ACK, b"lot1" + bytes(12))
    await type2.write(card, 4, b"lot1")
    assert card.frames == [checked("A2046C6F7431"), checked("3004")]
    with pytest.raises(BadFrame) as caught:
        await type2.write(PlayedCard(ACK, b"lot2" + bytes(12)), 4, b"lot1")
    assert str(caught.value) == "page 4 holds 6c 6f 74 32 after writing 6c 6f 74 31"


@pytest.mark.parametrize(
    ("page", "data", "why"),
    [
        (3, b"lot1", "page 3 holds the UID, lock bits or the capability container"),
        (0, b"lot1", "page 0 holds the UID"),
        (4, b"lot", "a page has 4 bytes, not 3"),
        (4, b"lot12", "a page has 4 bytes, not 5"),
    ],
)
async def test_what_must_not_be_written_is_not_sent(page, data, why):
    card = PlayedCard()
    with pytest.raises(DeviceFault, match=why):
        await type2.write(card, page, data)
    assert card.sent == []


UID = bytes.fromhex("04112233445566")
ONE, TWO = bytes.fromhex("A0A1A2A3A4A5"), b"\xff" * 6
AWAKE = Received(b"\x44\x00"), b"\x04", b"\x08"  # what the card answers to being woken


@pytest.mark.parametrize(
    ("block", "trailer"),
    [(0, 3), (2, 3), (3, 3), (4, 7), (127, 127), (128, 143), (143, 143), (144, 159), (255, 255)],
)
def test_the_trailer_of_a_sector(block, trailer):
    """MF1S70YYX data sheet, §8.6: 32 sectors of four blocks, eight of sixteen."""
    assert classic.trailer_of(block) == trailer


def test_keys_as_people_write_them():
    assert classic.keys_of(" a0a1a2a3a4a5 ,FFFFFFFFFFFF") == Keys((ONE, TWO))
    assert Keys() == Keys((b"\xff\xff\xff\xff\xff\xff",))
    assert classic.SIZES == {
        0x09: ("MIFARE Mini", 20), 0x08: ("MIFARE Classic 1K", 64),
        0x18: ("MIFARE Classic 4K", 256),
    }  # fmt: skip


async def test_each_key_is_tried_as_a_and_then_as_b_and_a_card_thrown_out_is_woken():
    card = PlayedCard(*AWAKE * 3, bytes(16))
    card.fits = 0x61, TWO
    assert await classic.read(card, UID, 5, Keys((ONE, TWO))) == bytes(16)
    short = UID[-4:]
    assert card.tried == [
        (0x60, 5, ONE, short), (0x60, 5, TWO, short), (0x61, 5, ONE, short), (0x61, 5, TWO, short),
    ]  # fmt: skip
    assert card.frames[::3] == [b"\x52", b"\x52", b"\x52", checked("3005")]
    assert card.plain == 4  # after each wrong key, and at the end


async def test_a_block_that_no_key_opens_is_named():
    with pytest.raises(DeviceFault) as caught:
        await classic.read(PlayedCard(*AWAKE * 2), UID, 5, Keys((ONE,)))
    assert str(caught.value) == "no configured key opens block 5 of card 04112233445566"
    assert caught.value.advice == "add the card's key to the option keys"


def opened(*answers):
    card = PlayedCard(*answers)
    card.fits = 0x60, TWO
    return card


async def test_a_block_is_written_in_two_steps_and_read_back():
    data = bytes(range(16))
    card = opened(ACK, ACK, data)
    await classic.write(card, UID, 5, data, Keys())
    assert card.frames == [checked("A005"), checked(data.hex()), checked("3005")]
    assert card.plain == 1
    card = opened(ACK, ACK, bytes(16))
    with pytest.raises(BadFrame, match=r"^block 5 holds 00 .* after writing 00 01 02"):
        await classic.write(card, UID, 5, data, Keys())


@pytest.mark.parametrize("answers", [(), (ACK,), (ACK, ACK)])
async def test_a_card_that_leaves_while_it_is_written_is_told(answers):
    card = opened(*answers)
    with pytest.raises(BadFrame, match=r"^the card left while block 5 was written$"):
        await classic.write(card, UID, 5, bytes(16), Keys())
    assert card.plain == 1


async def test_encryption_ends_whatever_a_read_comes_to():
    card = opened(CommandTimeout("gone"))
    with pytest.raises(CommandTimeout):
        await classic.read(card, UID, 5, Keys())
    assert card.plain == 1


@pytest.mark.parametrize(
    ("block", "data", "why"),
    [
        (0, bytes(16), "block 0 holds the UID or a sector's keys; it is never written"),
        (7, bytes(16), "block 7 holds the UID or a sector's keys; it is never written"),
        (5, bytes(15), "a block has 16 bytes, not 15"),
        (5, bytes(17), "a block has 16 bytes, not 17"),
    ],
)
async def test_a_block_that_must_not_be_written_is_not_touched(block, data, why):
    card = opened()
    with pytest.raises(DeviceFault, match=why):
        await classic.write(card, UID, block, data, Keys())
    assert (card.sent, card.tried) == ([], [])
