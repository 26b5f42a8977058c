"""A running node: the parts, in the order in which a message meets them, and their lives."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import zmq.asyncio

from agent.durable import lock_file
from agent.evidence.keys import PublicKey
from agent.evidence.note import NoteKey
from agent.evidence.wire import REQUEST_ID_BYTES
from agent.notify import Notifier, Progress, feed_watchdog
from ledger import lists
from ledger.admission import Admission
from ledger.checkpointer import Checkpointer
from ledger.client import NodeClient
from ledger.clock import Clock
from ledger.config import NodeConfig, read_config
from ledger.cosigner import Cosigner
from ledger.desk import Desk
from ledger.enrol_server import EnrolServer
from ledger.errors import StoreFailed
from ledger.founding import check_log, check_members
from ledger.key_files import CurveKey, load_curve_key
from ledger.log_identity import load_cosigner, load_log_identity
from ledger.node_files import NodeFiles
from ledger.public_node import PublicNode, Role
from ledger.publisher import Publisher
from ledger.rate import RateLimit
from ledger.registrar import Registrar
from ledger.remote_witness import RemoteWitness
from ledger.sequencer import Sequencer
from ledger.server import Server
from ledger.store import Kept, Store
from ledger.store_thread import StoreThread
from ledger.stores import open_store
from ledger.witness import Witness

STALLED_S = 30.0
"""A store or a checkpoint round that takes longer than this is stuck."""

PULSE_S = 5.0
"""How often the store is asked for a sign of life."""

_log = logging.getLogger(__name__)
_new_id = functools.partial(secrets.token_bytes, REQUEST_ID_BYTES)


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
        enrolment: EnrolServer | None = None,
    ) -> None:
        self._config = config
        self._around = around
        self._store = store
        self._server = server
        self._registrar = registrar
        self.checkpointer = checkpointer
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


@asynccontextmanager
async def open_node(files: NodeFiles, around: Surroundings) -> AsyncIterator[Node]:
    """Open a node's files, store and socket, and close them again.

    Fatal when another process runs it, and when files, keys and store do not fit together.
    """
    config = read_config(files.config)
    async with AsyncExitStack() as stack:
        stack.enter_context(lock_file(files.run_lock))
        context = zmq.asyncio.Context()
        stack.callback(context.destroy, linger=0)
        store = await StoreThread.open(lambda: (around.open_store or open_store)(files, config))
        stack.push_async_callback(store.close)
        key, private = load_cosigner(files, config.name)
        curve = load_curve_key(files.curve_key)
        cosigner = Cosigner(key, private.sign, store, around.clock.wall)
        parts = _Parts(files, around, config, stack, context, store, curve, cosigner)
        opened = _open_witness if config.role is Role.WITNESS else _open_sequencer
        yield await opened(parts)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What nodes of both roles are made of; `stack` closes what is opened with them."""

    files: NodeFiles
    around: Surroundings
    config: NodeConfig
    stack: AsyncExitStack
    context: zmq.asyncio.Context
    store: StoreThread
    curve: CurveKey
    cosigner: Cosigner

    def server(self, admission: Admission, desk: Desk) -> Server:
        """Return a server that listens, and answers what the desk does."""
        rate = RateLimit(self.around.clock.monotonic, self.config.messages_per_second)
        server = Server(self.context, self.curve, admission, self.around.desk(desk), rate)
        self.stack.callback(server.close)
        server.open(self.config.listen)
        return server

    def admission(self) -> Admission:
        """Return who may connect."""
        return Admission(self.files, self.curve.public.decode("ascii"))

    def connect(self, log: NoteKey, witness: PublicNode) -> RemoteWitness:
        """Return the way to a witness of the log."""
        client = NodeClient(self.context, witness.endpoint, witness.curve, self.curve)
        seconds = self.config.cosign_timeout_ms / 1000
        remote = RemoteWitness(
            witness.name, witness.cosigner, log, client, self.store, _new_id, seconds
        )
        self.stack.push_async_callback(remote.close)
        return remote


async def _open_witness(parts: _Parts) -> Node:
    admission = parts.admission()
    desk = Witness(parts.cosigner, admission, parts.store, parts.around.clock.wall)
    return Node(parts.config, parts.around, parts.store, parts.server(admission, desk))


async def _open_sequencer(parts: _Parts) -> Node:
    files, config, store, clock = parts.files, parts.config, parts.store, parts.around.clock
    identity = load_log_identity(files)
    check_members(files, config, identity)
    await store(lambda s: check_log(s, identity))
    witnesses = [parts.connect(identity.policy.log, each) for each in config.witnesses]
    registrar = Registrar(store, clock.wall, keep_bodies=config.keep_bodies)

    def admit(issuer: str, key: PublicKey) -> None:
        lists.succeed(files, issuer, key, clock.wall())

    desk = Sequencer(identity, store, registrar, clock.wall, admit)
    server = parts.server(parts.admission(), desk)
    publisher = None
    if config.publish is not None:
        publisher = Publisher(files.folder / config.publish, identity.origin, store)
    every = config.checkpoint_every_ms / 1000
    checkpointer = Checkpointer(identity, store, parts.cosigner, witnesses, clock, every, publisher)
    return Node(
        config, parts.around, store, server, registrar, checkpointer, _open_enrolment(parts)
    )


def _open_enrolment(parts: _Parts) -> EnrolServer | None:
    if parts.config.enrol_listen is None:
        return None
    enrolment = EnrolServer(parts.files, parts.curve, parts.store, parts.around.clock)
    parts.stack.callback(enrolment.close)
    enrolment.open(parts.config.enrol_listen)
    return enrolment
