"""How many connections a node's file descriptors allow for."""

from __future__ import annotations

import resource
from contextlib import suppress

WANTED = 16_384
"""As the unit of systemd says (`LimitNOFILE=`); a shell often starts programs with 1,024."""

KEPT = 64
"""For the store, the lists, the witnesses, and what else a node opens."""

EACH = 3
"""Of a connection: its own, and both ends of the one into the ROUTER."""

STRANGERS = 256
"""Connections of a port whose keys nobody has looked at yet: a few round trips long."""


def raise_limit() -> None:
    """Let this process have as many descriptors as it wants, where that is in its own hands."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections() -> tuple[int, int]:
    """Return how many known peers there is room for, and how many strangers at either port."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    all_of_them = max(4, ((WANTED if soft == resource.RLIM_INFINITY else soft) - KEPT) // EACH)
    strangers = min(STRANGERS, all_of_them // 4)
    return all_of_them - 2 * strangers, strangers
