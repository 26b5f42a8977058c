"""Ports for the processes of a test or a demo: nobody's now, and nobody's before they listen.

A port that the kernel picks (`bind` to 0) and that is let go again may go to any other process in
between: to the next who asks the same way, or to an outgoing connection. So ports are taken in turn
from below the kernel's own range, and whose turn it is stands in a file that all runs share.
"""

import errno
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

# Below Linux's ip_local_port_range (32768 and up by default), above what Debian's services use.
FIRST, LAST = 20_000, 32_000

HERE = "127.0.0.1"


def free_ports(count: int, turns: Path | None = None) -> list[int]:
    """Return ports that nobody listens on, none of which is given again for thousands of turns.

    `turns` is the file with the last port given, by default one of this user in the temporary
    folder. Raises OSError when there are not so many.
    """
    path = turns or Path(tempfile.gettempdir()) / f"tallyman-ports-{os.getuid()}"
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        ports = list(islice(filter(_is_free, _after(_last(file.read()))), count))
        if len(ports) < count:
            raise OSError(errno.EADDRINUSE, f"no {count} ports are free from {FIRST} to {LAST}")
        file.truncate(0)
        file.write(str(ports[-1]))
    return ports


def free_port() -> int:
    """Return one such port."""
    return free_ports(1)[0]


def at(port: int) -> str:
    """Return the endpoint of a port on this machine."""
    return f"tcp://{HERE}:{port}"


def _after(last: int) -> Iterator[int]:
    """Yield every port once, beginning with the one after the last that was given."""
    yield from range(last + 1, LAST + 1)
    yield from range(FIRST, last + 1)


def _last(text: str) -> int:
    """Return the port given last; a file that says none, or rubbish, starts anew."""
    with suppress(ValueError):
        if FIRST <= int(text) <= LAST:
            return int(text)
    return LAST


def _is_free(port: int) -> bool:
    """Whether both a stream and a datagram socket may be bound to it."""
    try:
        with socket.create_server((HERE, port)), socket.socket(type=socket.SOCK_DGRAM) as other:
            other.bind((HERE, port))
    except OSError:
        return False
    return True
