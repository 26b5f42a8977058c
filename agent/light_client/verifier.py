"""What a receipt must pass before a batch counts as confirmed; pure, `now` is an argument.

The seven steps of docs/PROTOCOL.md, "Light client": `prove_receipts` is steps 1 to 3,
`accept_checkpoint` step 4, `match` step 5, `advance` step 6. Step 7, marking the batch, is the
caller's, after the new checkpoint is durable.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from agent.clock.belief import WITNESSES_AHEAD_S
from agent.light_client.errors import Fork, Stale, Withheld
from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.errors import EvidenceError, ProofError, UntrustedError
from evidence.fork import ForkProof, contradiction, same_size_fork
from evidence.merkle import verify_consistency
from evidence.policy import Policy
from evidence.receipt import parse_receipt
from foundation.dataclass import dataclass


class Logged(Protocol):
    """A statement of ours; what it says is not read again, its bytes are what the log holds."""

    @property
    def leaf(self) -> bytes:
        """Its leaf hash."""
        ...


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt's signature covers: a root, with the size and index that led there."""

    index: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that the policy accepts.

    `time` is the quorum's median, in UTC seconds: at least one honest witness had passed it.
    """

    signed: SignedCheckpoint
    time: int

    @property
    def size(self) -> int:
        """The log's size."""
        return self.signed.checkpoint.size

    @property
    def root(self) -> bytes:
        """The log's root."""
        return self.signed.checkpoint.root


Signed = tuple[bytes, bytes, bytes]
"""A root, and the protected header and signature of a receipt for it."""


def prove_receipts(
    statements: Mapping[int, Logged], receipts: Mapping[int, bytes], policy: Policy
) -> dict[int, Proven]:
    """Return by seq what receipts prove of our own stored statements, or raise EvidenceError.

    A log signs its root once, and all receipts under it have that signature: it is checked once.
    """
    checked: set[Signed] = set()
    return {
        seq: _prove(statements[seq], receipt, policy, checked) for seq, receipt in receipts.items()
    }


def _prove(statement: Logged, receipt: bytes, policy: Policy, checked: set[Signed]) -> Proven:
    parsed = parse_receipt(receipt)
    if parsed.origin != policy.log.name:
        raise UntrustedError("origin", f"the receipt is from {parsed.origin!r}")
    root = parsed.root(statement.leaf)
    signed = root, parsed.sign1.protected, parsed.sign1.signature
    if signed not in checked:
        parsed.verify(root, policy.receipt_key)
        checked.add(signed)
    return Proven(parsed.index, parsed.size, root)


def accept_checkpoint(note: bytes, policy: Policy, now: int | None) -> Anchor:
    """Return the checkpoint in `note` when log and quorum signed it, or raise EvidenceError.

    `now` is UTC seconds, or None while the clock is not synchronised: then no cosignature can be
    told to come from the future.
    """
    signed = parse_checkpoint(note)
    times = policy.check(signed)
    if now is not None and any(time > now + WITNESSES_AHEAD_S for time in times.values()):
        raise UntrustedError("future", "a cosignature is from the future")
    return Anchor(signed, _median(times.values()))


def _median(times: Collection[int]) -> int:
    """Return the lower median; 0 of nothing. `statistics` would cost a megabyte of imports."""
    return sorted(times)[(len(times) - 1) // 2] if times else 0


def match(proven: Proven, anchor: Anchor) -> None:
    """Return None when receipt and checkpoint speak of one state of the log.

    Without this a receipt's size and index are anybody's choice.
    """
    if (proven.size, proven.root) != (anchor.size, anchor.root):
        raise ProofError("receipt-root", "the receipt belongs to another state of the log")


def advance(trusted: Anchor | None, new: Anchor, path: Sequence[bytes] | None) -> None:
    """Return None when `new` extends what is trusted; the first checkpoint needs the policy only.

    Raises Stale for a smaller one, Fork where the log's own signatures show two histories, and
    Withheld where nothing shows how `new` follows: a path that fails is unsigned, so no proof.
    """
    if trusted is None:
        return
    if new.size < trusted.size:
        raise Stale(f"the node shows size {new.size}, {trusted.size} is trusted already")
    if new.size == trusted.size:
        _refuse(same_size_fork(trusted.signed, new.signed))
        return
    if path is None:
        raise Withheld(f"no consistency path from {trusted.size} to {new.size} came")
    if not joins(trusted.signed, new.signed, path):
        raise Withheld(f"the path from {trusted.size} does not lead to size {new.size}")


def joins(
    older: SignedCheckpoint,
    newer: SignedCheckpoint,
    path: Sequence[bytes],
    hashes: Sequence[bytes] = (),
) -> bool:
    """Tell whether `path` shows that `newer` extends `older`; Fork when it shows the contrary.

    Of one size no path is needed. `hashes` are those of an inclusion path, see `contradiction`.
    """
    one, other = older.checkpoint, newer.checkpoint
    if one.size == other.size:
        _refuse(same_size_fork(older, newer))
        return True
    try:
        verify_consistency(one.size, other.size, path, one.root, other.root)
    except EvidenceError:
        _refuse(contradiction(older, newer, path, hashes))
        return False
    return True


def _refuse(proof: ForkProof | None) -> None:
    if proof is not None:
        raise Fork(str(proof), evidence=proof.to_bytes())
