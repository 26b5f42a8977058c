"""What is wrong with the machine, by what the board and the card say; unknown never counts as no."""

from __future__ import annotations

import pytest

from agent.machine.causes import (
    DIPPED,
    HEAT,
    SLOWED,
    UNDER_VOLTAGE,
    WORN,
    CardFacts,
    PowerFacts,
)
from foundation.cause import no, perhaps, yes

NOTHING = PowerFacts()

# Bits of get_throttled (Raspberry Pi documentation, "vcgencmd")
CAPPED, THROTTLED, LOW_BEFORE = 0x2, 0x4, 0x10000

LOW_NOW = yes("the board reports it now")
DIP = yes("the board reports that it was too low since the last start")
NO_DIP = no("it was never too low since the last start")
SLOW = yes("the firmware slows the processor down now")
NOT_SLOW = no("the firmware does not slow the processor down")
SAID = "the card says: "


@pytest.mark.parametrize(
    ("row", "facts", "found"),
    [
        (UNDER_VOLTAGE, NOTHING, perhaps()),
        (UNDER_VOLTAGE, PowerFacts(under_voltage=True), LOW_NOW),
        (UNDER_VOLTAGE, PowerFacts(under_voltage=False), no("not at this moment")),
        (DIPPED, NOTHING, perhaps()),
        (DIPPED, PowerFacts(flags=0), NO_DIP),
        (DIPPED, PowerFacts(flags=LOW_BEFORE), DIP),
        (
            DIPPED,
            PowerFacts(under_voltage=True, flags=LOW_BEFORE),
            perhaps(contra=("it is too low right now",)),
        ),
        (DIPPED, PowerFacts(flags=THROTTLED), NO_DIP),
        (HEAT, NOTHING, perhaps()),
        (HEAT, PowerFacts(celsius=79.9), no("the processor has 80 °C")),
        (HEAT, PowerFacts(celsius=80.0), yes("the processor has 80 °C")),
        (SLOWED, NOTHING, perhaps()),
        (SLOWED, PowerFacts(flags=0), NOT_SLOW),
        (SLOWED, PowerFacts(flags=LOW_BEFORE | 1), NOT_SLOW),
        (SLOWED, PowerFacts(flags=THROTTLED), SLOW),
        (SLOWED, PowerFacts(flags=CAPPED), SLOW),
        (WORN, CardFacts(), perhaps()),
        (WORN, CardFacts(years=0.9), yes("at this rate it lasts 0.9 years")),
        (WORN, CardFacts(years=1.0), no("at this rate it lasts 1.0 years")),
        (WORN, CardFacts(years=2.345), no("at this rate it lasts 2.3 years")),
        (
            WORN,
            CardFacts(own_words=f"{SAID}10 % of its life is used"),
            perhaps(f"{SAID}10 % of its life is used"),
        ),
        (
            WORN,
            CardFacts(years=9.0, own_words=f"{SAID}90 % of its life is used"),
            yes(f"{SAID}90 % of its life is used"),
        ),
        (
            WORN,
            CardFacts(own_words=f"{SAID}its spare blocks run out"),
            yes(f"{SAID}its spare blocks run out"),
        ),
    ],
)
def test_a_row_says_yes_no_or_unknown_and_why(row, facts, found):
    assert row.test(facts) == found
