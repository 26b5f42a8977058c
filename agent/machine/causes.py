"""What is wrong with the machine itself: supply, heat, the card's wear."""

from __future__ import annotations

from dataclasses import dataclass

from agent.machine.board import FREQUENCY_CAPPED, THROTTLED, UNDER_VOLTAGE_BEFORE
from foundation.cause import Cause, Finding, no, perhaps, yes

HOT = 80.0
"""°C at which a Raspberry Pi slows its processor down (its documentation, "Thermal throttling")."""

SHORT_LIFE = 1.0
"""Years that a card should have left; less than a vehicle's next inspection."""

WORN_WORDS = ("90 %", "100 %", "spare")
"""What an embedded card says of itself when little of its life is left."""


@dataclass(frozen=True, slots=True)
class PowerFacts:
    """Supply and processor as the board tells; None where it does not.

    `flags` are the firmware's get_throttled bits.
    """

    under_voltage: bool | None = None
    flags: int | None = None
    celsius: float | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The card's wear; `years` as forecast, None: unknown. `own_words` are the card's."""

    years: float | None = None
    own_words: str = ""


PowerCause = Cause[PowerFacts]


def _under_voltage(facts: PowerFacts) -> Finding:
    if facts.under_voltage is None:
        return perhaps()
    return yes("the board reports it now") if facts.under_voltage else no("not at this moment")


def _dipped(facts: PowerFacts) -> Finding:
    if facts.flags is None:
        return perhaps()
    if facts.under_voltage:
        return perhaps(contra=("it is too low right now",))
    if facts.flags & UNDER_VOLTAGE_BEFORE:
        return yes("the board reports that it was too low since the last start")
    return no("it was never too low since the last start")


def _hot(facts: PowerFacts) -> Finding:
    if facts.celsius is None:
        return perhaps()
    heat = f"the processor has {facts.celsius:.0f} °C"
    if facts.celsius >= HOT:
        return yes(heat)
    return no(heat)


def _slowed(facts: PowerFacts) -> Finding:
    if facts.flags is None:
        return perhaps()
    if facts.flags & (THROTTLED | FREQUENCY_CAPPED):
        return yes("the firmware slows the processor down now")
    return no("the firmware does not slow the processor down")


def _worn(facts: CardFacts) -> Finding:
    if any(word in facts.own_words for word in WORN_WORDS):
        return yes(facts.own_words)
    if facts.years is None:
        return perhaps(facts.own_words) if facts.own_words else perhaps()
    left = f"at this rate it lasts {facts.years:.1f} years"
    return yes(left) if facts.years < SHORT_LIFE else no(left)


UNDER_VOLTAGE = PowerCause(
    "power.under-voltage",
    symptom="devices and card fail now and then",
    sentence="the supply is too low",
    next="use a supply of 5.1 V and 3 A with a short thick cable; take USB devices off to test",
    command="vcgencmd get_throttled",
    unproven="whether supply, cable or load is at fault",
    test=_under_voltage,
)
HEAT = PowerCause(
    "power.hot",
    symptom="the machine is slow",
    sentence="the processor is too hot",
    next="give the case air or shade, or a heat sink",
    command="vcgencmd measure_temp",
    unproven="whether sun, load or a blocked vent heats it",
    test=_hot,
)
DIPPED = PowerCause(
    "power.dipped",
    symptom="devices and card fail now and then",
    sentence="the supply was too low for a moment since the last start",
    next="look at plug and cable; see when: tallyman journal --kind power",
    command="tallyman journal --kind power",
    unproven="what drew so much, or let go",
    test=_dipped,
)
SLOWED = PowerCause(
    "power.throttled",
    symptom="the machine is slow",
    sentence="the firmware slows the processor down",
    next="mend heat or supply first; it ends by itself",
    command="vcgencmd get_throttled",
    unproven="which of the two it is",
    test=_slowed,
)
POWER = (UNDER_VOLTAGE, HEAT, DIPPED, SLOWED)

WORN = Cause[CardFacts](
    "store.worn",
    symptom="the card has little life left",
    sentence="the card is worn: it may fail soon",
    next="make a new card and inherit what is here: docs/operate/disk.md",
    unproven="when it fails",
    test=_worn,
)
