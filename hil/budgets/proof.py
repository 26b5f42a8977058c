"""What an auditor is handed for one record, and what the light client pays to believe a log.

A log of 10^8 entries is not built: a proof needs the hashes beside one path only, whatever is under
them, and the root that they lead to is signed like any other. So the bytes are real, and verify.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.chain.building import Author, Place, build_batch
from agent.journal.journal import BatchState, PendingBatch, SealedBatch
from agent.light_client.client import LightClient, Offer
from agent.light_client.trusted_store import TrustedStore
from agent.signing.file_key import FileKey
from evidence.bundle import Bundle
from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.disclose import show_some
from evidence.keys import EDDSA, Curve, PublicKey
from evidence.kinds import GAP_KIND
from evidence.leaf import Record
from evidence.merkle import Tree, hash_leaf, root_from_inclusion
from evidence.note import KeyType, Note, NoteKey, cosign_note, sign_note
from evidence.policy import Policy, parse_policy
from evidence.receipt import sign_receipt
from evidence.verify import verify_bundle
from hil.budgets import floors
from hil.budgets.row import Row
from hil.site.processes import ProcessFailed
from hil.traces.truck_day import STARTED

ORIGIN = "ledger.example/log"
MEMBERS = ("harbour", "insurer", "carrier", "customs")
QUORUM = 3
ISSUER = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"
EPOCH = bytes(range(16))
LOG_SIZE, INDEX = 10**8, 98_765_432
BATCH = 256
BATCHES = 64
"""Receipts that one STATUS fetches at most."""

ROUNDS = 9
QR_BYTES = 2_400
"""What one QR code holds with room to be read."""

NOW_MARGIN_S = 60


@dataclass
class EdKey:
    """An Ed25519 key pair in the forms that notes and receipts want."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def raw(self) -> bytes:
        """The public key."""
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def public(self) -> PublicKey:
        """The public key as receipts want it."""
        return PublicKey(Curve.ED25519, self.raw)

    def note_key(self, name: str, type_: KeyType) -> NoteKey:
        """Return the public key as notes want it."""
        return NoteKey(name, type_, self.raw)


class Consortium:
    """The keys of one gateway, one log and its witnesses, and the policy that names them.

    The gateway is one of its own, or that called `issuer` with the key `public`.
    """

    def __init__(self, now: int, issuer: str = ISSUER, public: PublicKey | None = None) -> None:
        self.now = now
        self.gateway = FileKey(ec.generate_private_key(ec.SECP256R1()))
        self._named = issuer, public or self.gateway.public
        self.log, self.receipts = EdKey(), EdKey()
        self.witnesses = {name: EdKey() for name in MEMBERS}
        self.policy: Policy = parse_policy(self.policy_text())

    def policy_text(self) -> str:
        """Return the policy as its file has it."""
        lines = [
            f"log {self.log.note_key(ORIGIN, KeyType.NOTE).to_text()}",
            f"receipt {_base64(self.receipts.public.to_cose())}",
        ]
        for name, key in self.witnesses.items():
            lines.append(f"witness {name} {key.note_key(name, KeyType.COSIGNATURE).to_text()}")
        lines.append(f"group members {QUORUM} {' '.join(self.witnesses)}")
        lines.append("quorum members")
        issuer, public = self._named
        lines.append(f"gateway {issuer} {_base64(public.to_cose())} from 2020-01-01T00:00:00Z")
        return "\n".join(lines) + "\n"

    def seal(self, place: Place, records: list[Record]) -> SealedBatch:
        """Return the batch of `records`."""
        author = Author(ISSUER, EPOCH, self.gateway)
        seed = place.seq.to_bytes(32, "big")
        leaves = [record.to_bytes() for record in records]
        return build_batch(author, place, leaves, seed, self.now, urgent=False)

    def receipt(self, index: int, size: int, path: list[bytes], root: bytes) -> bytes:
        """Return the receipt of entry `index`."""
        key = self.receipts
        return sign_receipt(ORIGIN, size, index, path, root, key.public, EDDSA, key.private.sign)

    def note(self, size: int, root: bytes) -> bytes:
        """Return the checkpoint with as many cosignatures as the quorum wants."""
        text = Checkpoint(ORIGIN, size, root).to_text()
        lines = [sign_note(text, self.log.note_key(ORIGIN, KeyType.NOTE), self.log.private.sign)]
        for name, key in list(self.witnesses.items())[:QUORUM]:
            vkey = key.note_key(name, KeyType.COSIGNATURE)
            lines.append(cosign_note(text, vkey, self.now, key.private.sign))
        return Note(text, tuple(lines)).to_text().encode()


def bundle_of(consortium: Consortium, batches: Sequence[SealedBatch]) -> bytes:
    """Return the bundle that shows all records of the batches, which are the whole log."""
    tree = Tree([hash_leaf(batch.statement) for batch in batches])
    root, size = tree.root(), tree.size
    note = consortium.policy.minimal(parse_checkpoint(consortium.note(size, root))).to_bytes()
    shown = [
        show_some(
            batch.statement,
            batch.body,
            consortium.receipt(batch.seq, size, tree.inclusion_path(batch.seq), root),
            0,
            lambda _: True,
        )
        for batch in batches
    ]
    records = (Record.from_bytes(item.record) for batch in shown for item in batch.disclosed)
    gaps = tuple(record.number for record in records if record.kind == GAP_KIND)
    return Bundle(consortium.policy.digest, (note,), tuple(shown), gaps).to_bytes()


def proof_bytes(records: list[Record], now: int) -> int:
    """Return the size of the bundle that proves one record of a batch, in a log of 10^8 entries."""
    consortium = Consortium(now)
    batch = consortium.seal(Place(0, 0, None), records[:BATCH])
    path = [random.Random(level).randbytes(32) for level in range(_path_length(INDEX, LOG_SIZE))]
    root = root_from_inclusion(hash_leaf(batch.statement), INDEX, LOG_SIZE, path)
    receipt = consortium.receipt(INDEX, LOG_SIZE, path, root)
    chosen = records[BATCH // 2].to_bytes()
    shown = show_some(batch.statement, batch.body, receipt, 0, lambda record: record == chosen)
    note = consortium.policy.minimal(parse_checkpoint(consortium.note(LOG_SIZE, root))).to_bytes()
    data = Bundle(consortium.policy.digest, (note,), (shown,), ()).to_bytes()
    report = verify_bundle(data, consortium.policy)
    if report.findings:
        raise ProcessFailed(f"the measured proof does not verify: {report.findings}")
    return len(data)


def _path_length(index: int, size: int) -> int:
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


@dataclass(frozen=True, slots=True)
class Verification:
    """What it cost to confirm `BATCHES` batches under one checkpoint, and how much was signed."""

    cpu_us: Sequence[float]  # one for each of ROUNDS
    signatures: int


def verification(records: list[Record], now: int, folder: Path) -> Verification:
    """Return the CPU time of confirming: receipts and checkpoint checked."""
    consortium = Consortium(now)
    batches: list[SealedBatch] = []
    for seq in range(BATCHES):
        place = Place.after(batches[-1] if batches else None)
        ours = [
            record._replace(number=place.first + at) for at, record in enumerate(records[:BATCH])
        ]
        batches.append(consortium.seal(place, ours))
        assert batches[-1].seq == seq
    tree = Tree([hash_leaf(batch.statement) for batch in batches])
    root, size = tree.root(), tree.size
    offer = Offer(
        {b.seq: consortium.receipt(b.seq, size, tree.inclusion_path(b.seq), root) for b in batches},
        consortium.note(size, root),
        None,
    )
    times = []
    for number in range(ROUNDS):
        trust = folder / f"trust-{number}"
        trust.mkdir(parents=True)
        client = LightClient(consortium.policy, TrustedStore(trust), 14 * 86400)
        started = time.process_time()
        statements = {
            batch.seq: PendingBatch(
                batch.seq, BatchState.ACCEPTED, batch.urgent, batch.statement, len(batch.body)
            )
            for batch in batches
        }
        proven = client.confirm(statements, offer, now + NOW_MARGIN_S)
        times.append(time.process_time() - started)
        assert len(proven) == BATCHES
    return Verification([spent * 1e6 for spent in times], BATCHES + 1 + QUORUM)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def evidence_rows(records: list[Record], folder: Path) -> Iterator[Row]:
    """Yield what needs no process: proof and light client."""
    now = int(STARTED.timestamp())
    floor = 32 * (8 + 27) + 64 * 6  # hashes of both paths; statement, receipt, log, three members
    yield Row(
        "proof of one record, log of 10^8, bytes",
        proof_bytes(records, now),
        QR_BYTES,
        f"hashes and signatures alone {floor}",
    )
    cost = verification(records, now, folder)
    check = floors.ed25519_verify_us()
    yield Row.of(
        f"light client, {BATCHES} batches, in signature checks",
        [spent / (cost.signatures * check) for spent in cost.cpu_us],
        1.3,
        f"{cost.signatures} Ed25519 signatures, a check {check:.0f} µs;"
        f" an ECDSA check {floors.ecdsa_verify_us():.0f}",
        f"{BATCHES} of them are one, the log's over its root: checked once; the rest reads CBOR",
    )
