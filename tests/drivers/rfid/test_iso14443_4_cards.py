"""What an ISO 14443-4 card is asked, block by block, until it is known what it is."""

from __future__ import annotations

import pytest

from drivers.errors import BadFrame, CommandTimeout
from drivers.rfid import iso14443_4
from drivers.rfid.iso14443_4 import ats_of
from drivers.rfid.iso14443a_cards import Received
from tests.drivers.rfid.card_bench import PlayedCard, checked

RATS, DESELECT = checked("E050"), checked("C2")
PAYMENT = "00A404000E325041592E5359532E444446303100"
PASSPORT = "00A4040007A000000247100100"
VERSION = "9060000000"
NOT_FOUND = bytes.fromhex("6A82")


def block(number, text):
    return bytes([0x02 | number]) + (text if isinstance(text, bytes) else bytes.fromhex(text))


async def kind(*answers):
    """Return what the card is, and the frames that it was sent."""
    card = PlayedCard(b"\x01", *answers, b"\xc2")
    return await iso14443_4.kind(card), card.sent


async def test_a_payment_card_is_asked_nothing_else():
    what, sent = await kind(block(0, "6F10"))
    assert what == "payment card"
    assert sent == [
        (RATS, 0.01),
        (checked("02" + PAYMENT), pytest.approx(256 * 16 / 13.56e6 * 16)),  # FWI 4
        (DESELECT, 0.01),
    ]


async def test_a_passport_answers_to_its_application_with_a_status_alone():
    what, sent = await kind(block(0, NOT_FOUND), block(1, "9000"))
    assert what == "electronic passport"
    assert [frame for frame, _ in sent] == [
        RATS, checked("02" + PAYMENT), checked("03" + PASSPORT), DESELECT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "what"),
    [
        ("04010112001605 91AF", "MIFARE DESFire"),
        ("04020112001605 91AF", "ISO 14443-4 card"),  # of another type
        ("04010112001605 9100", "ISO 14443-4 card"),
        ("6D00", "ISO 14443-4 card"),
    ],
)
async def test_any_other_card_is_asked_for_its_version(version, what):
    found, sent = await kind(block(0, NOT_FOUND), block(1, NOT_FOUND), block(0, version))
    assert found == what
    assert sent[3][0] == checked("02" + VERSION)
    assert sent[4][0] == DESELECT


async def test_a_card_that_wants_time_is_given_what_it_wants():
    what, sent = await kind(*[b"\xf2\x05"] * 4, block(0, "9000"))
    assert what == "payment card"
    assert [frame for frame, _ in sent] == [
        RATS, checked("02" + PAYMENT), *[checked("F205")] * 4, DESELECT,
    ]  # fmt: skip


async def test_a_card_sleeps_whatever_comes_of_it():
    card = PlayedCard(b"\x01", CommandTimeout("gone"), b"\xc2")
    with pytest.raises(CommandTimeout, match="gone"):
        await iso14443_4.kind(card)
    assert card.frames[-1] == DESELECT


@pytest.mark.parametrize(
    "answer",
    [b"\xa2", b"\xc2", b"\x22", Received(checked("029000"), last_bits=3),
     Received(checked("029000"), collision=4), Received(b"\x02\x90")],
)  # fmt: skip
async def test_what_is_no_answer_is_refused(answer):
    card = PlayedCard(b"\x01", answer, b"\xc2")
    with pytest.raises(BadFrame):
        await iso14443_4.kind(card)


@pytest.mark.parametrize("first", [0x02, 0x03, 0x06, 0x0A, 0x1E])
async def test_any_information_block_is_an_answer(first):
    """§7.1.1.1: chaining, CID and NAD may be set, and the number is the card's."""
    what, _ = await kind(bytes([first]) + b"\x90\x00")
    assert what == "payment card"


@pytest.mark.parametrize(
    ("ats", "waiting", "historical"),
    [
        ("01", 16, ""),
        ("0200", 16, ""),
        ("031000", 16, ""),
        ("032000", 1, ""),
        ("032050", 32, ""),
        ("0320F0", None, ""),  # reserved: as long as it may at most be
        ("0320E0", None, ""),
        ("04400041", 16, "41"),
        ("0570118000", 256, ""),
        ("0670118000AA", 256, "AA"),
    ],
)
def test_how_long_a_card_may_take(ats, waiting, historical):
    """§5.2.5: 256 × 16 carrier periods, times two to the FWI in the high half of TB."""
    found = ats_of(bytes.fromhex(ats))
    expected = 0.1 if waiting is None else min(0.1, waiting * 4096 / 13.56e6)
    assert found.waiting == pytest.approx(expected)
    assert found.historical == bytes.fromhex(historical)


@pytest.mark.parametrize(
    ("ats", "why"),
    [
        ("", "is not an ATS"),
        ("0200FF", "is not an ATS"),
        ("0210", "lacks its TA"),
        ("0220", "lacks its TB"),
        ("0240", "lacks its TC"),
        ("033000", "lacks its TB"),
        ("0460AA", "is not an ATS"),
        ("04700000", "lacks its TC"),
    ],
)
def test_what_is_no_ats_is_refused(ats, why):
    with pytest.raises(BadFrame, match=why):
        ats_of(bytes.fromhex(ats))
