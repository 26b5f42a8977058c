"""What the agent tells of itself in numbers: at the control socket, and where asked in a file.

The rows are those that gateways of ledgers are judged by: the node (records, batches and what they
take), its peers (what is asked and answered, bytes), the system (processor, memory, storage,
network); and how each shipment does. What nobody knows has no number.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.chain.seal_tally import SealTally
from agent.desks.control import Request, Verb
from agent.desks.snapshot import Snapshot
from agent.journal.recorder import RecorderState
from foundation.dataclass import dataclass

if TYPE_CHECKING:
    from agent.shipments.tally import Told
    from agent.upstream.traffic import UpstreamMeters
    from foundation.metrics import Family


@dataclass(frozen=True, slots=True)
class Meters:
    """Where the numbers come from; `watts` is what a busy board draws, 0: nobody knows."""

    snapshot: Snapshot
    recorder: RecorderState
    sealing: SealTally
    upstream: Callable[[], UpstreamMeters]
    shipments: Callable[[], Iterable[Told]]
    watts: float
    proc: Path

    async def read(self) -> list[Family]:
        """Return what the agent knows now; never fails because a disk or device does."""
        # An agent that nobody asks does without them.
        from agent.desks import machine_rows, metric_rows, shipment_rows  # noqa: PLC0415

        status = await self.snapshot.take()
        return [
            *metric_rows.node(status),
            *metric_rows.recording(self.recorder),
            *metric_rows.sealing(self.sealing, self.watts),
            *metric_rows.devices(status),
            *shipment_rows.shipments(self.shipments()),
            *metric_rows.peers(status, self.upstream()),
            *machine_rows.storage(status.storage, status.card),
            *machine_rows.disk(status.disk),
            *machine_rows.process(self.proc),
        ]


class MetricsDesk:
    """The request of `tallyman metrics`."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"metrics": self.metrics}

    async def metrics(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the agent's families; what the machine does, who asks sees for themselves."""
        del request
        from foundation.metrics import to_plain  # noqa: PLC0415  as above

        yield to_plain(await self._meters.read())
