"""What several verbs share."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agent.cli.times import utc_iso
from agent.config.settings import Gateway, find, load_gateway
from agent.config.tables import VARIABLE
from agent.records.convert import natural
from evidence.leaf import Record
from foundation.errors import AgentError


class Mistake(AgentError):
    """The command's arguments do not fit this gateway."""

    exit_code = 2


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare --config."""
    parser.add_argument(
        "--config", metavar="FILE", help=f"default: ${VARIABLE}, then /etc/tallyman/tallyman.toml"
    )


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare --json and --utc."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")


def whole(text: str) -> int:
    """Return a whole number from 0 on; argparse says so otherwise."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def count(text: str) -> int:
    """Return a whole number from 1 on; argparse says so otherwise."""
    if not whole(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


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
            f"{state_dir} is user {owner}'s, who could not read what root makes there",
            advice="do it as that user: sudo -u tallyman tallyman …",
        )


def owner_of(path: Path) -> int:
    """Return the id of the user to whom it belongs."""
    return path.stat().st_uid


def print_json(value: Any) -> None:
    """Print one JSON object on one line, at once: a pipe behind us should not wait."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def print_each(
    found: Iterable[Any], sentence: Callable[[Any], str], none: str, *, as_json: bool
) -> int:
    """Print each as JSON or as its sentence, `none` where there is nothing; return 0."""
    told = False
    for each in found:
        told = True
        if as_json:
            print_json(each)
        else:
            print(sentence(each))
    if not told and not as_json:
        print(none)
    return 0


def flat(record: Record) -> dict[str, Any]:
    """Return a record as one flat object: its head, then the kind's fields in natural units."""
    return {
        "n": record.number,
        "device": record.device,
        "kind": record.kind,
        "time": utc_iso(record.wall_ms),
        "clock": record.clock_source,
        "clock_bound_ms": record.clock_bound_ms,
        "boot": record.boot,
        "monotonic_ms": record.monotonic_ms,
        "quality": record.quality,
        **natural(record),
    }


ShowTime = Callable[[int], str]
