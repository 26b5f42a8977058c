"""`tallyman export epcis … --post URL`: capture in a repository, and go on where it stopped."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.arguments import whole
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.exports.capture import (
    BEHAVIOURS,
    CAPTURED,
    Book,
    Captured,
    Job,
    WrongAnswer,
    address,
    authorization,
    headers,
    job_of,
    limits,
    location,
    parts,
)
from agent.exports.forms import Export
from foundation.counting import counted
from foundation.durable import write_output
from foundation.errors import AgentError, Retry
from foundation.printing import say, say_json

if TYPE_CHECKING:
    from agent.exports.repository import Answer, Repository

SUFFIX = ".captures"
MOST_BOOK_BYTES = 64 << 20
MOST_TOKEN_BYTES = 16 << 10
WAIT_S = 60
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
LOCAL = ("localhost", "127.0.0.1", "::1")
ACCEPTED, TOO_LARGE, OK = 202, 413, 200
NOT_ALLOWED = (401, 403)


class NotCaptured(AgentError):
    """The repository refused what it was given."""

    advice = "correct what it names, then give the same command again"


class StillRunning(Retry):
    """A capture job does not come to an end."""

    advice = "give the same command again: it asks for the job, and sends nothing twice"


def add_post(parser: argparse.ArgumentParser) -> None:
    """Declare what posting needs."""
    parser.add_argument("--post", metavar="URL", default="", help="epcis: capture there, too")
    parser.add_argument(
        "--on-error", choices=BEHAVIOURS, default=BEHAVIOURS[0],
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


def post(args: argparse.Namespace, made: Export) -> int:
    """Send the events that were not accepted before; return 0 once all are captured."""
    from agent.exports.repository import Repository  # noqa: PLC0415  HTTP, and maybe TLS

    url = address(args.post).geturl()
    path = args.output.with_name(args.output.name + SUFFIX)
    capturing = Capturing(args, url, Repository(url, args.ca), path, time.sleep)
    before = len(capturing.book.known(url))
    capturing.finish_open()
    sent = capturing.send(made)
    if args.json:
        say_json({"repository": url, "captured": sent, "captured_before": before})
    else:
        known = f", {before} before" if before else ""
        say(f"captured  {counted(sent, 'event')}{known}")
    return 0


class Capturing:
    """One run of posting, with the book of what was accepted before."""

    def __init__(
        self,
        args: argparse.Namespace,
        url: str,
        repository: Repository,
        path: Path,
        sleep: Callable[[float], None],
    ) -> None:
        self._args = args
        self._url = url
        self._repository = repository
        self._path = path
        self._sleep = sleep
        self._all_or_none = args.on_error == BEHAVIOURS[0]
        self._token = _token(args.token)
        self.book = _book(path)

    def send(self, made: Export) -> int:
        """Post what is not known; return how many events were captured."""
        most, size = self._limits()
        sent = 0
        for events, data in parts(made.document, self.book.known(self._url), most, size):
            row = Captured(events, self._posted(data))
            self.book.of(self._url).append(row)
            self._save()
            self._finish(row)
            sent += len(events)
        return sent

    def finish_open(self) -> None:
        """Ask for the jobs that an earlier run left running."""
        for row in list(self.book.of(self._url)):
            if row.state != CAPTURED:
                self._finish(row)

    def _limits(self) -> tuple[int, int | None]:
        answer = self._repository.ask("OPTIONS", self._url, authorization(self._token))
        return limits(answer.headers)

    def _posted(self, data: bytes) -> str:
        """Return the URL of the job that took a capture."""
        said = headers(self._args.on_error, self._token)
        answer = self._repository.ask("POST", self._url, said, data)
        if answer.status != ACCEPTED:
            raise _refused(answer)
        try:
            return location(self._url, answer.headers.get("location", ""))
        except WrongAnswer as error:
            raise NotCaptured(str(error), advice="ask who runs the repository") from error

    def _finish(self, row: Captured) -> None:
        """Wait for a capture's end; one that failed leaves the book, so that it is sent again."""
        job = self._ended(row.job) if row.job else Job(running=False, success=True, errors=())
        if not job.success:
            self.book.of(self._url).remove(row)
            self._save()
            what = "; ".join(job.errors[:3]) or "it does not say why"
            how = "took a capture back" if self._all_or_none else "did not take all of a capture"
            raise NotCaptured(f"the repository {how}: {what}")
        row.state = CAPTURED
        self._save()

    def _ended(self, url: str) -> Job:
        pause, left = FIRST_PAUSE_S, float(self._args.wait)
        while True:
            job = self._job(url)
            if not job.running:
                return job
            if left <= 0:
                raise StillRunning(f"the capture job {url} is still running")
            self._sleep(min(pause, left))
            left -= pause
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _job(self, url: str) -> Job:
        answer = self._repository.ask("GET", url, authorization(self._token))
        if answer.status != OK:
            raise _refused(answer)
        try:
            return job_of(answer.body)
        except WrongAnswer as error:
            raise NotCaptured(str(error), advice="ask who runs the repository") from error

    def _save(self) -> None:
        write_output(self._path, self.book.to_bytes())


def _refused(answer: Answer) -> AgentError:
    """Return the error of an answer that is not the one wanted."""
    said = f"the repository answered {answer.status}"
    if answer.status in NOT_ALLOWED:
        return NotCaptured(said, advice="give a token that it knows: --token FILE")
    if answer.status == TOO_LARGE:
        return NotCaptured(f"{said}: a capture is too large for it")
    text = answer.body[:200].decode("utf-8", "replace")
    return NotCaptured(f"{said}: {text}" if text else said, advice="ask who runs the repository")


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
