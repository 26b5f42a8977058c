"""The composition root for gateways with a ledger: links, forwarding, comparing, believing.

Each log has its own light client, forwarder and comparer: one that is caught stops by itself, and
the others go on. Several logs have an outbox each, over the batches that all share.
"""

from __future__ import annotations

from agent.assembly.ledger_status import key_status, node_statuses, trust_status
from agent.assembly.ledgers import Learn, Ledgers
from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.chain.gaps import Gaps
from agent.config.settings import Config
from agent.desks.status import UplinkStatus
from agent.machine.supervisor import Restart, Task
from agent.upstream.events import LedgerEvents
from agent.upstream.outbox import Outbox


def build_nodes(
    config: Config,
    core: Core,
    world: World,
    events: LedgerEvents,
    gaps: Gaps,
    learn: Learn,
    outboxes: list[Outbox],
    sealing: Task,
) -> Upstream:
    """Join what sends batches to the configured nodes and checks their answers.

    `outboxes` gets those that must hear of new batches.
    """
    ledgers = Ledgers(config, core, world.entropy, world.host.timing, events, gaps)
    watch = ledgers.key_watch()
    for origin, outbox in ledgers.outboxes(learn).items():
        outboxes.append(outbox)
        ledgers.build(origin, outbox)
    budget, own = ledgers.budget, {node.name for node in config.ledger.nodes if node.own}
    return Upstream(
        [
            sealing,
            Task("ledger events", events.run),
            Task("key", watch.run, restart=Restart.ON_FAILURE),
            *ledgers.tasks(),
        ],
        lambda: node_statuses(ledgers.parts.values(), core.clock),
        lambda: UplinkStatus(budget.spent, budget.per_day) if budget.per_day else None,
        lambda: trust_status(own, ledgers.logs, ledgers.parts),
        lambda: key_status(watch.now),
        lambda: ledgers.context.destroy(linger=0),
    )
