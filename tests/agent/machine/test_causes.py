"""What is wrong with the machine, by what the board and the card say; unknown never counts as no."""

from __future__ import annotations

import pytest

from agent.machine.board import FREQUENCY_CAPPED, THROTTLED, UNDER_VOLTAGE_BEFORE
from agent.machine.causes import (
    DIPPED,
    HEAT,
    SLOWED,
    UNDER_VOLTAGE,
    WORN,
    CardFacts,
    PowerFacts,
)
from foundation.cause import Answer

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
NOTHING = PowerFacts()


@pytest.mark.parametrize(
    ("row", "facts", "answer"),
    [
        (UNDER_VOLTAGE, NOTHING, UNKNOWN),
        (UNDER_VOLTAGE, PowerFacts(under_voltage=True), YES),
        (UNDER_VOLTAGE, PowerFacts(under_voltage=False), NO),
        (DIPPED, NOTHING, UNKNOWN),
        (DIPPED, PowerFacts(flags=0), NO),
        (DIPPED, PowerFacts(flags=UNDER_VOLTAGE_BEFORE), YES),
        (DIPPED, PowerFacts(under_voltage=True, flags=UNDER_VOLTAGE_BEFORE), UNKNOWN),
        (DIPPED, PowerFacts(flags=THROTTLED), NO),
        (HEAT, NOTHING, UNKNOWN),
        (HEAT, PowerFacts(celsius=79.9), NO),
        (HEAT, PowerFacts(celsius=80.0), YES),
        (SLOWED, NOTHING, UNKNOWN),
        (SLOWED, PowerFacts(flags=0), NO),
        (SLOWED, PowerFacts(flags=UNDER_VOLTAGE_BEFORE), NO),
        (SLOWED, PowerFacts(flags=THROTTLED), YES),
        (SLOWED, PowerFacts(flags=FREQUENCY_CAPPED), YES),
        (WORN, CardFacts(), UNKNOWN),
        (WORN, CardFacts(years=0.9), YES),
        (WORN, CardFacts(years=1.0), NO),
        (WORN, CardFacts(own_words="the card says: 10 % of its life is used"), UNKNOWN),
        (WORN, CardFacts(years=9.0, own_words="the card says: 90 % of its life is used"), YES),
        (WORN, CardFacts(own_words="the card says: its spare blocks run out"), YES),
    ],
)
def test_a_row_says_yes_no_or_unknown(row, facts, answer):
    assert row.test(facts).answer is answer


def test_the_card_s_own_words_are_evidence_where_nothing_is_forecast():
    words = "the card says: 10 % of its life is used"
    assert WORN.test(CardFacts(own_words=words)).pro == (words,)
    assert WORN.test(CardFacts(years=2.345)).contra == ("at this rate it lasts 2.3 years",)
