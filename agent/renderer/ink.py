"""How the parts of a picture look. As attributes, since not every program that prints pages hands
the page's style sheet on to its pictures. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.renderer.markup import NOTHING, Attribute, Html, element

COLOURS = {
    "ink": "#1b1f24",
    "soft": "#4b5560",
    "line": "#c9d0d8",
    "bar": "#f3f5f7",
    "good": "#12663a",
    "bad": "#a11521",
    "care": "#7a4b00",
    "unknown": "#c4c8cd",
    "excursion": "#c77700",
    "first": "#0b4f8a",
    "second": "#8a5a00",
    "third": "#3d6b1f",
}
"""Those of words have a contrast of 4.5 to 1 at least on white (WCAG 2.2, 1.4.3)."""

Look = Mapping[str, Attribute]


def _line(colour: str, width: float, **more: Attribute) -> Look:
    return {"fill": "none", "stroke": COLOURS[colour], "stroke_width": width, **more}


_ROUND = {"stroke_linecap": "round", "stroke_linejoin": "round"}

LOOKS: Mapping[str, Look] = {
    "frame": _line("soft", 1),
    "tick": _line("line", 1.2),
    "data": _line("first", 2.6, **_ROUND),
    "data x": _line("first", 2.6, **_ROUND),
    "data y": _line("second", 2.6, **_ROUND),
    "data z": _line("third", 2.6, **_ROUND),
    "unknown": {"fill": COLOURS["unknown"]},
    "limit": _line("bad", 2, stroke_dasharray="8 6"),
    "limit-name": {"fill": COLOURS["bad"]},
    "excursion": {"fill": COLOURS["excursion"]},
    "alarm": {"fill": COLOURS["bad"]},
    "offset": _line("ink", 2, stroke_dasharray="2 4"),
    "across": _line("soft", 2, stroke_dasharray="8 8"),
    "bar": _line("ink", 1),
    "mark": {"fill": COLOURS["bad"]},
    "end": {"fill": COLOURS["ink"]},
    "name": {"fill": COLOURS["soft"]},
}
"""Of each part by its class. Lines within a plot count two steps for one unit of the picture."""


def path(name: str, d: str) -> Html:
    """Return a part of a picture, from the `d` of its path; nothing where that is empty."""
    return element("path", class_=name, d=d, **LOOKS[name]) if d else NOTHING


def picture(width: int, height: int, label: str, *inside: str, **told: Attribute) -> Html:
    """Return a picture with what it shows in words; `told` are attributes for programs."""
    return element(
        "svg",
        *inside,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        font_size=10,
        font_family="sans-serif",
        fill=COLOURS["ink"],
        **told,
    )
