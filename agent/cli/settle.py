"""`tallyman settle BUNDLE BUNDLE …`: tags that several gateways had at once, and who has them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from agent.cli.given_files import read_policy
from agent.cli.proven import gateway_of, verified
from agent.cli.times import format_time
from agent.observe.claims import KIND, Claim, Ruling, claims_of, contests, settle, timed
from foundation.counting import counted
from foundation.printing import say, say_json

HELP = "decide which gateway has a tag that several claim"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("bundles", type=Path, metavar="BUNDLE", nargs="+", help="one per gateway")
    parser.add_argument(
        "--policy", type=Path, required=True, help="policy to check all of them against"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per tag")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")


def run(args: argparse.Namespace) -> int:
    """Verify the bundles, and print a ruling for each tag that more than one gateway had."""
    policy = read_policy(args.policy)
    claims: list[Claim] = []
    untimed = 0
    for path in args.bundles:
        report = verified(path, policy)
        claims += claims_of(gateway_of(path, report), report.records)
        untimed += sum(each.kind == KIND and not timed(each) for each in report.records)
    rulings = [settle(contest) for contest in contests(claims)]
    if args.json:
        for ruling in rulings:
            say_json(asdict(ruling))
        return 0
    for line in page(rulings, len(claims), untimed, utc=args.utc):
        say(line)
    return 0


def page(rulings: Sequence[Ruling], claims: int, untimed: int, *, utc: bool) -> Iterator[str]:
    """Yield the rulings for people."""
    stays, tags = counted(claims, "stay"), counted(len(rulings), "tag")
    yield f"{stays} of tags; {tags} claimed by more than one gateway"
    if untimed:
        yield f"left out: {counted(untimed, 'record')} whose clock nobody vouches for"
    for ruling in rulings:
        yield ""
        yield f"EPC {ruling.claims[0].epc}"
        for claim in ruling.claims:
            strength = "" if claim.rssi is None else f", {claim.rssi} dBm"
            seconds = (claim.last - claim.first) / 1000
            yield f"  {claim.place}"
            when = format_time(claim.first, utc=utc)
            yield f"    {when}, {seconds:.1f} s, {counted(claim.reads, 'read')}{strength}"
        verdict = f"{ruling.winner.place} has it" if ruling.winner else "undecided"
        yield f"  -> {verdict}:"
        yield f"     {ruling.reason}"
