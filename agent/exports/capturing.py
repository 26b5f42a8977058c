"""Captures in a repository: what is not in the book is posted, and each job waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.exports.capture import (
    CAPTURED,
    Book,
    Captured,
    Job,
    WrongAnswer,
    authorization,
    headers,
    job_of,
    limits,
    location,
    parts,
)
from agent.exports.repository import Answer, Repository, Unreached
from foundation.durable import write_output
from foundation.errors import AgentError, Retry

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
MOST_ERRORS = 3  # of a job that are told
MOST_WORDS = 200  # bytes of an answer that are told
OK, ACCEPTED, TOO_LARGE = 200, 202, 413
NOT_ALLOWED = (401, 403)
FORGOTTEN = (404, 410)
BUSY = 429
SERVER_TROUBLE = 500  # and above


class NotCaptured(AgentError):
    """The repository refused what it was given."""

    advice = "correct what it names, then give the same command again"


class StillRunning(Retry):
    """A capture job does not come to an end."""

    advice = "give the same command again: it asks for the job, and sends nothing twice"


@dataclass(frozen=True, slots=True)
class Order:
    """How to capture: what a wrong event does, whose token asks, how long a job may take."""

    behaviour: str
    token: str
    wait_s: int


class Capturing:
    """One run of posting to `url`; what is accepted goes into `book`, which lies at `path`."""

    def __init__(
        self,
        url: str,
        repository: Repository,
        book: Book,
        path: Path,
        order: Order,
        sleep: Callable[[float], None],
    ) -> None:
        self._url = url
        self._repository = repository
        self._book = book
        self._path = path
        self._order = order
        self._sleep = sleep

    def send(self, document: Mapping[str, Any]) -> int:
        """Post the events that are not known; return how many were captured."""
        most, size = self._limits()
        sent = 0
        for events, data in parts(document, self._book.known(self._url), most, size):
            row = Captured(events, self._posted(data))
            self._book.of(self._url).append(row)
            self._save()
            self._finish(row)
            sent += len(events)
        return sent

    def finish_open(self) -> None:
        """Ask for the jobs that an earlier run left running."""
        for row in list(self._book.of(self._url)):
            if row.state != CAPTURED:
                self._finish(row)

    def _limits(self) -> tuple[int, int | None]:
        answer = self._repository.ask("OPTIONS", self._url, authorization(self._order.token))
        return limits(answer.headers)

    def _posted(self, data: bytes) -> str:
        """Return the URL of the job that took a capture."""
        said = headers(self._order.behaviour, self._order.token)
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
            self._book.of(self._url).remove(row)
            self._save()
            what = "; ".join(job.errors[:MOST_ERRORS]) or "it does not say why"
            raise NotCaptured(f"the repository did not take a whole capture: {what}")
        row.state = CAPTURED
        self._save()

    def _ended(self, url: str) -> Job:
        pause, left = FIRST_PAUSE_S, float(self._order.wait_s)
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
        answer = self._repository.ask("GET", url, authorization(self._order.token))
        if answer.status in FORGOTTEN:
            return Job(
                running=False, success=False, errors=("it knows nothing of the capture job",)
            )
        if answer.status != OK:
            raise _refused(answer)
        try:
            return job_of(answer.body)
        except WrongAnswer as error:
            raise NotCaptured(str(error), advice="ask who runs the repository") from error

    def _save(self) -> None:
        write_output(self._path, self._book.to_bytes())


def _refused(answer: Answer) -> AgentError:
    """Return the error of an answer that is not the one wanted."""
    said = f"the repository answered {answer.status}"
    if answer.status in NOT_ALLOWED:
        return NotCaptured(said, advice="give a token that it knows: --token FILE")
    if answer.status == TOO_LARGE:
        return NotCaptured(f"{said}: a capture is too large for it")
    if answer.status == BUSY or answer.status >= SERVER_TROUBLE:
        return Unreached(f"{said}: it is in trouble, or busy")
    text = answer.body[:MOST_WORDS].decode("utf-8", "replace")
    return NotCaptured(f"{said}: {text}" if text else said, advice="ask who runs the repository")
