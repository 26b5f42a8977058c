"""A whole consortium in memory: one gateway, one log with its keys, four cosigners, a policy.

It signs with `cryptography` directly, so that a test can also sign what no honest party would.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.chain.building import Author, Place, build_batch
from agent.journal.journal import SealedBatch
from agent.signing.file_key import FileKey
from evidence.checkpoint import Checkpoint
from evidence.custody import Kept, sign_custody
from evidence.keys import EDDSA, Curve, PublicKey
from evidence.leaf import Record
from evidence.merkle import Tree, consistency_path, hash_leaf, root_at
from evidence.merkle import inclusion_path as path_of
from evidence.note import KeyType, Note, NoteKey, cosign_note, sign_note
from evidence.policy import Policy, parse_policy
from evidence.receipt import sign_receipt
from evidence.statement import Statement, parse_statement

NOW = 1_800_000_000
ISSUER = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"
EPOCH = bytes(range(16))
ORIGIN = "ledger.example/log"
MEMBERS = ("ada", "bob", "cyd", "dan")


@dataclass
class EdKey:
    """An Ed25519 key pair in the three forms that the formats want."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def raw(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    @property
    def public(self) -> PublicKey:
        return PublicKey(Curve.ED25519, self.raw)

    def note_key(self, name: str, type_: KeyType) -> NoteKey:
        return NoteKey(name, type_, self.raw)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def record(number: int, **changes: object) -> Record:
    """A plain temperature record."""
    fields = {
        "number": number,
        "device": "cargo",
        "kind": "temperature",
        "boot": 1,
        "monotonic_ms": 1000 * number,
        "wall_ms": 1000 * (NOW + number),
        "clock_source": "gnss",
        "clock_bound_ms": 500,
        "quality": "ok",
        "values": {"temperature": 431 + number},
    }
    return Record(**{**fields, **changes})


class LogWorld:
    """An honest log by default; each method can be told to lie."""

    def __init__(self, gateway: FileKey, quorum: int = 3) -> None:
        self.gateway = gateway
        self.author = Author(ISSUER, EPOCH, gateway)
        self.log_key, self.receipt_key = EdKey(), EdKey()
        self.cosigners = {name: EdKey() for name in MEMBERS}
        self.quorum = quorum
        self.entries: list[bytes] = [b"genesis"]
        self.batches: list[SealedBatch] = []

    @property
    def policy_text(self) -> str:
        log = self.log_key.note_key(ORIGIN, KeyType.NOTE).to_text()
        lines = [f"log {log}", f"receipt {_b64(self.receipt_key.public.to_cose())}"]
        for name, key in self.cosigners.items():
            lines.append(f"witness {name} {key.note_key(name, KeyType.COSIGNATURE).to_text()}")
        lines.append(f"group members {self.quorum} {' '.join(self.cosigners)}")
        lines.append("quorum members")
        lines.append(
            f"gateway {ISSUER} {_b64(self.gateway.public.to_cose())} from 2020-01-01T00:00:00Z"
        )
        return "\n".join(lines) + "\n"

    @property
    def policy(self) -> Policy:
        return parse_policy(self.policy_text)

    def seal(self, records: Sequence[Record] | None = None, count: int = 3) -> SealedBatch:
        """Seal the next batch and log it."""
        head = self.batches[-1] if self.batches else None
        place = Place.after(head)
        records = records or [record(place.first + i) for i in range(count)]
        seed = len(self.batches).to_bytes(32, "big")
        leaves = [item.to_bytes() for item in records]
        batch = build_batch(self.author, place, leaves, seed, NOW, urgent=False)
        self.batches.append(batch)
        self.entries.append(batch.statement)
        return batch

    def statement(self, seq: int) -> Statement:
        return parse_statement(self.batches[seq].statement)

    def tree(self) -> Tree:
        return Tree([hash_leaf(entry) for entry in self.entries])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.entries) if size is None else size
        return Checkpoint(ORIGIN, size, root_at(self.tree().node, size))

    def note(
        self,
        checkpoint: Checkpoint | None = None,
        *,
        by: Sequence[str] = MEMBERS[:3],
        time: int = NOW,
        log_key: EdKey | None = None,
    ) -> bytes:
        """A checkpoint note, signed by the log and cosigned by `by` at `time`."""
        text = (checkpoint or self.checkpoint()).to_text()
        signer = log_key or self.log_key
        lines = [sign_note(text, signer.note_key(ORIGIN, KeyType.NOTE), signer.sign)]
        for name in by:
            key = self.cosigners[name]
            vkey = key.note_key(name, KeyType.COSIGNATURE)
            lines.append(cosign_note(text, vkey, time, key.sign))
        return Note(text, tuple(lines)).to_text().encode()

    def receipt(self, seq: int, size: int | None = None) -> bytes:
        """The receipt of batch `seq` in the tree of `size`."""
        size = len(self.entries) if size is None else size
        tree, index = self.tree(), self.entries.index(self.batches[seq].statement)
        path = path_of(tree.node, index, size)
        root, key = root_at(tree.node, size), self.receipt_key
        return sign_receipt(ORIGIN, size, index, path, root, key.public, EDDSA, key.sign)

    def custody(self, seq: int, body: bytes, key: EdKey | None = None) -> bytes:
        """The custody receipt for `body` as that of batch `seq`."""
        kept = Kept(self.statement(seq).digest, hashlib.sha256(body).digest())
        signer = key or self.receipt_key
        return sign_custody(ORIGIN, NOW, kept, signer.public, EDDSA, signer.sign)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        return consistency_path(self.tree().node, old, new or len(self.entries))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
