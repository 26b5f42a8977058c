"""The agent from its lock to its last record: core first, all else once `boot` is signed.

The core needs no event loop (`late_loop`): its awaits are done at once, and its journal blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from agent.assembly.core import build_core, identify, open_journal, seal_start
from agent.assembly.late_loop import loop_runs
from agent.assembly.world import World
from agent.config.settings import Config
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable
from agent.journal.thread import JournalThread
from agent.signing.identity import Identity
from foundation.durable import LOCK_NAME, lock_file, make_state_dir
from foundation.errors import AgentError
from foundation.notify import from_environment


async def run(config: Config, world: World, on_stopping: Callable[[], None]) -> AgentError | None:
    """Live until a signal or until an essential task fails for good; return the failure, if any.

    `on_stopping` is called when the end begins. Raises AgentError when it cannot start.
    """

    def stopping() -> None:
        on_stopping()
        from_environment(world.environ).stopping()

    state_dir = config.gateway.state_dir
    make_state_dir(state_dir)
    with lock_file(state_dir / LOCK_NAME), closing(world.host):
        identity = identify(config, world)
        while True:
            try:
                thread = JournalThread(blocks=True)
                journal = await AsyncJournal.open_in(thread, open_journal, config, identity.epoch)
            except JournalUnavailable as error:
                await loop_runs()
                from agent.assembly.without_journal import live_without  # noqa: PLC0415  seldom

                if await live_without(config, world, identity, error, stopping):
                    return None
            else:
                return await _live_with(journal, config, world, identity, stopping)


async def _live_with(
    journal: AsyncJournal,
    config: Config,
    world: World,
    identity: Identity,
    on_stopping: Callable[[], None],
) -> AgentError | None:
    try:
        core = await build_core(config, world, identity, journal)
        await seal_start(core)
        await loop_runs()
        journal.unblock()
        from agent.assembly.life import live  # noqa: PLC0415  half of the code: later

        return await live(core, config, world, on_stopping)
    finally:
        await journal.close()
