"""`tallyman dock RECEIPT --as FORM -o FILE`: what goes back to who sent the goods."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.cli.errors import Mistake
from agent.desks.control_client import ask
from agent.dock.papers.forms import PAPERS
from agent.dock.papers.receipt import NoPaper, receipt_of
from foundation.durable import write_output
from foundation.printing import say, say_json


def write_paper(control: Path, args: argparse.Namespace) -> int:
    """Make a paper of a receipt; of several of one notice the newest."""
    if args.output is None:
        raise Mistake("into which file?", advice=f"name it: -o {args.notice.name}.out")
    name = str(args.notice)
    found = [dict(each) for each in ask(control, {"verb": "dock-find", "name": name})]
    receipts = [each for each in found if "receipt" in each]
    if not receipts:
        is_open = f"check {name} is still open" if found else f"there is no receipt {name[:64]!r}"
        raise Mistake(is_open, advice="decide it first" if found else "see it on the receipt: R-…")
    try:
        data = PAPERS[args.paper][1](receipt_of(receipts[-1]))
    except NoPaper as error:
        raise Mistake(
            str(error), advice="take the receipt as text: tallyman dock NUMBER"
        ) from error
    write_output(args.output, data)
    check = receipts[-1]["check"]
    if args.json:
        written = {"file": str(args.output), "form": args.paper, "check": check}
        say_json(written | {"bytes": len(data)})
    else:
        say(f"{args.output}: {args.paper} of receipt {check}, {len(data)} bytes")
    return 0
