"""`tallyman find CODE`: where something was last seen, by this gateway or by bundles. Offline."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from agent.cli.amounts import age
from agent.cli.arguments import add_config
from agent.cli.bundle_choice import opened
from agent.cli.erased_text import from_journal, from_records
from agent.cli.errors import Mistake
from agent.cli.given_files import read_policy
from agent.cli.place import gateway
from agent.cli.progress import ProgressLine
from agent.cli.proven import gateway_of, verified
from agent.cli.times import format_time, now_ms
from agent.journal.journal import JournalReader
from agent.journal.places import FILE_NAME
from agent.shipments.sightings import RELEVANT, Names, Sighting, Sightings, newest
from agent.shipments.sought import sought
from evidence.leaf import Record
from evidence.report import Report
from foundation.console import folded
from foundation.counting import counted
from foundation.printing import say_each, say_json

HELP = "where a lot, an article or a thing was last seen"

PAGE = 1000
"""Records read from a journal at once."""

MOST_LISTED = 20
"""Things that are printed; --json has them all."""


class Source(NamedTuple):
    """The records of one gateway, which can be read more than once, and what is not among them."""

    gateway: str
    records: Callable[[], Iterator[Record]]
    lacks: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "code", metavar="CODE", help="EPC, SSCC, GTIN (with serial or lot), Digital Link, or a lot"
    )
    parser.add_argument(
        "--bundle",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="look in a bundle, without a gateway; repeat for those of more gateways",
    )
    parser.add_argument(
        "--policy", metavar="FILE", type=Path, help="policy that the bundles are checked against"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a thing")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")


def run(args: argparse.Namespace) -> int:
    """Print the last place of what is sought, each with its age."""
    if args.policy is not None and not args.bundle:
        raise Mistake("--policy is for bundles", advice="name them: --bundle FILE")
    with ExitStack() as stack:
        sources = _bundles(args) if args.bundle else [_own(args, stack)]
        found = find(args.code, sources)
    lacks = [f"{each.gateway}: {each.lacks}" for each in sources if each.lacks]
    if not found:
        more = f" ({'; '.join(lacks)})" if lacks else ""
        raise Mistake(
            f"no record there tells of {args.code!r}{more}",
            advice="try its serial number or SSCC, or bundles of other gateways: --bundle FILE",
        )
    if args.json:
        for each in found:
            say_json(asdict(each))
    else:
        say_each(page(args.code, found, lacks, now_ms(), utc=args.utc))
    return 0


def find(code: str, sources: Sequence[Source]) -> list[Sighting]:
    """Return the last sighting of each thing that a code names, the newest first."""
    names = Names(sought(code))
    for source in sources:
        for record in source.records():
            names.take(record)
    found: list[Sighting] = []
    for source in sources:
        fold = Sightings(names, source.gateway)
        for record in source.records():
            fold.take(record)
        found += fold.last.values()
    return newest(found)


def page(
    code: str, found: Sequence[Sighting], lacks: Sequence[str], now: int, *, utc: bool
) -> Iterator[str]:
    """Yield what was found; `now` is this machine's clock."""
    first = found[0]
    verb = "left" if first.gone else "was last seen at"
    yield from folded(f"{code} {verb} {first.place}, {_ago(first, now)}", 2)
    for each in found[:MOST_LISTED]:
        left = "left " if each.gone else ""
        yield from folded(f"  {each.thing}: {left}{each.place}", 4)
        when = f"{format_time(each.wall_ms, utc=utc)}, {_ago(each, now)}"
        yield from folded(f"    {when}", 6)
        yield from folded(f"    {each.how}; record {each.number} of {each.gateway}", 6)
    if len(found) > MOST_LISTED:
        yield f"  and {counted(len(found) - MOST_LISTED, 'more thing')}: --json has them all"
    for lack in lacks:
        yield from folded(f"  lacks: {lack}", 4)


def _ago(each: Sighting, now: int) -> str:
    doubt = "" if each.vouched else ", by a clock that nobody vouched for"
    if each.wall_ms > now:
        return f"later than this machine's clock says it is{doubt}"
    return f"{age(now - each.wall_ms)} ago{doubt}"


def _bundles(args: argparse.Namespace) -> list[Source]:
    if args.policy is None:
        raise Mistake("a bundle needs a policy to be checked against", advice="name it: --policy")
    policy = read_policy(args.policy)
    return [_of_bundle(path, verified(path, policy), utc=args.utc) for path in args.bundle]


def _of_bundle(path: Path, report: Report, *, utc: bool) -> Source:
    lacks = [f"{counted(report.hidden, 'record')} hidden by design"] if report.hidden else []
    lacks += from_records(report.erasures, utc=utc)
    return Source(gateway_of(path, report), lambda: _relevant(report.records), "; ".join(lacks))


def _own(args: argparse.Namespace, stack: ExitStack) -> Source:
    here = gateway(args)
    reader = opened(here.state_dir / FILE_NAME, stack)
    kept = reader.records(0, 1)
    first = kept[0].number if kept else 0
    lacks = from_journal(reader.erasures(0, reader.count()), utc=args.utc)
    if first > reader.erased_count(0, first):
        lacks.append(f"records before {first} are no longer here")
    return Source(here.name, lambda: _relevant(_all_of(reader)), "; ".join(lacks))


def _relevant(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if record.kind in RELEVANT)


def _all_of(reader: JournalReader) -> Iterator[Record]:
    """Yield every record that is still here."""
    count, first = reader.count(), 0
    with ProgressLine("looking:", "records") as line:
        while first < count and (page := reader.records(first, PAGE)):
            yield from page
            first = page[-1].number + 1
            line(first, count)
