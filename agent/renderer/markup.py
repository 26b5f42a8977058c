"""HTML as text that is safe to join: what is not markup of ours is escaped. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable

from foundation.words import one_line

EMPTY = frozenset({"meta", "br", "col"})
"""Elements without an end tag (HTML Living Standard §13.1.2, void elements)."""

Attribute = str | int | float | None


class Html(str):
    """Markup of ours. Any other str is somebody's words, and is escaped where it is used."""

    __slots__ = ()


NOTHING = Html("")


def text(words: str) -> Html:
    """Return words as markup: escaped, and without what turns or hides the text around them."""
    return words if isinstance(words, Html) else Html(html.escape(one_line(words)))


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Return parts one behind the other, each as `text` has it."""
    return Html(text(between).join(text(part) for part in parts))


def element(tag: str, /, *inside: str, **attributes: Attribute) -> Html:
    """Return an element; None leaves an attribute out.

    Of an attribute's name a last `_` goes and others become `-`: `class_`, `aria_label`.
    """
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in EMPTY:
        return Html(f"<{tag}{head}>")
    return Html(f"<{tag}{head}>{joined(inside)}</{tag}>")


def said(words: str) -> Html:
    """Return a stranger's words, kept apart so that letters written from the right move no others.

    (HTML Living Standard §4.5.24, bdi)
    """
    return element("bdi", words)
