"""News about the clock, each worth a `clock` record."""

from __future__ import annotations

from agent.clock.belief import Estimate, Source
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A new belief, or one that stays although `claim_source` excludes it.

    `suspect`: what was vouched for is contradicted. `claim_ms` is the claim minus the belief.
    """

    offset_ms: int
    old_source: Source
    new_source: Source
    bound_ms: int | None
    suspect: bool
    claim_source: Source | None = None
    claim_ms: int = 0

    @classmethod
    def refused(cls, belief: Estimate, now: float, claim: Estimate) -> Change:
        """Return that a belief stays although `claim` excludes it."""
        return cls(
            offset_ms=0,
            old_source=belief.source,
            new_source=belief.source,
            bound_ms=belief.bound_at(now),
            suspect=True,
            claim_source=claim.source,
            claim_ms=claim.offset_ms - belief.offset_ms,
        )

    @property
    def values(self) -> dict[str, int | str]:
        """The fields of the `clock` record, in stored units."""
        values: dict[str, int | str] = {
            "offset_ms": self.offset_ms,
            "old_source": str(self.old_source),
            "new_source": str(self.new_source),
        }
        if self.bound_ms is not None:
            values["bound_ms"] = self.bound_ms
        if self.claim_source is not None:
            values |= {"claim_source": str(self.claim_source), "claim_ms": self.claim_ms}
        return values
