"""Whether a shipment may leave: are its papers there, and do they hold? Each look is a record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agent.clock.clock import Clock
from agent.desks.control import Request, Verb
from agent.desks.durably import durable
from agent.desks.shipment import ShipmentDesk
from agent.desks.shipment_request import operator
from agent.journal.recorder import Recorder
from agent.observe.calibration import Calibration
from agent.shipments.legs import READINESS
from agent.shipments.readiness import Fault, faults
from evidence.leaf import RecordValue

MOST_TOLD = 1000  # characters of what is missing; the record's text has 1,024


class ReadinessDesk:
    """Looks at the papers of shipments under way."""

    def __init__(
        self,
        shipments: ShipmentDesk,
        calibrations: Sequence[Calibration],
        recorder: Recorder,
        clock: Clock,
    ) -> None:
        self._shipments = shipments
        self._calibrations = calibrations
        self._recorder = recorder
        self._clock = clock

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"shipment-check": self.check}

    async def check(self, request: Request) -> AsyncGenerator[Any, None]:
        """Look at a shipment's papers and record what is wrong; yield that."""
        shipment = await self._shipments.under_way(request)
        now = self._clock.now()
        found = faults(
            shipment,
            self._shipments.papers,
            self._calibrations,
            now.wall_ms,
            sure=now.bound_ms is not None,
        )
        values = checked(shipment.name, found) | operator(request)
        await self._recorder.note(READINESS, values)
        await durable(self._recorder)
        yield {
            "name": shipment.name,
            "ready": not found,
            "papers": list(shipment.papers),
            "faults": [each._asdict() for each in found],
        }


def checked(name: str, found: Sequence[Fault]) -> dict[str, RecordValue]:
    """Return the fields of the record of a look."""
    values: dict[str, RecordValue] = {
        "shipment": name,
        "state": "not ready" if found else "ready",
        "faults": len(found),
    }
    if found:
        values["missing"] = "; ".join(each.text for each in found)[:MOST_TOLD]
    return values
