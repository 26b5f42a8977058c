"""A page that needs nothing but itself: no script, no address, one style sheet. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agent.renderer.markup import Html, element, joined
from agent.renderer.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content Security Policy: the page loads nothing and runs nothing, whatever stands in it."""


def document(language: str, title: str, sections: Iterable[Html]) -> str:
    """Return a page as HTML, in the order of `sections`; `language` as BCP 47 has it."""
    head = (
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    body = element("main", element("h1", title), *sections)
    whole = element("html", element("head", *head), element("body", body), lang=language)
    return joined((Html("<!DOCTYPE html>\n"), whole, Html("\n")))


def section(title: str, *inside: str, **attributes: str) -> Html:
    """Return a section under a heading."""
    return Html(element("section", element("h2", title), *inside, **attributes) + "\n")
