"""A page as a browser reads it: elements, words, numbers, and what its plots show.

By html.parser and arithmetic alone: nothing of what made the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "col"}


@dataclass
class Node:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str]
    parts: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(each if isinstance(each, str) else each.text for each in self.parts)

    def all(self, tag: str = "", **wanted: str) -> list[Node]:
        """All elements within of that name, and with these attributes."""
        names = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        found = []
        for each in self.parts:
            if isinstance(each, Node):
                has = all(each.attributes.get(name) == value for name, value in names.items())
                if has and tag in ("", each.tag):
                    found.append(each)
                found += each.all(tag, **wanted)
        return found

    def one(self, tag: str, **wanted: str) -> Node:
        (found,) = self.all(tag, **wanted)
        return found

    @property
    def numbers(self) -> list[float]:
        """The numbers in it, as they are for programs."""
        return [float(each.attributes["value"]) for each in self.all("data")]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].parts.append(data.replace("\xa0", " "))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def read(page: str) -> Node:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root], "every element is closed"
    return reader.root


def shape(node: Node) -> list[object]:
    """The elements of a page and the names of their attributes, without any words."""
    inner = [shape(each) for each in node.parts if isinstance(each, Node)]
    return [node.tag, sorted(node.attributes), inner]


def drawn(path: str) -> list[list[tuple[int, int]]]:
    """The points that a path goes through, a list for each M."""
    runs: list[list[tuple[int, int]]] = []
    x = y = 0
    for letter, one, other in re.findall(r"([MlvhHz])(-?\d+)?(?: ?(-?\d+))?", path):
        match letter:
            case "M":
                x, y = int(one), int(other)
                runs.append([])
            case "l":
                x, y = x + int(one), y + int(other)
            case "v":
                y += int(one)
            case "h":
                x += int(one)
            case "H":
                x = int(one)
            case "z":
                continue
        runs[-1].append((x, y))
    return runs


def line_columns(path: str) -> dict[int, tuple[int, int]]:
    """Of each column that a line has a point in: the highest and the lowest of its steps."""
    found: dict[int, tuple[int, int]] = {}
    for run in drawn(path):
        for x, y in run:
            top, bottom = found.get(x, (y, y))
            found[x] = min(top, y), max(bottom, y)
    return found


def band_columns(path: str) -> set[int]:
    """The columns that bands cover."""
    found: set[int] = set()
    for run in drawn(path):
        across = [x for x, _ in run]
        found |= set(range(min(across), max(across)))
    return found
