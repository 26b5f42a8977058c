"""Where a statement stands in its gateway's order, and what follows; pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evidence.chain import ChainError, HoleError, check_follows, check_link, check_start
from evidence.statement import Follows, Statement, parse_statement

PARSED_KEPT = 4096
"""Statements whose form is remembered, some 12 MB: each is read when it comes, and as the one
before when the next one does."""

parse = lru_cache(PARSED_KEPT)(parse_statement)
"""Reads a statement's form, or remembers having read the same bytes."""


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
    """Not the next statement: `wanted` is.

    For a new epoch that says too little of the one before: `wanted` is the last that is here of it.
    """

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


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Signed by an admitted key that the gateway's chain does not name."""

    text: str


Verdict = Accepted | Gap | Equivocation | BadBody | Unnamed


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
        # ACCEPTED for a body says that it is kept, now as with the statement; or erased by hand.
        return BadBody(new.body_fault) if new.body_fault else Accepted(same.index)
    if newest is not None:
        return _judge_link(parse(newest.encoded), new) or _judge_body(new)
    if claims.seq != 0:
        return Gap(0, f"statement {claims.seq} came where 0 is the next")
    try:
        check_start(new.statement)
    except HoleError as error:
        return Gap(0, f"{error}: an epoch begins with record 0")
    return _judge_body(new)


def _judge_link(before: Statement, new: Submission) -> Verdict | None:
    wanted = before.last + 1
    if new.statement.claims.seq != wanted:
        text = f"statement {new.statement.claims.seq} came where {wanted} is the next"
        return Gap(wanted, text)
    try:
        check_link(before, new.statement)
    except ChainError as error:
        return Unnamed(str(error)) if error.reason == "key-change" else Gap(wanted, str(error))
    return None


def _judge_body(new: Submission) -> Verdict | None:
    return BadBody(new.body_fault) if new.body_fault else None


def judge_epoch(follows: Follows, kept: Entry | None, newest: Entry | None) -> Gap | None:
    """Return what is wrong with what a new epoch says of the one before, as far as it is here.

    `kept` is the entry that stands for the one it goes on from, `newest` the last of that epoch.
    """
    if newest is None:
        return None
    last = parse(newest.encoded)
    if follows.seq is not None and follows.seq > last.last:
        return Gap(last.last, f"the epoch before must first be sent up to {follows.seq}")
    try:
        check_follows(follows, last)
        if kept is not None:
            check_follows(follows, parse(kept.encoded))
    except ChainError as error:
        return Gap(last.last, f"{error}; the first statement must name it or declare it lost")
    return None
