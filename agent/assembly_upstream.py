"""The upstream half of the composition root: sealing, signing, forwarding, believing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import zmq.asyncio

from agent.assembly import Core
from agent.batcher import Entropy
from agent.clock import Clock, Source
from agent.config import Config, LedgerSettings
from agent.conflict import Conflicts
from agent.evidence.leaf import RecordValue
from agent.gaps import Gaps
from agent.journal.recorder import Recorder
from agent.light_client.client import LightClient
from agent.light_client.trusted_store import TrustedStore
from agent.light_client.verifier import Anchor
from agent.pinned_policy import TRUST_FOLDER, load_policy
from agent.signing.keys import Keys
from agent.status import NodeStatus, UplinkStatus
from agent.storage import Storage
from agent.supervisor import Restart, Task
from agent.upstream.budget import ByteBudget
from agent.upstream.comparer import Comparer
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import Link, NodeAddress
from agent.upstream.mode import MEANING, Mode, TrustStatus, mode_of
from agent.upstream.outbox import Outbox
from agent.upstream.states import ADVICE, LinkState

SECONDS_PER_DAY = 86400
SECONDS_PER_MINUTE = 60

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
    close: Callable[[], None]


def build_upstream(config: Config, core: Core, entropy: Entropy, storage: Storage) -> Upstream:
    """Join batcher, outbox and, where the configuration names nodes, the forwarder."""
    clock, identity = core.clock, core.identity
    events = LedgerEvents(core.recorder)
    gaps = Gaps(config.gateway.state_dir, identity.epoch)
    outbox = Outbox(core.journal, core.thread, clock, gaps, QuorumTime(clock, events).learn)

    def sealed() -> None:
        storage.sealed()
        outbox.sealed()

    core.batcher.on_sealed = sealed
    sealing = Task("batcher", lambda: storage.keep_sealing(core.batcher.run), essential=True)
    if not config.ledger.nodes:
        alone = TrustStatus(Mode.PROOF_ONLY, MEANING[Mode.PROOF_ONLY])
        return Upstream([sealing], tuple, lambda: None, lambda: alone, lambda: None)
    keys = Keys.beside(config.gateway.state_dir, core.succession)
    client = build_light_client(config)
    nodes = addresses(config.ledger)
    context = zmq.asyncio.Context()
    conflicts = Conflicts(config.gateway.state_dir, identity.epoch, lambda: keys.statement.public)
    budget = ByteBudget(config.uplink.budget_bytes_per_day, config.gateway.state_dir, clock)

    def open_link(node: NodeAddress, on_state: Callable[[LinkState], None]) -> Link:
        return Link(context, node, keys.curve, entropy, on_state, spend=budget.spend)

    forwarder = Forwarder(
        [address for address in nodes if address.name not in witnesses(config.ledger)],
        open_link,
        outbox,
        client,
        identity.epoch,
        clock,
        budget,
        random.Random(int.from_bytes(entropy(8), "big")),  # noqa: S311  jitter, not a secret
        conflicts=conflicts,
        announce=events.heard,
    )
    comparer = Comparer(
        nodes,
        open_link,
        client,
        clock,
        budget,
        config.ledger.compare_minutes * SECONDS_PER_MINUTE,
        announce=events.heard,
    )
    tasks = [
        sealing,
        Task("ledger events", events.run),
        Task("forwarder", forwarder.run, restart=Restart.ON_FAILURE, longest_delay=4.0),
        Task("comparer", comparer.run, restart=Restart.ON_FAILURE),
    ]
    return Upstream(
        tasks,
        lambda: node_statuses(forwarder, client, clock),
        lambda: UplinkStatus(budget.spent, budget.per_day) if budget.per_day else None,
        lambda: trust_status(config.ledger, forwarder, comparer, client),
        lambda: context.destroy(linger=0),
    )


def addresses(ledger: LedgerSettings) -> list[NodeAddress]:
    """Return where the configured nodes are."""
    return [NodeAddress(node.name, node.endpoint, node.server_key) for node in ledger.nodes]


def witnesses(ledger: LedgerSettings) -> set[str]:
    """Return the names of the nodes that take no batches."""
    return {node.name for node in ledger.nodes if node.witness}


def build_light_client(config: Config) -> LightClient:
    """Return the light client over the pinned policy and the trust kept on disk."""
    folder = config.gateway.state_dir / TRUST_FOLDER
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    period = config.ledger.trusting_period_days * SECONDS_PER_DAY
    return LightClient(load_policy(config), TrustedStore(folder), period)


def trust_status(
    ledger: LedgerSettings, forwarder: Forwarder, comparer: Comparer, client: LightClient
) -> TrustStatus:
    """Return by whose node records are proven now, and whether the nodes show one log."""
    links = [(view.node.name, view.state) for view in forwarder.views]
    mode = mode_of(links, {node.name for node in ledger.nodes if node.own})
    if client.frozen is not None:
        mode = Mode.PROOF_ONLY
    agreeing = sum(view.shown for view in comparer.views)
    return TrustStatus(
        mode,
        MEANING[mode],
        client.size,
        len(comparer.views),
        agreeing,
        client.unjoined,
        client.frozen or "",
    )


def node_statuses(forwarder: Forwarder, client: LightClient, clock: Clock) -> list[NodeStatus]:
    """Return what `status` shows of the nodes; a fork found at one of them freezes them all."""
    return [
        NodeStatus(
            view.node.name,
            view.node.endpoint,
            LinkState.FROZEN if client.frozen else view.state,
            clock.stamp(view.since).wall_ms,
            client.frozen or view.detail,
            ADVICE[LinkState.FROZEN] if client.frozen else view.advice,
        )
        for view in forwarder.views
    ]
