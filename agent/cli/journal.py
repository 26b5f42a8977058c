"""`tallyman journal`: the records, in their order, for people or as JSON lines."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import wrap

from agent.cli.arguments import add_config, add_json, whole
from agent.cli.erased_text import from_journal
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.record_json import flat
from agent.cli.times import format_time
from agent.config.gateway import Gateway
from agent.desks.control_client import NotAllowed, NotRunning, ask
from agent.journal.erasure_rule import Erasure
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import RingReader, open_reader
from agent.records.published import document
from agent.records.registry import KINDS
from agent.records.sentences import sentence
from evidence.leaf import Record
from foundation.console import WIDTH
from foundation.printing import complain, say, say_each, say_json, say_text

HELP = "print the records, in order"

PAGE = 256  # records read at once from a journal without agent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per record; with --kinds one in all")
    parser.add_argument(
        "--follow", action="store_true", help="keep printing as records become durable"
    )
    parser.add_argument("--since", type=whole, metavar="N", help="start at record N")
    parser.add_argument("--last", type=whole, metavar="N", help="only the last N records")
    parser.add_argument("--kinds", action="store_true", help="list the kinds of record instead")


def run(args: argparse.Namespace) -> int:
    """Print records until there are no more, or until interrupted with --follow."""
    if args.kinds:
        print_kinds(as_json=args.json)
        return 0
    if args.follow and args.last is not None:
        raise Mistake(
            "--follow starts at the newest record: --last has no meaning with it",
            advice="use --since to start with older records",
        )
    place = gateway(args)
    try:
        for record in followed(place, args.since) if args.follow else stored(place, args):
            show(record, args)
        if not args.follow:
            for line in from_journal(erased(place, args), utc=args.utc):
                complain(f"not here: {line}")  # it is no record: who reads records has them alone
    except KeyboardInterrupt:
        if not args.follow:
            raise
    return 0


def print_kinds(*, as_json: bool) -> None:
    """Print the registry: each kind with its fields, how a record stores them, and their units."""
    if as_json:
        say_text(document())
        return
    for kind in KINDS.values():
        sealed = "  (sealed at once)" if kind.urgent else ""
        reserved = "  (reserved: nothing makes it yet)" if kind.reserved else ""
        say(f"{kind.name}{sealed}{reserved}")
        for field in kind.fields:
            scale = f"10^{field.scale} " if field.scale else ""
            stored = f"{scale}{field.unit}".strip() or field.type.value
            indent = f"  {field.name:<14} {stored:<10} "
            below = " " * len(indent)
            say_each(wrap(field.doc, WIDTH, initial_indent=indent, subsequent_indent=below))


def show(record: Record, args: argparse.Namespace) -> None:
    """Print one record, at once."""
    if args.json:
        say_json(flat(record))
        return
    when = format_time(record.wall_ms, utc=args.utc)
    unsure = "" if record.clock_bound_ms is not None else " (unsynced)"
    say(f"{record.number}  {when}{unsure}  {record.device}: {sentence(record)}", flush=True)


def followed(place: Gateway, since: int | None) -> Iterator[Record]:
    """Yield records from the running agent as they become durable."""
    request = {"verb": "follow"} if since is None else {"verb": "follow", "since": since}
    return decoded(ask(place.control, request, endless=True))


def stored(place: Gateway, args: argparse.Namespace) -> Iterator[Record]:
    """Yield what is in the journal: by the agent, or from the file while none runs."""
    try:
        yield from decoded(ask(place.control, _wanted("records", args)))
    except NotRunning:
        yield from from_file(place.state_dir / FILE_NAME, args.since or 0, args.last)


def erased(place: Gateway, args: argparse.Namespace) -> list[Erasure]:
    """Return what rules erased of the records that are asked for."""
    try:
        return [Erasure(**each) for each in ask(place.control, _wanted("erasures", args))]
    except NotRunning:
        with opened(place.state_dir / FILE_NAME) as reader:
            total = reader.count()
            return reader.erasures(_first(total, args.since or 0, args.last), total)


def _wanted(verb: str, args: argparse.Namespace) -> dict[str, object]:
    request = {"verb": verb, "since": args.since, "last": args.last}
    return {name: value for name, value in request.items() if value is not None}


def _first(total: int, since: int, last: int | None) -> int:
    return max(since, total - last) if last is not None else since


def decoded(answers: Iterator[str]) -> Iterator[Record]:
    """Yield the records that came as hexadecimal bytes."""
    for answer in answers:
        yield Record.from_bytes(bytes.fromhex(answer))


def from_file(path: Path, since: int, last: int | None) -> Iterator[Record]:
    """Yield the records that are in the journal's file now."""
    with opened(path) as reader:
        total = reader.count()
        first = _first(total, since, last)
        while first < total and (records := reader.records(first, min(PAGE, total - first))):
            yield from (record for record in records if record.number < total)
            first = records[-1].number + 1  # some may have gone in between


@contextmanager
def opened(path: Path) -> Iterator[RingReader]:
    """Read the journal at `path` beside an agent or without one."""
    try:
        reader = open_reader(path)
    except FileNotFoundError:
        raise Mistake(
            f"there is no journal at {path}",
            advice="start the agent, or name its configuration with --config",
        ) from None
    except PermissionError as error:
        raise NotAllowed(f"not allowed to read {path}") from error
    with closing(reader):
        yield reader
