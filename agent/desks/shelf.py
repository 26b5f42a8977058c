"""Answers what is present at the read points."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, text
from agent.intake.tag_watch import TagWatch
from foundation.hints import hint


class ShelfDesk:
    """The request of `tallyman shelf`."""

    def __init__(self, tags: TagWatch, clock: Clock) -> None:
        self._tags = tags
        self._clock = clock

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"shelf": self.shelf}

    async def shelf(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield what is present at each read point: one object a tag, then the newest raw
        reads, oldest first, point by point.

        `read_point` asks for one only, `reads` for its raw reads as well.
        """
        names = self._wanted(request)
        for name in names:
            tags = [tag.to_json() for tag in self._tags.presence.at(name)]
            kind = str(self._tags.points[name].kind)
            yield {"read_point": name, "kind": kind, "as_of_ms": self._clock.now().wall_ms}
            for tag in tags:
                yield tag
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
