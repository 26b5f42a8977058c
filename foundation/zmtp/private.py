"""A ZeroMQ socket that only this process can connect to, and how it does."""

from __future__ import annotations

import os
import socket
from typing import Any

import zmq

_BACKLOG = 4096
"""Connections that wait for libzmq's thread to take them."""


def listen_privately(target: zmq.Socket[Any]) -> bytes:
    """Have a socket listen for this process alone; return its address.

    Linux finds a free name in the abstract namespace (unix(7), "autobind"), which no file stands
    for and nothing has to clear away; libzmq closes on whoever connects from another process.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")
        listener.listen(_BACKLOG)
        address: bytes = listener.getsockname()
        target.setsockopt(zmq.IPC_FILTER_PID, os.getpid())
        target.setsockopt(zmq.USE_FD, listener.fileno())
        target.bind(f"ipc://@{address[1:].decode('ascii')}")
        listener.detach()  # libzmq's now
    return address


def connect_privately(address: bytes) -> socket.socket:
    """Return a connection to a socket that listens so, under a name of its own; OSError."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(0)
        connection.bind("")
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def peer_name(frame: zmq.Frame) -> bytes:
    """Return the name of the connection that a received frame came over; empty where it is gone."""
    try:
        with socket.socket(fileno=os.dup(frame.get(zmq.SRCFD))) as connection:
            name = connection.getpeername()
    except OSError:
        return b""
    return name if isinstance(name, bytes) else b""
