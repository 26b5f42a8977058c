"""The bundle of a shipment that a page is made of, on the gateway that recorded it."""

from __future__ import annotations

import argparse
from pathlib import Path

from agent.cli import bundle
from agent.cli.errors import Mistake
from agent.cli.place import config_path
from agent.config.settings import load
from drivers import catalog
from foundation.parser import Parser

SUFFIX = ".bundle"


def bundled(args: argparse.Namespace) -> tuple[Path, Path]:
    """Write the bundle of the shipment `args.what` beside the page; return it and its policy.

    Mistake where this machine is no gateway: then the name was meant as a file's.
    """
    if not config_path(args).exists():
        raise Mistake(
            f"there is no file {args.what!r}",
            advice="name a bundle's file; of a receipt or a shipment its own gateway makes a page",
        )
    path = args.output.with_suffix(SUFFIX)
    if path in (args.output, args.pdf):
        raise Mistake(
            f"{path} is where the shipment's bundle goes", advice="name the page FILE.html"
        )
    if path.exists():
        raise Mistake(
            f"the shipment's bundle would take the place of {path}",
            advice=f"name another page, or make it of the bundle: tallyman report {path}",
        )
    parser = Parser("tallyman bundle", bundle.HELP)
    bundle.add_arguments(parser)
    told = ["--config", str(config_path(args)), "--shipment", args.what, "--output", str(path)]
    bundle.run(parser.parse_args([*told, *(["--json"] if args.json else [])]))
    policy = args.policy or load(config_path(args), catalog).ledger.policy
    if policy is None:
        raise Mistake("whose signatures count?", advice="name the policy: --policy policy.txt")
    return path, policy
