"""A start on a full or read-only disk: devices, readings and `status`, until it takes the journal.

Nothing that is read meanwhile is kept: its number, and what came before, only the journal knows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from agent.assembly.core import build_core, open_journal
from agent.assembly.world import World
from agent.config.ledger import LedgerSettings
from agent.config.settings import Config
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable
from agent.journal.ring_journal import RingJournal
from agent.journal.shut_journal import ShutJournal
from agent.journal.storage_state import StorageState
from agent.machine.storage import probe
from agent.machine.supervisor import Task
from agent.signing.identity import BOOT_FILE, Identity
from foundation.errors import AgentError, Fatal, Retry

log = logging.getLogger(__name__)

TRY_EVERY = 5.0  # s between two tries to open the journal

_PASSING = (StorageState.FULL, StorageState.READ_ONLY)


async def live_without(
    config: Config,
    world: World,
    identity: Identity,
    error: JournalUnavailable,
    on_stopping: Callable[[], None],
) -> bool:
    """Serve what needs no journal; tell whether it was asked to stop, not that the disk is well.

    Raises `error` where its cause does not pass by itself, and what then keeps the journal shut.
    """
    state = error.state
    if state not in _PASSING:
        state = probe(config.gateway.state_dir)
    if state not in _PASSING:
        raise error
    why = JournalUnavailable(str(error), advice=error.advice, state=state)
    log.error("%s (%s): readings are shown and not kept until that is mended", why, why.advice)
    from agent.assembly.life import live  # noqa: PLC0415  half of the code: later

    make = cast("Callable[..., RingJournal]", ShutJournal)
    journal = await AsyncJournal.open(make, identity.epoch, why)
    boots = config.gateway.state_dir / BOOT_FILE
    counted = boots.exists()
    try:
        alone = replace(config, ledger=LedgerSettings())
        core = await build_core(alone, world, identity, journal)
        if not counted:
            forget(boots)
        opening = Opening(config, world, identity)

        def stopping() -> None:
            if not opening.done:
                on_stopping()

        ending = await live(core, alone, world, stopping, [opening.task])
    finally:
        await journal.close()
    if ending is not None and not opening.done:
        raise ending
    return not opening.done


def forget(boots: Path) -> None:
    """Take back the first boot that was ever counted: the next start would miss its journal."""
    with suppress(OSError):  # a disk that takes no change has taken no count either
        boots.unlink(missing_ok=True)


class TakenAgain(Fatal):
    """The next life has a journal: begin it."""

    exit_code = Retry.exit_code  # systemd starts the agent anew


class Opening:
    """Tries to open the journal until that succeeds, or fails for another reason: then `done`."""

    def __init__(self, config: Config, world: World, identity: Identity) -> None:
        self._config = config
        self._world = world
        self._identity = identity
        self.done = False
        self.task = Task("journal", self._run, essential=True)

    async def _run(self) -> None:
        """Raise Fatal when there is nothing left to wait for: the essential task ends this life."""
        while not await self._tried():
            await self._world.host.timing.sleep(TRY_EVERY)
        self.done = True
        raise TakenAgain("the disk takes the journal again: what was read meanwhile is not kept")

    async def _tried(self) -> bool:
        try:
            journal = await AsyncJournal.open(open_journal, self._config, self._identity.epoch)
        except JournalUnavailable:
            return False
        except AgentError:
            return True  # the next start says what is wrong
        await journal.close()
        return True
