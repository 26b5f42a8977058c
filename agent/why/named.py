"""Causes that were named by what failed: the agent's tasks, and the last words of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.desks.status import Status
from agent.why.heard import Contact
from agent.why.judge import Named
from agent.why.question import Known
from foundation.durable import SECOND


def of_tasks(status: Status) -> list[Named]:
    """Return what the tasks name that do not run as they should."""
    return [
        Named(task.cause, f"{task.name}: {task.error}", task.advice)
        for task in status.tasks
        if task.cause
    ]


def last_words(known: Known, rows: Iterable[Any]) -> list[Named]:
    """Return what ended the last run, where one of `rows` did and nothing runs since."""
    words, heard = known.heard.words, known.heard
    if words is None or words.cause not in {row.id for row in rows}:
        return []
    if heard.contact is Contact.ANSWERED and heard.status is not None:
        started = known.now_ms - heard.status.started_ms
        if words.cause != SECOND.id or (heard.words_age or 0.0) * 1000 > started:
            return []
    return [Named(words.cause, words.error, words.advice)]
