"""Load on a node from many gateways at once, with as little work of its own as ZeroMQ allows.

Each gateway behaves as the agent does (`agent/upstream/session.py`): a round of statements goes out
together, the next when all are answered, and receipts are asked for as long as any are missing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import zmq

from evidence.shape import as_array, as_uint
from evidence.wire import MAX_RECEIPTS, Envelope, Label, Type, labels, parse_frames
from hil.ledger_load.senders import Sender
from hil.site.processes import ProcessFailed
from ledger.base.public_node import PublicNode

ROUND = 64
"""Statements that go out together, as the agent's largest round."""

ASK_AGAIN_S = 1.0
"""A node makes a checkpoint every second: asking sooner would be in vain."""

SILENCE_S = 30.0
"""A node that says nothing for so long is not there."""

_WAIT_MS = 100
_TYPE_AT = 2
"""An answer's type stands behind the array's head and the version, in one byte each."""


@dataclass(slots=True)
class Talk:
    """One gateway's conversation: its frames to send, and what the node answered so far."""

    sender: Sender
    socket: zmq.Socket[bytes]
    messages: Sequence[list[bytes]]
    sent: int = 0
    accepted: int = 0
    missing: set[int] = field(default_factory=set)
    asking: bool = False
    ask_at: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether every statement was accepted and has its receipt."""
        return self.accepted == len(self.messages) and not self.missing

    def go_on(self, now: float) -> None:
        """Send what is due: a round of statements, a question for receipts."""
        if self.sent == self.accepted:
            for message in self.messages[self.sent : self.sent + ROUND]:
                self.socket.send_multipart(message)
                self.sent += 1
        if self.missing and not self.asking and now >= self.ask_at:
            self.asking, self.ask_at = True, now + ASK_AGAIN_S
            seqs = tuple(sorted(self.missing)[:MAX_RECEIPTS])
            header = labels({Label.EPOCH: self.sender.epoch, Label.SEQS: seqs, Label.SIZE: 0})
            self.socket.send_multipart(Envelope(Type.STATUS, bytes(8), header).to_frames())

    def hear(self, frames: list[bytes]) -> None:
        """Take an answer in; ProcessFailed for one that a sound node does not give here."""
        kind = frames[0][_TYPE_AT]
        if kind == Type.ACCEPTED:  # answers come in the order of the statements
            self.missing.add(self.accepted)
            self.accepted += 1
        elif kind == Type.RECEIPT:
            self.asking = False
            answer = parse_frames(frames)
            pairs = as_array(answer.get(Label.RECEIPTS), "receipts")
            self.missing -= {as_uint(as_array(pair, "receipt", 2)[0], "seq") for pair in pairs}
            if len(self.missing) >= MAX_RECEIPTS:
                self.ask_at = 0.0
        elif kind == Type.PENDING:
            self.asking = False
        else:
            raise ProcessFailed(f"the node answered {parse_frames(frames).header}")


def connect(
    context: zmq.Context[zmq.Socket[bytes]], node: PublicNode, sender: Sender
) -> zmq.Socket[bytes]:
    """Return a connection of this gateway, which knows that the node answers."""
    socket: zmq.Socket[bytes] = zmq.Socket(context, zmq.DEALER)
    for option, value in (
        (zmq.LINGER, 0),
        (zmq.RCVTIMEO, int(SILENCE_S * 1000)),
        (zmq.CURVE_SERVERKEY, node.curve.encode("ascii")),
        (zmq.CURVE_PUBLICKEY, sender.curve.public),
        (zmq.CURVE_SECRETKEY, sender.curve.secret),
    ):
        socket.setsockopt(option, value)
    socket.connect(node.endpoint)
    return socket


def greet(sockets: Sequence[zmq.Socket[bytes]]) -> None:
    """Wait until the node answered everybody: handshakes are not what is measured."""
    for socket in sockets:
        socket.send_multipart(Envelope(Type.HELLO, bytes(8)).to_frames())
    try:
        for socket in sockets:
            socket.recv_multipart()
    except zmq.Again as error:
        raise ProcessFailed(f"the node did not answer within {SILENCE_S:g} s") from error


def drive(talks: Sequence[Talk]) -> None:
    """Return once every statement of every gateway has its receipt."""
    poller, by_socket = zmq.Poller(), {talk.socket: talk for talk in talks}
    for socket in by_socket:
        poller.register(socket, zmq.POLLIN)
    heard = time.monotonic()
    while not all(talk.proven for talk in talks):
        now = time.monotonic()
        for talk in talks:
            talk.go_on(now)
        for socket, _ in poller.poll(_WAIT_MS):
            heard = now
            _hear_all(by_socket[socket])
        if now - heard > SILENCE_S:
            raise ProcessFailed(f"the node says nothing for {SILENCE_S:g} s")


def _hear_all(talk: Talk) -> None:
    try:
        while True:
            talk.hear(talk.socket.recv_multipart(zmq.NOBLOCK))
    except zmq.Again:
        return
