"""The SIM card's PIN: tried once, and never again after it was refused. Pure.

A card counts wrong PINs and is blocked after the third (TS 11.11 §11.2.1). Whether one was tried is
written down before it is sent, so that no power cut makes a second try of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

TRIED = "pin_tried"  # the note's key: which PIN of which card
ALL_TRIES = 3  # a card sets its counter back to this when the PIN was right
FEW = 2  # with fewer left it is a person's turn


def mark(iccid: str | None, pin: str) -> str:
    """Return what stands in the notes for a PIN of a card; the PIN cannot be read from it."""
    return hashlib.sha256(f"{iccid or ''} {pin}".encode()).hexdigest()[:16]


def why_not(notes: Mapping[str, Any], sign: str, tries: int | None) -> str:
    """Return why the PIN must not be tried now; nothing where it may.

    A PIN that was tried, and after which the card still counts all tries, was right: the counter
    starts anew with it.
    """
    if tries is not None and tries < FEW:
        return "a person should spend the last one"
    if notes.get(TRIED) == sign and tries != ALL_TRIES:
        return "it was tried before, and the card was not seen to open"
    return ""
