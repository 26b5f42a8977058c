"""What may stand behind what in a gateway's chain of statements: one rule for node and verifier."""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence.errors import EvidenceError
from evidence.statement import Follows, Statement


class ChainError(EvidenceError):
    """Two statements contradict each other: the gateway's order has a second history."""


class HoleError(ChainError):
    """Something is missing between two statements, and nothing declares it."""


def check_link(before: Statement, after: Statement) -> None:
    """Return None when `after` is what comes next behind `before`, else ChainError or HoleError."""
    old, new = before.claims, after.claims
    if old.issuer != new.issuer:
        raise HoleError("epoch", "another gateway begins")
    if old.epoch != new.epoch:
        _check_epoch(before, after)
        return
    if new.seq == old.seq and after.digest != before.digest:
        raise ChainError("equivocation", "the gateway signed two statements with this number")
    if new.seq <= before.last:
        raise ChainError("order", f"it stands behind statement {before.last}")
    if new.seq > before.last + 1:
        raise HoleError("gap", f"statements {before.last + 1} to {new.seq - 1} are missing")
    if new.previous != before.next_previous:
        raise ChainError("chain", "prev is not the digest of the statement before it")
    if not _same_hand(before, after):
        raise ChainError("key-change", "another key signs, and the statement before names none")
    _check_numbers(before.next_record, after.first_record)


def check_start(first: Statement) -> None:
    """Return None when nothing is missing before the first statement of a run, else HoleError.

    Where that is the first of its epoch, it begins with record 0; of another nothing can be said.
    """
    if first.claims.seq == 0:
        _check_numbers(0, first.first_record)


def _same_hand(before: Statement, after: Statement) -> bool:
    """Tell whether `after` is signed by the key that `before` was or named as its successor.

    What was lost may have named another: on either side of a gap any key of the gateway will do.
    """
    if before.gap or after.gap:
        return True
    successor = before.claims.successor
    return after.kid == (before.kid if successor is None else successor.kid)


def _check_epoch(before: Statement, after: Statement) -> None:
    follows = after.claims.follows
    if follows is None or follows.epoch != before.claims.epoch:
        raise HoleError("epoch", "another epoch begins without a declaration")
    check_follows(follows, before)
    if follows.seq is not None and before.last < follows.seq:
        text = f"statements {before.last + 1} to {follows.seq} of the epoch before are missing"
        raise HoleError("gap", text)
    check_start(after)


def check_follows(follows: Follows, before: Statement) -> None:
    """Refuse a declaration that contradicts `before`, a statement of the epoch that it names.

    A gap statement goes by its own number and by the last that it stands for.
    """
    if follows.seq in (before.claims.seq, before.last):
        _check_digest(follows, before)
    if follows.lost is None or before.last > follows.lost:
        raise ChainError("order", f"the epoch before has a statement {before.last}, too")


@dataclass(slots=True)
class EarlierStatements:
    """The statements that a chain has shown so far: a new epoch is held against all of them."""

    _named: dict[tuple[str, bytes, int], list[Statement]] = field(default_factory=dict)
    _epochs: set[tuple[str, bytes]] = field(default_factory=set)

    def add(self, statement: Statement) -> None:
        """Remember a statement by the numbers that it goes by."""
        claims = statement.claims
        self._epochs.add((claims.issuer, claims.epoch))
        for seq in {claims.seq, statement.last}:
            place = claims.issuer, claims.epoch, seq
            self._named.setdefault(place, []).append(statement)

    def check_epoch(self, first: Statement) -> None:
        """Refuse a first statement of an epoch that contradicts one further up: ChainError."""
        claims = first.claims
        if (claims.issuer, claims.epoch) in self._epochs:
            raise ChainError("order", "an epoch that was left begins again")
        follows = claims.follows
        if follows is None or follows.seq is None:
            return
        for named in self._named.get((claims.issuer, follows.epoch, follows.seq), ()):
            _check_digest(follows, named)


def _check_digest(follows: Follows, named: Statement) -> None:
    if named.digest != follows.digest:
        raise ChainError("chain", f"the epoch before has another statement {follows.seq}")


def _check_numbers(expected: int, first: int) -> None:
    if first > expected:
        raise HoleError("numbers", f"records {expected} to {first - 1} are missing")
    if first < expected:
        raise ChainError("numbers", f"record {first} is numbered twice")
