"""The light client: it believes a ledger node only what it has checked itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from agent.light_client.errors import Expired, Fork, Stale, Withheld
from agent.light_client.policies import load_policies
from agent.light_client.trusted_store import TrustedStore
from agent.light_client.verifier import (
    Anchor,
    Logged,
    Proven,
    accept_checkpoint,
    advance,
    joins,
    match,
    prove_receipts,
)
from evidence.checkpoint import SignedCheckpoint
from evidence.errors import UntrustedError
from evidence.fork import read_signed, same_size_fork
from evidence.note import Note
from evidence.policy import Policy
from evidence.policy_update import parse_update
from foundation.dataclass import dataclass

MOST_UNJOINED = 16
"""Notes kept that nobody has joined yet: only the log's own key can make one, so few are enough."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a node shows: receipts by seq, one checkpoint for all, and how it follows from ours."""

    receipts: Mapping[int, bytes]
    note: bytes
    path: Sequence[bytes] | None


@dataclass(frozen=True, slots=True)
class Question:
    """Two checkpoints that the log signed, at different sizes: does `newer` extend `older`?"""

    older: SignedCheckpoint
    newer: SignedCheckpoint


class LightClient:
    """Keeps the newest trusted checkpoint and checks everything against it.

    `trusting_period` is in seconds. Calls block on disk writes; make them in a thread, one or
    several.
    """

    def __init__(self, policy: Policy, store: TrustedStore, trusting_period: int) -> None:
        self.policies = load_policies(policy, store)
        self.wants_policy = False
        self._store = store
        self._period = trusting_period
        self._lock = threading.Lock()
        self.trusted = store.load(self.policies.all)
        self.frozen = store.frozen()
        self._unjoined = {note: read_signed(note, policy.log) for note in store.unjoined()}

    @property
    def size(self) -> int:
        """The trusted size of the log; 0 before the first checkpoint."""
        return self.trusted.size if self.trusted else 0

    @property
    def policy(self) -> Policy:
        """The policy in force: the pinned one, or what it was exchanged for."""
        return self.policies.newest

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.policy.log.name

    @property
    def unjoined(self) -> int:
        """How many signed checkpoints wait for somebody to show how they fit in."""
        return len(self._unjoined)

    def evidence(self) -> list[bytes]:
        """Return the evidence of every fork that was seen, as `ForkProof` bytes."""
        return self._store.evidence()

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
        self, statements: Mapping[int, Logged], offer: Offer, now: int | None
    ) -> dict[int, Proven]:
        """Return by seq what `offer` proves of `statements`; all or nothing.

        On return the offered checkpoint is the trusted one, durably. Raises EvidenceError for a
        bad proof, Withheld, Stale or Expired to try later, and Fork, after which all is refused.
        """
        self.check_age(now)
        proven = prove_receipts(statements, offer.receipts, self.policy)
        anchor = self._accept(offer.note, now)
        for item in proven.values():
            match(item, anchor)
        with self._lock, self._freezing():
            self._trust(anchor, offer.path)
        return proven

    def _accept(self, note: bytes, now: int | None) -> Anchor:
        try:
            return accept_checkpoint(note, self.policy, now)
        except UntrustedError as error:
            self.wants_policy |= error.reason == "quorum"
            raise

    def update_policy(self, data: bytes, now: int | None) -> bool:
        """Tell whether the policy in `data` is in force from now on; on return it is durable.

        False while its time has not come: by `now` (UTC seconds), or where nobody vouches for the
        clock by the newest time that a quorum vouched for. Raises EvidenceError for an update that
        the policy in force did not sign or that is an old one, Expired, and Fork.
        """
        self.check_age(now)
        update = parse_update(data)
        with self._lock, self._freezing():
            new = self.policies.with_update(update)
            seen = max(update.signers(self.policy).values(), default=0)
            trusted = self.trusted.time if self.trusted else 0
            if update.change.valid_from > (max(seen, trusted) if now is None else now):
                return False
            self._store.save_update(update)
            self.policies = new
            self.wants_policy = False
        return True

    def _trust(self, anchor: Anchor, path: Sequence[bytes] | None) -> None:
        try:
            advance(self.trusted, anchor, path)
        except Stale:
            raise
        except Withheld:
            self._keep_unjoined(anchor.signed)
            raise
        if self.trusted is None or anchor.size > self.trusted.size:
            self._store.save(anchor)
            self.trusted = anchor

    def look_at(self, note: bytes) -> None:
        """Hold a note that a node shows against what is trusted and what is unjoined.

        The log's own signature is enough, as a witness shows no other. A note of another size is
        unjoined until `settle`. Raises EvidenceError for a note that is not the log's, and Fork.
        """
        signed = read_signed(note, self.policy.log)
        with self._lock, self._freezing():
            known = [self.trusted.signed] if self.trusted else []
            for other in (*known, *self._unjoined.values()):
                proof = same_size_fork(signed, other)
                if proof is not None:
                    raise Fork(str(proof), evidence=proof.to_bytes())
            if all(signed.checkpoint != other.checkpoint for other in known):
                self._keep_unjoined(signed)

    def questions(self) -> list[Question]:
        """Return how the unjoined checkpoints are to be held against the trusted one."""
        with self._lock:
            if self.trusted is None:
                return []
            return [self._question(self.trusted.signed, each) for each in self._unjoined.values()]

    def _question(self, one: SignedCheckpoint, other: SignedCheckpoint) -> Question:
        swapped = other.checkpoint.size < one.checkpoint.size
        return Question(other, one) if swapped else Question(one, other)

    def settle(
        self, question: Question, path: Sequence[bytes], hashes: Sequence[bytes] = ()
    ) -> bool:
        """Tell whether `path` answers a question; Fork when it shows that the log signed both ways.

        `hashes` are those of an inclusion path, see `evidence.fork.contradiction`.
        """
        older, newer = question.older, question.newer
        with self._lock, self._freezing():
            joined = joins(older, newer, path, hashes)
            if joined:
                self._forget((older.to_bytes(), newer.to_bytes()))
        return joined

    def _keep_unjoined(self, signed: SignedCheckpoint) -> None:
        """Keep the log's own line: it is what a fork would be proven by, and always the same."""
        line = signed.note.by(self.policy.log)
        assert line is not None, "the log's line was verified"
        own = SignedCheckpoint(signed.checkpoint, Note(signed.note.text, (line,)))
        if not signed.checkpoint.size or len(self._unjoined) >= MOST_UNJOINED:
            return
        note = own.to_bytes()
        if note not in self._unjoined:
            self._store.keep_unjoined(note)
            self._unjoined[note] = own

    def _forget(self, notes: Sequence[bytes]) -> None:
        for note in notes:
            if self._unjoined.pop(note, None) is not None:
                self._store.drop_unjoined(note)

    @contextmanager
    def _freezing(self) -> Iterator[None]:
        """Refuse everything once frozen; a fork found inside is durable before it is raised."""
        if self.frozen is not None:
            raise Fork(self.frozen, evidence=b"")
        try:
            yield
        except Fork as fork:
            self._store.freeze(fork)
            self.frozen = str(fork)
            raise
