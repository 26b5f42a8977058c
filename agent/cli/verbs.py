"""The verbs of `tallyman`, by who uses them. What a verb does is told by the HELP of its module."""

from __future__ import annotations

from foundation.parser import Parser
from foundation.verbs import Verb, load, table

GROUPS = {
    "keeper and driver: goods change hands": (
        "dock",
        "deliver",
        "shipment",
        "find",
        "shelf",
        "label",
        "decode",
        "commission",
    ),
    "technician: the gateway": (
        "config",
        "status",
        "why",
        "watch",
        "visit",
        "devices",
        "read",
        "profile",
        "override",
        "assess",
        "journal",
        "uplink",
        "zigbee",
        "enrol",
        "update",
        "inherit",
        "salvage",
        "support",
    ),
    "operator: a fleet and its evidence": (
        "run",
        "people",
        "keys",
        "where",
        "gap",
        "metrics",
        "notarize",
        "bundle",
    ),
    "engineer: devices and programs around it": ("describe", "completion", "driver"),
    "auditor: offline, with a bundle and a policy": ("verify", "report", "settle", "export"),
}
"""As in README.md."""

VERBS = {name: f"agent.cli.{name}" for names in GROUPS.values() for name in names}
"""Verb → module."""


def parser_of(name: str) -> tuple[Verb, Parser]:
    """Import the module of a verb; return it with the parser of its arguments."""
    verb = load(VERBS[name])
    parser = Parser(f"tallyman {name}", verb.HELP)
    verb.add_arguments(parser)
    return verb, parser


def page() -> str:
    """Return all verbs as `tallyman --help` shows them."""
    groups = (f"{title}\n{table(VERBS, names)}" for title, names in GROUPS.items())
    return "\n\n".join(groups)
