"""Where this gateway keeps its things, and who may write there."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent.cli.errors import Mistake
from agent.config.gateway import Gateway, load_gateway
from agent.config.location import find


def config_path(args: argparse.Namespace) -> Path:
    """Return the configuration file that the arguments and environment ask for."""
    return find(args.config, os.environ)


def gateway(args: argparse.Namespace) -> Gateway:
    """Return where the gateway keeps its things; ConfigError when the file does not say."""
    return load_gateway(config_path(args))


def may_write(state_dir: Path) -> None:
    """Refuse what root would make in another user's state folder: the agent could not read it."""
    if os.geteuid() == 0 and state_dir.exists() and (owner := owner_of(state_dir)):
        raise Mistake(
            f"{state_dir} belongs to user {owner}, who could not read what root writes there",
            advice="do it as that user: sudo -u tallyman tallyman …",
        )


def owner_of(path: Path) -> int:
    """Return the id of the user to whom it belongs."""
    return path.stat().st_uid
