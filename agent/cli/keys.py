"""`tallyman keys`: who this gateway is, by its public keys."""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext
from pathlib import Path

from agent.cli.common import add_config, gateway
from agent.durable import LOCK_NAME, lock_file
from agent.identity import IDENTITY_FILE, Identity, load_or_make
from agent.signing.file_key import FOLDER, STATEMENT_KEY
from agent.signing.keys import CURVE_KEY, Keys, public_text

HELP = "this gateway's public keys; made on the first call"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "--public", action="store_true", help="print what the ledger's operator needs to admit it"
    )


def run(args: argparse.Namespace) -> int:
    """Print the keys; private halves are never shown."""
    place = gateway(args)
    os.umask(0o077)
    identity, keys = load(place.state_dir)
    if args.public:
        print(public_text(place.name, identity, keys), end="")
        return 0
    public = keys.statement.public
    print(f"gateway    {identity.gateway}")
    print(f"epoch      {identity.epoch.hex()}")
    print(f"statement  {public.kid.hex()}, ECDSA {public.curve.name}, in {STATEMENT_KEY}")
    print(f"           thumbprint {public.thumbprint.hex()}")
    print(f"curve      {keys.curve.public.decode()}, in {CURVE_KEY}")
    print(f"folder     {place.state_dir / FOLDER}")
    return 0


def load(state_dir: Path) -> tuple[Identity, Keys]:
    """Return identity and keys; the first call of a gateway's life makes them, alone."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = (IDENTITY_FILE, f"{FOLDER}/{STATEMENT_KEY}", f"{FOLDER}/{CURVE_KEY}")
    complete = all((state_dir / file).exists() for file in files)
    with nullcontext() if complete else lock_file(state_dir / LOCK_NAME):
        return load_or_make(state_dir, os.urandom), Keys.load_or_make(state_dir)
