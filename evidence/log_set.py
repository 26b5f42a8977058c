"""Several independent logs in one pinned file, and how many of them must vouch for a statement.

The text is a line `logs K`, and behind it the whole policies of the logs, one after the other, each
from its `log` line on (docs/PROTOCOL.md, "Several logs"). A policy of one log is a set of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from evidence import cbor
from evidence.errors import MalformedError, UntrustedError
from evidence.policy import (
    GatewayKey,
    Policy,
    parse_rules,
    rules_of,
    threshold_of,
    unknown_gateway,
    wrong_at,
)
from evidence.shape import shown
from foundation.dataclass import dataclass

KEYWORD = "logs"


@dataclass(frozen=True, slots=True)
class LogSet:
    """The policies of the logs by origin, in the order of the text; `threshold` of them vouch."""

    threshold: int
    logs: Mapping[str, Policy]

    @classmethod
    def of(cls, policies: Sequence[Policy], threshold: int = 1) -> LogSet:
        """Return the set of these logs."""
        return cls(threshold, {policy.log.name: policy for policy in policies})

    @property
    def several(self) -> bool:
        """Tell whether there is more than one log to count."""
        return len(self.logs) > 1

    @property
    def digest(self) -> bytes:
        """Name what makes a statement valid; of one log it is the policy's own."""
        digests = tuple(sorted(policy.digest for policy in self.logs.values()))
        if not self.several:
            return digests[0]
        return hashlib.sha256(cbor.encode((self.threshold, digests))).digest()

    def log(self, origin: str) -> Policy:
        """Return the policy of a log, or raise UntrustedError."""
        if origin not in self.logs:
            names = ", ".join(map(repr, self.logs))
            raise UntrustedError("origin", f"{shown(origin)} is not the policy's log {names}")
        return self.logs[origin]

    def gateway_keys(self, issuer: str, kid: bytes) -> dict[str, GatewayKey]:
        """Return a gateway's pinned key by the logs that list it; UntrustedError: none does."""
        found: dict[str, GatewayKey] = {}
        for origin, policy in self.logs.items():
            with suppress(UntrustedError):
                found[origin] = policy.gateway_key(issuer, kid)
        if not found:
            raise unknown_gateway(issuer, kid)
        return found

    def check_count(self, vouching: int) -> None:
        """Return None when so many logs are enough, else UntrustedError."""
        if vouching < self.threshold:
            raise UntrustedError(
                "logs", f"{vouching} of {len(self.logs)} logs vouch: {self.threshold} must"
            )


def check_other_log(before: bytes, others: Iterable[bytes]) -> None:
    """Return None when a receipt is by another log than those counted already.

    `before` is `merkle.root_before` of its path, `others` are theirs, all of one statement: entry 0
    names its log, so two logs that held the same before a statement are one with two names.
    """
    if before in others:
        raise MalformedError("same-log", "two receipts are from one log under two names")


def parse_log_set(text: str) -> LogSet:
    """Read a policy of one log or of several; MalformedError names the line and what it wants."""
    rules = rules_of(text)
    if not rules or rules[0][1][0] != KEYWORD:
        return LogSet.of([parse_rules(rules)])
    (line, words), *rest = rules
    if rest and rest[0][1][0] != "log":
        raise wrong_at(rest[0][0], f"wanted behind {KEYWORD} K: log VKEY [URL]")
    starts = [at for at, (_, rule) in enumerate(rest) if rule[0] == "log"]
    policies: list[Policy] = []
    for start, end in pairwise([*starts, len(rest)]):
        policy = parse_rules(rest[start:end])
        _check_new(rest[start][0], policy, policies)
        policies.append(policy)
    return LogSet.of(policies, _threshold(line, words, len(policies)))


def _threshold(line: int, words: Sequence[str], logs: int) -> int:
    threshold = threshold_of(words[1], logs) if len(words) == 2 else 0  # noqa: PLR2004  logs K
    if logs < 2 or not 1 <= threshold <= logs:  # noqa: PLR2004  one alone needs no such line
        raise wrong_at(line, f"wanted: logs K, with K of the {logs} logs below, two at least")
    return threshold


def _check_new(line: int, policy: Policy, before: Iterable[Policy]) -> None:
    """Refuse a log that is one of those before by its name or a key: it would count twice."""
    for other in before:
        if policy.log.name == other.log.name:
            raise wrong_at(line, f"the log {policy.log.name!r} stands above and would count twice")
        same_receipts = policy.receipt_key.to_cose() == other.receipt_key.to_cose()
        if policy.log.public == other.log.public or same_receipts:
            text = f"{policy.log.name!r} has a key of {other.log.name!r}: one log, counted twice"
            raise wrong_at(line, text)
