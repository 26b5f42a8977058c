"""The upstream half of the composition root: sealing, and what is owed to the ledger.

What needs a node, ZeroMQ with it, is in `nodes`: loaded where the configuration names one.
"""

from __future__ import annotations

from functools import partial

from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.desks.status import UpstreamStatus
from agent.machine.storage import Storage
from agent.machine.supervisor import Task
from agent.upstream.mode import MEANING, Mode, TrustStatus
from foundation.errors import AgentError, Fatal

LEDGER_TASK = "ledger"
_THEN = "then restart the agent, which goes on collecting meanwhile"


def build_sealing(core: Core, storage: Storage) -> Task:
    """Return the task that seals batches, through whatever the disk has."""
    core.batcher.listen(storage.sealed)
    return Task("batcher", lambda: storage.keep_sealing(core.batcher.run), essential=True)


def build_upstream(config: Config, core: Core, world: World) -> Upstream:
    """Return the way to the ledger, where the configuration names nodes.

    What is kept for proofs may be damaged: that stops proving, which `status` says, not collecting.
    """
    if not config.ledger.nodes:
        return Upstream([], alone, lambda: None)
    from agent.assembly.nodes import build_nodes  # noqa: PLC0415  4 MB that no one else needs

    try:
        return build_nodes(config, core, world)
    except AgentError as error:
        return Upstream([Task(LEDGER_TASK, partial(_fail, error))], alone, lambda: None)


async def _fail(error: AgentError) -> None:
    """Be the task that could not even begin: the supervisor tells why."""
    said = f"nothing is sent or proven: {error}"
    raise Fatal(said, cause=error.cause, advice=f"{error.advice}; {_THEN}") from error


def alone() -> UpstreamStatus:
    """Return what `status` shows of a gateway that nobody proves anything for."""
    trust = TrustStatus(Mode.PROOF_ONLY, MEANING[Mode.PROOF_ONLY])
    return UpstreamStatus(nodes=(), uplink=None, trust=trust, key=None)
