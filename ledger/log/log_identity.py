"""Who a sequencer is: its policy, and the keys that the policy names."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.custody import Kept, sign_custody
from evidence.keys import EDDSA
from evidence.note import KeyType, NoteKey, Signature, sign_note
from evidence.policy import Policy
from evidence.receipt import sign_receipts
from foundation.errors import Fatal
from ledger.base.key_files import SigningKey, load_signing_key
from ledger.base.node_files import NodeFiles
from ledger.gateways.pins import read_policy
from ledger.log.policy_chain import PolicyChain, load_chain


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """A log's policy, those before it, and the private halves of its log and receipt keys."""

    policy: Policy
    log_key: SigningKey
    receipt_key: SigningKey
    chain: PolicyChain

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.policy.log.name

    def sign_checkpoint(self, text: str) -> Signature:
        """Return the log's own line under a checkpoint."""
        return sign_note(text, self.policy.log, self.log_key.sign)

    def receipts(self, size: int, root: bytes, paths: dict[int, list[bytes]]) -> dict[int, bytes]:
        """Return by index a receipt for each path under the tree (size, root)."""
        key, sign = self.policy.receipt_key, self.receipt_key.sign
        return sign_receipts(self.origin, size, paths, root, key, EDDSA, sign)

    def custody(self, kept: Kept, at: int) -> bytes:
        """Return a receipt for a body that is durable here."""
        key = self.policy.receipt_key
        return sign_custody(self.origin, at, kept, key, EDDSA, self.receipt_key.sign)


def load_log_identity(files: NodeFiles) -> LogIdentity:
    """Read policy and keys; Fatal when they do not belong together."""
    policy = read_policy(files.policy)
    log_key, receipt_key = load_signing_key(files.log_key), load_signing_key(files.receipt_key)
    if log_key.note_key(policy.log.name, KeyType.NOTE) != policy.log:
        raise _stranger(files, "log")
    if receipt_key.cose_key() != policy.receipt_key:
        raise _stranger(files, "receipt")
    return LogIdentity(policy, log_key, receipt_key, load_chain(files))


def load_cosigner(files: NodeFiles, name: str) -> tuple[NoteKey, SigningKey]:
    """Return the operator's witness key as notes name it, and its private half."""
    key = load_signing_key(files.cosigner_key)
    return key.note_key(name, KeyType.COSIGNATURE), key


def _stranger(files: NodeFiles, which: str) -> Fatal:
    return Fatal(
        f"{files.policy} names another {which} key than the one in {files.keys}",
        advice="put back the policy.txt and the keys/ folder that init made",
    )
