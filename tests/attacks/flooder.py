"""One message of very many frames, from a process of its own: it takes hundreds of megabytes.

`python flooder.py send ENDPOINT SERVER_KEY PUBLIC SECRET FRAMES BYTES` sends it to a node;
`python flooder.py answer ENDPOINT SECRET FRAMES BYTES` is a node that answers with it.
"""

from __future__ import annotations

import os
import sys

import zmq

FOR_EVER_MS = 600_000


def send(endpoint: str, server: str, public: str, secret: str, frames: str, size: str) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.sndhwm = 0
        socket.curve_serverkey = server.encode()
        socket.curve_publickey, socket.curve_secretkey = public.encode(), secret.encode()
        socket.connect(endpoint)
        flood(socket, int(frames), int(size))
        print("sent", flush=True)
        socket.poll(FOR_EVER_MS)


def answer(endpoint: str, secret: str, frames: str, size: str) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.linger = 0
        socket.sndhwm = 0
        socket.curve_server = True
        socket.curve_secretkey = secret.encode()
        socket.bind(endpoint)
        while True:
            sender, *_ = socket.recv_multipart()
            socket.send(sender, zmq.SNDMORE)
            flood(socket, int(frames), int(size))
            print("sent", flush=True)


def flood(socket: zmq.Socket, frames: int, size: int) -> None:
    one = os.urandom(size)
    for _ in range(frames - 1):
        socket.send(one, zmq.SNDMORE)
    socket.send(one)


if __name__ == "__main__":
    {"send": send, "answer": answer}[sys.argv[1]](*sys.argv[2:])
