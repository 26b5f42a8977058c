"""Where a shipment's records come from: this gateway's journal, or a bundle that verifies."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from agent.cli.bundle_choice import opened
from agent.cli.erased_text import from_journal, from_records
from agent.cli.errors import Mistake
from agent.cli.given_files import read_policy
from agent.cli.place import gateway
from agent.cli.proven import verified
from agent.disclosure.of_shipment import records_of_shipment
from agent.journal.places import FILE_NAME
from agent.shipments.shipment import KIND
from evidence.leaf import Record
from foundation.counting import counted, plural


class Told(NamedTuple):
    """The records of one shipment, and what keeps them from being all of them."""

    name: str
    records: Sequence[Record]
    lacks: str


def records_told(args: argparse.Namespace) -> Told:
    """Return the records of the shipment that the arguments name."""
    if args.bundle is not None:
        return _from_bundle(args)
    if args.policy is not None:
        raise Mistake("--policy is for a bundle", advice="name it: --bundle FILE")
    if not args.name:
        raise Mistake("which shipment?", advice="list them: tallyman shipment")
    with ExitStack() as stack:
        reader = opened(gateway(args).state_dir / FILE_NAME, stack)
        found = records_of_shipment(reader, args.name)
    if not found.records:
        raise Mistake(
            f"no shipment {args.name!r} is on record here", advice="see: tallyman shipment"
        )
    lacks = from_journal(found.erasures, utc=args.utc)
    if found.gone:
        are = plural(found.gone, "is", "are")
        gone = counted(found.gone, "record")
        lacks.append(f"{gone} of that time {are} no longer on this gateway")
    return Told(args.name, found.records, "; ".join(lacks))


def _from_bundle(args: argparse.Namespace) -> Told:
    if args.policy is None:
        raise Mistake("a bundle needs a policy to be checked against", advice="name it: --policy")
    report = verified(args.bundle, read_policy(args.policy))
    lacks = from_records(report.erasures, utc=args.utc)
    if report.hidden:
        are = plural(report.hidden, "is", "are")
        lacks.append(f"{counted(report.hidden, 'record')} {are} hidden in the bundle, by design")
    return Told(_named(args, report.records), report.records, "; ".join(lacks))


def _named(args: argparse.Namespace, records: Sequence[Record]) -> str:
    """Return which shipment is meant: the only one needs no name."""
    names = dict.fromkeys(str(each.values.get("name")) for each in records if each.kind == KIND)
    if args.name in names:
        return str(args.name)
    if args.name or len(names) != 1:
        which = f"no shipment {args.name!r}" if args.name else f"{counted(len(names), 'shipment')}"
        raise Mistake(
            f"{args.bundle} tells of {which}",
            advice=f"name one of {', '.join(names)}" if names else "name another bundle",
        )
    return next(iter(names))
