"""Shipments for the CLI: begin, look, end. Works offline; the records are the truth."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.desks.attachments import TYPES
from agent.desks.control import BadRequest, Request, Verb, text
from agent.desks.notices import NoticeStore
from agent.desks.shipment_request import MOST_TEXT, check_known, joined, operator, short
from agent.desks.status import ConditionStatus
from agent.intake.collector import Collector
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from agent.records.convert import from_reading, natural
from agent.records.sentences import sentence
from agent.shipments.papers import Papers
from agent.shipments.shipment import (
    ENDED,
    KIND,
    STARTED,
    Shipment,
    Shipments,
    listed,
    values_of,
)
from evidence.leaf import RecordValue
from foundation.hints import hint

FILE_NAME = "shipments.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
NAMED = ("vehicle", "destination", "owner", "custodian", "model")
LISTED = ("seals", "devices", "papers")


def shipments_book(
    state_dir: Path, recorder: Recorder, journal: AsyncJournal
) -> KeptBook[Shipments]:
    """Return the book of all shipments."""
    path = state_dir / FILE_NAME
    return KeptBook(path, Shipments, recorder, journal, replay_most=REPLAY_MOST)


class ShipmentDesk:
    """All shipments of one gateway."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        notices: NoticeStore,
        book: KeptBook[Shipments],
        recorder: Recorder,
        clock: Clock,
        conditions: Callable[[], Sequence[ConditionStatus]],
    ) -> None:
        self._conditions = conditions
        self._collectors = {collector.device.name: collector for collector in collectors}
        self._notices = notices
        self._book = book
        self._recorder = recorder
        self._clock = clock

    async def run(self) -> None:
        """Take over what the run before knew; then the records keep it up to date."""
        await self._book.open()

    @property
    def _shipments(self) -> Shipments:
        return self._book.content

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {
            "shipment-start": self.start,
            "shipment-bind": self.bind,
            "shipment-unbind": self.unbind,
            "shipment-end": self.end,
            "shipments": self.show,
        }

    def knows(self, name: str) -> bool:
        """Tell whether a shipment of that name is on record."""
        return self._shipments.get(name) is not None

    def is_under_way(self, name: str) -> bool:
        """Tell whether a shipment of that name is under way."""
        shipment = self._shipments.get(name)
        return shipment is not None and shipment.ended_ms is None

    def carrying(self, device: str) -> list[str]:
        """Return the names of the shipments under way that a device travels with."""
        return [
            each.name
            for each in self._shipments
            if each.ended_ms is None and device in each.devices
        ]

    async def start(self, request: Request) -> AsyncGenerator[Any, None]:
        """Bind a notice, a vehicle, seals and sensors under one name; yield the shipment."""
        await self._book.opened()
        name = short(text(request, "name"), "name")
        if not name:
            raise BadRequest("a shipment needs a name", advice="the waybill's number will do")
        given = await self._given(request)
        yield await self.record({"state": STARTED, "name": name} | given, ())

    async def bind(self, request: Request) -> AsyncGenerator[Any, None]:
        """Add sensors, seals and papers to a shipment, or change the rest; yield it."""
        shipment = await self.under_way(request)
        given = await self._given(request)
        if not given.keys() - {"operator"}:
            raise BadRequest("nothing is to be bound", advice="name a --device, --seal, --vehicle")
        for name in LISTED:
            if name in given:
                more = dict.fromkeys([*getattr(shipment, name), *listed(str(given[name]))])
                given[name] = joined(list(more), name)
        yield await self.record(values_of(shipment) | given, shipment.devices)

    async def unbind(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take sensors, seals and papers off a shipment; yield it."""
        shipment = await self.under_way(request)
        gone = {name: listed(joined(request.get(name, []), name)) for name in LISTED}
        if not any(gone.values()):
            raise BadRequest("nothing is to be taken off", advice="name a --device or a --seal")
        values = values_of(shipment)
        for name, names in gone.items():
            bound = getattr(shipment, name)
            for each in names:
                check_known(each, bound, name[:-1], f"tallyman shipment show {shipment.name}")
            values[name] = joined([each for each in bound if each not in names], name)
        yield await self.record(values | operator(request), shipment.devices)

    async def _given(self, request: Request) -> dict[str, RecordValue]:
        """Return what a request binds, as a record's fields; BadRequest where that cannot be."""
        values: dict[str, RecordValue] = operator(request)
        for field in NAMED:
            values[field] = short(text(request, field) if field in request else "", field)
        for field in LISTED:
            values[field] = joined(request.get(field, []), field)
        for device in request.get("devices", []):
            check_known(str(device), self._collectors, "device", "tallyman devices")
        for paper in request.get("papers", []):
            check_known(str(paper), TYPES, "type of papers", "tallyman notarize --help")
        if request.get("digest"):
            notice = await self._notices.load(text(request, "digest"))
            values |= {"notice": notice.number, "digest": notice.digest, "due": notice.due}
        return {name: value for name, value in values.items() if value}

    async def record(
        self, values: Mapping[str, RecordValue], before: Collection[str]
    ) -> dict[str, Any]:
        """Record a binding, and of each sensor that was not aboard `before` what it may tell.

        Return the shipment, once that is durable.
        """
        named = {name: value for name, value in values.items() if value}
        await self._recorder.note(KIND, named)
        name = str(named["name"])
        for device in listed(str(named.get("devices", ""))):
            if device not in before and device in self._collectors:
                await self._declare(name, self._collectors[device])
        return await self._after(name)

    async def _declare(self, name: str, collector: Collector) -> None:
        from agent.desks.aboard import declarations  # noqa: PLC0415  with the first shipment

        for kind, values in declarations(name, collector, self._conditions()):
            await self._recorder.note(kind, values, device=collector.device.name)

    async def end(self, request: Request) -> AsyncGenerator[Any, None]:
        """End a shipment; yield it."""
        yield await self.finish(await self.under_way(request), operator(request))

    async def finish(self, shipment: Shipment, asked: Mapping[str, RecordValue]) -> dict[str, Any]:
        """Record that a shipment ends, and who asked; return it, once that is durable."""
        await self._recorder.note(KIND, {"state": ENDED, "name": shipment.name, **asked})
        return await self._after(shipment.name)

    async def under_way(self, request: Request) -> Shipment:
        """Return the shipment under way that a request names; BadRequest where there is none."""
        await self._book.opened()
        name = text(request, "name")
        shipment = self._shipments.get(name)
        if shipment is None or not self.is_under_way(name):
            known = [each.name for each in self._shipments if each.ended_ms is None]
            raise BadRequest(
                f"no shipment {name[:MOST_TEXT]!r} is under way{hint(name[:MOST_TEXT], known)}",
                advice="list them: tallyman shipment",
            )
        return shipment

    @property
    def papers(self) -> Papers:
        """The papers on record."""
        return self._shipments.papers

    async def _after(self, name: str) -> dict[str, Any]:
        """Make the record durable, keep the snapshot, and return the shipment."""
        await self._recorder.flush()
        await self._book.save()
        shipment = self._shipments.get(name)
        assert shipment is not None, "it was just recorded"
        return self._view(shipment)

    async def show(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield each shipment, or the one called `name`, with where it is and how it does."""
        await self._book.opened()
        wanted = text(request, "name") if "name" in request else None
        found = [each for each in self._shipments if wanted in (None, each.name)]
        if wanted is not None and not found:
            await self.under_way(request)
        for shipment in found:
            yield self._view(shipment)

    def _view(self, shipment: Shipment) -> dict[str, Any]:
        now = self._clock.now()
        under_way = shipment.ended_ms is None
        readings = self._readings(shipment) if under_way else []
        place = self._newest("position") if under_way else None
        vouched_now = now.source != Source.NONE
        return shipment.to_json() | {
            "place": place,
            "sensors": readings,
            "now_ms": now.wall_ms,
            "vouched_now": vouched_now,
        }

    def _readings(self, shipment: Shipment) -> list[dict[str, Any]]:
        found = []
        for name in shipment.devices:
            collector = self._collectors.get(name)
            reading = None if collector is None else collector.last
            seen: dict[str, Any] = {"device": name, "text": "no reading yet", "at_ms": None}
            if reading is not None:
                record = from_reading(reading, 0, self._clock.stamp(reading.monotonic))
                seen |= {"text": sentence(record), "at_ms": record.wall_ms}
            found.append(seen)
        return found

    def _newest(self, kind: str) -> dict[str, Any] | None:
        """Return the newest reading of a kind, of any device: where the vehicle is."""
        readings = [each.last for each in self._collectors.values() if each.last is not None]
        fitting = [reading for reading in readings if reading.kind == kind]
        if not fitting:
            return None
        newest = max(fitting, key=lambda reading: reading.monotonic)
        record = from_reading(newest, 0, self._clock.stamp(newest.monotonic))
        return natural(record) | {
            "device": newest.device,
            "at_ms": record.wall_ms,
            "text": sentence(record),
        }
