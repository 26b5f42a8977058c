"""`tallyman export FORM BUNDLE… -o FILE`: what bundles show, in a form that others read."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from agent.cli.errors import Mistake
from agent.cli.export_post import Posting, add_post, check_post
from agent.cli.given_files import given_bundle, read_policy
from agent.cli.held import held, worst
from agent.cli.times import now_ms
from agent.exports.forms import ABOUT, FORMS, Asked, Export
from agent.exports.shown import Batch, batches_of, moment_of, together
from evidence.bundle import parse_bundle
from evidence.errors import EvidenceError
from evidence.log_set import LogSet
from evidence.report import SEVERITY, Outcome
from foundation.console import WIDTH, folded
from foundation.durable import write_output
from foundation.parser import PlainFormatter
from foundation.printing import say, say_json

HELP = "write what bundles show as EPCIS, SenML, CSV or FSMA 204"

INDENT = 10  # behind the labels
CHECKED = {
    Outcome.AUTHENTIC: "authentic and complete under this policy",
    Outcome.INCOMPLETE: "authentic under this policy, but INCOMPLETE: no gap was declared",
}
UNCHECKED = "no: give --policy to hold the bundles against one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.formatter_class = PlainFormatter
    parser.epilog = "forms:\n" + "\n".join(f"  {name:8} {about}" for name, about in ABOUT.items())
    parser.add_argument("form", metavar="FORM", choices=FORMS, help="the form, see below")
    parser.add_argument(
        "bundles", metavar="BUNDLE", type=Path, nargs="+", help="a record in several counts once"
    )
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--policy", type=Path, metavar="POLICY", help="write only what holds under this policy"
    )
    parser.add_argument("--cbor", action="store_true", help="senml: in CBOR")
    parser.add_argument("--lot", metavar="LOT", default="", help="fsma204: this lot alone")
    add_post(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the export, say what it holds and what not, and post it where that is asked."""
    _check(args)
    posting = Posting(args) if args.post else None
    policy = None if args.policy is None else read_policy(args.policy)
    read = [Read(path, policy) for path in args.bundles]
    batches = together([each.batches for each in read])
    asked = Asked(_now(), args.cbor, args.lot)
    made = FORMS[args.form](batches, asked)
    write_output(args.output, made.data)
    _tell(args, made, batches, checked(read))
    if posting is not None:
        posting.run(made.document)
    return 0


def _check(args: argparse.Namespace) -> None:
    for path in filter(None, (*args.bundles, args.policy)):
        if args.output.exists() and path.exists() and args.output.samefile(path):
            raise Mistake(f"-o would replace {path}", advice="name another file")
    if args.cbor and args.form != "senml":
        raise Mistake("--cbor is of senml alone", advice="leave --cbor out")
    if args.lot and args.form != "fsma204":
        raise Mistake("--lot is of fsma204 alone", advice="leave --lot out")
    check_post(args)


def _now() -> datetime:
    return moment_of(now_ms())


class Read:
    """A bundle that was read: what it shows, and the verdict on it, None without a policy."""

    def __init__(self, path: Path, policy: LogSet | None) -> None:
        """Read the file; Mistake where it is no bundle, or does not hold under the policy."""
        self.verdict: Outcome | None = None
        if policy is None:
            data = given_bundle(path)
        else:
            self.verdict, data = _holding(path, policy)
        try:
            self.batches = batches_of(parse_bundle(data))
        except EvidenceError as error:
            raise Mistake(f"{path} is no bundle: {error}", advice="name a bundle") from error


def _holding(path: Path, policy: LogSet) -> tuple[Outcome, bytes]:
    report, bundle, _ = held(path, policy)
    if report.outcome not in (Outcome.AUTHENTIC, Outcome.INCOMPLETE):
        raise Mistake(
            f"{path} does not hold: {worst(report).text}",
            advice=f"see: tallyman verify {path} --policy POLICY",
        )
    return report.outcome, bundle


def checked(read: Sequence[Read]) -> Outcome | None:
    """Return the worst verdict on the bundles, None where they were held against no policy."""
    verdicts = [each.verdict for each in read if each.verdict is not None]
    return max(verdicts, key=SEVERITY.index, default=None)


def _tell(
    args: argparse.Namespace, made: Export, batches: Sequence[Batch], verdict: Outcome | None
) -> None:
    """Say what the file holds, what was checked, and what was left out."""
    if args.json:
        say_json(
            {
                "file": str(args.output), "form": args.form, "bytes": len(made.data),
                "holds": made.count, "records": sum(len(each.records) for each in batches),
                "checked": None if verdict is None else verdict.name.lower(),
                "left_out": made.left.to_json(),
                "notes": list(made.notes),
            }
        )  # fmt: skip
        return
    say(f"written   {args.output}: {made.holds}, {len(made.data)} bytes")
    for label, text in _lines(made, verdict):
        for number, line in enumerate(folded(text, width=WIDTH - INDENT)):
            say(f"{label if number == 0 else '':{INDENT}}{line}")


def _lines(made: Export, verdict: Outcome | None) -> Iterator[tuple[str, str]]:
    yield "checked", UNCHECKED if verdict is None else CHECKED[verdict]
    label = "left out"
    for line in made.left.lines():
        yield label, line
        label = ""
    label = "note"
    for line in made.notes:
        yield label, line
        label = ""
