"""Erasing bodies, with their seeds, from a node: what records said is gone here, proofs stay.

The leaves in the log are salted: without body and seed nothing in it tells what a record said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.statement import Statement, parse_statement
from foundation.durable import AlreadyLocked, FileLock, lock_file, write_file
from foundation.errors import Fatal, Retry
from foundation.options import Option, or_none
from foundation.toml_file import read_tables
from ledger.base import times
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role
from ledger.base.toml_text import TomlValue, to_tables
from ledger.store.store import Holding, Store
from ledger.store.stores import open_store

PAGE = 256
"""Entries read at once."""

ERASED_MODE = 0o600
_HEADER = "# Bodies erased on this node: tallyman-ledger erase writes this file before it erases.\n"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Batches to erase: of `gateway` (an id; empty: of all), from `since` until `until`.

    Times are UTC seconds, both included; None: no end. A batch that reaches into them goes whole.
    """

    gateway: str
    since: int | None
    until: int | None
    by: str
    reason: str

    def covers(self, statement: Statement) -> bool:
        """Tell whether a statement's batch is among them."""
        if statement.gap is not None:
            return False
        batch = statement.batch
        early = self.since is not None and batch.last_ms < self.since * 1000
        late = self.until is not None and batch.first_ms >= (self.until + 1) * 1000
        return not early and not late


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure as erased.toml keeps it: when it was asked for, and how many bodies there were."""

    asked: Erasure
    at: int
    batches: int

    def to_values(self) -> dict[str, TomlValue]:
        """Return it as it stands in the file."""
        asked = self.asked
        values: dict[str, TomlValue] = {"at": times.to_text(self.at), "by": asked.by}
        values |= {"reason": asked.reason, "batches": self.batches}
        if asked.gateway:
            values["gateway"] = asked.gateway
        for name, seconds in (("since", asked.since), ("until", asked.until)):
            if seconds is not None:
                values[name] = times.to_text(seconds)
        return values


_OPTIONS = (
    Option("at", str, "when it was asked for", parse=times.from_text),
    Option("by", str, "who asked", form=r".+"),
    Option("reason", str, "why", form=r".+"),
    Option("batches", int, "how many bodies there were"),
    Option("gateway", str, "whose; of all without", default=""),
    Option("since", str, "from when", default="", parse=or_none(times.from_text)),
    Option("until", str, "until when", default="", parse=or_none(times.from_text)),
)


def read_erased(path: Path) -> tuple[Erased, ...]:
    """Read erased.toml; where it is missing nothing was erased."""
    tables = read_tables(path, "erasure", _OPTIONS, advice="put it back from a backup")
    return tuple(_erased(**values) for values in tables)


def _erased(*, at: int, batches: int, **asked: Any) -> Erased:
    return Erased(Erasure(**asked), at, batches)


def erase(files: NodeFiles, asked: Erasure, now: int) -> int:
    """Erase durably, having noted it in erased.toml; return how many bodies there were.

    Retry while the node runs. Doing it again erases what came since.
    """
    _check(files)
    with _stopped(files):
        store = open_store(files, read_config(files.config))
        try:
            found = [(each.index, each.kept) for each in _covered(store, asked)]
            there = sum(kept for _, kept in found)
            _note(files, Erased(asked, now, there))
            store.erase([index for index, _ in found])
        finally:
            store.close()
    return there


def count(files: NodeFiles, asked: Erasure) -> int:
    """Return how many bodies `erase` would find; changes nothing."""
    _check(files)
    store = open_store(files, read_config(files.config), read_only=True)
    try:
        return sum(each.kept for each in _covered(store, asked))
    finally:
        store.close()


def _check(files: NodeFiles) -> None:
    config = read_config(files.config)
    if config.role is Role.WITNESS:
        raise Fatal(f"{config.name} is a witness: it holds no records", advice="ask the sequencer")


def _stopped(files: NodeFiles) -> FileLock:
    try:
        return lock_file(files.run_lock)
    except AlreadyLocked as error:
        raise Retry(
            f"the node runs: {error}", advice="stop it first: sudo systemctl stop tallyman-ledger"
        ) from error


def _covered(store: Store, asked: Erasure) -> Iterator[Holding]:
    after = -1
    while page := store.holdings(after, asked.gateway, PAGE):
        yield from (each for each in page if asked.covers(parse_statement(each.statement)))
        after = page[-1].index


def _note(files: NodeFiles, erased: Erased) -> None:
    listed = (*read_erased(files.erased), erased)
    text = _HEADER + to_tables("erasure", (each.to_values() for each in listed))
    write_file(files.erased, text.encode(), ERASED_MODE)
