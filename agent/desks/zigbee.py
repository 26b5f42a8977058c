"""Answers who looks after a Zigbee network: the process that keeps it does what is ordered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, text
from agent.intake.collector import Collector
from foundation.hints import hint

RADIO = "zigbee.radio"


class ZigbeeDesk:
    """The request of `tallyman zigbee`."""

    def __init__(self, collectors: Sequence[Collector]) -> None:
        self._radios = {
            collector.device.name: collector
            for collector in collectors
            if collector.device.kind == RADIO
        }

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"zigbee": self.zigbee}

    async def zigbee(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield what the network of `radio` answers to `order`; without a name, of the only one.

        What is done is on record by the process that does it.
        """
        order = request.get("order")
        if not isinstance(order, dict):
            raise BadRequest("order must be a table")
        yield await self._radio(text(request, "radio")).order(order)

    def _radio(self, name: str) -> Collector:
        if not self._radios:
            raise BadRequest(
                "no Zigbee radio is configured",
                advice="add a [[device]] of kind zigbee.radio: docs/operate/zigbee.md",
            )
        if not name and len(self._radios) == 1:
            return next(iter(self._radios.values()))
        if name in self._radios:
            return self._radios[name]
        known = ", ".join(self._radios)
        if not name:
            raise BadRequest("there are several radios", advice=f"say --radio with one of: {known}")
        raise BadRequest(
            f"there is no radio {name[:64]!r}{hint(name[:64], self._radios)}",
            advice=f"choose from {known}",
        )
