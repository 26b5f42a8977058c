"""The upstream half of the composition root: sealing, and what is owed to the ledger.

What needs a node, ZeroMQ with it, is in `assembly_nodes`: loaded where the configuration names one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.assembly import Core, World
from agent.clock import Clock, Source
from agent.config import Config
from agent.evidence.leaf import RecordValue
from agent.gaps import Gaps
from agent.journal.recorder import Recorder
from agent.light_client.verifier import Anchor
from agent.status import KeyStatus, NodeStatus, UplinkStatus
from agent.storage import Storage
from agent.supervisor import Task
from agent.upstream.mode import MEANING, Mode, TrustStatus
from agent.upstream.outbox import Outbox
from agent.upstream.states import LinkState

MOST_EVENTS = 64
"""Changes of links waiting for the journal; a link that flaps faster says nothing new."""


Event = tuple[str, Mapping[str, RecordValue]]
"""Kind and values of a record to be."""


class LedgerEvents:
    """Puts what happens between gateway and ledger into the journal; `run` is its task."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(MOST_EVENTS)

    def heard(self, node: str, state: LinkState, detail: str) -> None:
        """Take note of what became of a link, from wherever it is seen."""
        kind = "fork" if state is LinkState.FROZEN else "ledger"
        values: dict[str, RecordValue] = {"node": node, "state": str(state)}
        self.noticed(kind, values | ({"detail": detail} if detail else {}))

    def noticed(self, kind: str, values: Mapping[str, RecordValue]) -> None:
        """Take note of an event of any kind."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait((kind, values))

    async def run(self) -> None:
        """Record the events in the order in which they came."""
        while True:
            kind, values = await self._waiting.get()
            await self._recorder.note(kind, values)


class QuorumTime:
    """Tells a clock that nobody vouches for that it is not earlier than the ledger's witnesses say.

    A gateway without clock or satellites is behind by as long as it was off; it is never ahead of
    a quorum that cosigned what it sent.
    """

    def __init__(self, clock: Clock, events: LedgerEvents) -> None:
        self._clock = clock
        self._events = events

    def learn(self, anchor: Anchor) -> None:
        """Take the median time of a quorum as a lower bound."""
        utc = datetime.fromtimestamp(anchor.time, UTC)
        now = self._clock.now().monotonic_ms / 1000
        change = self._clock.offer(Source.QUORUM, utc, now, None)
        if change is not None:
            self._events.noticed("clock", change.values)


@dataclass(frozen=True, slots=True)
class Upstream:
    """What happens to records once they are durable."""

    tasks: Sequence[Task]
    nodes: Callable[[], Sequence[NodeStatus]]
    uplink: Callable[[], UplinkStatus | None]
    trust: Callable[[], TrustStatus]
    key: Callable[[], KeyStatus | None]
    close: Callable[[], None]


def build_upstream(config: Config, core: Core, world: World, storage: Storage) -> Upstream:
    """Join batcher, outbox and, where the configuration names nodes, the forwarder."""
    events = LedgerEvents(core.recorder)
    gaps = Gaps(config.gateway.state_dir, core.identity.epoch)
    learn = QuorumTime(core.clock, events).learn
    outboxes: list[Outbox] = []

    def sealed() -> None:
        storage.sealed()
        for outbox in outboxes:
            outbox.sealed()

    core.batcher.on_sealed = sealed
    sealing = Task("batcher", lambda: storage.keep_sealing(core.batcher.run), essential=True)
    if not config.ledger.nodes:
        alone = TrustStatus(Mode.PROOF_ONLY, MEANING[Mode.PROOF_ONLY])
        return Upstream([sealing], tuple, lambda: None, lambda: alone, lambda: None, lambda: None)
    from agent.assembly_nodes import build_nodes  # noqa: PLC0415  4 MB that no one else needs

    return build_nodes(config, core, world, events, gaps, learn, outboxes, sealing)
