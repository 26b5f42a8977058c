"""What `tallyman dock` and `tallyman deliver` can be told on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.cli.arguments import add_config, count
from agent.config.dock import LANGUAGES
from agent.dock.differences import CODE_TEXTS, REMARKS
from agent.dock.history import DECISIONS
from agent.dock.papers.forms import PAPERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "notice",
        metavar="NOTICE",
        nargs="?",
        type=Path,
        help="file of the notice, or number of a check, receipt or notice; without one: list the "
        "open checks",
    )
    add_check_arguments(parser)
    parser.add_argument("--operator", metavar="NAME", default="", help="who checks")
    parser.add_argument("--sign", action="store_true", help="sign with the operator's PIN")
    parser.add_argument(
        "--as",
        dest="paper",
        choices=PAPERS,
        help="make a paper of a receipt: EANCOM RECADV, X12 861, EPCIS 2.0, or a table",
    )
    parser.add_argument(
        "--stages", action="store_true", help="how long each stage of a receipt's check took"
    )
    parser.add_argument(
        "--preview", action="store_true", help="show what a notice says; no check begins"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where that goes")
    parser.add_argument(
        "--returns", action="store_true", help="check goods that come back against this notice"
    )


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a check at the dock and a delivery have in common."""
    add_config(parser)
    parser.add_argument("--utc", action="store_true", help="show times in UTC")
    parser.add_argument(
        "--lang", choices=LANGUAGES, help="language of screen and receipt, else [dock] language"
    )
    parser.add_argument("--read-point", metavar="P", help="where the goods pass")
    parser.add_argument(
        "--notice",
        dest="number",
        metavar="NUMBER",
        default="",
        help="which one of a file's notices",
    )
    parser.add_argument(
        "--label", action="append", default=[], metavar="TEXT", help="a label no device could read"
    )
    known = ", ".join(f"{code} {CODE_TEXTS[code]}" for code in REMARKS)
    parser.add_argument(
        "--remark", nargs=2, action="append", default=[], metavar=("CODE", "LABEL"), help=known
    )
    parser.add_argument(
        "--quantity", type=count, default=1, help="how many pieces a label or a remark is about"
    )
    parser.add_argument("--rejected", action="store_true", help="refuse the pieces of a remark")
    parser.add_argument("--reason", default="", help="why, for labels and remarks")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="picture of what a remark says")
    parser.add_argument(
        "--undo", type=int, nargs="?", const=-1, metavar="N", help="take back entry N, or the last"
    )
    parser.add_argument(
        "--passed", action="store_true", help="count what passed just before the check began"
    )
    parser.add_argument(
        "--trip", type=Path, metavar="BUNDLE", help="bundle that proves the journey"
    )
    parser.add_argument("--policy", type=Path, help="policy to check that bundle against")
    parser.add_argument("--decide", choices=DECISIONS, help="close the check without asking")
    parser.add_argument(
        "--qr", action="store_true", help="draw the receipt's QR code even into a pipe"
    )
    parser.add_argument("--json", action="store_true", help="print the check or receipt as JSON")
