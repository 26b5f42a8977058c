"""Exchanging witnesses: a policy that the old policy's quorum signed (docs/PROTOCOL.md).

An update is a note that the log and a quorum of the *old* policy's witnesses signed, and the new
policy's text. The text has no gateway lines, as no digest covers those. Log and receipt key stay:
another key is another log.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from evidence import cbor
from evidence.errors import MalformedError, UntrustedError
from evidence.merkle import HASH_BYTES
from evidence.note import Note, decode_base64, parse_note
from evidence.policy import Policy, parse_policy
from evidence.shape import as_array, as_bytes, as_text, shown
from foundation.dataclass import dataclass

MARK = "policy update "
"""What the second line begins with: it can be no size, so no checkpoint is an update."""

MAX_UPDATE_BYTES = 64 * 1024
_SEQUENCE = re.compile("[1-9][0-9]{0,8}")
_LINES = 5


@dataclass(frozen=True, slots=True)
class Change:
    """What is signed: policy `digest` follows `previous`, as the `sequence`-th, from a time on.

    `valid_from` is UTC seconds; sequences count from 1.
    """

    origin: str
    sequence: int
    digest: bytes
    previous: bytes
    valid_from: int

    def to_text(self) -> str:
        """Return the note's text."""
        # strftime writes the year 26 in two digits
        when = datetime.fromtimestamp(self.valid_from, UTC).isoformat().replace("+00:00", "Z")
        digests = (base64.b64encode(each).decode() for each in (self.digest, self.previous))
        lines = (self.origin, f"{MARK}{self.sequence}", *digests, when)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> Change:
        """Read the note's text; only what `to_text` writes is taken."""
        lines = text.split("\n")[:-1]
        if len(lines) != _LINES or not all(lines) or not lines[1].startswith(MARK):
            raise MalformedError("update-form", "an update is origin, number, two digests, a time")
        origin, number, digest, previous, when = lines
        count = number.removeprefix(MARK)
        if not _SEQUENCE.fullmatch(count):
            raise MalformedError("update-form", f"{shown(count)} is no number of an update")
        try:
            moment = datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise MalformedError("update-form", f"{shown(when)} is no time") from error
        digests = [decode_base64(each, "policy digest") for each in (digest, previous)]
        if any(len(each) != HASH_BYTES for each in digests):
            raise MalformedError("update-form", "a policy digest has 32 bytes")
        change = cls(origin, int(count), digests[0], digests[1], int(moment.timestamp()))
        if change.to_text() != text:
            raise MalformedError("update-form", "an update is written in one way only")
        return change


@dataclass(frozen=True, slots=True)
class PolicyUpdate:
    """A change with its signatures and the new policy; nothing in it is believed yet."""

    change: Change
    note: Note
    text: str
    policy: Policy

    def to_bytes(self) -> bytes:
        """Return the update as it is kept and sent."""
        return cbor.encode((self.note.to_text().encode(), self.text))

    def signers(self, old: Policy) -> dict[str, int]:
        """Return which witnesses of the old policy signed, and when (UTC seconds)."""
        times = {name: self.note.cosigned_at(key) for name, key in old.witnesses.items()}
        return {name: time for name, time in times.items() if time is not None}

    def check(self, old: Policy) -> dict[str, int]:
        """Return the signers of an update that follows `old`, or raise EvidenceError.

        In this order: it is about this log and follows this policy; log and receipt key stay; the
        log signed; no known witness's line is bad; the old quorum's distinct keys signed.
        """
        if self.change.origin != old.log.name or self.change.previous != old.digest:
            raise UntrustedError("update-previous", "the update does not follow from this policy")
        if (self.policy.log, self.policy.receipt_key) != (old.log, old.receipt_key):
            raise UntrustedError("update-log", "an update may not change the log's own keys")
        self.note.verify(old.log)
        signers = self.signers(old)
        if not old.satisfied(set(signers)):
            names = ", ".join(sorted(signers)) or "nobody"
            raise UntrustedError("quorum", f"the update is signed by {names}: not the old quorum")
        return signers


def parse_update(data: bytes) -> PolicyUpdate:
    """Read an update; MalformedError where text and note do not belong together."""
    if len(data) > MAX_UPDATE_BYTES:
        raise MalformedError("update-size", f"{len(data)} bytes are no policy update")
    encoded, text = as_array(cbor.decode(data), "policy update", 2)
    encoded, text = as_bytes(encoded, "note"), as_text(text, "policy")
    note = parse_note(encoded)
    change, policy = Change.from_text(note.text), parse_policy(text)
    if policy.digest != change.digest:
        raise MalformedError("update-text", "the policy is not the one whose digest was signed")
    if policy.gateways:
        raise MalformedError("update-text", "an update's policy has no gateway lines")
    return PolicyUpdate(change, note, text, policy)


def follow(first: Policy, updates: Sequence[PolicyUpdate]) -> list[Policy]:
    """Return `first` and the policies that follow from it, one after the other.

    Raises EvidenceError for an update that the policy before it did not sign, for a sequence that
    does not grow, and for a policy that was left and comes back: its old updates would fit again.
    """
    policies = [first]
    sequence = 0
    for update in updates:
        if update.change.sequence <= sequence:
            raise old_update(update)
        update.check(policies[-1])
        if any(update.policy.digest == known.digest for known in policies):
            raise UntrustedError("update-again", "this policy was in force before")
        sequence = update.change.sequence
        policies.append(update.policy)
    return policies


def old_update(update: PolicyUpdate) -> UntrustedError:
    """Return the error that an update does not come after those known."""
    number = update.change.sequence
    return UntrustedError("update-sequence", f"update {number} is an old one")


def without_gateways(text: str) -> str:
    """Return a policy's text without its gateway lines."""
    lines = text.rstrip("\n").split("\n")
    return "".join(f"{line}\n" for line in lines if line.split()[:1] != ["gateway"])
