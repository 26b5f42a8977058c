"""Rules in words. Pure."""

from __future__ import annotations

from agent.rules.rates import RATES
from agent.rules.rule import Rule
from agent.rules.sources import BATTERY, EVENTS, FAULTS
from drivers.kinds import KINDS

_KIND_OF = {"peak": EVENTS, FAULTS: BATTERY}


def unit_of(field: str) -> str:
    """Return the unit of a value that rules may be about."""
    if field in RATES:
        return f"{unit_of(RATES[field])}/min"
    found = KINDS[_KIND_OF.get(field, "temperature")].field(field)
    assert found is not None
    return found.unit


def limit_words(rule: Rule) -> str:
    """Return what a rule looks for, as `temperature above 8 °C`."""
    what = f"change of {RATES[rule.field]}" if rule.field in RATES else rule.field
    return f"{what} {rule.side.words} {rule.limit:g} {unit_of(rule.field)}".rstrip()
