"""What ISO 14443-4 cards are; whatever they say, they are cards and no error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadFrame, CommandTimeout
from drivers.rfid import iso14443_4
from drivers.rfid.iso14443_4 import DEFAULT_FWI, FRAME_WAITING, LONGEST_WAIT, ats_of
from drivers.rfid.iso14443a import with_crc
from drivers.rfid.iso14443a_cards import Received


@pytest.mark.parametrize(
    ("ats", "fwi", "historical"),
    [
        ("067577810280", 8, "80"),  # MIFARE DESFire EV1 data sheet, §8.2
        ("01", DEFAULT_FWI, ""),
        ("0200", DEFAULT_FWI, ""),
        ("05200A4142", 0, "4142"),
        ("0378F0", DEFAULT_FWI, None),
        ("06", None, None),
    ],
)
def test_answers_to_select(ats, fwi, historical):
    if historical is None:
        with pytest.raises(BadFrame):
            ats_of(bytes.fromhex(ats))
        return
    found = ats_of(bytes.fromhex(ats))
    assert found.waiting == min(FRAME_WAITING * 2**fwi, LONGEST_WAIT)
    assert found.historical == bytes.fromhex(historical)


class Parrot:
    """An antenna whose card says what it is told to."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers

    async def send(self, data, *, within, last_bits=0, align=0):
        if not self.answers:
            raise CommandTimeout("gone")
        return Received(with_crc(self.answers.pop(0)))


async def test_a_card_that_wants_time_for_ever_is_given_up():
    with pytest.raises(BadFrame, match="is not an answer"):
        await iso14443_4.kind(Parrot([b"\x01", *[b"\xf2\x01"] * 5, b"\xc2"]))


@given(st.lists(st.binary(max_size=20), max_size=12))
async def test_whatever_a_card_says_it_has_a_kind_or_was_disturbed(answers):
    try:
        found = await iso14443_4.kind(Parrot([b"\x01", *answers]))
    except (BadFrame, CommandTimeout):
        return
    assert found in {iso14443_4.ANY, "MIFARE DESFire", *iso14443_4.APPLICATIONS.values()}
