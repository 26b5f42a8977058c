"""The composition root for gateways with a ledger: links, forwarding, comparing, believing.

Each log has its own light client, forwarder and comparer: one that is caught stops by itself, and
the others go on. Several logs have an outbox each, over the batches that all share.
"""

from __future__ import annotations

from agent.assembly.ledger_status import upstream_status
from agent.assembly.ledgers import Ledgers
from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.machine.supervisor import Restart, Task
from agent.upstream.events import LedgerEvents
from agent.upstream.quorum_time import QuorumTime


def build_nodes(config: Config, core: Core, world: World) -> Upstream:
    """Join what sends batches to the configured nodes and checks their answers."""
    events = LedgerEvents(core.recorder)
    learn = QuorumTime(core.clock, events).learn
    ledgers = Ledgers(config, core, world.entropy, world.host.timing, events, learn)
    world.host.budget_spent = lambda: ledgers.budget.used_up
    watch = ledgers.key_watch()
    for parts in ledgers.parts.values():
        core.batcher.listen(parts.outbox.sealed)
    own = {node.name for node in config.ledger.nodes if node.own}
    return Upstream(
        [
            Task("ledger events", events.run),
            Task("key", watch.run, restart=Restart.ON_FAILURE),
            *ledgers.tasks(),
        ],
        lambda: upstream_status(ledgers, own, watch.now, core.clock),
        lambda: ledgers.context.destroy(linger=0),
        ledgers.meters,
    )
