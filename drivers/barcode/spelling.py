"""Key presses → text, where nobody said which keyboard a scanner plays. Pure.

A layout makes sense of a scan when its text is GS1 content without a problem: a GS1 scan so leaves
the layouts that spell it alike, often several. Where those that are left spell a scan differently,
nobody knows which text was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.keystrokes import Press, text_of
from drivers.barcode.layouts import LAYOUTS, Layout

EVERY = tuple(LAYOUTS.values())


@dataclass(frozen=True, slots=True)
class Spelling:
    """A scan's text; `layouts` are the keyboards that it may be of, `doubt` why it may differ."""

    text: str
    layouts: tuple[Layout, ...]
    doubt: str = ""


def spelled(
    presses: tuple[Press, ...], known: tuple[Layout, ...] = EVERY, fnc1: Fnc1 | None = None
) -> Spelling:
    """Return what the presses spell on the `known` layouts, and which of these may be the one."""
    sense = (fnc1 or Fnc1()).makes_sense
    texts = {layout.name: text_of(presses, layout) for layout in EVERY}
    sensible = tuple(layout for layout in EVERY if sense(texts[layout.name]))
    left = tuple(layout for layout in known if layout in sensible)
    if sensible and not left:
        return _another(texts, known[0], sensible)
    layouts = left or known
    first = texts[layouts[0].name]
    for layout in layouts:
        if texts[layout.name] != first:
            return Spelling(first, layouts, _doubt(layout, texts[layout.name]))
    return Spelling(first, layouts)


def _another(texts: dict[str, str], before: Layout, sensible: tuple[Layout, ...]) -> Spelling:
    """Return a scan that only makes sense on another keyboard than those before it."""
    text = texts[sensible[0].name]
    return Spelling(text, sensible, _doubt(before, texts[before.name]))


def _doubt(layout: Layout, text: str) -> str:
    return f"on a keyboard {layout.name} it would be {text}"
