"""EPCIS events in XML → the same events as JSON has them. Pure, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.dock.notice import NoticeError
from agent.dock.xml_notice import MOST_DEPTH, MOST_NODES, bounded_parser, parse

EVENTS = ("ObjectEvent", "AggregationEvent")
LISTS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "quantityList": "quantityElement",
    "childQuantityList": "quantityElement",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
"""Elements that hold several of one name."""

_EXTENSIONS = ("extension", "baseExtension")
_WITH_TYPE = ("bizTransaction", "source", "destination")


class Node:
    """One element: its local name, attributes, text and children."""

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Node] = []


def events_of(data: bytes) -> list[dict[str, Any]]:
    """Return the events of a document, oldest first as it lists them; NoticeError for no XML."""
    found: list[dict[str, Any]] = []
    open_: list[Node] = []
    parser = bounded_parser()
    count = 0

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_NODES or len(open_) > MOST_DEPTH:
            raise NoticeError(f"line {parser.CurrentLineNumber}: too deep or too many elements")
        open_.append(Node(name.rpartition("}")[2], attributes))

    def characters(text: str) -> None:
        if open_:
            open_[-1].text += text

    def end(_: str) -> None:
        node = open_.pop()
        if node.name in EVENTS:
            found.append(_event(node))
        elif any(each.name in EVENTS for each in open_):
            open_[-1].children.append(node)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parse(parser, data)
    return found


def _event(node: Node) -> dict[str, Any]:
    event: dict[str, Any] = {"type": node.name}
    for child in _flat(node):
        if child.name in LISTS:
            event[child.name] = [_member(each) for each in child.children]
        elif child.name == "ilmd":
            event["ilmd"] = {each.name: each.text.strip() for each in child.children}
        else:
            event.setdefault(child.name, child.text.strip())
    return event


def _flat(node: Node) -> list[Node]:
    """Return an event's elements; 1.2 keeps what came later in extensions."""
    return [
        inner
        for child in node.children
        for inner in (_flat(child) if child.name in _EXTENSIONS else [child])
    ]


def _member(node: Node) -> Any:
    if node.name in _WITH_TYPE:
        return {"type": node.attributes.get("type", ""), node.name: node.text.strip()}
    if node.children:
        return {each.name: each.text.strip() for each in node.children}
    return node.text.strip()
