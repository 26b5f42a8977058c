"""Where a node keeps what: one folder, whole when it holds node.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """The paths inside a node's folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """How the node runs; written last by init."""
        return self.folder / "node.toml"

    @property
    def public(self) -> Path:
        """What other operators need."""
        return self.folder / "node.pub"

    @property
    def policy(self) -> Path:
        """A sequencer's policy, for everybody to pin."""
        return self.folder / "policy.txt"

    @property
    def updates(self) -> Path:
        """A sequencer's policy updates, and the policy that its log was founded under."""
        return self.folder / "policy-updates"

    @property
    def signed_updates(self) -> Path:
        """The newest policy update of each log that this node's operator signed."""
        return self.folder / "policy-signed"

    @property
    def admitted(self) -> Path:
        """The gateways that may talk to the node."""
        return self.folder / "admitted.toml"

    @property
    def tokens(self) -> Path:
        """The enrolment tokens that were given out, as digests."""
        return self.folder / "tokens.toml"

    @property
    def erased(self) -> Path:
        """What was erased of the bodies here, by whom and why."""
        return self.folder / "erased.toml"

    @property
    def pinned(self) -> Path:
        """The logs that a witness cosigns."""
        return self.folder / "pinned.toml"

    @property
    def store(self) -> Path:
        """The SQLite database."""
        return self.folder / "ledger.db"

    @property
    def run_lock(self) -> Path:
        """Held by the running node."""
        return self.folder / "run.lock"

    @property
    def edit_lock(self) -> Path:
        """Held by a command while it changes the lists."""
        return self.folder / "edit.lock"

    @property
    def keys(self) -> Path:
        """The folder of private keys."""
        return self.folder / "keys"

    @property
    def log_key(self) -> Path:
        """A sequencer's key for checkpoints (signed note type 0x01)."""
        return self.keys / "log.pem"

    @property
    def receipt_key(self) -> Path:
        """A sequencer's key for receipts."""
        return self.keys / "receipt.pem"

    @property
    def cosigner_key(self) -> Path:
        """The operator's witness key (signed note type 0x04)."""
        return self.keys / "cosigner.pem"

    @property
    def curve_key(self) -> Path:
        """The key of the node's connections, as server and as client."""
        return self.keys / "curve.z85"
