"""Arguments that several verbs have, and the types of their values."""

from __future__ import annotations

import argparse

from agent.config.location import SYSTEM_CONFIG, VARIABLE

MOST_DIGITS = 18  # below 2^63, which is where numbers of records end
SHOWN = 40  # characters of a wrong word that an error repeats


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declare --config."""
    parser.add_argument(
        "--config", metavar="FILE", help=f"default: ${VARIABLE}, then {SYSTEM_CONFIG}"
    )


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare --json and --utc."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")


def whole(text: str) -> int:
    """Return a whole number from 0 on; argparse says so otherwise."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text[:SHOWN]!r} is not a whole number, 0 or more")
    if len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{text[:SHOWN]!r} is larger than any number here")
    return int(text)


def count(text: str) -> int:
    """Return a whole number from 1 on; argparse says so otherwise."""
    if not whole(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)
