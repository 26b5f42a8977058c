"""What the control socket can be asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, number, text
from agent.desks.snapshot import Snapshot
from agent.intake.collector import Collector
from agent.intake.tag_watch import TagWatch
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import follow, read_from
from agent.journal.recorder import Recorder
from agent.records.convert import from_reading
from foundation.hints import hint

MOST_RECORDS = 1 << 31  # of one request: it streams, so this bounds nothing but nonsense


class Verbs:
    """The requests of the CLI, answered from the parts that run.

    Records travel as the hexadecimal of their stored bytes: who asks decodes and prints them.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        collectors: Sequence[Collector],
        journal: AsyncJournal,
        recorder: Recorder,
        clock: Clock,
        tags: TagWatch | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._collectors = {collector.device.name: collector for collector in collectors}
        self._journal = journal
        self._recorder = recorder
        self._clock = clock
        self._tags = tags

    def table(self) -> Mapping[str, Verb]:
        """Return every verb by its name."""
        return {
            "status": self.status,
            "devices": self.devices,
            "read": self.read,
            "records": self.records,
            "follow": self.follow,
            "shelf": self.shelf,
        }

    async def status(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the snapshot."""
        del request
        yield (await self._snapshot.take()).to_dict()

    async def devices(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield one object a device, and the moment they were looked at."""
        del request
        devices = [asdict(device) for device in self._snapshot.devices()]
        yield {"now_ms": self._clock.now().wall_ms, "devices": devices}

    async def read(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield one fresh reading of `device`, as the record it would make."""
        name = text(request, "device")
        collector = self._collectors.get(name)
        if collector is None:
            raise BadRequest(
                f"no device {name[:64]!r}{hint(name[:64], self._collectors)}",
                advice="see the names: tallyman devices",
            )
        reading = await collector.read_once()
        record = from_reading(reading, 0, self._clock.stamp(reading.monotonic))
        yield record.to_bytes().hex()

    async def records(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield durable records: from number `since`, or the `last` ones."""
        total = await self._journal.count()
        since = number(request, "since", 0)
        last = number(request, "last", total)
        first = max(since, total - last)
        async for leaf in read_from(self._journal, first, MOST_RECORDS):
            yield leaf.hex()

    async def follow(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield records as they become durable, from number `since` on where it is given."""
        since = number(request, "since", 0) if "since" in request else None
        async for leaf in follow(self._journal, self._recorder, since):
            yield leaf.hex()

    async def shelf(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield what is present at each read point: one object a tag, then the newest raw
        reads, oldest first, point by point.

        `read_point` asks for one only, `reads` for its raw reads as well.
        """
        if self._tags is None:
            raise BadRequest("no read point is configured", advice="add a [[read_point]]")
        wanted = text(request, "read_point") if "read_point" in request else None
        if wanted is not None and wanted not in self._tags.points:
            raise BadRequest(
                f"no read point {wanted[:64]!r}{hint(wanted[:64], self._tags.points)}",
                advice=f"there are {', '.join(self._tags.points)}",
            )
        for name in self._tags.points if wanted is None else [wanted]:
            tags = [tag.to_json() for tag in self._tags.presence.at(name)]
            kind = str(self._tags.points[name].kind)
            yield {"read_point": name, "kind": kind, "as_of_ms": self._clock.now().wall_ms}
            for tag in tags:
                yield tag
        if request.get("reads"):
            for name, read in sorted(self._tags.raw, key=lambda each: each[0]):
                if wanted in (None, name):
                    moment = self._clock.stamp(read.last).wall_ms
                    yield {"read": name, "at_ms": moment, **asdict(read)}
