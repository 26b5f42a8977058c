"""`tallyman dock NUMBER --stages`: how long a check took, stage by stage, receipt beside receipt.

The same pallet checked once by tags and once by barcode alone, under one notice, stands in two
columns.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.cli.errors import Mistake
from agent.desks.control_client import ask
from agent.dock.differences import BARCODE, HAND, TAG
from foundation.console import cut
from foundation.printing import say_each, say_json

LABEL, COLUMN = 30, 16  # widths
MOST_COLUMNS = 3  # that fit beside the labels
WAYS = {TAG: "tags read", BARCODE: "barcodes scanned", HAND: "labels typed in"}


def show_stages(control: Path, args: argparse.Namespace) -> int:
    """Print the stages of the receipts with a number, or of its notice, the newest ones."""
    found = ask(control, {"verb": "dock-find", "name": str(args.notice)})
    told = [dict(each) for each in found if each.get("stages")]
    if not told:
        raise Mistake(
            f"no receipt {str(args.notice)[:64]!r} has its records here still",
            advice="name a receipt, R-…, or its notice",
        )
    if args.json:
        for each in told:
            say_json(each["stages"] | {"check": each["check"]})
        return 0
    say_each(table(told[-MOST_COLUMNS:]))
    return 0


def table(told: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each stage, a column for each receipt."""
    yield _row("receipt", [each["check"].removeprefix("R-") for each in told])
    for source, words in WAYS.items():
        yield _row(words, [str(each["stages"]["sources"].get(source, 0)) for each in told])
    pairs = (
        ("begin to first read", "opened_ms", "first_ms"),
        ("first read to last", "first_ms", "last_ms"),
        ("last read to decision", "last_ms", "decided_ms"),
        ("begin to decision", "opened_ms", "decided_ms"),
    )
    for words, start, end in pairs:
        yield _row(words, [_seconds(each["stages"], start, end) for each in told])
    yield _row("signed", ["yes" if each["stages"]["signed"] else "no" for each in told])
    yield _row("pieces found", [str(each["receipt"]["found"]) for each in told])


def _row(label: str, values: Sequence[str]) -> str:
    return cut(f"{label:{LABEL}}" + "".join(f"{value:>{COLUMN}}" for value in values))


def _seconds(stages: dict[str, Any], start: str, end: str) -> str:
    if stages[start] is None or stages[end] is None:
        return "nothing seen"
    return f"{(stages[end] - stages[start]) / 1000:.1f} s"
