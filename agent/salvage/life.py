"""What is left of a gateway's order: signed batches, and records that no batch holds.

Nothing on a dead card is believed because it stands there. A batch counts when its statement is
signed by a known key and its body is the signed one; a record outside of those is only readable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from evidence.body import check_body
from evidence.chain import check_link
from evidence.cut_body import parse_cut_body
from evidence.errors import EvidenceError
from evidence.keys import PublicKey
from evidence.leaf import Record
from evidence.policy import Policy
from evidence.statement import Statement, parse_statement

Keys = Mapping[tuple[str, bytes], PublicKey]
"""Statement keys by gateway and kid."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A signed statement with its body, empty where that is gone, and what proves it in the log.

    `cut` is what is left of a body from which a rule erased records (`evidence/cut_body.py`).
    """

    statement: bytes
    body: bytes = b""
    receipt: bytes = b""
    cut: bytes = b""

    @property
    def here(self) -> Collection[int]:
        """The numbers of its records that are here."""
        about = self.signed.batch
        if self.body:
            return range(about.first, about.first + about.count)
        left = parse_cut_body(self.cut).left if self.cut else ()
        return [about.first + item.index for item in left]

    @property
    def signed(self) -> Statement:
        """The statement, parsed."""
        return parse_statement(self.statement)


@dataclass(frozen=True, slots=True)
class Run:
    """Batches whose chain is unbroken, and the records they hold; `erased` went by a rule."""

    first_batch: int
    last_batch: int
    first: int
    last: int
    without_body: int
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """One epoch of one gateway; `issuer` is empty where only unsigned records tell of it.

    `batches` are signed, in order of seq; `records` are those in no body here, by number.
    """

    issuer: str
    epoch: bytes
    batches: tuple[Batch, ...] = ()
    records: Mapping[int, bytes] = field(default_factory=dict)

    def runs(self) -> list[Run]:
        """Return the pieces of the chain, each unbroken."""
        pieces: list[list[Batch]] = []
        before: Statement | None = None
        for batch in self.batches:
            statement = batch.signed
            if before is None or not _follows(before, statement):
                pieces.append([])
            pieces[-1].append(batch)
            before = statement
        return [_run(piece) for piece in pieces]


def _follows(before: Statement, after: Statement) -> bool:
    try:
        check_link(before, after)
    except EvidenceError:
        return False
    return True


def _run(piece: Sequence[Batch]) -> Run:
    first, last = piece[0].signed, piece[-1].signed
    about = first.batch if first.gap is None else first.gap
    held = [batch for batch in piece if batch.signed.gap is None]
    without = sum(not batch.body and not batch.cut for batch in held)
    erased = sum(batch.signed.batch.count - len(batch.here) for batch in held if batch.cut)
    return Run(first.claims.seq, last.last, about.first, last.next_record - 1, without, erased)


def known_keys(policies: Iterable[Policy], own: Iterable[tuple[str, PublicKey]]) -> Keys:
    """Return the keys of pinned policies, and those that the card itself has."""
    keys = {(issuer, key.kid): key for issuer, key in own}
    for policy in policies:
        keys |= {(entry.issuer, entry.key.kid): entry.key for entry in policy.gateways}
    return keys


def cuts_in(batches: Iterable[Batch]) -> Iterator[tuple[int, bytes]]:
    """Yield by seq what batches of which nothing is proven yet say was left of them."""
    for batch in batches:
        if batch.cut and (statement := _parsed(batch.statement)) is not None:
            yield statement.claims.seq, batch.cut


def with_cuts(batches: Iterable[Batch], cuts: Iterable[tuple[int, bytes]]) -> list[Batch]:
    """Return the batches, each without a body with the cut one that is under its signed root.

    `cuts` are seqs and what may be a cut body; nothing of them is believed.
    """
    found: dict[int, list[bytes]] = {}
    for seq, cut in cuts:
        found.setdefault(seq, []).append(cut)
    return [
        batch if batch.body else _with_cut(batch, found.get(batch.signed.claims.seq, ()))
        for batch in batches
    ]


def _with_cut(batch: Batch, cuts: Iterable[bytes]) -> Batch:
    statement = batch.signed
    for cut in cuts if statement.gap is None else ():
        with suppress(EvidenceError):
            parse_cut_body(cut).check(statement.batch)
            return replace(batch, cut=cut)
    return batch


def proven(candidates: Iterable[Batch], keys: Keys) -> list[Batch]:
    """Return of each batch the best candidate whose signature holds, in order of seq.

    A body that is not the signed one is left out. A statement may name the next key.
    """
    found: dict[tuple[str, bytes, int], Batch] = {}
    waiting, keys = list(dict.fromkeys(candidates)), dict(keys)
    learned = True
    while learned:
        learned, later = False, list[Batch]()
        for batch in waiting:
            statement = _parsed(batch.statement)
            if statement is None:
                continue
            claims = statement.claims
            key = keys.get((claims.issuer, statement.kid))
            if key is None:
                later.append(batch)
            elif _is_signed(statement, key):
                if claims.successor is not None:
                    new = claims.issuer, claims.successor.kid
                    learned |= new not in keys
                    keys[new] = claims.successor
                place = claims.issuer, claims.epoch, claims.seq
                found[place] = _better(found.get(place), _checked(batch, statement))
        waiting = later
    return [found[place] for place in sorted(found)]


def _parsed(data: bytes) -> Statement | None:
    try:
        return parse_statement(data)
    except EvidenceError:
        return None


def _is_signed(statement: Statement, key: PublicKey) -> bool:
    try:
        statement.verify(key)
    except EvidenceError:
        return False
    return True


def _checked(batch: Batch, statement: Statement) -> Batch:
    """Return the batch with its body only where that is the signed one."""
    try:
        if batch.body and statement.gap is None:
            check_body(batch.body, statement.batch)
            return batch
    except EvidenceError:
        pass
    return Batch(batch.statement, b"", batch.receipt)


def _better(old: Batch | None, new: Batch) -> Batch:
    if old is None or (bool(new.body), bool(new.receipt)) > (bool(old.body), bool(old.receipt)):
        return new
    return old


def lives_of(
    batches: Sequence[Batch], ring: Mapping[bytes, Mapping[int, bytes]], owners: Mapping[bytes, str]
) -> list[Life]:
    """Return every epoch of which there is something; `owners` names gateways by epoch.

    Of the ring's records those count as unsigned that no body here holds.
    """
    by_epoch: dict[bytes, list[Batch]] = {epoch: [] for epoch in ring}
    issuers = dict(owners)
    for batch in batches:
        claims = batch.signed.claims
        by_epoch.setdefault(claims.epoch, []).append(batch)
        issuers[claims.epoch] = claims.issuer
    return [
        Life(issuers.get(epoch, ""), epoch, tuple(found), _outside(found, ring.get(epoch, {})))
        for epoch, found in sorted(by_epoch.items())
        if found or ring.get(epoch)
    ]


def _outside(batches: Sequence[Batch], records: Mapping[int, bytes]) -> dict[int, bytes]:
    held: set[int] = set()
    for batch in batches:
        if batch.signed.gap is None:
            held.update(batch.here)
    return {
        number: leaf
        for number, leaf in sorted(records.items())
        if number not in held and _is_record(leaf, number)
    }


def _is_record(leaf: bytes, number: int) -> bool:
    try:
        return Record.from_bytes(leaf).number == number
    except EvidenceError:
        return False
