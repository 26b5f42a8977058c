"""A running node: the lives of its parts, and the signs that it gives of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from foundation.notify import Notifier, Progress, feed_watchdog
from ledger.base.clock import Clock
from ledger.base.config import NodeConfig
from ledger.base.errors import StoreFailed
from ledger.base.node_files import NodeFiles
from ledger.enrolling.enrol_server import EnrolServer
from ledger.gateways.desk import Desk
from ledger.log.checkpointer import Checkpointer
from ledger.log.endings import Endings
from ledger.log.registrar import Registrar
from ledger.store.store import Kept, Store
from ledger.store.store_thread import StoreThread
from ledger.wire.server import Server

STALLED_S = 30.0
"""A store or a checkpoint round that takes longer than this is stuck."""

PULSE_S = 5.0
"""How often the store is asked for a sign of life."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node is given from outside; `watchdog` is systemd's limit in seconds, if any.

    `open_store` stands for the store the configuration names; `desk` is given the node's desk and
    returns the one that answers: with it `hil/peers` makes nodes that lie.
    """

    clock: Clock
    notifier: Notifier
    watchdog: float | None = None
    open_store: Callable[[NodeFiles, NodeConfig], Store] | None = None
    desk: Callable[[Desk], Desk] = lambda honest: honest


class Node:
    """A node that listens. `run` works until it is cancelled or something fatal happens."""

    def __init__(
        self,
        config: NodeConfig,
        around: Surroundings,
        store: StoreThread,
        server: Server,
        registrar: Registrar | None = None,
        checkpointer: Checkpointer | None = None,
        endings: Endings | None = None,
        enrolment: EnrolServer | None = None,
    ) -> None:
        self._config = config
        self._around = around
        self._store = store
        self._server = server
        self._registrar = registrar
        self.checkpointer = checkpointer
        self._endings = endings
        self._enrolment = enrolment
        self._progress = Progress(around.clock.monotonic)

    async def run(self) -> None:
        """Do the node's work; ForkDanger and other fatal errors end it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._server.serve(), name="server")
            group.create_task(self._pulse(), name="pulse")
            if self._enrolment is not None:
                group.create_task(self._enrolment.serve(), name="enrolment")
            if self._registrar is not None:
                group.create_task(self._registrar.run(), name="registrar")
            if self._endings is not None:
                group.create_task(self._endings.run(), name="endings")
            if self.checkpointer is not None:
                self._progress.expect("checkpoints", STALLED_S)
                group.create_task(self.checkpointer.run(self._tell), name="checkpoints")
            if self._around.watchdog is not None:
                limit, sleep = self._around.watchdog, self._around.clock.sleep
                feed = feed_watchdog(self._around.notifier, self._progress, limit, sleep)
                group.create_task(feed, name="watchdog")
            text = f"{self._config.role} {self._config.name} listens on {self._config.listen}"
            _log.info("%s", text)
            self._around.notifier.ready(text)

    async def _pulse(self) -> None:
        """Show that the store's thread lives; a failing disk is a state, not the end."""
        self._progress.expect("store", STALLED_S)
        while True:
            try:
                await self._store(lambda store: store.size())
            except StoreFailed as error:
                _log.error("%s (%s)", error, error.advice)
            self._progress.mark("store")
            await self._around.clock.sleep(PULSE_S)

    def _tell(self, kept: Kept | None) -> None:
        self._progress.mark("checkpoints")
        if kept is not None:
            self._around.notifier.status(f"size {kept.size} is cosigned")
