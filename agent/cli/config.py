"""`tallyman config check` and `tallyman config schema`."""

from __future__ import annotations

import argparse
import json

from agent.cli.common import add_config, config_path
from agent.config import load
from agent.config_schema import schema
from drivers import catalog

HELP = "check the configuration, or print its JSON Schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "action",
        choices=("check", "schema"),
        help="check: name every mistake with its line; schema: for editors and tools",
    )


def run(args: argparse.Namespace) -> int:
    """Check the file or print the schema."""
    if args.action == "schema":
        print(json.dumps(schema(catalog), indent=2, ensure_ascii=False))
        return 0
    config = load(config_path(args), catalog)
    print(f"{config.path} is correct: {config.gateway.name}, {len(config.devices)} devices")
    return 0
