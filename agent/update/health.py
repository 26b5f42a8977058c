"""Does a gateway do as well as before the update? A judgement over two of its statuses. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

RUNNING, OK = "running", "ok"


def snapshot(status: Mapping[str, Any] | None) -> str:
    """Return what is to be compared of a status, as JSON; of an agent that was down: nothing."""
    if status is None:
        return "{}"
    devices = sorted(each["name"] for each in status["devices"] if each["state"] == RUNNING)
    nodes = {each["name"]: each["state"] for each in status["nodes"]}
    return json.dumps({"devices": devices, "nodes": nodes})


def fault(before: str, version: str, status: Mapping[str, Any] | None) -> str:
    """Return what is worse than before, or empty.

    The agent is up and of `version`; each device that ran runs; a node answers if one did, and if
    none did, each is in the state it was in.
    """
    if status is None:
        return "the agent does not answer"
    if status["version"] != version:
        return f"version {status['version']} runs, not {version}"
    then = json.loads(before or "{}")
    now = {each["name"]: each["state"] for each in status["devices"]}
    for name in then.get("devices", ()):
        if now.get(name) != RUNNING:
            return f"{name} ran before the update and is {now.get(name, 'gone')} now"
    return _node_fault(then.get("nodes", {}), status)


def _node_fault(then: Mapping[str, str], status: Mapping[str, Any]) -> str:
    nodes = {each["name"]: each["state"] for each in status["nodes"]}
    if OK in then.values():
        answers = OK in nodes.values()
        return "" if answers else "no ledger node answers, and one did before the update"
    for name, state in then.items():
        if nodes.get(name) not in (state, OK):
            return f"node {name} was {state} before the update and is {nodes.get(name)} now"
    return ""
