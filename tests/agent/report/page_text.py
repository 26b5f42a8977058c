"""A page as lines that a person can compare: each heading, paragraph, row and picture is one."""

from __future__ import annotations

from collections.abc import Iterator

from tests.agent.report.reading import Node, read

SPANS = ("unknown", "excursion", "alarm", "limit")
"""Of a plot's paths those that tell when and where; the others have tests of their own."""

MARKS = {"h1": "# ", "h2": "## ", "h3": "### ", "caption": "[", "li": "- "}


def lines_of(page: str) -> list[str]:
    """The page's lines, without its head."""
    return list(_lines(read(page).one("main")))


def _lines(node: Node) -> Iterator[str]:
    for each in node.parts:
        if isinstance(each, str):
            continue
        if each.tag == "svg":
            yield from _picture(each)
        elif each.tag == "tr":
            yield " | ".join(_cell(cell) for cell in each.parts if isinstance(cell, Node))
        elif each.tag in ("h1", "h2", "h3", "p", "li", "pre", "caption") and not each.all("li"):
            yield MARKS.get(each.tag, "") + _cell(each)
        else:
            yield from _lines(each)


def _cell(node: Node) -> str:
    """The words of an element; what stands on lines of their own is parted by a slash."""
    told = [
        each
        if isinstance(each, str)
        else " / "
        if each.tag == "br"
        else " / ".join(map(_cell, each.all("li")))
        if each.tag == "ul"
        else _cell(each)
        for each in node.parts
    ]
    return "".join(told).strip()


def _picture(svg: Node) -> Iterator[str]:
    label, words = svg.attributes["aria-label"], [each.text for each in svg.all("text")]
    yield f"picture of {label}: {', '.join(words)}"
    for path in svg.all("path"):
        if path.attributes["class"] in SPANS:
            yield f"  {path.attributes['class']} {path.attributes['d']}"
