"""Answers what is present at the read points."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, text
from agent.dock.goods_identity import of_uri
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch
from agent.observe.homes import Homes
from foundation.hints import hint


class ShelfDesk:
    """The request of `tallyman shelf`."""

    def __init__(self, tags: TagWatch, board: HealthBoard, clock: Clock) -> None:
        self._tags = tags
        self._board = board
        self._clock = clock
        self._homes = Homes(tags.points.values())

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"shelf": self.shelf}

    async def shelf(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield what is present at each read point: one object a tag, then the newest raw
        reads, oldest first, point by point.

        `not_reading` names readers of a point that see nothing now, so that what is told of it may
        be stale; `belongs` says on which other shelves an article belongs.

        `read_point` asks for one only, `reads` for its raw reads as well.
        """
        names = self._wanted(request)
        for name in names:
            point = self._tags.points[name]
            tags = self._tags.presence.at(name)
            readers = {device for device, _ in point.antennas} | {tag.device for tag in tags}
            yield {
                "read_point": name,
                "kind": str(point.kind),
                "as_of_ms": self._clock.now().wall_ms,
                "not_reading": sorted(filter(self._board.blind, readers)),
            }
            for tag in tags:
                gtin = of_uri(tag.uri, tag.epc).gtin
                astray = self._homes.astray(gtin, point) if gtin else []
                yield tag.to_json() | ({"belongs": astray} if astray else {})
        if request.get("reads"):
            for name, read in sorted(self._tags.raw, key=lambda each: each[0]):
                if name in names:
                    moment = self._clock.stamp(read.last).wall_ms
                    yield {"read": name, "at_ms": moment, **asdict(read)}

    def _wanted(self, request: Request) -> list[str]:
        """Return the names of the read points that a request is about; BadRequest without one."""
        points = self._tags.points
        if not points:
            raise BadRequest("no read point is configured", advice="add a [[read_point]]")
        if "read_point" not in request:
            return list(points)
        wanted = text(request, "read_point")
        if wanted not in points:
            raise BadRequest(
                f"there is no read point {wanted[:64]!r}{hint(wanted[:64], points)}",
                advice=f"choose from: {', '.join(points)}",
            )
        return [wanted]
