"""One leg as it passes: every record goes to what it tells of. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Protocol

from agent.rules.sources import LASTING
from agent.rules.watched import sample_of, tells_of
from agent.shipments.doors import INPUT, Contact, Watch, contact_of
from agent.shipments.held import Held
from agent.shipments.measured import Series
from agent.shipments.route import POSITION, Route
from agent.shipments.voices import Voices
from evidence.leaf import Record


class Lasting(Protocol):
    """What has a value that lasts, until nobody knows it any more."""

    def lose(self, moment: int) -> None:
        """Have nobody know the value from a moment on."""


class LegFold:
    """What the devices of one leg tell, from the moment `start` of the line on."""

    def __init__(self, start: int, voices: Voices, devices: Collection[str]) -> None:
        self.start = start
        self._voices = voices
        self.series = {
            key: Series(Held(start, voices.reach(key.device, key.kind)))
            for key in voices.quantities
            if key.device in devices
        }
        self.routes = {
            device: Route(device, start, voices.reach(device, POSITION))
            for device in voices.receivers
            if device in devices
        }
        self.doors = {
            contact: Watch(contact, start)
            for contact in voices.contacts
            if contact.device in devices
        }

    def take(self, record: Record, at: int) -> None:
        """Take one more record of a device that goes along."""
        if record.kind in LASTING:
            for key, series in self.series.items():
                same = (key.device, key.kind) == (record.device, record.kind)
                if same and tells_of(record, key.field):
                    series.take(sample_of(record, key.field, at))
        elif record.kind == POSITION and record.device in self.routes:
            self.routes[record.device].take(record, at)
        elif record.kind == INPUT and contact_of(record) in self.doors:
            self.doors[contact_of(record)].take(record, at)

    def stand(self, contact: Contact, state: str, at: int) -> None:
        """Have a door be in the state that was known when its device was bound."""
        if contact in self.doors and not self.doors[contact].heard:
            self.doors[contact].become(state, at)

    def silence(self, device: str, moment: int) -> None:
        """Have nobody know how a device's doors stand from a moment on."""
        for contact, watch in self.doors.items():
            if contact.device == device:
                watch.lose(moment)

    def stop(self, moment: int, *, bridged: bool) -> None:
        """Take note that the gateway was off from a moment on: nobody watched the doors.

        Where nobody knows for how long, no value lasts until it is back.
        """
        for watch in self.doors.values():
            watch.lose(moment)
        if not bridged:
            lasting: Iterator[Lasting] = chain(
                (each.held for each in self.series.values()), self.routes.values()
            )
            for each in lasting:
                each.lose(moment)

    def cut(self, at: int, devices: Collection[str]) -> LegFold:
        """Return the next leg, which begins at a moment with these devices."""
        rest = LegFold(at, self._voices, devices)
        rest.series |= {k: self.series[k].cut(at) for k in rest.series if k in self.series}
        rest.routes |= {k: self.routes[k].cut(at) for k in rest.routes if k in self.routes}
        rest.doors |= {k: self.doors[k].cut(at) for k in rest.doors if k in self.doors}
        return rest
