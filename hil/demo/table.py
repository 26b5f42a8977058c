"""What a demo shows while it runs: a table that redraws itself, or plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from foundation.console import folded
from foundation.counting import counted

Status = Mapping[str, Any]

WIDTH = 79
_UP = "\x1b[{}A"
_CLEAR_LINE = "\x1b[2K"


def device_row(device: Mapping[str, Any], last: str) -> str:
    """Return one device: name, state, and its last value."""
    state = "silent" if device["silent"] and device["state"] == "running" else device["state"]
    return f"  {device['name']:<12} {state:<10} {last}"[:WIDTH]


def flow_row(status: Status) -> str:
    """Return how far the records got, in the order of the flow."""
    journal = status["journal"]
    if journal["records"] is None:
        return "  journal not read yet"
    batches = sum(journal[state] for state in ("sealed", "accepted", "confirmed", "refused"))
    sealed = counted(batches, "batch", "batches")
    sent = journal["accepted"] + journal["confirmed"]
    return (
        f"  journal {counted(journal['records'], 'record')} -> {sealed} sealed"
        f" -> {sent} sent -> {journal['confirmed']} confirmed"
    )


def rows(status: Status, last_values: Mapping[str, str], seconds_left: int) -> list[str]:
    """Return the whole table."""
    devices = [device_row(each, last_values.get(each["name"], "")) for each in status["devices"]]
    nodes = ", ".join(f"{node['name']} {node['state']}" for node in status["nodes"])
    left = f"{seconds_left} s left" if seconds_left > 0 else "waiting for the last confirmation"
    return [*devices, flow_row(status), f"  ledger  {nodes}"[:WIDTH], f"  {left}"]


class Screen:
    """Prints tables over each other on a terminal, and every few seconds a line elsewhere."""

    def __init__(self, out: TextIO, every: float = 5.0) -> None:
        self._out = out
        self._live = out.isatty()
        self._every = every
        self._height = 0
        self._next = 0.0

    def say(self, text: str) -> None:
        """Print lines that stay; what a program said in a longer one is folded."""
        self._erase()
        for line in text.split("\n"):
            rows = folded(line, indent=3) if len(line) > WIDTH else [line]
            self._out.write("".join(f"{row}\n" for row in rows))
        self._out.flush()

    def show(self, table: Sequence[str], status: Status, now: float) -> None:
        """Show the table as it is at `now`, monotonic seconds."""
        if self._live:
            self._erase()
            self._out.write("".join(f"{line}\n" for line in table))
            self._height = len(table)
        elif now >= self._next:
            self._next = now + self._every
            self._out.write(f"{flow_row(status)}\n")
        self._out.flush()

    def _erase(self) -> None:
        if self._height:
            up = _UP.format(self._height)
            self._out.write(up + f"{_CLEAR_LINE}\n" * self._height + up)
            self._height = 0
