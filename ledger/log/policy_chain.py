"""The policies of a log since its founding, as a sequencer keeps and serves them.

`policy-updates/founding.txt` is the policy that entry 0 names; `<number>.cbor` are the updates. The
folder is made by the first update: without it `policy.txt` is the founding policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evidence.errors import EvidenceError
from evidence.policy import Policy
from evidence.policy_update import PolicyUpdate, follow, parse_update
from foundation.durable import sync_folder, write_file
from foundation.errors import Fatal
from ledger.base.node_files import PUBLIC_MODE, NodeFiles
from ledger.gateways.pins import read_policy

MOST_SERVED = 8
"""Updates in one answer; the next ones are asked for with the newest of these."""


@dataclass(frozen=True, slots=True)
class PolicyChain:
    """Policies, the founding one first, and the update that led to each later one."""

    policies: tuple[Policy, ...]
    updates: tuple[PolicyUpdate, ...] = ()

    @property
    def sequence(self) -> int:
        """The newest update's number; 0 before the first."""
        return self.updates[-1].change.sequence if self.updates else 0

    def after(self, digest: bytes) -> list[bytes]:
        """Return what follows from the policy with this digest, encoded, MOST_SERVED at most."""
        for place, policy in enumerate(self.policies):
            if policy.digest == digest:
                return [each.to_bytes() for each in self.updates[place : place + MOST_SERVED]]
        return []


def load_chain(files: NodeFiles) -> PolicyChain:
    """Read and check the chain; Fatal where an update was not signed by the quorum before it."""
    paths = sorted(files.updates.glob("*.cbor"))
    if not paths:
        return PolicyChain((read_policy(files.policy),))
    founding = read_policy(_founding(files))
    try:
        updates = tuple(parse_update(path.read_bytes()) for path in paths)
        return PolicyChain(tuple(follow(founding, updates)), updates)
    except EvidenceError as error:
        raise Fatal(
            f"the policy updates in {files.updates} do not follow one another: {error}",
            advice="put back the folder as tallyman-ledger policy-publish made it",
        ) from error


def keep_update(files: NodeFiles, in_force: str, update: PolicyUpdate) -> None:
    """Add an update that was checked, durably; `in_force` is the policy's text until now."""
    if not files.updates.exists():
        files.updates.mkdir()
        sync_folder(files.folder)
    if not any(files.updates.glob("*.cbor")):
        write_file(_founding(files), in_force.encode(), PUBLIC_MODE)
    path = files.updates / f"{update.change.sequence:09}.cbor"
    write_file(path, update.to_bytes(), PUBLIC_MODE)


def _founding(files: NodeFiles) -> Path:
    return files.updates / "founding.txt"
