"""The composition root of a node: its parts, in the order in which a message meets them."""

from __future__ import annotations

import functools
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import zmq.asyncio

from evidence.keys import PublicKey
from evidence.note import NoteKey
from evidence.wire import REQUEST_ID_BYTES
from foundation.durable import lock_file
from ledger.base.config import NodeConfig, read_config
from ledger.base.key_files import CurveKey, load_curve_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import PublicNode, Role
from ledger.base.rate import RateLimit
from ledger.enrolling import lists
from ledger.enrolling.enrol_server import EnrolServer
from ledger.gateways.admission import Admission
from ledger.gateways.desk import Desk
from ledger.log.checkpointer import Checkpointer
from ledger.log.endings import Endings
from ledger.log.founding import check_log, check_members
from ledger.log.log_identity import load_cosigner, load_log_identity
from ledger.log.publisher import Publisher
from ledger.log.registrar import Registrar
from ledger.log.sequencer import Sequencer
from ledger.node.node import Node, Surroundings
from ledger.store.store_thread import StoreThread
from ledger.store.stores import open_store
from ledger.wire.client import NodeClient
from ledger.wire.server import Server
from ledger.witness.cosigner import Cosigner
from ledger.witness.remote_witness import RemoteWitness
from ledger.witness.witness import Witness

_new_id = functools.partial(secrets.token_bytes, REQUEST_ID_BYTES)


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
    admission = parts.admission()
    server = parts.server(admission, desk)
    publisher = None
    if config.publish is not None:
        publisher = Publisher(files.folder / config.publish, identity.origin, store)
    every = config.checkpoint_every_ms / 1000
    checkpointer = Checkpointer(identity, store, parts.cosigner, witnesses, clock, every, publisher)
    endings = Endings(
        store, identity.policy, admission.fenced, functools.partial(lists.end, files), clock
    )
    enrolment = _open_enrolment(parts)
    return Node(config, parts.around, store, server, registrar, checkpointer, endings, enrolment)


def _open_enrolment(parts: _Parts) -> EnrolServer | None:
    if parts.config.enrol_listen is None:
        return None
    enrolment = EnrolServer(parts.files, parts.curve, parts.store, parts.around.clock)
    parts.stack.callback(enrolment.close)
    enrolment.open(parts.config.enrol_listen)
    return enrolment
