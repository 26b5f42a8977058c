"""`tallyman gap`: what is missing: lost batches, declared under signature, and gaps of devices."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from agent.chain.gaps import Declared, Gaps, Hole, SealedGap, declare, holes, sealed_gaps
from agent.cli import gap_notes
from agent.cli.arguments import add_config, add_json, whole
from agent.cli.errors import Mistake
from agent.cli.keys import load, store, wall_seconds
from agent.cli.place import config_path, may_write
from agent.config.settings import load as settings
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.signing.identity import Identity
from drivers import catalog
from foundation.counting import counted, span
from foundation.durable import LOCK_NAME, lock_file
from foundation.printing import say, say_json

HELP = "list what is missing; declare lost batches, note why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object; of a device's gaps one each")
    parser.add_argument(
        "device", metavar="DEVICE", nargs="?", help="list its gaps; default: lost batches"
    )
    parser.add_argument("--note", metavar="TEXT", help="what you know of its newest gap: a record")
    parser.add_argument("--record", metavar="N", type=whole, help="note: of the gap in record N")
    parser.add_argument("--as", dest="operator", metavar="NAME", help="note: who you are")
    parser.add_argument(
        "--declare", action="store_true", help="sign every loss; the agent must be stopped"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why they are lost; signed and shown")


def run(args: argparse.Namespace) -> int:
    """Show what is missing of a device or of all batches; note or sign it where asked."""
    check(args)
    return batches(args) if args.device is None else gap_notes.run(args)


def check(args: argparse.Namespace) -> None:
    """Raise Mistake for what cannot be meant."""
    if args.device is None and (args.note is not None or args.record is not None):
        raise Mistake("of which device?", advice="name it: tallyman gap cold-1 --note TEXT")
    if args.device is not None and (args.declare or args.reason):
        raise Mistake(
            "lost batches are declared, a device's gap is noted",
            advice="leave out DEVICE, or use --note",
        )


def batches(args: argparse.Namespace) -> int:
    """Show what batches are lost; sign it where asked."""
    config = settings(config_path(args), catalog)
    state_dir = config.gateway.state_dir
    os.umask(0o077)
    identity, keys = load(state_dir, store(config.signing))
    gaps = Gaps(state_dir, identity.epoch)
    missing, sealed = look(state_dir)
    undeclared = [hole for hole in missing if hole.first not in gaps]
    if args.declare:
        if not args.reason:
            raise Mistake("a loss needs a reason", advice='add: --reason "disk damage"')
        may_write(state_dir)
        with lock_file(state_dir / LOCK_NAME):
            for hole in undeclared:
                signer = keys.statement
                gaps.keep(declare(hole, identity, args.reason, signer, wall_seconds()))
        undeclared = []
    declared = sorted([*gaps, *sealed], key=lambda gap: gap.seq)
    if args.json:
        say_json(as_json(identity, declared, undeclared))
    else:
        show(identity, declared, undeclared)
    return 0


def look(state_dir: Path) -> tuple[list[Hole], list[SealedGap]]:
    """Return where the journal lacks batches, and what the agent declared lost itself."""
    path = state_dir / FILE_NAME
    try:
        reader = open_reader(path)
    except FileNotFoundError:
        raise Mistake(f"there is no journal at {path}", advice="start the agent first") from None
    try:
        return holes(reader), sealed_gaps(reader)
    finally:
        reader.close()


def show(identity: Identity, declared: Sequence[Declared], undeclared: Sequence[Hole]) -> None:
    """Print them for people."""
    for gap in declared:
        about = gap.about
        batches = span(range(gap.seq, about.last + 1), "batch", "batches")
        records = span(range(about.first, about.first + about.count), "record")
        say(f"declared   {batches}, {records}: {about.reason}")
        say(f"           {gap.state}")
    for hole in undeclared:
        batches = span(range(hole.first, hole.last + 1), "batch", "batches")
        say(f"lost       {batches}, {span(hole.numbers, 'record')}: not declared")
    follows = identity.follows
    if follows is not None and follows.lost_count:
        lost = counted(follows.lost_count, "batch", "batches")
        say(f"declared   {lost} of the previous epoch: {follows.reason}")
    if undeclared:
        say("next       no node takes batches after an undeclared loss: restore what is lost")
        say("           from a backup, or stop the agent and declare it lost:")
        say("           tallyman gap --declare --reason TEXT")
    elif not declared and not (follows and follows.lost_count):
        say("no batch is lost")


def as_json(
    identity: Identity, declared: Sequence[Declared], undeclared: Sequence[Hole]
) -> dict[str, object]:
    """Return them as one JSON object."""
    follows = identity.follows
    return {
        "declared": [
            {
                "first_batch": gap.seq,
                "last_batch": gap.about.last,
                "first_record": gap.about.first,
                "records": gap.about.count,
                "reason": gap.about.reason,
                "state": str(gap.state),
            }
            for gap in declared
        ],
        "undeclared": [
            {"first_batch": hole.first, "last_batch": hole.last, "records": len(hole.numbers)}
            for hole in undeclared
        ],
        "epoch_before": None if follows is None else {"lost_batches": follows.lost_count},
    }
