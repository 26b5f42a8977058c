"""The policy that a bundle stands under, one of each log, and where the witnesses changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.config.settings import Config
from agent.disclosure.bundling import Vouched
from agent.journal.journal import BatchRow
from agent.light_client.pinned_policy import policies_in_force, trusted_store
from agent.light_client.policies import Policies, anchored_under
from evidence.log_set import LogSet
from evidence.policy import Policy
from foundation.counting import span
from foundation.errors import Fatal

_EACH = "FILE.1, FILE.2 …, each verified with the policy.txt of its time"


class WitnessesChanged(Fatal):
    """The records were confirmed under two policies: no bundle stands under both."""


def frozen_logs(config: Config, logs: LogSet) -> set[str]:
    """Return the logs that were caught forking: what they gave does not count any more.

    Of one log alone what it gave before stays: there is no other.
    """
    if not logs.several:
        return set()
    return {origin for origin in logs.logs if trusted_store(config, logs, origin).frozen()}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Batches of each epoch, oldest epoch first, that stand under one policy of each log."""

    parts: Sequence[Sequence[Vouched]]
    logs: LogSet

    @property
    def rows(self) -> Sequence[BatchRow]:
        """The batches of the newest epoch in it."""
        return [vouched.row for vouched in next(filter(None, reversed(self.parts)))]


def stretches(
    config: Config, pinned: LogSet, parts: Sequence[Sequence[Vouched]]
) -> Sequence[Stretch]:
    """Return the batches, cut wherever the witnesses changed, each with its newest policies.

    Updates say nothing of gateways: their keys are those of the pinned policy.
    """
    known, found = policies_in_force(config), []
    while any(parts):
        count, logs = _longest(known, pinned, [vouched for part in parts for vouched in part])
        head, parts = _cut(parts, count)
        found.append(Stretch(head, logs))
    return found


def _longest(
    known: Mapping[str, Policies], pinned: LogSet, everything: Sequence[Vouched]
) -> tuple[int, LogSet]:
    """Return how many batches, from the first on, stand under one policy of each log; which."""
    notes = {origin: [_note(vouched, origin) for vouched in everything] for origin in known}
    count = min(anchored_under(known[origin], notes[origin])[0] for origin in known)
    found: list[Policy] = []
    for origin, policies in known.items():
        _, policy = anchored_under(policies, notes[origin][:count])
        if not count or policy is None:
            raise _under_none(everything[0])
        found.append(replace(policy, gateways=pinned.logs[origin].gateways))
    return count, LogSet.of(found, pinned.threshold)


def _note(vouched: Vouched, origin: str) -> bytes | None:
    proof = vouched.proofs.get(origin)
    return None if proof is None else proof.checkpoint


def _cut(
    parts: Sequence[Sequence[Vouched]], count: int
) -> tuple[list[Sequence[Vouched]], list[Sequence[Vouched]]]:
    """Return the first `count` batches of all, and the others."""
    head, tail = [], []
    for part in parts:
        head.append(part[:count])
        tail.append(part[count:])
        count = max(0, count - len(part))
    return head, tail


def _under_none(vouched: Vouched) -> Fatal:
    batch = vouched.row.batch
    records = span(range(batch.first, batch.first + batch.count), "record")
    return Fatal(
        f"{records} stand under a policy that is not known here",
        advice="pin the policy that was pinned when they were confirmed, for this bundle",
    )


def changed(found: Sequence[Stretch]) -> WitnessesChanged:
    """Return the error that says behind which record the witnesses first changed."""
    present, after = found[0].parts[-1], found[1].parts[-1]
    if not present or not after:
        return WitnessesChanged(
            "the witnesses changed since the epochs before: one bundle stands under one policy",
            advice=f"add --parts: {_EACH}",
        )
    cut = after[0].row.batch.first
    return WitnessesChanged(
        f"the witnesses changed behind record {cut - 1}: one bundle stands under one policy",
        advice=f"make one with --until {cut - 1}, one with --since {cut}; or add --parts: {_EACH}",
    )
