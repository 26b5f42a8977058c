"""Shipments for the CLI: begin, look, end. Works offline; the records are the truth."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, text
from agent.desks.notices import NoticeStore
from agent.intake.collector import Collector
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from agent.records.convert import from_reading, natural
from agent.records.sentences import sentence
from agent.shipments.shipment import ENDED, KIND, SEPARATOR, STARTED, Shipment, Shipments
from evidence.leaf import RecordValue
from foundation.hints import hint

FILE_NAME = "shipments.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
MOST_TEXT = 64  # characters of a name, vehicle, seal or place; a GIAI has 30
MOST_LISTED = 12  # seals or devices; together they stay within a record's text


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
    ) -> None:
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
            "shipment-end": self.end,
            "shipments": self.show,
        }

    def knows(self, name: str) -> bool:
        """Tell whether a shipment of that name is on record."""
        return self._shipments.get(name) is not None

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
        values: dict[str, RecordValue] = {"state": STARTED}
        for field in ("name", "vehicle", "destination"):
            values[field] = short(text(request, field), field)
        if not values["name"]:
            raise BadRequest("a shipment needs a name", advice="the waybill's number will do")
        for field in ("seals", "devices"):
            values[field] = joined(request.get(field, []), field)
        for device in request.get("devices", []):
            if device not in self._collectors:
                raise BadRequest(
                    f"there is no device {device!r}{hint(device, self._collectors)}",
                    advice="see the names: tallyman devices",
                )
        if request.get("digest"):
            notice = await self._notices.load(text(request, "digest"))
            values |= {"notice": notice.number, "digest": notice.digest, "due": notice.due}
        await self._recorder.note(KIND, {name: value for name, value in values.items() if value})
        yield await self._after(str(values["name"]))

    async def end(self, request: Request) -> AsyncGenerator[Any, None]:
        """End a shipment; yield it."""
        shipment = await self._under_way(text(request, "name"))
        await self._recorder.note(KIND, {"state": ENDED, "name": shipment.name})
        yield await self._after(shipment.name)

    async def _under_way(self, name: str) -> Shipment:
        await self._book.opened()
        shipment = self._shipments.get(name)
        if shipment is None or shipment.ended_ms is not None:
            known = [each.name for each in self._shipments if each.ended_ms is None]
            raise BadRequest(
                f"no shipment {name[:MOST_TEXT]!r} is under way{hint(name[:MOST_TEXT], known)}",
                advice="list them: tallyman shipment",
            )
        return shipment

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
            await self._under_way(wanted)
        for shipment in found:
            yield self._view(shipment)

    def _view(self, shipment: Shipment) -> dict[str, Any]:
        now_ms = self._clock.now().wall_ms
        under_way = shipment.ended_ms is None
        readings = self._readings(shipment) if under_way else []
        place = self._newest("position") if under_way else None
        return shipment.to_json() | {"place": place, "sensors": readings, "now_ms": now_ms}

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


def short(value: str, what: str) -> str:
    """Return a short printable text; BadRequest otherwise."""
    if len(value) > MOST_TEXT or not value.isprintable() or SEPARATOR.strip() in value:
        raise BadRequest(
            f"{what} {value[:20]!r} is too long, not printable, or holds a comma",
            advice=f"use up to {MOST_TEXT} characters",
        )
    return value


def joined(values: object, what: str) -> str:
    """Return a list as one text; BadRequest where it is none, or too long."""
    if not isinstance(values, list) or len(values) > MOST_LISTED:
        raise BadRequest(f"{what} must be a list of up to {MOST_LISTED}")
    return SEPARATOR.join(short(str(value), what) for value in values)
