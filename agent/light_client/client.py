"""The light client: it believes a ledger node only what it has checked itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.evidence.policy import Policy
from agent.evidence.statement import Statement
from agent.light_client.errors import Expired, Fork
from agent.light_client.trusted_store import TrustedStore
from agent.light_client.verifier import (
    Anchor,
    Proven,
    accept_checkpoint,
    advance,
    match,
    prove_receipt,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a node shows: receipts by seq, one checkpoint for all, and how it follows from ours."""

    receipts: Mapping[int, bytes]
    note: bytes
    path: Sequence[bytes] | None


class LightClient:
    """Keeps the newest trusted checkpoint and checks everything against it.

    `trusting_period` is in seconds. Calls block on disk writes; make them in a thread.
    """

    def __init__(self, policy: Policy, store: TrustedStore, trusting_period: int) -> None:
        self.policy = policy
        self._store = store
        self._period = trusting_period
        self.trusted = store.load(policy)
        self.frozen = store.frozen()

    @property
    def size(self) -> int:
        """The trusted size of the log; 0 before the first checkpoint."""
        return self.trusted.size if self.trusted else 0

    def check_age(self, now: int | None) -> None:
        """Raise Expired when the trusted checkpoint is older than the trusting period.

        `now` is UTC seconds, None while the clock is not synchronised.
        """
        if now is None or self.trusted is None:
            return
        age = now - self.trusted.time
        if age > self._period:
            raise Expired(f"the trusted checkpoint is {age // 86400} days old")

    def confirm(
        self, statements: Mapping[int, Statement], offer: Offer, now: int | None
    ) -> dict[int, Proven]:
        """Return by seq what `offer` proves of `statements`; all or nothing.

        On return the offered checkpoint is the trusted one, durably. Raises EvidenceError for a
        bad proof, Withheld, Stale or Expired to try later, and Fork, after which all is refused.
        """
        self.check_age(now)
        proven = {
            seq: prove_receipt(statements[seq], receipt, self.policy)
            for seq, receipt in offer.receipts.items()
        }
        anchor = accept_checkpoint(offer.note, self.policy, now)
        for item in proven.values():
            match(item, anchor)
        self._trust(anchor, offer.path)
        return proven

    def _trust(self, anchor: Anchor, path: Sequence[bytes] | None) -> None:
        if self.frozen is not None:
            raise Fork(self.frozen, evidence=b"")
        try:
            advance(self.trusted, anchor, path)
        except Fork as fork:
            self._store.freeze(fork)
            self.frozen = str(fork)
            raise
        if self.trusted is None or anchor.size > self.trusted.size:
            self._store.save(anchor)
            self.trusted = anchor
