"""A small consortium in memory: one gateway, one log, four witnesses, and bundles of what they made.

Everything follows from fixed seeds (ECDSA nonces too, RFC 6979), so bytes are the same in every run.
Bodies are only stored (RFC 1951 §3.2.4): what deflate makes of them differs between its versions.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import keys
from evidence.body import COLUMNS, leaves, stated_bytes
from evidence.bundle import Bundle, BundledBatch, Disclosed
from evidence.checkpoint import Checkpoint, SignedCheckpoint
from evidence.columns import write_columns
from evidence.disclose import show_some
from evidence.errors import MalformedError
from evidence.hash_envelope import sign_envelope
from evidence.keys import Curve, PublicKey
from evidence.leaf import Record, Salts
from evidence.merkle import Tree
from evidence.note import KeyType, Note, NoteKey, cosign_note, sign_note
from evidence.policy import Policy, parse_policy
from evidence.receipt import sign_receipt
from evidence.statement import Batch, Claims, Statement, parse_statement, sign_statement
from evidence.varint import Output, varints

ORIGIN = "log.example.com/north"
ISSUER = "urn:uuid:7d3c6c1e-0f3b-4c55-9a52-2f0c5c8d1a10"
EPOCH = bytes(range(16))
NOON = 1_790_000_000  # UTC seconds; records and cosignatures are counted from here
WITNESSES = ("amber", "birch", "cedar", "dunes")


def seeded(name: str) -> bytes:
    """Return 32 bytes that are the same in every run."""
    return hashlib.sha256(name.encode()).digest()


def stored(data: bytes) -> bytes:
    """Return `data` as raw deflate of stored blocks."""
    size = 0xFFFF
    blocks = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    heads = [b"\0"] * (len(blocks) - 1) + [b"\1"]
    return b"".join(
        head + len(block).to_bytes(2, "little") + (size ^ len(block)).to_bytes(2, "little") + block
        for head, block in zip(heads, blocks, strict=True)
    )


def pack_columns(seed: bytes, records: Sequence[bytes]) -> bytes:
    """Return the body of `records` under codec COLUMNS, stored."""
    out = Output()
    write_columns(out, records, [_parsed(item) for item in records])
    quotients, lows = out.planes.planes()
    return seed + stored(varints((len(quotients),)) + out.head) + quotients + lows


def _parsed(data: bytes) -> Record | None:
    try:
        return Record.from_bytes(data)
    except MalformedError:
        return None


class EcdsaSigner:
    """A gateway's key."""

    def __init__(self, name: str, curve: ec.EllipticCurve | None = None) -> None:
        curve = curve or ec.SECP256R1()
        self.hash = hashes.SHA384() if isinstance(curve, ec.SECP384R1) else hashes.SHA256()
        self.private = ec.derive_private_key(int.from_bytes(seeded(name), "big") >> 8, curve)
        self.size = (curve.key_size + 7) // 8
        numbers = self.private.public_key().public_numbers()
        self.public = PublicKey(
            Curve.P384 if self.size == 48 else Curve.P256,
            numbers.x.to_bytes(self.size, "big"),
            numbers.y.to_bytes(self.size, "big"),
        )

    def __call__(self, message: bytes) -> bytes:
        der = self.private.sign(message, ec.ECDSA(self.hash, deterministic_signing=True))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")


class EdSigner:
    """A log's, witness's or receipt signer's key."""

    def __init__(self, name: str) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(seeded(name))
        self.public = PublicKey(Curve.ED25519, self.private.public_key().public_bytes_raw())

    def __call__(self, message: bytes) -> bytes:
        return self.private.sign(message)

    def note_key(self, name: str, type_: KeyType) -> NoteKey:
        return NoteKey(name, type_, self.public.x)


def record(number: int, kind: str = "temperature", **changes: object) -> Record:
    """Return a plausible record."""
    made = Record(
        number=number,
        device="cold-room",
        kind=kind,
        boot=3,
        monotonic_ms=1_000 * number,
        wall_ms=1_000 * (NOON + number),
        clock_source="ntp",
        clock_bound_ms=40,
        quality="ok",
        values={"reason": "no answer"} if kind == "gap" else {"temperature": 400 + number},
    )
    return made._replace(**changes)


@dataclass(frozen=True)
class Sealed:
    """One batch as the gateway keeps it."""

    statement: Statement
    body: bytes
    seed: bytes
    records: tuple[bytes, ...]
    index: int

    def shown(self, indexes: Iterable[int] | None = None) -> tuple[Disclosed, ...]:
        """Return the records at `indexes` with their paths, or the whole batch without."""
        if not self.records:
            return ()  # a declared gap has neither records nor seed
        tree = Tree(leaves(self.seed, self.records))
        chosen = range(len(self.records)) if indexes is None else indexes
        return tuple(
            Disclosed(
                i,
                Salts(self.seed)(i),
                self.records[i],
                None if indexes is None else tuple(tree.inclusion_path(i)),
            )
            for i in chosen
        )


@dataclass
class World:
    """The consortium. `seal` makes and logs a batch, `note` and `receipt` speak for the log."""

    origin: str = ORIGIN
    issuer: str = ISSUER
    epoch: bytes = EPOCH
    quorum: str = "group q 3 amber birch cedar dunes\nquorum q"
    gateway_times: str = "from 2026-01-01T00:00:00Z"
    gateway: EcdsaSigner = field(default_factory=lambda: EcdsaSigner("gateway"))
    log: EdSigner = field(default_factory=lambda: EdSigner("log"))
    receipts: EdSigner = field(default_factory=lambda: EdSigner("receipts"))
    witnesses: Mapping[str, EdSigner] = field(
        default_factory=lambda: {name: EdSigner(name) for name in WITNESSES}
    )
    tree: Tree = field(default_factory=lambda: Tree([seeded("genesis")]))
    sealed: list[Sealed] = field(default_factory=list)

    @property
    def log_key(self) -> NoteKey:
        return self.log.note_key(self.origin, KeyType.NOTE)

    def witness_key(self, name: str) -> NoteKey:
        return self.witnesses[name].note_key(f"{name}.example.org/w", KeyType.COSIGNATURE)

    def policy_text(self) -> str:
        lines = [
            "# who is believed",
            f"log {self.log_key.to_text()} https://log.example.com/",
            f"receipt {b64encode(self.receipts.public.to_cose()).decode()}",
            *(f"witness {name} {self.witness_key(name).to_text()}" for name in self.witnesses),
            self.quorum,
            f"gateway {self.issuer} {b64encode(self.gateway.public.to_cose()).decode()} "
            + self.gateway_times,
        ]
        return "\n".join(lines) + "\n"

    def policy(self) -> Policy:
        return parse_policy(self.policy_text())

    def claims(self) -> Claims:
        """Return the claims of the next batch."""
        seq = len(self.sealed)
        previous = self.sealed[-1].statement.digest if self.sealed else None
        return Claims(self.issuer, NOON + seq, self.epoch, seq, previous)

    def seal(
        self, records: Sequence[Record], claims: Claims | None = None, **batch: object
    ) -> Sealed:
        """Seal, sign and log a batch; `claims` and fields of `batch` may lie."""
        encoded = tuple(item.to_bytes() for item in records)
        seed = seeded(f"seed {len(self.sealed)}")
        times = [item.wall_ms for item in records]
        body = pack_columns(seed, encoded)
        honest = Batch(
            root=Tree(leaves(seed, encoded)).root(),
            count=len(records),
            first=records[0].number,
            first_ms=min(times),
            last_ms=max(times),
            clock_source="ntp",
            clock_bound_ms=40,
            codec=COLUMNS,
            body_bytes=stated_bytes(body),
        )
        said = replace(honest, **batch)  # type: ignore[arg-type]  # the tests name real fields
        key = self.gateway.public
        encoded_statement = sign_statement(
            claims or self.claims(), said, key.kid, min(key.curve.algorithms, key=abs), self.gateway
        )
        statement = parse_statement(encoded_statement)
        made = Sealed(statement, body, seed, encoded, self.tree.size)
        self.tree.append(statement.leaf)
        self.sealed.append(made)
        return made

    def note(
        self,
        cosigners: Iterable[str] = WITNESSES,
        *,
        at: int | Mapping[str, int] = NOON + 60,
        checkpoint: Checkpoint | None = None,
        minimal: bool = True,
    ) -> bytes:
        """Return a checkpoint of the log as it is, cosigned; `minimal` as a bundle wants it.

        `at` is when the first witness cosigns, each other a second later, or when each one does.
        """
        told = checkpoint or Checkpoint(self.origin, self.tree.size, self.tree.root())
        text = told.to_text()
        lines = [sign_note(text, self.log_key, self.log)]
        names = sorted(cosigners, key=lambda name: self.witness_key(name).to_text())
        for number, name in enumerate(names):
            when = at + number if isinstance(at, int) else at[name]
            lines.append(cosign_note(text, self.witness_key(name), when, self.witnesses[name]))
        note = Note(text, tuple(lines))
        if minimal:
            return self.policy().minimal(SignedCheckpoint(told, note)).to_bytes()
        return note.to_text().encode()

    def receipt(self, sealed: Sealed) -> bytes:
        """Return the receipt of a batch at the log's present size."""
        path = self.tree.inclusion_path(sealed.index)
        return sign_receipt(
            self.origin,
            self.tree.size,
            sealed.index,
            path,
            self.tree.root(),
            self.receipts.public,
            keys.EDDSA,
            self.receipts,
        )

    def bundled(
        self, sealed: Sealed, checkpoint: int = 0, indexes: Iterable[int] | None = None
    ) -> BundledBatch:
        """Return a batch as a bundle shows it: whole, or the records at `indexes`."""
        shown = sealed.shown(indexes)
        return BundledBatch(sealed.statement.encoded, self.receipt(sealed), checkpoint, shown)

    def in_part(self, sealed: Sealed, indexes: Iterable[int], checkpoint: int = 0) -> BundledBatch:
        """Return a batch as `tallyman bundle` shows a part of it: with one proof for all."""
        numbers = [sealed.statement.batch.first + index for index in indexes]
        return show_some(
            sealed.statement.encoded,
            sealed.body,
            self.receipt(sealed),
            checkpoint,
            lambda leaf: Record.from_bytes(leaf).number in numbers,
        )

    def envelope(self, file: bytes, issuer: str | None = None, **changes: object) -> bytes:
        """Return the gateway's hash envelope of a file."""
        key = self.gateway.public
        said: dict[str, object] = {"content_type": "application/pdf", "algorithm": -7}
        return sign_envelope(
            issuer or self.issuer,
            NOON,
            hashlib.sha256(file).digest(),
            kid=key.kid,
            signer=self.gateway,
            **said | changes,  # type: ignore[arg-type]  # the tests name real fields
        )

    def bundle(
        self, batches: Sequence[BundledBatch], notes: Sequence[bytes] | None = None
    ) -> Bundle:
        """Return a bundle of `batches`, with the gaps that its records declare."""
        shown = [Record.from_bytes(item.record) for batch in batches for item in batch.disclosed]
        gaps = tuple(item.number for item in shown if item.kind == "gap")
        notes = [self.note()] if notes is None else notes
        return Bundle(self.policy().digest, tuple(notes), tuple(batches), gaps)


def records(first: int, count: int, *, gap_at: int | None = None) -> list[Record]:
    """Return `count` consecutive records."""
    numbers = range(first, first + count)
    return [record(n, "gap" if n == gap_at else "temperature") for n in numbers]


def small_world(**changes: object) -> World:
    """Return a world with three batches in its log: 1, 5 and 3 records, one of them a gap."""
    world = World(**changes)  # type: ignore[arg-type]  # the tests name real fields
    world.seal(records(0, 1))
    world.seal(records(1, 5, gap_at=4))
    world.seal(records(6, 3))
    return world


def small_bundle(world: World) -> Bundle:
    """Return a bundle with one batch whole, one in part with its gap record, and one hidden."""
    first, second, third = world.sealed
    batches = (
        world.bundled(first),
        world.bundled(second, indexes=(0, 3)),
        world.bundled(third, indexes=()),
    )
    return world.bundle(batches)
