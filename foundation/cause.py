"""A cause of trouble is a row: what it looks like, how to find it out, what to do about it. Pure.

Rows stand beside the driver or the part that knows them (`causes.py`). The same row gives the
advice in `status` and in alarms, and is what `why` ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from enum import Enum, StrEnum
from typing import Generic, Self, TypeVar

from foundation.dataclass import dataclass

F = TypeVar("F")
"""The facts that a part's tests look at."""


NO_START = "the agent does not start"
"""The symptom of what keeps the agent down: it explains that, and comes before it."""


class Cost(StrEnum):
    """What a test costs."""

    FREE = "free"  # memory, or files of the kernel
    BUS = "bus"  # a transfer on a bus or in a local network that others share
    RADIO = "radio"  # air time
    BYTES = "bytes"  # bytes that somebody pays for


class Answer(Enum):
    """What a test says. Unknown never counts as no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A test's answer, with the evidence for and against; a phrase each."""

    answer: Answer
    pro: tuple[str, ...] = ()
    contra: tuple[str, ...] = ()


UNKNOWN = Finding(Answer.UNKNOWN)


def yes(*pro: str) -> Finding:
    """Return that it is so, by this evidence."""
    return Finding(Answer.YES, pro)


def no(*contra: str) -> Finding:
    """Return that it is not so, by this evidence."""
    return Finding(Answer.NO, contra=contra)


def perhaps(*pro: str, contra: tuple[str, ...] = ()) -> Finding:
    """Return that nobody knows, and what speaks for it and against."""
    return Finding(Answer.UNKNOWN, pro, contra)


def untested(facts: object) -> Finding:
    """Be the test of a row that only the part itself can tell."""
    del facts
    return UNKNOWN


@dataclass(frozen=True)  # without slots: `Cause[F](…)` could not be called with them
class Cause(Generic[F]):
    """One row.

    `id` is `PART.WORD` and holds for ever: programs and records name it. `symptom` is what people
    see, `sentence` what is the matter, `next` the one thing to do; in these and in `command`
    `{names}` stand for what differs by device. `unproven` is what the test cannot prove. `stage`
    tells how far a part had come where this is the cause: what lies before is then ruled out.
    `test` changes nothing and takes at most 200 ms.
    """

    id: str
    symptom: str
    sentence: str
    next: str
    unproven: str
    command: str = ""
    stage: int = 0
    cost: Cost = Cost.FREE
    test: Callable[[F], Finding] = field(default=untested, compare=False)

    def of(self, **names: object) -> Self:
        """Return the row with these names filled in; a name that is not given stays."""
        return self._with(_Staying(names))

    def shown(self, **names: object) -> Self:
        """Return the row for people: what is still not known stands there in capitals."""
        return self._with(_InCapitals(names))

    def _with(self, names: Mapping[str, object]) -> Self:
        return replace(
            self,
            sentence=self.sentence.format_map(names),
            next=self.next.format_map(names),
            command=self.command.format_map(names),
        )


class _Staying(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


class _InCapitals(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return name.upper()
