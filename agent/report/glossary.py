"""What the words of a page mean. Pure."""

from __future__ import annotations

from agent.renderer.catalogue import Words
from agent.renderer.document import section
from agent.renderer.markup import Html, element

TERMS = ("unknown", "excursion", "alarm", "gap", "log", "witness", "hidden")


def glossary(words: Words) -> Html:
    """Return the terms with a sentence each."""
    lines = [
        part
        for term in TERMS
        for part in (
            element("dt", words(f"glossary.{term}")),
            element("dd", words(f"glossary.means.{term}")),
        )
    ]
    return section(words("glossary.title"), element("dl", *lines))
