"""Waiting for the end of a key that was shut out; where the node does not run, writing it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from foundation.counting import counted, plural
from foundation.durable import AlreadyLocked, lock_file
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.enrolling import lists
from ledger.gateways.gateways import Gateway, read_gateways
from ledger.gateways.pins import read_policy
from ledger.log.endings import keep_closing, waiting
from ledger.store.stores import open_store

WAIT_S = 10.0
"""A checkpoint takes a second or two where the witnesses answer."""

POLL_S = 0.2

Wall = Callable[[], int]
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a key has not ended yet: `entries` of the log still lack the quorum.

    Where no node is `running`, nothing sees to it before one is started.
    """

    entries: int
    running: bool

    def __str__(self) -> str:
        """Return it for people."""
        entries = counted(self.entries, "entry", "entries")
        lack = plural(self.entries, "lacks", "lack")
        why = f"; {entries} up to its last still {lack} the witnesses" if self.entries else ""
        who = "the running node" if self.running else "the node, once it is started,"
        return (
            f"its key has not ended yet{why}: {who} writes the end into policy.txt behind all that "
            "it sent, so that this can be proven"
        )


def await_end(files: NodeFiles, issuer: str, wall: Wall, sleep: Sleep) -> Waiting | None:
    """Return None once the end of every key of `issuer` that is shut out is written.

    Else, after WAIT_S at most, what it waits for. A witness, which has no statements, waits for
    nothing.
    """
    running = True
    for _ in range(round(WAIT_S / POLL_S)):
        if not _fenced(files, issuer):
            return None
        running = not _end_here(files, issuer, wall)
        if not running:
            break
        sleep(POLL_S)
    if not _fenced(files, issuer):
        return None
    return Waiting(_waiting(files, issuer), running)


def _fenced(files: NodeFiles, issuer: str) -> list[Gateway]:
    listed = read_gateways(files.admitted)
    return [each for each in listed if each.issuer == issuer and each.fenced is not None]


def _end_here(files: NodeFiles, issuer: str, wall: Wall) -> bool:
    """Write what ends can be written, and return True; False where a node runs and will do it."""
    try:
        with lock_file(files.run_lock):
            _write_ends(files, issuer, wall)
    except AlreadyLocked:
        return False
    return True


def _write_ends(files: NodeFiles, issuer: str, wall: Wall) -> None:
    policy = read_policy(files.policy)
    store = open_store(files, read_config(files.config))
    try:
        fenced = _fenced(files, issuer)
        found = {each.key.kid.hex(): keep_closing(store, policy, each, wall()) for each in fenced}
    finally:
        store.close()
    lists.end(files, {kid: at for kid, at in found.items() if at is not None})


def _waiting(files: NodeFiles, issuer: str) -> int:
    store = open_store(files, read_config(files.config), read_only=True)
    try:
        return waiting(store, read_policy(files.policy), issuer)
    finally:
        store.close()
