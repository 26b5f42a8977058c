"""Where a statement stands in its gateway's order, and what follows; pure."""

from __future__ import annotations

from dataclasses import dataclass

from agent.evidence.statement import Statement


@dataclass(frozen=True, slots=True)
class Submission:
    """A statement whose signature was checked, with its body where one came.

    `body_fault` says why the body is not the statement's, or is empty.
    """

    statement: Statement
    body: bytes = b""
    body_fault: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement in the log."""

    index: int
    seq: int
    digest: bytes
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """In the log under `index`, now or since before."""

    index: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Not the next statement: `wanted` is."""

    wanted: int
    text: str


@dataclass(frozen=True, slots=True)
class Equivocation:
    """The gateway signed two histories; `entry` is what the log holds."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class BadBody:
    """The body is not the one that the statement signs."""

    text: str


Verdict = Accepted | Gap | Equivocation | BadBody


def judge(new: Submission, same: Entry | None, newest: Entry | None) -> Verdict | None:
    """Return the verdict on `new`, or None when it is the next entry of the log.

    `same` is the entry with its (issuer, epoch, seq), `newest` the last one of its (issuer, epoch).
    The same digest is the same statement, whatever its signature's bytes.
    """
    claims = new.statement.claims
    if same is not None:
        known = same.digest == new.statement.digest
        if not known:
            return Equivocation(same)
        # ACCEPTED for a body says that it is kept, now as with the statement.
        return BadBody(new.body_fault) if new.body_fault else Accepted(same.index)
    wanted = 0 if newest is None else newest.seq + 1
    if claims.seq != wanted:
        return Gap(wanted, f"statement {claims.seq} came where {wanted} is the next")
    if newest is not None and claims.previous != newest.digest:
        return Gap(wanted, f"prev is not the digest of statement {newest.seq} in the log")
    return BadBody(new.body_fault) if new.body_fault else None
