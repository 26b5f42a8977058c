"""For how long a door was open, by what watches it. Pure.

A contact tells when it changes, so its state holds until the next word, a gap, or a stop of the
gateway. Before the first word nobody knows it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from agent.observe.presence import whole
from agent.rules.valid_time import BELIEVED, Sample
from agent.shipments.held import UNTIL_NEXT, Held
from evidence.leaf import Record

INPUT = "input"
OPEN, CLOSED = "open", "closed"
STATES = {OPEN: 1.0, CLOSED: 0.0}


class Contact(NamedTuple):
    """What watches one door: an input of a device; `port` None where it has but one."""

    device: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Door:
    """How a door stood in one leg, ms."""

    device: str
    port: int | None
    openings: int
    open_ms: int
    closed_ms: int
    unknown_ms: int


def contact_of(record: Record) -> Contact:
    """Return whose state an `input` record tells."""
    return Contact(record.device, whole(record, "port"))


class Watch:
    """The states of one door in one leg: a fold."""

    def __init__(self, contact: Contact, start: int) -> None:
        self._contact = contact
        self._held = Held(start, UNTIL_NEXT)
        self.heard = False
        self._state: float | None = None
        self._openings = 0

    def take(self, record: Record, at: int) -> None:
        """Take one more `input` record, of a moment on the line of time."""
        believed = record.quality in BELIEVED
        self.become(str(record.values.get("state")) if believed else "", at)

    def become(self, state: str, at: int) -> None:
        """Have the door be in a state from a moment on; one that is no door's is unknown."""
        value = STATES.get(state)
        self.heard = True
        self._openings += value == STATES[OPEN] and self._state != value
        self._state = value
        self._held.take(Sample(at, value))

    def lose(self, moment: int) -> None:
        """Have nobody know how it stands from a moment on."""
        self._state = None
        self._held.lose(moment)

    def finish(self, moment: int) -> Door:
        """Return how the door stood in the leg that ends at a moment."""
        self._held.pass_until(moment)
        times: Counter[float | None] = self._held.times
        opened, closed = times[STATES[OPEN]], times[STATES[CLOSED]]
        return Door(*self._contact, self._openings, opened, closed, times[None])

    def cut(self, moment: int) -> Watch:
        """Return what goes on in the leg that begins at a moment."""
        rest = Watch(self._contact, moment)
        rest._held, rest._state = self._held.cut(moment), self._state
        rest.heard = self.heard
        return rest


def doors_in_all(legs: list[Door]) -> Door:
    """Return how one door stood in several legs, at least one."""
    first = legs[0]
    return Door(
        first.device,
        first.port,
        sum(each.openings for each in legs),
        sum(each.open_ms for each in legs),
        sum(each.closed_ms for each in legs),
        sum(each.unknown_ms for each in legs),
    )
