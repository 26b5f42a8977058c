"""What the light client trusts, on disk: written before it is acted on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agent.durable import write_file
from agent.errors import Fatal
from agent.evidence.errors import EvidenceError
from agent.evidence.policy import Policy
from agent.light_client.errors import Fork
from agent.light_client.verifier import Anchor, accept_checkpoint

_TRUSTED = "trusted.note"
_FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class TrustedStore:
    """A folder with the newest trusted checkpoint, and evidence where a log was caught.

    `trusted.note` is the note as cosigned. `frozen` is there once a fork was seen: it holds the
    reason, and `fork-<digest>.cbor` beside it the evidence.
    """

    folder: Path

    def load(self, policy: Policy) -> Anchor | None:
        """Return the trusted checkpoint, checked against the policy anew; None before the first."""
        path = self.folder / _TRUSTED
        if not path.exists():
            return None
        try:
            return accept_checkpoint(path.read_bytes(), policy, now=None)
        except EvidenceError as error:
            raise Fatal(
                f"{path} is not a checkpoint of the pinned policy: {error}",
                advice="was the policy file exchanged? Pin the right one, or re-anchor by hand",
            ) from error

    def save(self, anchor: Anchor) -> None:
        """Make `anchor` the trusted checkpoint, durably."""
        write_file(self.folder / _TRUSTED, anchor.signed.to_bytes(), mode=0o644)

    def freeze(self, fork: Fork) -> Path:
        """Keep the evidence of a fork and trust the log no more; return the evidence file."""
        name = f"fork-{hashlib.sha256(fork.evidence).hexdigest()[:16]}.cbor"
        write_file(self.folder / name, fork.evidence, mode=0o644)
        write_file(self.folder / _FROZEN, f"{fork}\nevidence: {name}\n".encode(), mode=0o644)
        return self.folder / name

    def frozen(self) -> str | None:
        """Return why trust is frozen, or None."""
        path = self.folder / _FROZEN
        return path.read_text().strip() if path.exists() else None
