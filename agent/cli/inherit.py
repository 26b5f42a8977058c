"""`tallyman inherit`: the journal of the gateway before this one, from its card."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from agent.assembly.ledgers import addresses
from agent.chain.inheritance import Inherited, counted_in, inherit
from agent.chain.ready_epoch import EPOCHS
from agent.cli.arguments import add_config
from agent.cli.keys import wall_seconds
from agent.cli.place import config_path, may_write
from agent.cli.progress import ProgressLine
from agent.config.settings import Config
from agent.config.settings import load as settings
from agent.journal.places import FILE_NAME
from agent.journal.ring_journal import RingJournal
from agent.light_client.pinned_policy import kept_proofs, load_policy, nodes_of
from agent.signing.curve_key import CurveKey
from agent.signing.identity import IDENTITY_FILE, Identity, load
from agent.signing.keys import CURVE_KEY
from agent.signing.succession import FOLDER
from agent.upstream.missing_receipts import fetch_missing
from drivers import catalog
from foundation.counting import counted
from foundation.durable import lock_file
from foundation.printing import say, say_json

HELP = "take over the journal of the gateway that this one replaces"

INHERIT_LOCK = "inherit.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="the state folder on the old card"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Copy it, and say what is in it; the old card is only read."""
    os.umask(0o077)
    config = settings(config_path(args), catalog)
    state_dir = config.gateway.state_dir
    may_write(state_dir)
    identity = load(state_dir / IDENTITY_FILE)
    with lock_file(state_dir / INHERIT_LOCK):
        with ProgressLine("copying:") as line:
            journal = inherit(state_dir, identity, args.folder, line)
        missing = fetch(config, identity)
        assert identity.follows is not None, "inherit refuses a gateway that follows none"
        found = counted_in(journal, identity.follows.seq, kept_proofs(config).hold)
    if args.json:
        say_json(asdict(found) | {"receipts_missing": missing})
    else:
        tell(found, missing)
    return 0


def tell(found: Inherited, missing: int) -> None:
    """Say what was taken over, what of it is proven, and what to do about the rest."""
    records = counted(found.records, "record")
    say(f"inherited  {records} of the previous gateway, {found.proven} proven")
    if left := found.records - found.before:
        say(f"unproven   {counted(left, 'record')} that no ledger node has: readable here,")
        say("           but in no bundle")
    if missing:
        batches = counted(missing, "batch", "batches")
        say(f"missing    receipts of {batches}: run this again when a node answers")
    elif left := found.before - found.proven:
        say(f"refused    {counted(left, 'record')} whose receipts no policy here accepts:")
        say("           ask the consortium for its newest policy file")
    say("next       tallyman bundle --epochs shows both gateways in one bundle")


def fetch(config: Config, identity: Identity) -> int:
    """Fetch the receipts that the old gateway never got; return how many batches lack one."""
    follows = identity.follows
    assert follows is not None, "inherit refuses a gateway that follows none"
    state_dir = config.gateway.state_dir
    logs = load_policy(config)
    path = state_dir / EPOCHS / follows.epoch.hex() / FILE_NAME
    journal = RingJournal(path, follows.epoch, config.journal.ring_bytes)
    try:
        return fetch_missing(
            journal,
            follows.epoch,
            -1 if follows.seq is None else follows.seq,
            {origin: addresses(nodes) for origin, nodes in nodes_of(config, logs).items()},
            CurveKey.load_or_make(state_dir / FOLDER / CURVE_KEY),
            logs,
            os.urandom,
            wall_seconds() * 1000,
        )
    finally:
        journal.close()
