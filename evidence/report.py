"""What a check of a bundle found: the verdict, what is wrong where, and what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from evidence.errors import EvidenceError
from evidence.hash_envelope import Envelope
from evidence.leaf import Record
from evidence.statement import Statement


class Outcome(IntEnum):
    """What a check found, and the exit code of `tallyman verify`."""

    AUTHENTIC = 0  # and complete; declared gaps are named
    ALTERED = 1
    INCOMPLETE = 2  # an undeclared gap
    UNTRUSTED = 3  # not anchored under this policy
    UNREADABLE = 4


SEVERITY = (
    Outcome.AUTHENTIC,
    Outcome.INCOMPLETE,
    Outcome.UNTRUSTED,
    Outcome.ALTERED,
    Outcome.UNREADABLE,
)
"""From harmless to worst: of several findings the worst is the verdict."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with where it was found."""

    outcome: Outcome
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Statements `first` to `last` of an epoch, and what they held: lost, and declared so.

    `records` are the numbers that went with them, None where the declaration does not know.
    """

    epoch: bytes
    first: int
    last: int
    records: range | None
    reason: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a record shown names, with what the gateway signed of it."""

    record: Record
    envelope: Envelope

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file as it travels: of a sealed one, of what is sealed."""
        return self.envelope.digest

    @property
    def commitment(self) -> bytes | None:
        """SHA-256 over salt and file where it is sealed to recipients, else None."""
        value = self.record.values.get("commitment")
        return value if isinstance(value, bytes) else None


@dataclass(slots=True)
class SeenLog:
    """What a bundle shows of a log: its last checkpoint, and for how many batches it vouches."""

    origin: str
    size: int
    cosigners: tuple[str, ...]
    batches: int = 0


@dataclass(slots=True)
class Report:
    """What a check of a bundle found. Statements and records are empty where it came to nothing.

    `statements` are those about batches; `losses` are what gap statements and new epochs declare.
    `records` are those shown, in order; `hidden` counts those only committed to; `erasures` are the
    records that tell what the gateway erased since, so that nobody can show it. `anchored_at` is
    the moment (UTC seconds) by which most witnesses of `threshold` logs had seen every batch.
    `logs` are those with an accepted checkpoint, of `named` in the policy; `vouching` is the
    smallest number of them that vouch for a batch. `attachments` are the files that the records
    shown name, `files` those of them that are here, by digest.
    """

    findings: list[Finding] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    gaps: list[Record] = field(default_factory=list)
    erasures: list[Record] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    files: dict[bytes, bytes] = field(default_factory=dict)
    hidden: int = 0
    logs: list[SeenLog] = field(default_factory=list)
    threshold: int = 1
    named: int = 1
    vouching: int | None = None
    anchored_at: int | None = None
    same_policy: bool = True
    _named: set[bytes] = field(default_factory=set)

    @property
    def outcome(self) -> Outcome:
        """The worst finding's outcome."""
        outcomes = [finding.outcome for finding in self.findings]
        return max(outcomes, key=SEVERITY.index, default=Outcome.AUTHENTIC)

    def add(self, outcome: Outcome, error: EvidenceError, where: str) -> None:
        """Note what is wrong at `where`."""
        self.findings.append(Finding(outcome, error.reason, f"{where}: {error}"))

    def add_attachments(self, attachments: Iterable[Attachment]) -> None:
        """Take the files that records name."""
        for attachment in attachments:
            self.attachments.append(attachment)
            self._named.add(attachment.digest)

    def vouched(self, seen: Mapping[str, int | None]) -> None:
        """Note which logs vouch for a batch, and when each one's quorum had seen it."""
        for log in self.logs:
            log.batches += log.origin in seen
        fewest = len(seen) if self.vouching is None else self.vouching
        self.vouching = min(len(seen), fewest)
        times = sorted(time for time in seen.values() if time is not None)
        if len(times) >= self.threshold:
            self.anchored_at = max(times[self.threshold - 1], self.anchored_at or 0)

    def add_file(self, file: bytes, where: str) -> None:
        """Take a file that came along; a finding where no record shown names it."""
        digest = hashlib.sha256(file).digest()
        if digest in self._named:
            self.files[digest] = file
            return
        text = f"no record shown names a file with the SHA-256 {digest.hex()}"
        self.add(Outcome.ALTERED, EvidenceError("attachment", text), where)
