"""The logs that the configuration names, and what serves each of them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

import zmq.asyncio

from agent.assembly.world import Core
from agent.chain.batcher import Entropy
from agent.chain.conflict import Conflicts
from agent.chain.gaps import Gaps
from agent.chain.key_watch import KeyWatch
from agent.config.ledger import LedgerNode
from agent.config.settings import Config
from agent.config.ways import ANY_WAY, Way
from agent.journal.ring_journal import RingJournal
from agent.light_client.client import LightClient
from agent.light_client.pinned_policy import load_policy, nodes_of, trusted_store
from agent.machine.rounds import Rounds
from agent.machine.supervisor import Restart, Task
from agent.signing.keys import Keys
from agent.upstream.budget import ByteBudget
from agent.upstream.comparer import Comparer
from agent.upstream.day_bytes import Carried
from agent.upstream.events import LedgerEvents
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import Link, NodeAddress
from agent.upstream.log_books import LogBooks, OneLog, OneOfSeveral
from agent.upstream.outbox import Outbox
from agent.upstream.patience import Patience
from agent.upstream.quorum_time import CountedTime, Learn
from agent.upstream.session import Session
from agent.upstream.states import LinkState, Step
from agent.upstream.traffic import Traffic, UpstreamMeters
from agent.upstream.way_keeper import WayKeeper
from drivers.driver import Timing
from evidence.log_set import LogSet
from foundation.addresses import Names
from foundation.dataclass import dataclass
from foundation.reach import unreached
from foundation.zmtp.route import AnyRoute, Route

SECONDS_PER_DAY = 86400
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class LogParts:
    """What serves one log."""

    client: LightClient
    outbox: Outbox
    forwarder: Forwarder
    comparer: Comparer

    @property
    def serving(self) -> bool:
        """Whether a node of it is of use now."""
        states = [view.state for view in self.forwarder.views]
        return self.client.frozen is None and LinkState.OK in states


class Ledgers:
    """Everything that the configured logs share, and what is built of it for each of them.

    `learn` hears the time that enough of them vouch for.
    """

    def __init__(
        self,
        config: Config,
        core: Core,
        entropy: Entropy,
        timing: Timing,
        events: LedgerEvents,
        learn: Learn,
    ) -> None:
        state_dir, epoch = config.gateway.state_dir, core.identity.epoch
        keys = Keys.beside(state_dir, core.succession)
        self._config = config
        self._core = core
        self._entropy = entropy
        self._timing = timing
        self._events = events
        self._gaps = Gaps(state_dir, epoch)
        self._curve = keys.curve
        self._conflicts = Conflicts(state_dir, epoch, lambda: keys.statement.public)
        uplink = config.uplink
        self.budget = ByteBudget(
            uplink.budget_bytes_per_day, state_dir, core.clock, uplink.ways, self._way_in_use
        )
        self.ways = self._way_keeper(config)
        self.route: Route = self.ways or AnyRoute()
        self.logs = load_policy(config)
        self._nodes = nodes_of(config, self.logs)
        self._traffic = {node.name: Traffic() for node in config.ledger.nodes}
        self._clients = {
            origin: build_light_client(config, self.logs, origin) for origin in self.logs.logs
        }
        self.context = zmq.asyncio.Context()
        counted = CountedTime(self.logs.threshold, learn)
        self.parts = {origin: self._build(origin, counted.of(origin)) for origin in self.logs.logs}

    def trusted(self) -> list[str]:
        """Return the logs that were not caught forking."""
        return [origin for origin, client in self._clients.items() if client.frozen is None]

    async def begin(self) -> None:
        """Have the journal keep books for these logs; may be repeated."""
        await self._core.journal.run(self._begin, self._core.clock.now().wall_ms)

    def _begin(self, journal: RingJournal, at_ms: int) -> None:
        vouchers = journal.vouchers(self.logs.threshold)
        if self.logs.several:
            vouchers.begin(list(self.logs.logs), self.trusted(), at_ms)
        else:
            vouchers.end()

    def _build(self, origin: str, on_confirmed: Learn) -> LogParts:
        """Build what serves one log."""
        client, outbox = self._clients[origin], self._outbox(origin, on_confirmed)
        if client.trusted is not None and client.frozen is None:
            on_confirmed(client.trusted)  # before this start
        rng = random.Random(int.from_bytes(self._entropy(8), "big"))  # noqa: S311  jitter, not a secret
        patience = {node.name: Patience(self._monotonic, rng) for node in self._nodes[origin]}
        forwarder = self._forwarder(origin, client, outbox, rng, patience)
        return LogParts(client, outbox, forwarder, self._comparer(origin, client, patience))

    def _outbox(self, origin: str, on_confirmed: Learn) -> Outbox:
        return Outbox(
            self._core.journal,
            self._books(origin),
            self._gaps,
            self._core.clock,
            carries=partial(self._carries, origin),
            on_confirmed=on_confirmed,
        )

    def _books(self, origin: str) -> LogBooks:
        if not self.logs.several:
            return OneLog(self._gaps)
        return OneOfSeveral(
            origin,
            self.logs.threshold,
            self._gaps,
            self.trusted,
            lambda: self._conflicts.known is not None,
        )

    def _carries(self, origin: str) -> bool:
        """Tell whether bodies go to a log: to the first of the policy that serves us."""
        if not self.logs.several:
            return True
        return origin == next((name for name, each in self.parts.items() if each.serving), None)

    def _forwarder(
        self,
        origin: str,
        client: LightClient,
        outbox: Outbox,
        rng: random.Random,
        patience: Mapping[str, Patience],
    ) -> Forwarder:
        def converse(link: Link, tell: Callable[[Step, str | None], None]) -> Session:
            core = self._core
            return Session(link, outbox, client, core.clock, self.budget, self._conflicts, tell)

        return Forwarder(
            addresses(node for node in self._nodes[origin] if not node.witness),
            self._open_link,
            converse,
            client,
            self._conflicts,
            self._core.clock,
            rng,
            self._events.heard,
            patience=patience,
            sleep=self._timing.sleep,
        )

    def _comparer(
        self, origin: str, client: LightClient, patience: Mapping[str, Patience]
    ) -> Comparer:
        return Comparer(
            addresses(self._nodes[origin]),
            self._open_link,
            client,
            self._core.clock,
            self.budget,
            self._config.ledger.compare_minutes * SECONDS_PER_MINUTE,
            announce=self._events.heard,
            patience=patience,
            sleep=Rounds(self._timing).sleep,
        )

    def _open_link(self, node: NodeAddress, on_state: Callable[[LinkState], None]) -> Link:
        return Link(
            self.context,
            node,
            self._curve,
            self._entropy,
            on_state,
            spend=self.budget.spend,
            route=self.route,
            traffic=self._traffic[node.name],
        )

    def _way_keeper(self, config: Config) -> WayKeeper | None:
        """Return what chooses among the configured interfaces, where there are some."""
        if not config.uplink.ways or not config.ledger.nodes:
            return None
        from agent.upstream.network_manager import words_of  # noqa: PLC0415  few gateways name ways

        names = Names()
        return WayKeeper(
            config.uplink.ways,
            config.ledger.nodes[0].endpoint,
            self._timing,
            partial(unreached, names=names),
            self._events.moved,
            lambda count, way: self.budget.spend(count, Carried.UPKEEP, way),
            names,
            words_of,
        )

    def _way_in_use(self) -> Way:
        return ANY_WAY if self.ways is None else self.ways.choice.way

    def meters(self) -> UpstreamMeters:
        """Return what went over the links, and how long proofs take."""
        proven = {origin: each.outbox.times.proven for origin, each in self.parts.items()}
        return UpstreamMeters(self._traffic, proven)

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
        """Return the tasks of every log that has nodes, and what keeps the way to them."""
        ways = [] if self.ways is None else [Task("ways", self.ways.run)]
        return ways + [
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
