"""The life of the whole: start, say so, wait for the end, end in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from agent.assembly.agent import RECORDER_TASK, Agent, build_agent
from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.journal.journal import JournalUnavailable
from agent.machine.supervisor import Task
from agent.signing.signer import SignerAway
from foundation.errors import AgentError
from foundation.notify import from_environment

log = logging.getLogger(__name__)

READY_LIMIT = 10.0  # s; a disk that does not take the first record is a state, not a failed start
FLUSH_LIMIT = 1.5  # s for the last commit, after STOP_LIMIT for the devices: the process has 5 s


async def live(
    core: Core,
    config: Config,
    world: World,
    on_stopping: Callable[[], None],
    more: Sequence[Task] = (),
) -> AgentError | None:
    """Build all else around the core, with `more` tasks, and see it through; see `run.run`."""
    agent = build_agent(config, world, core)
    agent = replace(agent, tasks=[*agent.tasks, *more])
    try:
        return await see_through(agent, config, world, on_stopping)
    finally:
        agent.upstream.close()


async def see_through(
    agent: Agent, config: Config, world: World, on_stopping: Callable[[], None]
) -> AgentError | None:
    """Start, say so once the first records are durable, wait for the end, and end in order."""
    notifier = from_environment(world.environ)
    stop = catch_signals()
    agent.supervisor.start(agent.tasks)
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_LIMIT):
            await agent.core.recorder.flush()
            await agent.core.journal.declared()
    notifier.ready(agent.snapshot.line())
    log.info("%s runs: %s", config.gateway.name, agent.snapshot.line())
    settle()
    failure = asyncio.ensure_future(agent.supervisor.wait())
    either: set[asyncio.Future[Any]] = {stop, failure}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    on_stopping()
    ending = failure.result() if failure.done() else None
    reason = stop.result() if ending is None else f"{ending.task}: {ending.reason}"
    failure.cancel()
    await end(agent, reason)
    return None if ending is None else AgentError(reason, advice=ending.advice)


def settle() -> None:
    """Set what stays for life, modules and parts, apart from what the collector looks through."""
    gc.collect()
    gc.freeze()
    gc.enable()


async def end(agent: Agent, reason: str) -> None:
    """Stop the devices, make `shutdown` the last record, commit and seal what there is."""
    log.info("stopping: %s", reason)
    await agent.supervisor.stop(keep={RECORDER_TASK})
    try:
        async with asyncio.timeout(FLUSH_LIMIT):
            await agent.core.recorder.note("shutdown", {"reason": reason})
            await agent.core.recorder.flush()
            await agent.core.batcher.seal_all()
    except (TimeoutError, JournalUnavailable, SignerAway):
        waiting = agent.core.recorder.state.waiting
        log.error("%d records were not durable at the end: %s", waiting, reason)  # noqa: TRY400  foreseen
    await agent.supervisor.stop()


_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # the last: its terminal went away


def catch_signals() -> asyncio.Future[str]:
    """Return what the first of _ENDING will resolve to its name."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[str] = loop.create_future()

    def caught(number: signal.Signals) -> None:
        if not stop.done():
            stop.set_result(f"asked to by {number.name}")

    for number in _ENDING:
        loop.add_signal_handler(number, caught, number)
    return stop
