"""`tallyman where`: where recorded data is kept, and which custody receipts are missing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing

from agent.cli.arguments import add_config, add_json, whole
from agent.cli.errors import Mistake
from agent.cli.place import config_path
from agent.cli.times import format_time, utc_iso
from agent.config.settings import load as settings
from agent.disclosure.whereabouts import Custody, Place, places
from agent.journal.places import FILE_NAME
from agent.journal.retention import BodyRow
from agent.journal.ring_reader import RingReader, open_reader
from agent.light_client.pinned_policy import load_policy
from drivers import catalog
from foundation.counting import counted, span
from foundation.printing import say, say_json

HELP = "show who keeps the records, by signed receipt"

CHUNK = 1000  # batches


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "record", metavar="RECORD", nargs="?", type=whole, help="number of a record; default: all"
    )
    add_json(parser, "one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show who keeps the records."""
    config = settings(config_path(args), catalog)
    path = config.gateway.state_dir / FILE_NAME
    try:
        reader = open_reader(path)
    except FileNotFoundError:
        raise Mistake(f"there is no journal at {path}", advice="start the agent first") from None
    with closing(reader):
        found = list(places(_rows(reader, args.record), load_policy(config)))
        unsealed = range(reader.sealed_upto(), reader.count())
    if args.record is not None:
        unsealed = range(args.record, args.record + 1) if args.record in unsealed else range(0)
    if args.json:
        say_json(as_json(found, unsealed))
    else:
        show(found, unsealed, utc=args.utc)
    return 0


def _rows(reader: RingReader, number: int | None) -> Iterator[BodyRow]:
    if number is not None:
        if not 0 <= number < reader.count():
            raise Mistake(f"there is no record {number}", advice="see: tallyman journal")
        batch = reader.batch_of(number)
        if batch is not None:
            yield from reader.bodies(batch.batch.seq, batch.batch.seq)
        return
    head = reader.head()
    for first in range(0, 0 if head is None else head.seq + 1, CHUNK):
        yield from reader.bodies(first, first + CHUNK - 1)


def show(found: Sequence[Place], unsealed: range, *, utc: bool) -> None:
    """Print them for people."""
    for place in found:
        batches = range(place.first, place.last + 1)
        say(f"{span(batches, 'batch', 'batches')}, {span(place.records, 'record')}")
        say(f"  {_here(place)}")
        say(f"  {_custody(place, utc=utc)}")
    if unsealed:
        say(span(unsealed, "record"))
        say("  only on this gateway, in no batch yet")
    missing = _missing(found)
    if missing:
        those = counted(missing, "batch", "batches")
        say(f"missing: the receipts of {those}. The agent asks for them by itself;")
        say("         a node that keeps no bodies never signs.")


def _here(place: Place) -> str:
    if place.erased:
        left = len(place.records) - place.erased
        return f"{counted(place.erased, 'record')} erased here by rule, {left} on this gateway"
    return "on this gateway" if place.here else "no longer on this gateway"


def _custody(place: Place, *, utc: bool) -> str:
    if place.custody is Custody.SIGNED:
        return f"kept by {place.by}: signed on {format_time(1000 * place.signed_at, utc=utc)}"
    if place.custody is Custody.FALSE:
        return f"no valid receipt: {place.by}"
    if place.custody is Custody.MISSING:
        return "no receipt: a node took them and has not signed for them"
    return "with no node yet"


def _missing(found: Sequence[Place]) -> int:
    """Return how many batches nobody signed for."""
    return sum(place.last - place.first + 1 for place in found if not place.proven)


def as_json(found: Sequence[Place], unsealed: range) -> dict[str, object]:
    """Return them as one JSON object."""
    return {
        "batches": [
            {
                "first_batch": place.first,
                "last_batch": place.last,
                "first_record": place.records.start,
                "records": len(place.records),
                "here": place.here,
                "erased": place.erased,
                "custody": str(place.custody),
                "by": place.by or None,
                "signed": utc_iso(1000 * place.signed_at) if place.signed_at else None,
            }
            for place in found
        ],
        "unsealed": {"first_record": unsealed.start, "records": len(unsealed)}
        if unsealed
        else None,
        "missing": _missing(found),
    }
