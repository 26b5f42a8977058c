"""What goes along with a shipment, what each device tells, and how often. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.observe.presence import text, whole
from agent.rules.sources import LASTING
from agent.rules.valid_time import REACH, Sample
from agent.rules.verdict import usual_interval
from agent.rules.watched import sample_of, tells_of
from agent.shipments.doors import INPUT, STATES, Contact, contact_of
from agent.shipments.legs import ABOARD
from agent.shipments.placed import Placed
from agent.shipments.route import POSITION
from agent.shipments.shipment import listed
from evidence.leaf import Record


@dataclass(frozen=True, slots=True)
class Aboard:
    """A sensor that goes along, as the gateway declared it when it was bound.

    `interval_ms` is its nominal interval; None: it tells of what happens. `state` is that of the
    door at its `port`, as last heard of before; empty: nobody knows. An empty `profile`: none
    holds.
    """

    device: str
    kinds: tuple[str, ...]
    interval_ms: int | None
    state: str
    port: int | None
    profile: str
    version: int | None
    read_point: str


def aboard_of(record: Record) -> Aboard:
    """Return what a `shipment-sensor` record declares."""
    return Aboard(
        device=record.device,
        kinds=listed(text(record, "kinds")),
        interval_ms=whole(record, "interval_ms"),
        state=text(record, "state"),
        port=whole(record, "port"),
        profile=text(record, "profile"),
        version=whole(record, "version"),
        read_point=text(record, "read_point"),
    )


class Quantity(NamedTuple):
    """One value of one device."""

    device: str
    kind: str
    field: str


class Voices:
    """What the devices tell of, and how often: all that any of them tells on the whole way.

    A nominal interval is the newest that was declared, else the one that the records keep.
    """

    def __init__(self, journey: Sequence[Placed]) -> None:
        self.declared: dict[str, int] = {}
        self.quantities: dict[Quantity, None] = {}  # in the order in which they are first told
        self.receivers: dict[str, None] = {}
        self.contacts: dict[Contact, None] = {}
        moments = defaultdict[Quantity, list[Sample]](list)
        for record, at, _, _ in journey:
            self._note(record)
            for name in _told(record):
                moments[Quantity(record.device, record.kind, name)].append(Sample(at, None))
        self._found: dict[tuple[str, str], int] = {}
        for (device, kind, _), samples in moments.items():
            found = usual_interval(sorted(samples, key=lambda each: each.at))
            if found is not None:
                shortest = min(found, self._found.get((device, kind), found))
                self._found[device, kind] = shortest

    def interval(self, device: str, kind: str) -> int | None:
        """Return a nominal interval in ms; None where nothing tells."""
        return self.declared.get(device) or self._found.get((device, kind))

    def reach(self, device: str, kind: str) -> int:
        """Return for how many ms a value holds; not at all where no interval is known."""
        return round(REACH * (self.interval(device, kind) or 0))

    def _note(self, record: Record) -> None:
        if record.kind == ABOARD:
            declared = aboard_of(record)
            if declared.interval_ms is not None:
                self.declared[record.device] = declared.interval_ms
            self._note_door(Contact(record.device, declared.port), declared.state)
        elif record.kind == INPUT:
            self._note_door(contact_of(record), text(record, "state"))
        elif record.kind == POSITION:
            self.receivers[record.device] = None
        for name in LASTING.get(record.kind, ()):
            if sample_of(record, name, 0).value is not None:
                self.quantities[Quantity(record.device, record.kind, name)] = None

    def _note_door(self, contact: Contact, state: str) -> None:
        if state in STATES:  # the states of other inputs have other words
            self.contacts[contact] = None


def _told(record: Record) -> Iterator[str]:
    """Yield what a record says anything of, among what lasts."""
    if record.kind == POSITION:
        yield POSITION
    yield from (name for name in LASTING.get(record.kind, ()) if tells_of(record, name))
