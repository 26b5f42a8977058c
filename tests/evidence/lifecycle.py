"""Bundles across a gateway's life: new keys, new epochs, declared losses, and what is none of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import ec

from evidence.keys import Curve
from evidence.statement import Claims, Follows, Gap, parse_statement, sign_gap
from tests.evidence.building import (
    EPOCH,
    NOON,
    EcdsaSigner,
    EdSigner,
    Sealed,
    World,
    records,
    seeded,
)

OLD = EcdsaSigner("gateway")
WIDE = EcdsaSigner("wide", ec.SECP384R1())
NEW_EPOCH = seeded("new epoch")[:16]
USUAL = {Curve.P256: -7, Curve.P384: -35, Curve.ED25519: -8}


@dataclass
class Life(World):
    """A world whose gateway changes keys and epochs; `keys` stand in the policy."""

    keys: list[EcdsaSigner | EdSigner] = field(default_factory=lambda: [OLD])
    key_times: str = "from 2026-01-01T00:00:00Z"

    def policy_text(self) -> str:
        lines = [line for line in super().policy_text().splitlines() if line[:7] != "gateway"]
        for key in self.keys:
            text = b64encode(key.public.to_cose()).decode()
            lines.append(f"gateway {self.issuer} {text} {self.key_times}")
        return "\n".join(lines) + "\n"

    def more(self, count: int = 2, **changes: object) -> Sealed:
        """Seal the next records, honestly but for `changes` of the claims."""
        last = self.sealed[-1].statement if self.sealed else None
        same = last is not None and last.claims.epoch == self.epoch
        claims = Claims(
            self.issuer,
            NOON + len(self.sealed),
            self.epoch,
            last.last + 1 if same else 0,
            last.next_previous if same else None,
        )
        first = last.next_record if same else 0
        return self.seal(records(first, count), replace(claims, **changes))

    def lose(self, count: int, *, known: bool = True, reason: str = "disk damage") -> Sealed:
        """Declare the next `count` statements of two records lost.

        With `known` the statement behind them was signed before; it is what the next `more` makes.
        """
        last = self.sealed[-1].statement
        behind = seeded("the digest of the last one lost") if known else None
        seq, first = last.last + 1, last.next_record
        claims = Claims(self.issuer, NOON + 50, self.epoch, seq, last.next_previous)
        gap = Gap(seq + count - 1, first, 2 * count, behind, reason)
        return self.log_gap(claims, gap)

    def log_gap(self, claims: Claims, gap: Gap) -> Sealed:
        key = self.gateway.public
        encoded = sign_gap(claims, gap, key.kid, USUAL[key.curve], self.gateway)
        statement = parse_statement(encoded)
        made = Sealed(statement, b"", b"", (), self.tree.size)
        self.tree.append(statement.leaf)
        self.sealed.append(made)
        return made

    def follows(self, lost: int | None = None, reason: str = "factory reset") -> Follows:
        """Begin a new epoch; return what its first statement is to say of the old one."""
        last = self.sealed[-1].statement
        old, self.epoch = self.epoch, NEW_EPOCH
        return Follows(old, last.last, last.digest, last.last if lost is None else lost, reason)

    def file(self, *without: int) -> bytes:
        """Return the bundle of everything sealed but the batches `without`."""
        kept = [item for at, item in enumerate(self.sealed) if at not in without]
        return self.bundle([self.bundled(item) for item in kept]).to_bytes()


def rotated(to: EcdsaSigner | EdSigner, *, announced: bool = True) -> Life:
    """Two batches by the old key, two by the new one."""
    life = Life(keys=[OLD, to])
    life.more()
    life.more(successor=to.public if announced else None)
    life.gateway = to  # type: ignore[assignment]  # signs and has a public key, as the other does
    life.more()
    life.more()
    return life


def epochs(**changes: object) -> Life:
    """Two batches of one epoch, two of the next that names it."""
    life = Life()
    life.more()
    life.more()
    life.more(follows=replace(life.follows(), **changes))  # type: ignore[arg-type]  # real fields
    life.more()
    return life


def lost(*, known: bool = True) -> Life:
    """A batch, three lost ones, a batch."""
    life = Life()
    life.more()
    life.lose(3, known=known)
    life.more()
    return life


def cases() -> Iterator[tuple[str, str, bytes, int]]:
    """Yield name, policy, bundle and exit code."""
    for name, key in (("P-384", WIDE), ("Ed25519", EdSigner("ed")), ("P-256", EcdsaSigner("b"))):
        life = rotated(key)
        yield f"a new key on {name}, named by the old", life.policy_text(), life.file(), 0
    life = rotated(WIDE)
    yield "the statement that names the new key left out", life.policy_text(), life.file(1), 2
    unlisted = replace(life, keys=[OLD])
    yield "a new key that the policy does not list", unlisted.policy_text(), life.file(), 3
    life = rotated(WIDE, announced=False)
    yield "a new key that the old did not name", life.policy_text(), life.file(), 1
    life = Life(keys=[OLD, WIDE])
    life.more(successor=WIDE.public)
    life.more()
    yield "the old key goes on behind its successor", life.policy_text(), life.file(), 1
    yield from _epoch_cases()
    yield from _gap_cases()


def _epoch_cases() -> Iterator[tuple[str, str, bytes, int]]:
    life = epochs()
    text = life.policy_text()
    yield "a new epoch that names the old", text, life.file(), 0
    yield "the old epoch's last statement left out", text, life.file(1), 2
    yield "the new epoch's first statement left out", text, life.file(2), 2
    yield "the new epoch alone", text, life.file(0, 1), 0
    yield "a new epoch that declares 7 statements lost", text, epochs(lost=8).file(), 0
    yield "a new epoch that names a third one", text, epochs(epoch=bytes(16)).file(), 2
    yield "a new epoch from another statement", text, epochs(digest=bytes(32)).file(), 1
    longer = epochs(seq=0, lost=0, digest=bytes(32))
    yield "an old epoch that went on behind its end", text, longer.file(), 1
    life = Life()
    life.more()
    life.follows()
    life.more()
    yield "a new epoch without a declaration", text, life.file(), 2


def _gap_cases() -> Iterator[tuple[str, str, bytes, int]]:
    life = Life()
    text = life.policy_text()
    yield "three statements lost and declared", text, lost().file(), 0
    yield "lost with all behind them, and declared", text, lost(known=False).file(), 0
    yield "the gap statement left out", text, lost().file(1), 2
    life.more()
    life.lose(3)
    life.more(previous=seeded("another"))
    yield "a statement that does not fit the gap's end", text, life.file(), 1
    life = Life()
    life.more()
    start, behind = life.sealed[0].statement, seeded("behind")
    claims = Claims(life.issuer, NOON, EPOCH, 1, start.digest)
    life.log_gap(claims, Gap(3, start.next_record + 1, 5, behind, "a record too few"))
    life.more()
    yield "a gap that leaves a record out", text, life.file(), 2
