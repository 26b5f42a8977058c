"""A shipment is split on the road, or goes on in another one: who asks says what goes where."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, text
from agent.desks.shipment import ShipmentDesk
from agent.desks.shipment_request import joined, operator, short
from agent.shipments.parts import NoPart, joined_by, split
from agent.shipments.shipment import Shipment, listed, values_of

KEEP_APART = "keep them apart: end neither, and bind what both need to both"


class PartsDesk:
    """Splits and joins shipments under way."""

    def __init__(self, shipments: ShipmentDesk) -> None:
        self._shipments = shipments

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"shipment-split": self.split, "shipment-merge": self.merge}

    async def split(self, request: Request) -> AsyncGenerator[Any, None]:
        """Have a part of a shipment go on under another name; yield the rest and the part."""
        whole = await self._shipments.under_way(request)
        name = _into(request, whole)
        if self._shipments.is_under_way(name):
            raise BadRequest(f"{name} is under way already", advice="name the part otherwise")
        lists = (listed(joined(request.get(field, []), field)) for field in ("devices", "seals"))
        try:
            rest, part = split(whole, name, *lists)
        except NoPart as error:
            raise BadRequest(
                str(error), advice=f"see what does: tallyman shipment show {whole.name}"
            ) from error
        part = replace(
            part,
            vehicle=short(str(request.get("vehicle") or part.vehicle), "vehicle"),
            destination=short(str(request.get("destination") or part.destination), "destination"),
        )
        asked = operator(request)
        left = await self._shipments.record(values_of(rest) | asked, whole.devices)
        gone = await self._shipments.record(values_of(part) | asked, ())
        for each in (left, gone):  # told when both are on record: who asks may be gone by now
            yield each

    async def merge(self, request: Request) -> AsyncGenerator[Any, None]:
        """Have a shipment go on in another one, which may be new; yield what it goes on in."""
        added = await self._shipments.under_way(request)
        name = _into(request, added)
        if self._shipments.is_under_way(name):
            into = await self._shipments.under_way({"name": name})
        else:
            into = replace(added, name=name, devices=(), seals=(), parents=())
        try:
            both = joined_by(into, added)
        except NoPart as error:
            raise BadRequest(str(error), advice=KEEP_APART) from error
        for field in ("devices", "seals", "papers", "parents"):
            joined(list(getattr(both, field)), field)  # refuses what a record could not hold
        await self._shipments.finish(added, operator(request))
        yield await self._shipments.record(values_of(both) | operator(request), into.devices)


def _into(request: Request, shipment: Shipment) -> str:
    name = short(text(request, "into"), "name") if "into" in request else ""
    if not name or name == shipment.name:
        raise BadRequest("into which shipment?", advice="name it: --into NAME")
    return name
