"""Whether what is kept beside a batch still proves it, by every policy that was in force here.

What the journal calls confirmed was checked once. Its bytes may have changed since, and a key may
have been revoked from before the moment at which a quorum saw the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agent.journal.journal import Proof
from agent.light_client.policies import stands
from evidence.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from evidence.errors import EvidenceError, ProofError, UntrustedError
from evidence.policy import Policy, seen_at
from evidence.receipt import parse_receipt
from evidence.statement import Statement, parse_statement


class KeptProofs:
    """Holds proofs against the policies of each log, of which `threshold` must vouch."""

    def __init__(self, policies: Mapping[str, Sequence[Policy]], threshold: int) -> None:
        self._policies = policies
        self._threshold = threshold
        self._accepted: dict[bytes, list[tuple[SignedCheckpoint, Policy]]] = {}

    def hold(self, encoded: bytes, proofs: Sequence[Proof]) -> bool:
        """Tell whether enough logs still vouch for a statement.

        A key that no policy here lists counts: whoever verifies may have a newer one that does.
        """
        try:
            statement = parse_statement(encoded)
        except EvidenceError:
            return False
        vouching = {origin for proof in proofs for origin in self._origins(statement, proof)}
        return len(vouching) >= self._threshold

    def _origins(self, statement: Statement, proof: Proof) -> Iterator[str]:
        """Yield the log whose receipt it is, once for each policy by which it proves something."""
        try:
            accepted = self._checkpoint(proof.checkpoint)
            receipt = parse_receipt(proof.receipt)
            root = receipt.root(statement.leaf)
        except EvidenceError:
            return
        for signed, policy in accepted:
            try:
                if Checkpoint(receipt.origin, receipt.size, root) != signed.checkpoint:
                    raise ProofError("receipt-root", "it belongs to another state of the log")
                receipt.verify(root, policy.receipt_key)
                _check_key(statement, signed, policy)
            except EvidenceError:
                continue
            yield receipt.origin

    def _checkpoint(self, note: bytes) -> list[tuple[SignedCheckpoint, Policy]]:
        """Return a kept checkpoint with each policy that accepts it."""
        if note not in self._accepted:
            signed = parse_checkpoint(note)
            known = self._policies.get(signed.checkpoint.origin, ())
            self._accepted[note] = [(signed, each) for each in known if stands(signed, each)]
        return self._accepted[note]


def _check_key(statement: Statement, signed: SignedCheckpoint, policy: Policy) -> None:
    """Refuse a key that was revoked before; what else a policy says of a key may change again."""
    claims = statement.claims
    try:
        key = policy.gateway_key(claims.issuer, statement.kid)
    except UntrustedError:
        return
    statement.verify(key.key)
    seen = seen_at(policy.cosigners(policy.minimal(signed)).values())
    if key.revoked_at is not None and (seen is None or seen >= key.revoked_at):
        raise UntrustedError("key-revoked", "its key was revoked before")
