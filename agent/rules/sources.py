"""Which values of records rules may be about. Pure."""

from __future__ import annotations

from agent.rules.rates import RATES

EVENTS = "shock"
"""The kind whose records tell of events: between two of them nothing is unknown."""

LASTING = {"temperature": ("temperature", "humidity", "pressure", *RATES)}
"""Kinds of records whose values are the goods' and last until the next one."""

BATTERY, FAULTS = "battery", "faults"
"""A battery's own management reports faults by name: rules are about how many there are."""

SOURCES = {**LASTING, EVENTS: ("peak",), BATTERY: (FAULTS,)}
"""Kinds of records with the values of theirs that rules may be about."""

OF_GOODS = frozenset({*LASTING, EVENTS})
"""Those that tell what goods feel."""
