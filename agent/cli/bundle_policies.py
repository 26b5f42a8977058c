"""The policy that a bundle stands under: one of each log, and of each the newest that will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.config.settings import Config
from agent.disclosure.bundling import Vouched
from agent.light_client.pinned_policy import policies_in_force, trusted_store
from agent.light_client.policies import anchored_under
from evidence.log_set import LogSet
from evidence.policy import Policy
from foundation.counting import span
from foundation.errors import Fatal


class WitnessesChanged(Fatal):
    """The records were confirmed under two policies: no bundle stands under both."""


def frozen_logs(config: Config, logs: LogSet) -> set[str]:
    """Return the logs that were caught forking: what they gave does not count any more.

    Of one log alone what it gave before stays: there is no other.
    """
    if not logs.several:
        return set()
    return {origin for origin in logs.logs if trusted_store(config, logs, origin).frozen()}


def logs_in_force(config: Config, pinned: LogSet, parts: Sequence[Sequence[Vouched]]) -> LogSet:
    """Return the logs, each with the newest policy that its checkpoints satisfy.

    Updates say nothing of gateways: their keys are those of the pinned policy. WitnessesChanged
    says where to cut if no policy satisfies all of them.
    """
    everything = [vouched for part in parts for vouched in part]
    policies: list[Policy] = []
    upto = len(everything)
    for origin, known in policies_in_force(config).items():
        proofs = [vouched.proofs.get(origin) for vouched in everything]
        notes = [None if proof is None else proof.checkpoint for proof in proofs]
        count, policy = anchored_under(known, notes)
        if policy is None:
            raise _under_none(everything[0])
        upto = min(upto, count)
        policies.append(replace(policy, gateways=pinned.logs[origin].gateways))
    if upto < len(everything):
        raise _changed(upto, parts)
    return LogSet.of(policies, pinned.threshold)


def _under_none(vouched: Vouched) -> Fatal:
    batch = vouched.row.batch
    records = span(range(batch.first, batch.first + batch.count), "record")
    return Fatal(
        f"{records} stand under a policy that is not known here",
        advice="pin the policy that was pinned when they were confirmed, for this bundle",
    )


def _changed(at: int, parts: Sequence[Sequence[Vouched]]) -> WitnessesChanged:
    """Return the error that says behind which record the witnesses changed: before batch `at`."""
    *earlier, present = parts
    at -= sum(map(len, earlier))
    if at <= 0:
        return WitnessesChanged(
            "the witnesses changed since the epochs before: no policy is that of all these records",
            advice="leave out --epochs: one bundle cannot stand under two policies",
        )
    cut = present[at].row.batch.first
    return WitnessesChanged(
        f"the witnesses changed behind record {cut - 1}: no policy is that of all these records",
        advice=f"make two bundles, one with --until {cut - 1}, one with --since {cut}; each is "
        "verified with the policy.txt of its time",
    )
