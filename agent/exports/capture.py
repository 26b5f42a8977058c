"""What a repository is asked with, and what it answers: EPCIS 2.0's capture interface. Pure.

POST /capture with a document gives 202 and in Location the capture job; GET of the job says how it
ended (EPCIS 2.0, §12.6). A part that was accepted is in the book, and is not sent again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from agent.epcis.document import OWN, OWN_NAMES

CAPTURE = "/capture"
ROLLBACK = "rollback"
BEHAVIOURS = (ROLLBACK, "proceed")
"""With the first wrong event: take none of its capture, or take the others."""

MOST_EVENTS = 500
"""In one capture, where the repository names no limit of its own."""

EVENT_LIMIT, SIZE_LIMIT = "GS1-EPCIS-Capture-Limit", "GS1-EPCIS-Capture-File-Size-Limit"

ACCEPTED, CAPTURED = "accepted", "captured"


class WrongAnswer(ValueError):
    """The repository's answer is none of the standard's; the text says what it is."""


def address(url: str) -> SplitResult:
    """Return where captures go; ValueError where the URL is no address of a repository."""
    found = urlsplit(url.rstrip("/"))
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError(f"{url[:80]!r} is no web address")
    _ = found.port  # ValueError where it is none
    path = found.path if found.path.endswith(CAPTURE) else found.path + CAPTURE
    return found._replace(path=path, query="", fragment="")


def headers(behaviour: str, token: str) -> dict[str, str]:
    """Return the headers of a capture."""
    named = {
        "Content-Type": "application/ld+json",
        "GS1-EPCIS-Version": "2.0.0",
        "GS1-CBV-Version": "2.0.0",
        "GS1-Extensions": f"{OWN}={OWN_NAMES}",
        "GS1-Capture-Error-Behaviour": behaviour,
    }
    return named | authorization(token)


def authorization(token: str) -> dict[str, str]:
    """Return the header that says who asks, where there is a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def limits(answer: Mapping[str, str]) -> tuple[int, int | None]:
    """Return the most events and bytes of a capture, from the headers of an OPTIONS."""
    events, size = (_limit(answer.get(name.lower(), "")) for name in (EVENT_LIMIT, SIZE_LIMIT))
    return min(events or MOST_EVENTS, MOST_EVENTS), size


def _limit(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def parts(
    document: Mapping[str, Any], known: Iterable[str], most: int, size: int | None
) -> Iterator[tuple[list[str], bytes]]:
    """Yield captures of events that are not `known`: their IDs, and the bytes to be sent.

    One has at most `most` events and `size` bytes; a single event that is larger stands alone.
    """
    before = set(known)
    events = [
        event for event in document["epcisBody"]["eventList"] if event["eventID"] not in before
    ]
    for start in range(0, len(events), most):
        yield from _fitting(document, events[start : start + most], size)


def _fitting(
    document: Mapping[str, Any], events: Sequence[Mapping[str, Any]], size: int | None
) -> Iterator[tuple[list[str], bytes]]:
    body = {**document, "epcisBody": {"eventList": list(events)}}
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    if size is None or len(data) <= size or len(events) == 1:
        yield [event["eventID"] for event in events], data
        return
    half = len(events) // 2
    yield from _fitting(document, events[:half], size)
    yield from _fitting(document, events[half:], size)


@dataclass(frozen=True, slots=True)
class Job:
    """How a capture stands: still running, and if not, whether all of it was taken."""

    running: bool
    success: bool
    errors: tuple[str, ...]


def job_of(body: bytes) -> Job:
    """Return how a capture job stands; WrongAnswer where the answer does not say."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongAnswer("the answer on the capture job is no JSON") from error
    if not isinstance(told, dict) or not isinstance(told.get("running"), bool):
        raise WrongAnswer("the answer on the capture job does not say whether it runs")
    listed = told.get("errors")
    errors = tuple(map(_error, listed)) if isinstance(listed, list) else ()
    return Job(told["running"], told.get("success") is True, errors)


def _error(each: object) -> str:
    said = (
        [str(each.get(name, "")) for name in ("title", "detail")] if isinstance(each, dict) else []
    )
    return ": ".join(filter(None, said)) or "an error without words"


def location(asked: str, answered: str) -> str:
    """Return the URL of a job, or nothing where none was named; WrongAnswer for another host."""
    if not answered:
        return ""
    found = urljoin(asked, answered)
    if urlsplit(found)[:2] != urlsplit(asked)[:2]:
        raise WrongAnswer(f"the capture job is elsewhere: {answered[:80]!r}")
    return found


@dataclass(slots=True)
class Captured:
    """One capture that a repository accepted: the events' IDs, and the job's URL."""

    events: list[str]
    job: str
    state: str = ACCEPTED


class Book:
    """What was accepted by each repository, so that nothing is sent twice."""

    def __init__(self, rows: Mapping[str, list[Captured]] | None = None) -> None:
        self._rows = dict(rows or {})

    def of(self, repository: str) -> list[Captured]:
        """Return the captures of one repository, which may be added to."""
        return self._rows.setdefault(repository, [])

    def known(self, repository: str) -> list[str]:
        """Return the IDs of the events that it has accepted."""
        return [event for row in self.of(repository) for event in row.events]

    def to_bytes(self) -> bytes:
        """Return the book as a file."""
        plain = {
            url: [{"events": row.events, "job": row.job, "state": row.state} for row in rows]
            for url, rows in self._rows.items()
        }
        return json.dumps(plain, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Book:
        """Read what `to_bytes` wrote; ValueError for anything else."""
        try:
            plain = json.loads(data)
            return cls(
                {
                    url: [Captured(list(row["events"]), row["job"], row["state"]) for row in rows]
                    for url, rows in plain.items()
                }
            )
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise ValueError("it is no book of captures") from error
