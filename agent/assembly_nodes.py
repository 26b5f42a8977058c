"""The composition root for gateways with a ledger: links, forwarding, comparing, believing."""

from __future__ import annotations

import random
from collections.abc import Callable

import zmq.asyncio

from agent.assembly import Core
from agent.assembly_upstream import LedgerEvents, Upstream
from agent.batcher import Entropy
from agent.clock import Clock
from agent.config import Config, LedgerSettings
from agent.conflict import Conflicts
from agent.light_client.client import LightClient
from agent.light_client.trusted_store import TrustedStore
from agent.pinned_policy import TRUST_FOLDER, load_policy
from agent.signing.keys import Keys
from agent.status import NodeStatus, UplinkStatus
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


def build_nodes(
    config: Config,
    core: Core,
    entropy: Entropy,
    events: LedgerEvents,
    outbox: Outbox,
    sealing: Task,
) -> Upstream:
    """Join what sends the outbox's batches to the configured nodes and checks their answers."""
    clock, identity = core.clock, core.identity
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
