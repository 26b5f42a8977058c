"""A receipt of the dock as a page of its own. Pure."""

from __future__ import annotations

from agent.renderer.catalogue import Words
from agent.renderer.document import document
from agent.renderer.markup import element, said
from agent.renderer.zone import Zone
from agent.report.receipts import Told, card


def receipt_page(told: Told, words: Words, zone: Zone) -> str:
    """Return the page of a receipt, as its gateway tells it."""
    title = words("receipt.number", check=said(str(told["check"])))
    return document(
        words.language,
        title,
        (
            element("p", words("receipt.no-proof"), class_="soft"),
            card(told, words, zone),
            element("p", words("clock.local"), class_="soft"),
        ),
    )
