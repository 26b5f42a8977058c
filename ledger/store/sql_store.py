"""What both stores do alike: every promise of `ledger.store.store.Store` in terms of `Tables`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

from ledger.base.errors import StoreDamaged
from ledger.store.chain import Entry, Submission, Verdict
from ledger.store.group import NodeAt
from ledger.store.store import Exhibit, Holding, Kept, Slot
from ledger.store.tables import Tables

MAX_CACHED_NODES = 1 << 17
"""About 20 MB: the upper levels of any tree, and the entries of the last minutes."""


class SqlStore(ABC):
    """Implements `store.Store` over a connection that is opened anew after whatever failed.

    Nodes of the tree are remembered as long as the connection lives: a committed one never changes.
    """

    def __init__(self, name: str, *, keep_bodies: bool) -> None:
        """Keep `name` for errors: what and where the store is."""
        self._name = name
        self._keep_bodies = keep_bodies
        self._nodes: dict[NodeAt, bytes] = {}

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Tables]:
        """Give the tables to read; StoreFailed, and a new connection next time, on any error."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Tables]:
        """Give the tables to write; what was written is durable after the block."""

    def register(self, submissions: Sequence[Submission], at: int) -> list[Verdict]:
        """Judge and append in one transaction."""
        with self._transaction() as tables:
            group = tables.read_group(submissions)
            verdicts = [group.register(submission, at) for submission in submissions]
            tables.write_group(group, keep_bodies=self._keep_bodies)
        self._remember(group.new_nodes)
        return verdicts

    def size(self) -> int:
        """Return the number of entries."""
        with self._reading() as tables:
            return tables.size()

    def node(self, level: int, index: int) -> bytes:
        """Return a node's hash; StoreDamaged when the tree lacks it."""
        known = self._nodes.get((level, index))
        if known is not None:
            return known
        with self._reading() as tables:
            found = tables.nodes_at([(level, index)])
        if not found:
            raise StoreDamaged(
                f"{self._name} lacks node {index} at level {level} of its tree",
            )
        self._remember(found)
        return found[level, index]

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""
        with self._reading() as tables:
            return tables.newest_of([(issuer, epoch)]).get((issuer, epoch))

    def last(self, issuer: str) -> Entry | None:
        """Return the last entry of a gateway, of whatever epoch."""
        with self._reading() as tables:
            return tables.last(issuer)

    def indices(self, issuer: str, epoch: bytes, seqs: Sequence[int]) -> dict[int, int]:
        """Return the log index of each of `seqs` that is in the log, in their order."""
        with self._reading() as tables:
            return tables.indices(issuer, epoch, seqs)

    def entry(self, index: int) -> bytes | None:
        """Return an entry's bytes."""
        with self._reading() as tables:
            return tables.entry(index)

    def body(self, index: int) -> bytes | None:
        """Return the body kept for an entry."""
        with self._reading() as tables:
            return tables.body(index)

    def holdings(self, after: int, issuer: str, limit: int) -> list[Holding]:
        """Return entries behind number `after`, of one gateway or, with no `issuer`, of all."""
        with self._reading() as tables:
            return tables.holdings(after, issuer, limit)

    def erase(self, indices: Sequence[int]) -> None:
        """Take bodies out of the tables in one transaction, then out of the files."""
        with self._transaction() as tables:
            tables.erase(indices)
        self._overwrite()

    @abstractmethod
    def _overwrite(self) -> None:
        """Leave nothing in the files of what the tables no longer hold of bodies."""

    def kept(self, slot: Slot, origin: str) -> Kept | None:
        """Return the checkpoint in a slot."""
        with self._reading() as tables:
            return tables.kept(slot, origin)

    def advance(self, slot: Slot, origin: str, old: Kept | None, new: Kept) -> bool:
        """Compare and set, in one transaction."""
        with self._transaction() as tables:
            if tables.kept(slot, origin) != old:
                return False
            tables.keep(slot, origin, new)
            return True

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once, unless its source filled its limit."""
        with self._transaction() as tables:
            return tables.keep_evidence(exhibit, limit)

    def evidence(self) -> list[Exhibit]:
        """Return all exhibits, oldest first."""
        with self._reading() as tables:
            return tables.evidence()

    @abstractmethod
    def interrupt(self) -> None:
        """Let what waits for another machine fail now; the one call from another thread."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""

    def _remember(self, nodes: dict[NodeAt, bytes]) -> None:
        if len(self._nodes) > MAX_CACHED_NODES:
            self._nodes = {}
        self._nodes |= nodes
