"""Type A cards through an antenna, frame by frame as ISO/IEC 14443-3 has them."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, CommandTimeout, DeviceFault
from drivers.rfid import iso14443a_cards as iso
from drivers.rfid.iso14443a_cards import Card, Received
from tests.drivers.rfid.card_bench import ACK, PlayedCard, checked

SELECT_WITHIN, ASK_WITHIN, WRITE_WITHIN = 0.002, 0.005, 0.015  # s
HALT = checked("5000")
GONE, NOISE = CommandTimeout("no card answers"), BadFrame("noise")


def heard(text, **more):
    return Received(bytes.fromhex(text), **more)


@pytest.mark.parametrize(
    ("answer", "there", "atqa"),
    [
        (heard("4400"), True, 0x0044),
        (heard("0403"), True, 0x0304),
        (heard("4400", collision=3), True, None),
        (heard("4400", last_bits=4), True, None),
        (heard("440000"), True, None),
        (NOISE, True, None),
        (GONE, False, None),
    ],
)
async def test_a_request_is_seven_bits_and_noise_is_an_answer_too(answer, there, atqa):
    card = PlayedCard(answer)
    assert await iso.request(card, 0x26) == (there, atqa)
    assert card.sent == [(b"\x26", SELECT_WITHIN, 7, 0)]


async def test_a_card_of_four_bytes_is_selected():
    card = PlayedCard(heard("DEADBEEF22"), b"\x08")
    assert await iso.select(card) == Card(bytes.fromhex("DEADBEEF"), 0x08, None)
    assert card.sent == [
        (b"\x93\x20", SELECT_WITHIN),
        (checked("9370DEADBEEF22"), SELECT_WITHIN),
    ]


async def test_a_uid_of_seven_and_of_ten_bytes_takes_two_levels_and_three():
    card = PlayedCard(heard("8804E10C61"), b"\x04", heard("DA993C80FF"), b"\x00")
    assert await iso.select(card) == Card(bytes.fromhex("04E10CDA993C80"), 0x00)
    assert card.frames == [
        b"\x93\x20", checked("93708804E10C61"), b"\x95\x20", checked("9570DA993C80FF"),
    ]  # fmt: skip
    card = PlayedCard(
        heard("88041122BF"), b"\x24", heard("88334455AA"), b"\x04", heard("6677889900"), b"\x20"
    )
    assert await iso.select(card) == Card(bytes.fromhex("04112233445566778899"), 0x20)
    assert card.frames[4:] == [b"\x97\x20", checked("97706677889900")]


async def test_there_is_no_fourth_level():
    level = heard("8811223388"), b"\x04"
    with pytest.raises(BadFrame, match="a card wants a fourth cascade level"):
        await iso.select(PlayedCard(*level * 3))


@pytest.mark.parametrize("sak", [heard("0808"), checked(""), checked("0808"), b""])
async def test_what_is_no_sak_is_refused(sak):
    answer = sak if isinstance(sak, Received) else Received(sak)
    with pytest.raises(BadFrame):
        await iso.select(PlayedCard(heard("DEADBEEF22"), answer))


async def test_a_sak_that_is_cut_within_a_byte_is_refused():
    whole = Received(checked("08"), last_bits=3)
    with pytest.raises(BadFrame, match="is not a SAK"):
        await iso.select(PlayedCard(heard("DEADBEEF22"), whole))


async def test_where_two_cards_differ_the_ones_go_on():
    """UIDs DEADBEEF and DFADBEEF: bit 1 of the first byte collides, then nothing does."""
    card = PlayedCard(
        heard("DFADBEEF23", collision=1),
        heard("DEADBEEF23"),  # the bit that is known is left out of the answer
        b"\x08",
    )
    assert (await iso.select(card)).uid == bytes.fromhex("DFADBEEF")
    assert card.sent[1] == (b"\x93\x21\x01", SELECT_WITHIN, 1, 1)


async def test_a_collision_in_a_later_byte_takes_what_was_clean_before_it():
    """UIDs DEADBEEF and DEA5BEEF: bit 12 collides (§6.5.3, bits in the order of the air)."""
    card = PlayedCard(heard("DEAD", collision=12), heard("A0BEEF22"), b"\x08")
    assert (await iso.select(card)).uid == bytes.fromhex("DEADBEEF")
    assert card.sent[1] == (b"\x93\x34\xde\x0d", SELECT_WITHIN, 4, 4)


@pytest.mark.parametrize(
    ("first", "second"),
    [((b"\x01", 2), None), ((b"\x01\x02", 1), (b"\x00", 1)), ((b"\x00\x00", 17), None)],
)
async def test_a_collision_where_none_can_be_is_refused(first, second):
    if second is None:
        data, collision = first
        answers = [Received(data, last_bits=1 if len(data) == 1 else 0, collision=collision)]
    else:  # before the bits that were left out
        answers = [Received(first[0], collision=3), Received(second[0], collision=2)]
    with pytest.raises(BadFrame, match="a collision at bit"):
        await iso.select(PlayedCard(*answers))


async def test_collisions_that_settle_one_bit_each_end_with_the_level():
    def answer(known):
        align = known % 8
        return Received(b"\xff", last_bits=0, collision=align + 1)

    card = PlayedCard(*[answer(known) for known in range(40)])
    with pytest.raises(BadFrame, match="collisions without end"):
        await iso.select(card)
    assert len(card.sent) == 40


async def test_a_sleeping_card_is_woken_by_its_whole_uid():
    card = PlayedCard(heard("4400"), b"\x04", b"\x00")
    uid = bytes.fromhex("04E10CDA993C80")
    assert await iso.wake(card, uid) == Card(uid, 0x00, 0x0044)
    assert card.sent == [
        (b"\x52", SELECT_WITHIN, 7, 0),
        (checked("93708804E10C61"), SELECT_WITHIN),
        (checked("9570DA993C80FF"), SELECT_WITHIN),
    ]
    with pytest.raises(CommandTimeout):
        await iso.wake(PlayedCard(), uid)


@pytest.mark.parametrize("answer", [GONE, NOISE])
async def test_a_card_goes_to_sleep_without_an_answer(answer):
    card = PlayedCard(answer)
    await iso.halt(card)
    assert card.sent == [(HALT, SELECT_WITHIN)]


async def test_every_card_that_does_not_sleep_is_found_and_put_to_sleep():
    card = PlayedCard(
        heard("0400"), heard("DEADBEEF22"), b"\x08", GONE,
        heard("4400", collision=2), heard("0102030404"), b"\x09", GONE,
    )  # fmt: skip
    found = [each async for each in iso.cards(card)]
    assert found == [
        Card(bytes.fromhex("DEADBEEF"), 0x08, 0x0004), Card(b"\x01\x02\x03\x04", 0x09, None),
    ]  # fmt: skip
    assert card.frames[3] == card.frames[7] == HALT
    assert card.frames[8:] == [b"\x26"]


async def test_no_more_cards_than_a_field_can_power_are_looked_for():
    one = heard("0400"), heard("DEADBEEF22"), b"\x08", GONE
    card = PlayedCard(*one * 20)
    assert len([each async for each in iso.cards(card)]) == 16


async def test_an_answer_is_as_long_as_it_should_be_and_its_check_is_right():
    card = PlayedCard(bytes(16))
    assert await iso.ask(card, b"\x30\x04", 16) == bytes(16)
    assert card.sent == [(checked("3004"), ASK_WITHIN)]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (bytes(15), "15 bytes for 30 04 instead of 16"),
        (bytes(17), "17 bytes for 30 04 instead of 16"),
        (Received(bytes(18)), "wrong CRC_A"),
        (Received(checked("00" * 16), last_bits=3), "the answer to 30 04 ends after 139 bits"),
        (Received(checked("00" * 16), collision=9), "the answer to 30 04 ends after 144 bits"),
    ],
)
async def test_an_answer_that_is_damaged_or_cut_is_refused(answer, why):
    with pytest.raises(BadFrame, match=why):
        await iso.ask(PlayedCard(answer), b"\x30\x04", 16)


NAKS = {
    0x0: "the page or argument is not allowed",
    0x1: "it received a frame with a wrong check",
    0x4: "the block or operation is not allowed",
    0x5: "it could not write, or received a wrong check",
    0x7: "it refused",
}


@pytest.mark.parametrize("code", NAKS)
async def test_a_card_that_says_no_is_told_in_words(code):
    """NTAG21x data sheet, §9.3; MIFARE Classic data sheet, §9.3."""
    nak = Received(bytes([0xF0 | code]), 4)
    for attempt in (
        iso.ask(PlayedCard(nak), b"\x30\x04", 16),
        iso.tell(PlayedCard(nak), b"\x30\x04"),
    ):
        with pytest.raises(DeviceFault) as caught:
            await attempt
        assert str(caught.value) == f"the card said no to 30 04: {NAKS[code]} (NAK {code:X})"
        assert "lock bits" in caught.value.advice


async def test_what_is_written_is_only_acknowledged():
    card = PlayedCard(ACK, ACK)
    await iso.tell(card, b"\xa2\x04abcd")
    await iso.tell(card, b"\xa0\x04", within=0.03)
    assert card.sent == [(checked("A20461626364"), WRITE_WITHIN), (checked("A004"), 0.03)]


@pytest.mark.parametrize("answer", [heard("0A"), heard("0A", last_bits=5), heard("")])
async def test_what_is_no_acknowledgement_is_refused(answer):
    with pytest.raises(BadFrame, match="is not an acknowledgement of a2 04"):
        await iso.tell(PlayedCard(answer), b"\xa2\x04")
    with pytest.raises(BadFrame):
        await iso.ask(PlayedCard(ACK), b"\x30\x04", 16)
