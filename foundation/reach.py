"""Whether packets come through: a TCP connection to an address, through one network interface.

An answer of any kind counts, a refusal too: it came through. One costs about 200 bytes.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import struct
from contextlib import ExitStack
from pathlib import Path

from foundation.addresses import Address, Names, Unresolved

ROUTES = Path("/proc/net/route")  # of IPv4: interface, destination, gateway … mask, in hexadecimal
NO_ROUTE = "no default route"
ANYWHERE = "00000000"

NO_ANSWER = "no answer within"
GONE = os.strerror(errno.ENODEV)  # the interface itself
NO_NETWORK = os.strerror(errno.ENETUNREACH)

SIOCGIFFLAGS = 0x8913  # linux/sockios.h
IFF_RUNNING = 0x40  # linux/if.h: the interface is up and has a carrier


async def unreached(
    host: str, port: int, interface: str, within: float, names: Names | None = None
) -> str:
    """Return why an address is not reached in so many seconds, or nothing where it is.

    `interface` may be empty: then the machine's routes decide. What resolves `host` takes its own
    time, as `names` says.
    """
    trouble = await _trouble(host, port, interface, within, names or Names())
    if not trouble or not interface or trouble == GONE:
        return trouble
    routeless = trouble == NO_NETWORK and is_running(interface)
    return NO_ROUTE if routeless or not has_default_route(interface) else trouble


def has_default_route(interface: str, routes: Path = ROUTES) -> bool:
    """Whether the machine has a way to anywhere through an interface; True where nobody knows."""
    try:
        rows = [line.split() for line in routes.read_text().splitlines()[1:]]
    except OSError:
        return True
    here = [row for row in rows if row and row[0] == interface]
    return not here or any(row[1] == row[7] == ANYWHERE for row in here if len(row) > 7)  # noqa: PLR2004


def is_running(interface: str) -> bool:
    """Whether an interface is up and has a carrier; False where there is none such."""
    request = struct.pack("16sh14x", interface.encode(), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            _, flags = struct.unpack("16sh14x", fcntl.ioctl(sock, SIOCGIFFLAGS, request))
        except OSError:
            return False
    return bool(flags & IFF_RUNNING)


async def _trouble(host: str, port: int, interface: str, within: float, names: Names) -> str:
    try:
        found = await names.addresses(host, port)
        async with asyncio.timeout(within):
            (await connected(found, interface)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return ""
    except Unresolved as error:
        return str(error)
    except TimeoutError:
        return f"{NO_ANSWER} {within:g} s"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return ""


async def connected(addresses: list[Address], interface: str) -> socket.socket:
    """Return a socket that is connected through an interface; OSError, or never.

    SO_BINDTODEVICE needs no rights since Linux 5.7. The interface needs a default route of its own.
    """
    error: OSError = OSError("the host has no address")
    for family, kind, protocol, address in addresses:
        try:
            return await _through(socket.socket(family, kind, protocol), address, interface)
        except OSError as one:
            error = one
    raise error


async def _through(
    sock: socket.socket, address: tuple[object, ...], interface: str
) -> socket.socket:
    """Return the socket, connected; whatever ends the attempt closes it."""
    with ExitStack() as otherwise:
        otherwise.callback(sock.close)
        sock.settimeout(0.0)
        if interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        await asyncio.get_running_loop().sock_connect(sock, address)
        otherwise.pop_all()
    return sock
