"""`tallyman keys`: who this gateway is, by its public keys."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from agent.chain import epochs
from agent.cli.arguments import add_config, whole
from agent.cli.errors import Mistake
from agent.cli.place import config_path, may_write
from agent.clock.kernel import KernelClock
from agent.config.settings import Config
from agent.config.settings import load as settings
from agent.config.signing import SigningSettings, load_keeper
from agent.journal.journal import Proof
from agent.light_client.pinned_policy import kept_proofs
from agent.signing.identity import IDENTITY_FILE, Identity, load_or_make
from agent.signing.key_reference import reference_in
from agent.signing.key_store import KeyStore, public_of
from agent.signing.keys import CURVE_KEY, Keys, public_text
from agent.signing.succession import FOLDER, NEXT_KEY, STATEMENT_KEY, prepare_next
from drivers import catalog
from evidence.keys import Curve, PublicKey
from evidence.statement import Follows
from foundation.counting import counted
from foundation.durable import LOCK_NAME, lock_file, make_state_dir
from foundation.printing import say, say_json, say_text

HELP = "show this gateway's public keys, rotate them, begin a new epoch"

_NEXT = "the next batch names it, then the old private key is destroyed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.epilog = "The first call in a gateway's life makes the keys."
    parser.add_argument(
        "action",
        nargs="?",
        choices=("show", "rotate", "new-epoch"),
        default="show",
        help="rotate: make a new statement key, named by the old one; new-epoch: begin a new order "
        "of records that names the old one, after a restored card or a lost key",
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="print what the ledger's operator needs to admit this gateway",
    )
    parser.add_argument("--reason", metavar="TEXT", help="new-epoch: why; it is signed and shown")
    parser.add_argument(
        "--lost",
        metavar="N",
        type=whole,
        help="new-epoch: the last batch of the old epoch that the ledger holds, if this "
        "gateway does not know it",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print or change the keys; private halves are never shown."""
    os.umask(0o077)
    return {"show": show, "rotate": rotate, "new-epoch": new_epoch}[args.action](args)


def show(args: argparse.Namespace) -> int:
    """Print the public keys."""
    place, signing = load_keeper(config_path(args))
    identity, keys = load(place.state_dir, store(signing))
    if args.json:
        say_json(as_json(place.state_dir / FOLDER, place.name, identity, keys))
        return 0
    if args.public:
        say_text(public_text(place.name, identity, keys))
        return 0
    public = keys.statement.public
    say(f"gateway    {identity.gateway}")
    say(f"epoch      {identity.epoch.hex()}")
    where = _whereabouts(place.state_dir / FOLDER, signing)
    say(f"statement  {public.kid.hex()}, {kind(public)}, in {where}")
    say(f"thumbprint {public.thumbprint.hex()}")
    waiting = place.state_dir / FOLDER / NEXT_KEY
    if waiting.exists():
        following = public_of(waiting)
        say(f"next       {following.kid.hex()}, {kind(following)}")
        say(f"           {_NEXT}")
    say(f"curve      {keys.curve.public.decode()}, in {CURVE_KEY}")
    say(f"folder     {place.state_dir / FOLDER}")
    return 0


def as_json(folder: Path, name: str, identity: Identity, keys: Keys) -> dict[str, object]:
    """Return the public keys as plain values; `public` is what --public prints."""
    waiting = folder / NEXT_KEY
    return {
        "gateway": identity.gateway,
        "epoch": identity.epoch.hex(),
        "statement": key_json(keys.statement.public),
        "next": key_json(public_of(waiting)) if waiting.exists() else None,
        "curve": keys.curve.public.decode(),
        "folder": str(folder),
        "public": public_text(name, identity, keys),
    }


def key_json(public: PublicKey) -> dict[str, str]:
    """Return a public key as plain values."""
    return {"kid": public.kid.hex(), "kind": kind(public), "thumbprint": public.thumbprint.hex()}


def kind(public: PublicKey) -> str:
    """Return what sort of key it is, for people."""
    return "Ed25519" if public.curve is Curve.ED25519 else f"ECDSA {public.curve.name}"


def _whereabouts(folder: Path, signing: SigningSettings) -> str:
    if signing.token is None or reference_in(folder / STATEMENT_KEY) is None:
        return STATEMENT_KEY
    return f"token {signing.token.label}"


def rotate(args: argparse.Namespace) -> int:
    """Make the next statement key; the agent need not be stopped."""
    config = settings(config_path(args), catalog)
    keys = store(config.signing)
    may_write(config.gateway.state_dir)
    load(config.gateway.state_dir, keys)
    folder = config.gateway.state_dir / FOLDER
    public, new = prepare_next(folder, keys)
    if args.json:
        say_json({"next": key_json(public), "new": new})
        return 0
    say(f"key        {public.kid.hex()}, {kind(public)}" + ("" if new else ", already waiting"))
    say(f"           {_NEXT}")
    say("ledger     a node admits the key once it has that batch; whoever verifies needs")
    say("           the consortium's new policy file, which lists it")
    return 0


def new_epoch(args: argparse.Namespace) -> int:
    """Start the order of records anew; the agent must be stopped."""
    if not args.reason:
        raise Mistake("new-epoch needs a reason", advice="add: --reason restored-card")
    config = settings(config_path(args), catalog)
    state_dir = config.gateway.state_dir
    may_write(state_dir)
    load(state_dir, store(config.signing))
    with lock_file(state_dir / LOCK_NAME):
        signer = Keys.load_or_make(state_dir, store(config.signing)).statement
        change = epochs.begin(
            state_dir,
            config.journal.ring_bytes,
            args.reason,
            args.lost,
            signer,
            os.urandom,
            wall_seconds(),
            proven_by(config),
        )
    follows = change.identity.follows
    assert follows is not None
    if args.json:
        say_json(epoch_json(change, follows))
    else:
        _say_epoch(change, follows)
    return 0


def _say_epoch(change: epochs.Change, follows: Follows) -> None:
    say(f"epoch      {change.identity.epoch.hex()}")
    last = "none of its batches" if follows.seq is None else f"its batch {follows.seq}"
    say(f"follows    {follows.epoch.hex()}, {last}: {follows.reason}")
    if follows.lost_count:
        lost = counted(follows.lost_count, "batch", "batches")
        say(f"lost here  {lost} of it, up to {follows.lost}; a node has them")
    say(f"carried    {counted(change.carried, 'record')} under new numbers from 0")
    if change.again:
        say(f"           {change.again} of them again: a node has them, in batches not proven here")
    say("next       start the agent")


def epoch_json(change: epochs.Change, follows: Follows) -> dict[str, object]:
    """Return what a new epoch goes on from, as plain values."""
    return {
        "epoch": change.identity.epoch.hex(),
        "follows": {"epoch": follows.epoch.hex(), "batch": follows.seq, "reason": follows.reason},
        "lost_batches": follows.lost_count,
        "carried_records": change.carried,
        "carried_again": change.again,
    }


def proven_by(config: Config) -> epochs.Proven:
    """Return what tells whether a confirmed batch is proven, by the policies known here."""
    return _cannot_tell if config.ledger.policy is None else kept_proofs(config).hold


def _cannot_tell(_statement: bytes, _proofs: Sequence[Proof]) -> bool:
    raise Mistake(
        "nothing tells whether confirmed batches are proven: [ledger] names no policy",
        advice="name the policy again that was pinned here",
    )


def wall_seconds() -> int:
    """Return the present wall clock in UTC seconds."""
    clock = KernelClock()
    return max(0, int(clock.monotonic() * 1000 + clock.wall_offset_ms()) // 1000)


def store(signing: SigningSettings) -> KeyStore:
    """Return where [signing] has keys made."""
    return KeyStore(signing.identifier, signing.token)


def load(state_dir: Path, store: KeyStore) -> tuple[Identity, Keys]:
    """Return identity and keys; the first call of a gateway's life makes them, alone."""
    make_state_dir(state_dir)
    files = (IDENTITY_FILE, f"{FOLDER}/{STATEMENT_KEY}", f"{FOLDER}/{CURVE_KEY}")
    complete = all((state_dir / file).exists() for file in files)
    if not complete:
        may_write(state_dir)
    with nullcontext() if complete else lock_file(state_dir / LOCK_NAME):
        return load_or_make(state_dir, os.urandom), Keys.load_or_make(state_dir, store)
