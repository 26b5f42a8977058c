"""The papers that a receipt can be made into, by the name that people give. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.dock.papers.advice_861 import advice_861
from agent.dock.papers.recadv import recadv
from agent.dock.papers.receipt import Receipt
from agent.dock.papers.receipt_csv import receipt_csv
from agent.dock.papers.receiving_event import receiving_event

PAPERS: Mapping[str, tuple[str, Callable[[Receipt], bytes]]] = {
    "recadv": (".edi", recadv),
    "861": (".x12", advice_861),
    "epcis": (".jsonld", receiving_event),
    "csv": (".csv", receipt_csv),
}
"""Name → the end of its files' names, and what makes it."""
