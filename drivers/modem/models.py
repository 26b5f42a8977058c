"""Which profile a modem's name asks for. Pure."""

from __future__ import annotations

import re

from drivers.modem.answer import Model

_FAMILIES = {
    "SIM70": Model.SIM7070,  # SIM7000, SIM7070, SIM7080: LTE-M and NB-IoT
    "SIM75": Model.SIM7600,
    "SIM76": Model.SIM7600,
    "SIM82": Model.SIM7600,
    "A76": Model.SIM7600,
    "SIM8": Model.SIM800,
    "SIM9": Model.SIM800,
    "EC2": Model.EC25,
    "EG2": Model.EG25,
    "EG9": Model.EG25,
    "BG7": Model.BG96,
    "BG9": Model.BG96,
}
_LONGEST_FIRST = "|".join(sorted(_FAMILIES, key=len, reverse=True))
_NAME = re.compile(rf"(?<![A-Z])({_LONGEST_FIRST})\d")


def model_of(text: str) -> Model | None:
    """Return the profile for a name, as a person or the modem (`AT+CGMM`) tells it."""
    match = _NAME.search(text.upper())
    return None if match is None else _FAMILIES[match[1]]
