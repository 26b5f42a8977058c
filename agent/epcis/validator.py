"""Is this an EPCIS 2.0 document that partners can take? Pure, and without GS1's schema.

First the shape, with the forms of single values; where that holds, what the values mean. Every
document of ours passes before it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.epcis.events import DOCUMENT, EVENTS, event_shape
from agent.epcis.meaning import event_meaning
from agent.epcis.shape import Problem

BODY = "epcisBody/eventList"


def problems(document: Any) -> Iterator[Problem]:
    """Yield all that is wrong with a document, as `json.loads` returns one."""
    wrong = list(shape_problems(document))
    yield from wrong
    if not wrong:
        yield from meaning_problems(document)


def shape_problems(document: Any) -> Iterator[Problem]:
    """Yield what is wrong with its form."""
    yield from DOCUMENT(document, "")


def meaning_problems(document: Any) -> Iterator[Problem]:
    """Yield what is wrong with what the events of a document of the right shape mean."""
    for number, event in enumerate(document["epcisBody"]["eventList"]):
        assert event["type"] in EVENTS
        yield from event_meaning(event, f"{BODY}/{number}")


def event_problems(event: Any) -> Iterator[Problem]:
    """Yield all that is wrong with one event that stands in no document yet."""
    wrong = list(event_shape(event, ""))
    yield from wrong
    if not wrong:
        yield from event_meaning(event, "")
