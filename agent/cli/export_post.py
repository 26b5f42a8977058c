"""`tallyman export epcis … --post URL`: capture in a repository, and go on where it stopped."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.cli.arguments import whole
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.exports.capture import BEHAVIOURS, ROLLBACK, Book, address
from foundation.counting import counted
from foundation.printing import say, say_json

SUFFIX = ".captures"
MOST_BOOK_BYTES = 64 << 20
MOST_TOKEN_BYTES = 16 << 10
WAIT_S = 60
LOCAL = ("localhost", "127.0.0.1", "::1")


def add_post(parser: argparse.ArgumentParser) -> None:
    """Declare what posting needs."""
    parser.add_argument("--post", metavar="URL", default="", help="epcis: capture there, too")
    parser.add_argument(
        "--on-error", choices=BEHAVIOURS, default=ROLLBACK,
        help="with a wrong event: take none of its capture (default), or the others",
    )  # fmt: skip
    parser.add_argument("--token", type=Path, metavar="FILE", help="a bearer token to post with")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="authorities to trust, PEM")
    parser.add_argument(
        "--wait", type=whole, default=WAIT_S, metavar="SECONDS",
        help=f"for each capture to end; default: {WAIT_S}",
    )  # fmt: skip


def check_post(args: argparse.Namespace) -> None:
    """Refuse what cannot be posted, before anything is made."""
    if not args.post:
        return
    if args.form != "epcis":
        raise Mistake("only epcis can be posted", advice="leave --post out")
    try:
        where = address(args.post)
    except ValueError as error:
        raise Mistake(f"--post: {error}", advice="give https://HOST/PATH") from error
    if args.token is not None and where.scheme == "http" and where.hostname not in LOCAL:
        raise Mistake("a token does not go over http, where anybody can read it", advice="https://")


class Posting:
    """A capture that was asked for. What cannot be meant is a Mistake, before anything is sent."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._url = address(args.post).geturl()
        self._token = _token(args.token)
        self._path = args.output.with_name(args.output.name + SUFFIX)
        self._book = _book(self._path)

    def run(self, document: Mapping[str, Any]) -> None:
        """Send the events that were not accepted before, and say how many."""
        from agent.exports.capturing import Capturing, Order  # noqa: PLC0415  HTTP, maybe TLS
        from agent.exports.repository import Repository  # noqa: PLC0415  as above

        order = Order(self._args.on_error, self._token, self._args.wait)
        repository = Repository(self._url, self._args.ca)
        capturing = Capturing(self._url, repository, self._book, self._path, order, time.sleep)
        before = len(self._book.known(self._url))
        capturing.finish_open()
        sent = capturing.send(document)
        if self._args.json:
            say_json({"repository": self._url, "captured": sent, "captured_before": before})
        else:
            known = f", {before} before" if before else ""
            say(f"captured  {counted(sent, 'event')}{known}")


def _token(path: Path | None) -> str:
    if path is None:
        return ""
    text = contents(path, MOST_TOKEN_BYTES, "name the token's file").decode("ascii", "replace")
    token = text.strip()
    if not token.isprintable() or not token or " " in token:
        raise Mistake(f"{path} holds no token", advice="one line, without blanks")
    return token


def _book(path: Path) -> Book:
    """Return the book beside the export; an empty one where there is none."""
    if not path.exists():
        return Book()
    try:
        return Book.from_bytes(contents(path, MOST_BOOK_BYTES, "name another -o"))
    except ValueError as error:
        raise Mistake(
            f"{path}: {error}", advice="remove it to post everything, or name another -o"
        ) from error
