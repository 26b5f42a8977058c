"""The logs that the configuration names, and what serves each of them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import zmq.asyncio

from agent.assembly.world import Core
from agent.chain.batcher import Entropy
from agent.chain.conflict import Conflicts
from agent.chain.gaps import Gaps
from agent.chain.key_watch import KeyWatch
from agent.config.settings import Config, LedgerNode
from agent.light_client.client import LightClient
from agent.light_client.pinned_policy import load_policy, nodes_of, trusted_store
from agent.light_client.verifier import Anchor
from agent.machine.supervisor import Restart, Task
from agent.signing.keys import Keys
from agent.upstream.budget import ByteBudget
from agent.upstream.comparer import Comparer
from agent.upstream.events import LedgerEvents
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import Link, NodeAddress
from agent.upstream.log_outbox import LogOutbox
from agent.upstream.outbox import Outbox
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from drivers.driver import Timing
from evidence.log_set import LogSet

SECONDS_PER_DAY = 86400
SECONDS_PER_MINUTE = 60

Learn = Callable[[Anchor], None]


@dataclass(frozen=True, slots=True)
class LogParts:
    """What serves one log."""

    client: LightClient
    forwarder: Forwarder
    comparer: Comparer

    @property
    def serving(self) -> bool:
        """Whether a node of it is of use now."""
        states = [view.state for view in self.forwarder.views]
        return self.client.frozen is None and LinkState.OK in states


class CountedTime:
    """Tells a time only that the quorums of so many logs have reached: one log's may lie."""

    def __init__(self, threshold: int, learn: Learn) -> None:
        self._threshold = threshold
        self._learn = learn
        self._newest: dict[str, Anchor] = {}

    def of(self, origin: str) -> Learn:
        """Return what hears the checkpoints of one log."""

        def learn(anchor: Anchor) -> None:
            self._newest[origin] = anchor
            known = sorted(self._newest.values(), key=lambda each: each.time, reverse=True)
            if len(known) >= self._threshold:
                self._learn(known[self._threshold - 1])

        return learn


class Ledgers:
    """Everything that the configured logs share, and what is built of it for each of them."""

    def __init__(
        self,
        config: Config,
        core: Core,
        entropy: Entropy,
        timing: Timing,
        events: LedgerEvents,
        gaps: Gaps,
    ) -> None:
        state_dir, epoch = config.gateway.state_dir, core.identity.epoch
        keys = Keys.beside(state_dir, core.succession)
        self._config = config
        self._core = core
        self._entropy = entropy
        self._timing = timing
        self._events = events
        self._gaps = gaps
        self._curve = keys.curve
        self._conflicts = Conflicts(state_dir, epoch, lambda: keys.statement.public)
        self.budget = ByteBudget(config.uplink.budget_bytes_per_day, state_dir, core.clock)
        self.context = zmq.asyncio.Context()
        self.logs = load_policy(config)
        self._nodes = nodes_of(config, self.logs)
        self._vouchers = core.journal.vouchers(self.logs.threshold)
        self._clients = {
            origin: build_light_client(config, self.logs, origin) for origin in self.logs.logs
        }
        self.parts: dict[str, LogParts] = {}

    def outboxes(self, learn: Learn) -> dict[str, Outbox]:
        """Return the outbox of each log; `learn` hears the time that enough of them vouch for."""
        core, counted = self._core, CountedTime(self.logs.threshold, learn)
        around = core.journal, core.thread, core.clock, self._gaps
        if not self.logs.several:
            return {origin: Outbox(*around, counted.of(origin)) for origin in self.logs.logs}
        return {
            origin: LogOutbox(
                origin,
                self._vouchers,
                *around,
                carries=partial(self._carries, origin),
                trusted=self.trusted,
                stopped=lambda: self._conflicts.known is not None,
                on_confirmed=counted.of(origin),
            )
            for origin in self.logs.logs
        }

    def trusted(self) -> list[str]:
        """Return the logs that were not caught forking."""
        return [origin for origin, client in self._clients.items() if client.frozen is None]

    def _carries(self, origin: str) -> bool:
        """Tell whether bodies go to a log: to the first of the policy that serves us."""
        return origin == next((name for name, each in self.parts.items() if each.serving), None)

    async def begin(self) -> None:
        """Have the journal keep books for these logs; may be repeated."""
        run, at_ms = self._core.thread.run, self._core.clock.now().wall_ms
        if self.logs.several:
            await run(self._vouchers.begin, list(self.logs.logs), self.trusted(), at_ms)
        else:
            await run(self._vouchers.end)

    def build(self, origin: str, outbox: Outbox) -> None:
        """Build what serves one log."""
        nodes, client = self._nodes[origin], self._clients[origin]
        rng = random.Random(int.from_bytes(self._entropy(8), "big"))  # noqa: S311  jitter, not a secret
        patience = {node.name: Patience(self._monotonic, rng) for node in nodes}
        forwarder = Forwarder(
            addresses(node for node in nodes if not node.witness),
            self._open_link,
            outbox,
            client,
            self._core.identity.epoch,
            self._core.clock,
            self.budget,
            rng,
            conflicts=self._conflicts,
            announce=self._events.heard,
            patience=patience,
            sleep=self._timing.sleep,
        )
        comparer = Comparer(
            addresses(nodes),
            self._open_link,
            client,
            self._core.clock,
            self.budget,
            self._config.ledger.compare_minutes * SECONDS_PER_MINUTE,
            announce=self._events.heard,
            patience=patience,
            sleep=self._timing.sleep,
        )
        self.parts[origin] = LogParts(client, forwarder, comparer)

    def _open_link(self, node: NodeAddress, on_state: Callable[[LinkState], None]) -> Link:
        return Link(
            self.context, node, self._curve, self._entropy, on_state, spend=self.budget.spend
        )

    def _monotonic(self) -> float:
        return self._core.clock.now().monotonic_ms / 1000

    def key_watch(self) -> KeyWatch:
        """Return what tells how long the key counts by the policies in force."""
        return KeyWatch(
            self._core.identity.gateway,
            lambda: self._core.succession.present.public,
            lambda: [client.policy for client in self._clients.values()],
            self.logs.threshold,
            self._core.clock,
            self._timing,
            self._events.noticed,
        )

    def tasks(self) -> list[Task]:
        """Return the tasks of every log that has nodes."""
        return [
            task
            for origin, parts in self.parts.items()
            if self._nodes[origin]
            for task in tasks_of(parts, self.begin, f" {origin}" if self.logs.several else "")
        ]


def tasks_of(parts: LogParts, begin: Callable[[], Awaitable[None]], name: str) -> list[Task]:
    """Return the tasks of one log; nothing is forwarded before the journal has its books."""

    async def forward() -> None:
        await begin()
        if parts.forwarder.views:
            await parts.forwarder.run()

    return [
        Task(f"forwarder{name}", forward, restart=Restart.ON_FAILURE, longest_delay=4.0),
        Task(f"comparer{name}", parts.comparer.run, restart=Restart.ON_FAILURE),
    ]


def addresses(nodes: Iterable[LedgerNode]) -> list[NodeAddress]:
    """Return where configured nodes are."""
    return [NodeAddress(node.name, node.endpoint, node.server_key) for node in nodes]


def build_light_client(config: Config, logs: LogSet, origin: str) -> LightClient:
    """Return the light client of a log over its pinned policy and the trust kept on disk."""
    store = trusted_store(config, logs, origin)
    store.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    period = config.ledger.trusting_period_days * SECONDS_PER_DAY
    return LightClient(logs.log(origin), store, period)
