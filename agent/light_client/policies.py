"""From the pinned policy to the one in force: the updates that old quorums signed, on disk."""

from __future__ import annotations

from collections.abc import Sequence

from agent.light_client.causes import OTHER_POLICY
from agent.light_client.trusted_store import TrustedStore
from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.errors import EvidenceError, UntrustedError
from evidence.policy import Policy
from evidence.policy_update import PolicyUpdate, follow, old_update
from foundation.dataclass import dataclass
from foundation.errors import Fatal


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies since the pinned one, oldest first, and the updates between them.

    `earlier` are policies from before the pinned one that were once in force here.
    """

    known: tuple[Policy, ...]
    updates: tuple[PolicyUpdate, ...] = ()
    earlier: tuple[Policy, ...] = ()
    sequence: int = 0

    @property
    def newest(self) -> Policy:
        """The policy in force."""
        return self.known[-1]

    @property
    def all(self) -> tuple[Policy, ...]:
        """Every policy that a checkpoint kept here may stand under, oldest first."""
        return (*self.earlier, *self.known)

    def with_update(self, update: PolicyUpdate) -> Policies:
        """Return these and what follows, or raise EvidenceError: it must be a new one, signed."""
        if update.change.sequence <= self.sequence:
            raise old_update(update)
        if any(update.policy.digest == policy.digest for policy in self.all):
            raise UntrustedError("update-again", "this policy was in force before")
        update.check(self.newest)
        return Policies(
            (*self.known, update.policy),
            (*self.updates, update),
            self.earlier,
            update.change.sequence,
        )


def load_policies(pinned: Policy, store: TrustedStore) -> Policies:
    """Return what follows from the pinned policy by the updates kept; Fatal when they do not fit.

    A newer policy than the first may be pinned meanwhile: what led to it is not needed any more.
    """
    try:
        kept = store.updates()
        digests = [update.policy.digest for update in kept]
        done = digests.index(pinned.digest) + 1 if pinned.digest in digests else 0
        known = follow(pinned, kept[done:])
    except EvidenceError as error:
        raise Fatal(
            f"the policy updates in {store.folder} do not follow from the pinned policy: {error}",
            cause=OTHER_POLICY,
        ) from error
    earlier = tuple(update.policy for update in kept[: max(done - 1, 0)])
    sequence = kept[-1].change.sequence if kept else 0
    return Policies(tuple(known), tuple(kept[done:]), earlier, sequence)


def anchored_under(policies: Policies, notes: Sequence[bytes | None]) -> tuple[int, Policy | None]:
    """Return how many of `notes`, from the first on, stand under one policy, and the newest such.

    A bundle stands under one policy, and the witnesses may have changed. None in the place of a
    note stands under any policy. EvidenceError for a note that cannot be read.
    """
    under = list(policies.all)
    satisfied: dict[bytes, set[bytes]] = {}
    for number, note in enumerate(notes):
        if note is None:
            continue
        if note not in satisfied:
            signed = parse_checkpoint(note)
            satisfied[note] = {policy.digest for policy in under if stands(signed, policy)}
        left = [policy for policy in under if policy.digest in satisfied[note]]
        if not left:
            return number, under[-1] if number else None
        under = left
    return len(notes), under[-1]


def stands(signed: SignedCheckpoint, policy: Policy) -> bool:
    """Tell whether a checkpoint satisfies a policy."""
    try:
        policy.check(signed)
    except EvidenceError:
        return False
    return True
