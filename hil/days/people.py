"""What honest people do on a trip with the gateway: bind, seal anew, check at the dock, end."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.desks.receipts import difference_values, goods_values, receipt_values
from agent.dock.belief import Belief
from agent.dock.differences import NOTHING_KNOWN
from agent.dock.forms import read_notice
from agent.dock.history import ACCEPTED, Opened
from agent.dock.notice import Notice
from agent.dock.session import Session
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.shipments.shipment import ENDED, KIND, SEPARATOR, STARTED
from evidence.leaf import RecordValue
from hil.days.trip import GTIN, MINUTE, Trip

NAME, NOTICE, CHECK, DOOR = "WB-7", "ASN1099", "R-20260302-0001", "tail"
CHUNK = 4096  # records


class Desk(NamedTuple):
    """What people's deeds go through: the gateway's own order of records."""

    recorder: Recorder
    journal: AsyncJournal


class Deed(NamedTuple):
    """What somebody does at a moment of the day; where the gateway is off, once it is back."""

    at: float
    do: Callable[[Desk], Awaitable[None]]


@dataclass
class People:
    """The people of one trip; `opened` is the check that they have begun."""

    trip: Trip
    opened: int = 0
    done: int = 0
    deeds: list[Deed] = field(default_factory=list)

    def __post_init__(self) -> None:
        trip = self.trip
        self.deeds = [Deed(trip.sealed_at, lambda desk: self._bind(desk, "S1"))]
        if trip.customs is not None:
            at = trip.customs.end - 4 * MINUTE
            self.deeds.append(Deed(at, lambda desk: self._bind(desk, "S2")))
        self.deeds += [
            Deed(trip.unloading.start - MINUTE, self._open_check),
            Deed(trip.checked_at, self._close_check),
            Deed(trip.checked_at + MINUTE, self._end),
        ]

    def notice(self) -> Notice:
        """Return the notice of the goods, which names each piece."""
        serials = [str(each) for each in sorted(self.trip.advised)]
        items = [{"gtin": GTIN, "quantity": len(serials), "serials": serials}]
        return read_notice(json.dumps({"notice": NOTICE, "units": [{"items": items}]}).encode())

    async def _bind(self, desk: Desk, seal: str) -> None:
        devices = [*(each.name for each in self.trip.sensors), "door", "load", "tail", "position"]
        values: dict[str, RecordValue] = {
            "name": NAME,
            "state": STARTED,
            "notice": NOTICE,
            "digest": self.notice().digest,
            "devices": SEPARATOR.join(devices),
        }
        await desk.recorder.note(KIND, values | ({"seals": seal} if self.trip.sealed else {}))

    async def _open_check(self, desk: Desk) -> None:
        values = {"check": CHECK, "notice": NOTICE, "read_point": DOOR}
        self.opened = desk.recorder.next_number
        await desk.recorder.note("dock-open", values)

    async def _close_check(self, desk: Desk) -> None:
        """Record what differs and the receipt, as the dock's desk does."""
        await desk.recorder.flush()
        opened = Opened(CHECK, NOTICE, "", DOOR, self.opened)
        session = Session(opened, self.notice(), (), ())
        session.apply_all(await desk.journal.records(self.opened, CHUNK))
        verdict = session.verdict(NOTHING_KNOWN, {})
        for came in verdict.came:
            await desk.recorder.note("dock-goods", goods_values(session, came))
        for difference in verdict.differences:
            await desk.recorder.note("dock-difference", difference_values(CHECK, difference))
        receipt = receipt_values(session, verdict, ACCEPTED, {}, Belief.UNITS)
        await desk.recorder.note("dock-check", receipt)

    async def _end(self, desk: Desk) -> None:
        await desk.recorder.note(KIND, {"name": NAME, "state": ENDED})
