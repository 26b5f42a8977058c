"""A ledger node's wire side with scripted answers: real ZeroMQ, real CURVE, no ledger behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from evidence.wire import Envelope, parse_frames
from hil.site.ports import at, free_port

DOMAIN = "test"
BIND_S = 30.0


async def somebody_listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    except ConnectionResetError:  # it closes just now
        return True
    writer.transport.abort()
    return True


class ScriptedNode:
    """Answers each message by `answer`; None is silence. `admitted` are CURVE keys in Z85."""

    def __init__(self, context: zmq.asyncio.Context, admitted: set[bytes]) -> None:
        self.context = context
        self.admitted = admitted
        self.public, self._secret = zmq.curve_keypair()
        self.answer: Callable[[Envelope], Envelope | None] = lambda _: None
        self.seen: list[Envelope] = []
        self.endpoint = ""

    def callback(self, domain: str, key: bytes) -> bool:
        return domain == DOMAIN and key in self.admitted

    async def __aenter__(self) -> ScriptedNode:
        self._authenticator = AsyncioAuthenticator(self.context)
        self._authenticator.start()
        self._authenticator.configure_curve_callback(domain=DOMAIN, credentials_provider=self)
        self._open(at(free_port()))  # it may go down and come back
        return self

    def _open(self, endpoint: str) -> None:
        self._router = self.context.socket(zmq.ROUTER)
        self._router.linger = 0
        self._router.curve_server = True
        self._router.curve_secretkey = self._secret
        self._router.zap_domain = DOMAIN.encode()
        self._bind(endpoint)
        self.endpoint = self._router.get_string(zmq.LAST_ENDPOINT)
        self._task = asyncio.create_task(self._serve())

    def _bind(self, endpoint: str) -> None:
        """Bind; a socket closed just now may hold the port for a moment: ZeroMQ closes behind."""
        deadline = time.monotonic() + BIND_S
        while True:
            try:
                self._router.bind(endpoint)
            except zmq.ZMQError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    async def _serve(self) -> None:
        while True:
            route, *frames = await self._router.recv_multipart()
            envelope = parse_frames(frames)
            self.seen.append(envelope)
            answer = self.answer(envelope)
            if answer is not None:
                await self._router.send_multipart([route, *answer.to_frames()])

    async def down(self) -> None:
        """Close, and return once nobody listens any more: ZeroMQ closes behind."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._router.close()
        port = int(self.endpoint.rpartition(":")[2])
        async with asyncio.timeout(BIND_S):
            while await somebody_listens(port):
                await asyncio.sleep(0.01)

    def up(self) -> None:
        """Listen at the same place again; ZeroMQ's own thread may take a moment to let go of it."""
        deadline = time.monotonic() + 5
        while True:
            try:
                return self._open(self.endpoint)
            except zmq.ZMQError:
                if time.monotonic() > deadline:
                    raise
                self._router.close()
                time.sleep(0.02)

    async def __aexit__(self, *_: object) -> None:
        await self.down()
        self._authenticator.stop()
