"""The upstream half of the composition root: sealing, and what is owed to the ledger.

What needs a node, ZeroMQ with it, is in `nodes`: loaded where the configuration names one.
"""

from __future__ import annotations

from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.chain.gaps import Gaps
from agent.config.settings import Config
from agent.machine.storage import Storage
from agent.machine.supervisor import Task
from agent.upstream.events import LedgerEvents
from agent.upstream.mode import MEANING, Mode, TrustStatus
from agent.upstream.outbox import Outbox
from agent.upstream.quorum_time import QuorumTime


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
    from agent.assembly.nodes import build_nodes  # noqa: PLC0415  4 MB that no one else needs

    return build_nodes(config, core, world, events, gaps, learn, outboxes, sealing)
