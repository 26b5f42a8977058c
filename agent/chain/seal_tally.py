"""What signing batches costs, counted from the start on."""

from __future__ import annotations

from agent.journal.journal import SealedBatch
from foundation.dataclass import dataclass


@dataclass(slots=True)
class SealTally:
    """Batches, and what they took: CPU of the journal's thread in seconds, bytes in the archive.

    Written in the journal's thread and read in others: numbers that only grow.
    """

    batches: int = 0
    records: int = 0
    cpu_seconds: float = 0.0
    statement_bytes: int = 0
    body_bytes: int = 0

    def add(self, batch: SealedBatch, cpu_seconds: float) -> None:
        """Count a batch that was sealed."""
        self.batches += 1
        self.records += batch.count
        self.cpu_seconds += cpu_seconds
        self.statement_bytes += len(batch.statement)
        self.body_bytes += len(batch.body)
