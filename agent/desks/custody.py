"""A shipment changes hands: who answers for it from here on, signed by both where they can."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, printable
from agent.desks.durably import durable
from agent.desks.receipts import document, shown, signed_by_both
from agent.desks.shipment_request import MOST_TEXT
from agent.desks.signers import Signers
from agent.journal.recorder import Recorder
from agent.shipments.shipment import CUSTODY, Shipment
from evidence.leaf import RecordValue

MOST_REMARK = 400  # characters


class CustodyDesk:
    """Hand-overs of shipments under way, which `under_way` finds by a request."""

    def __init__(
        self,
        under_way: Callable[[Request], Awaitable[Shipment]],
        signers: Signers,
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._under_way = under_way
        self._signers = signers
        self._recorder = recorder
        self._clock = clock

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"shipment-custody": self.change}

    async def change(self, request: Request) -> AsyncGenerator[Any, None]:
        """Have somebody else answer for a shipment; yield the record.

        A `giver` that is not named is who answers for it by the records.
        """
        shipment = await self._under_way(request)
        said = self._said(shipment, request)
        giver = {"giver": said["giver"]} if "giver" in said else {}
        signers = {
            "giver": await self._signers.person({**request, **giver}, "giver", "giver_pin"),
            "taker": await self._signers.person(request, "taker", "taker_pin"),
        }
        signed = document({**said, "at_ms": self._clock.now().wall_ms})
        values: dict[str, RecordValue] = {**said, **signed_by_both(signed, signers)}
        await self._recorder.note(CUSTODY, values)
        await durable(self._recorder)
        yield shown(values, signed)

    def _said(self, shipment: Shipment, request: Request) -> dict[str, str]:
        """Return what both parties say, as fields of the record."""
        said = {"shipment": shipment.name}
        for name, most in (("giver", MOST_TEXT), ("taker", MOST_TEXT), ("place", MOST_TEXT),
                           ("remark", MOST_REMARK)):  # fmt: skip
            if name in request:
                said[name] = printable(request, name, most)
        if "taker" not in said:
            raise BadRequest("who takes it?", advice="name them: --to NAME")
        if "giver" not in said and shipment.custodian:
            said["giver"] = shipment.custodian
        if said.get("giver") == said["taker"]:
            raise BadRequest(
                f"{said['taker']} answers for it already", advice="name who takes it: --to NAME"
            )
        return said
