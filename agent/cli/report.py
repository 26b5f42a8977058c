"""`tallyman report BUNDLE|RECEIPT|SHIPMENT -o FILE.html`: what it tells, as one page."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from datetime import UTC
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.given_files import read_policy
from agent.cli.held import held, worst
from agent.cli.stamp import PLAIN_NAME
from agent.cli.times import zone_named
from agent.renderer.catalogue import LANGUAGES, words_of
from agent.renderer.zone import Zone
from agent.report.case import Case, TakenOut
from agent.report.page import page
from agent.report.proof import CLOSING_BYTES
from agent.report.receipt_page import receipt_page
from evidence.report import Outcome
from foundation.durable import write_output
from foundation.printing import say, say_json

HELP = "what a bundle, receipt or shipment tells, as one page"

RECEIPT = re.compile(r"R-([0-9]{8}|undated)-[0-9]+")
"""The number of a receipt, as the dock makes it (agent/desks/dock.py)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "what",
        metavar="BUNDLE|RECEIPT|SHIPMENT",
        help="a bundle's file; on the gateway a receipt's number, or a shipment's name, whose "
        "bundle is then written beside the page",
    )
    parser.add_argument("--policy", type=Path, help="policy to check a bundle against")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.html", help="where the page goes"
    )
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=LANGUAGES[0], help="the page's language"
    )
    parser.add_argument(
        "--zone", metavar="ZONE", help="whose local time, as Europe/Rome; default: this machine's"
    )
    parser.add_argument("--utc", action="store_true", help="show times in UTC alone")
    parser.add_argument(
        "--pdf", type=Path, metavar="FILE.pdf", help="also print it, with WeasyPrint or Chromium"
    )
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def run(args: argparse.Namespace) -> int:
    """Write the page. Of a bundle that proves nothing, too: then the page says so."""
    zone = _zone(args)
    if args.pdf is not None and args.pdf.absolute() == args.output.absolute():
        raise Mistake("-o and --pdf are one file", advice="name another file for one of them")
    if os.path.exists(args.what):  # noqa: PTH110  a Path raises for names too long for any file
        if args.policy is None:
            raise Mistake("whose signatures count?", advice="name the policy: --policy policy.txt")
        _of_bundle(args, zone, Path(args.what), args.policy)
    elif RECEIPT.fullmatch(args.what):
        _of_receipt(args, zone)
    else:
        from agent.cli.report_shipment import bundled  # noqa: PLC0415  an auditor has no gateway

        _of_bundle(args, zone, *bundled(args))
    return 0


def _of_bundle(args: argparse.Namespace, zone: Zone, path: Path, policy_path: Path) -> None:
    policy = read_policy(policy_path)
    for output in filter(None, (args.output, args.pdf)):
        _refuse_loss(output, path, policy_path)
    report, bundle, stamp = held(path, policy)
    if report.outcome is Outcome.UNREADABLE:
        raise Mistake(
            f"{path} is no bundle: {worst(report).text}",
            advice=f"see: tallyman verify {path} --policy {policy_path}",
        )
    digest = hashlib.sha256(bundle[:-CLOSING_BYTES]).hexdigest()
    taken_out = None if stamp is None else TakenOut(stamp.plain_step(path.name), PLAIN_NAME)
    del bundle, stamp  # as large as the page's memory may be
    case = Case(
        report=report,
        name=path.name,
        digest=digest,
        policy=policy.digest,
        words=words_of(args.lang),
        zone=zone,
        taken_out=taken_out,
    )
    _write(args, page(case), verdict=report.outcome.name.lower(), exit=int(report.outcome))


def _of_receipt(args: argparse.Namespace, zone: Zone) -> None:
    from agent.cli.place import gateway  # noqa: PLC0415  an auditor has no agent, and less memory
    from agent.desks.control_client import ask  # noqa: PLC0415

    if args.policy is not None:
        raise Mistake("--policy is for a bundle", advice="leave it out: the gateway tells it")
    control = gateway(args).control
    found: list[dict[str, Any]] = list(ask(control, {"verb": "dock-find", "name": args.what}))
    told = next((each for each in found if each.get("receipt")), None)
    if told is None:
        raise Mistake(
            f"this gateway knows no receipt {args.what}",
            advice="give the number that stands on the receipt, on the gateway that made it",
        )
    _write(args, receipt_page(told, words_of(args.lang), zone), receipt=told["check"])


def _refuse_loss(output: Path, *sources: Path) -> None:
    """Raise Mistake where the page would take the place of what it is made from."""
    if output.exists() and any(output.samefile(each) for each in sources):
        raise Mistake(f"the page is to be made from {output}", advice="name another file")


def _zone(args: argparse.Namespace) -> Zone:
    if args.utc and args.zone is not None:
        raise Mistake("--zone and --utc exclude each other", advice="leave one of them out")
    if args.utc:
        return Zone(UTC)
    return Zone(None if args.zone is None else zone_named(args.zone))


def _write(args: argparse.Namespace, text: str, **told: str | int) -> None:
    made = text.encode()
    if args.pdf is not None:
        from agent.cli.report_pdf import printed  # noqa: PLC0415  seldom asked for

        write_output(args.pdf, printed(made))
    write_output(args.output, made)
    if args.json:
        say_json({"file": str(args.output), "bytes": len(made), "lang": args.lang} | told)
    else:
        words = ", ".join(str(each) for each in told.values() if isinstance(each, str))
        say(f"wrote {args.output}: {words}, {len(made)} bytes")
        if args.pdf is not None:
            say(f"wrote {args.pdf}")
