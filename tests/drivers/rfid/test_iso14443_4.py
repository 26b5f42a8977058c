"""What ISO 14443-4 cards are; whatever they say, they are cards and no error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadFrame, CommandTimeout
from drivers.rfid import iso14443_4
from drivers.rfid.iso14443_4 import ats_of
from drivers.rfid.iso14443a import with_crc
from drivers.rfid.iso14443a_cards import Received


@pytest.mark.parametrize(
    ("ats", "waiting", "historical"),
    [  # §7.2: 4096 carrier periods, times two to the FWI, which is 4 unless told
        ("067577810280", 0.07733, "80"),  # MIFARE DESFire EV1 data sheet, §8.2
        ("01", 0.004833, ""),
        ("0200", 0.004833, ""),
        ("0310FF", 0.004833, ""),
        ("05200A4142", 0.000302, "4142"),
        ("032090", 0.1, ""),  # 0.15 s, longer than a card takes to say what it is
        ("0320F0", 0.1, ""),
    ],
)
def test_answers_to_select(ats, waiting, historical):
    found = ats_of(bytes.fromhex(ats))
    assert found.waiting == pytest.approx(waiting, rel=0.001)
    assert found.historical == bytes.fromhex(historical)


@pytest.mark.parametrize("ats", ["0378F0", "06", "0210", ""])
def test_what_lacks_what_it_announces_is_no_answer_to_select(ats):
    with pytest.raises(BadFrame):
        ats_of(bytes.fromhex(ats))


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
