"""Whether packets come through: a TCP connection to an address, through one network interface.

An answer of any kind counts, a refusal too: it came through. One costs about 200 bytes.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROUTES = Path("/proc/net/route")  # of IPv4: interface, destination, gateway … mask, in hexadecimal
NO_ROUTE = "no default route"
ANYWHERE = "00000000"


async def unreached(host: str, port: int, interface: str, within: float) -> str:
    """Return why an address is not reached in so many seconds, or nothing where it is.

    `interface` may be empty: then the machine's routes decide.
    """
    trouble = await _trouble(host, port, interface, within)
    if trouble and interface and not has_default_route(interface):
        return NO_ROUTE
    return trouble


def has_default_route(interface: str, routes: Path = ROUTES) -> bool:
    """Whether the machine has a way to anywhere through an interface; True where nobody knows."""
    try:
        rows = [line.split() for line in routes.read_text().splitlines()[1:]]
    except OSError:
        return True
    here = [row for row in rows if row and row[0] == interface]
    return not here or any(row[1] == row[7] == ANYWHERE for row in here if len(row) > 7)  # noqa: PLR2004


async def _trouble(host: str, port: int, interface: str, within: float) -> str:
    try:
        async with asyncio.timeout(within):
            (await connected(host, port, interface)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return ""
    except TimeoutError:
        return f"no answer within {within:g} s"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return ""


async def connected(host: str, port: int, interface: str) -> socket.socket:
    """Return a socket that is connected through an interface; OSError, or never.

    SO_BINDTODEVICE needs no rights since Linux 5.7. The interface needs a default route of its own.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    error: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        try:
            return await _through(socket.socket(family, kind, protocol), address, interface)
        except OSError as one:
            error = one
    raise error


async def _through(sock: socket.socket, address: Any, interface: str) -> socket.socket:
    """Return the socket, connected; whatever ends the attempt closes it."""
    with ExitStack() as otherwise:
        otherwise.callback(sock.close)
        sock.settimeout(0.0)
        if interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        await asyncio.get_running_loop().sock_connect(sock, address)
        otherwise.pop_all()
    return sock
