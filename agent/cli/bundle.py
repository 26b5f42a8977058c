"""`tallyman bundle`: pack confirmed records into one file that an auditor checks offline."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from agent.bundling import Part, confirmed_rows, earlier_rows, make_bundle
from agent.cli.common import Mistake, add_config, config_path, print_json, whole
from agent.config import load
from agent.durable import write_file
from agent.epochs import archives
from agent.gaps import Gaps
from agent.identity import IDENTITY_FILE, Identity
from agent.identity import load as read_identity
from agent.journal.journal import BatchRow, JournalReader
from agent.journal.ring_reader import FILE_NAME, open_reader
from agent.light_client.policies import anchored_under
from agent.pinned_policy import policies_in_force
from drivers import catalog

HELP = "pack confirmed records into one file for an auditor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="FILE")
    parser.add_argument("--since", type=whole, metavar="N", default=0, help="from record N on")
    parser.add_argument("--until", type=whole, metavar="N", help="up to record N")
    parser.add_argument(
        "--epochs",
        action="store_true",
        help="show the epochs before this one, too, from their first record on",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the bundle: whole batches, as far as the ledger has confirmed them."""
    config = load(config_path(args), catalog)
    state_dir = config.gateway.state_dir
    with ExitStack() as stack:
        reader = opened(state_dir / FILE_NAME, stack)
        identity = read_identity(state_dir / IDENTITY_FILE)
        gaps = Gaps(state_dir, identity.epoch)
        rows = confirmed_rows(reader, args.since, args.until, gaps)
        before = earlier_parts(state_dir, identity, stack) if args.epochs else []
        parts = [*before, (reader, rows)]
        policy = anchored_under(policies_in_force(config), checkpoints(parts))
        bundle = make_bundle(parts, policy)
        total = reader.count()
    data = bundle.to_bytes()
    write_file(args.output, data, mode=0o644)
    tell(args, rows, len(data), total)
    return 0


def opened(path: Path, stack: ExitStack) -> JournalReader:
    """Return a reader of the journal at `path`, which `stack` closes."""
    try:
        reader = open_reader(path)
    except FileNotFoundError:
        raise Mistake(f"there is no journal at {path}", advice="start the agent first") from None
    stack.callback(reader.close)
    return reader


def checkpoints(parts: Sequence[Part]) -> list[bytes]:
    """Return the signed notes under which the batches are confirmed, one a size and epoch."""
    return [
        reader.checkpoint(size)
        for reader, rows in parts
        for size in {row.checkpoint_size for row in rows if row.checkpoint_size is not None}
    ]


def earlier_parts(state_dir: Path, present: Identity, stack: ExitStack) -> list[Part]:
    """Return the epochs before the present one, oldest first, as far as the chain needs them."""
    parts: list[Part] = []
    for identity, path in archives(state_dir, present):
        assert present.follows is not None
        reader = opened(path, stack)
        parts.insert(
            0, (reader, earlier_rows(reader, present.follows, Gaps(state_dir, identity.epoch)))
        )
        present = identity
    return parts


def tell(args: argparse.Namespace, rows: list[BatchRow], size: int, total: int) -> None:
    """Say what is in the bundle, and what is not in it yet."""
    first, last = rows[0].batch.first, rows[-1].batch.first + rows[-1].batch.count - 1
    left = total - 1 - last if args.until is None else 0
    if args.json:
        shown = {"file": str(args.output), "bytes": size, "batches": len(rows)}
        print_json(shown | {"first": first, "last": last, "not_confirmed": left})
        return
    print(f"bundle    {args.output}: {size} bytes")
    print(f"          records {first} to {last} in {len(rows)} batches, all of them shown")
    if left:
        print(f"          {left} newer records are not confirmed yet and not in it")
