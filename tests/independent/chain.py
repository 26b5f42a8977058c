"""Findings, and step 7 of "Verification" (PROTOCOL.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.independent.reasons import Refused
from tests.independent.statement import Follows, Gap, Statement


class Finding(Exception):
    """A reason and the exit code that it stands for."""

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


@contextmanager
def coded(code: int) -> Iterator[None]:
    """Turn a refusal into a finding with this exit code."""
    try:
        yield
    except Refused as refused:
        raise Finding(refused.code, code) from None


def check_pair(one: Statement, two: Statement) -> None:
    """Two that follow one another in a bundle."""
    if one.iss != two.iss:
        raise Finding("epoch", 2)
    if one.epoch != two.epoch:
        if two.follows is None or two.follows.epoch != one.epoch:
            raise Finding("epoch", 2)
        _check_new_epoch(one, two, two.follows)
        return
    if two.seq == one.seq and two.digest != one.digest:
        raise Finding("equivocation", 1)
    if two.seq <= one.last_seq:
        raise Finding("order", 1)
    if two.seq > one.last_seq + 1:
        raise Finding("gap", 2)
    if two.prev != one.next_prev:
        raise Finding("chain", 1)
    _check_key(one, two)
    if two.about.first > one.next_record:
        raise Finding("numbers", 2)
    if two.about.first < one.next_record:
        raise Finding("numbers", 1)


def _check_new_epoch(one: Statement, two: Statement, follows: Follows) -> None:
    """The second of the two begins an epoch that names the first one's."""
    if follows.seq is not None:
        same = {one.seq: one.digest, one.last_seq: one.next_prev}
        if isinstance(one.about, Gap):
            same = {one.seq: one.digest, one.last_seq: one.digest}
        if same.get(follows.seq, follows.digest) != follows.digest:
            raise Finding("chain", 1)
    if one.last_seq > follows.last:
        raise Finding("order", 1)
    if one.last_seq < (-1 if follows.seq is None else follows.seq):
        raise Finding("gap", 2)
    if two.about.first != 0:
        raise Finding("numbers", 2)


def _check_key(one: Statement, two: Statement) -> None:
    """The same key, or the successor; not asked beside a gap."""
    if isinstance(one.about, Gap) or isinstance(two.about, Gap):
        return
    wanted = one.kid if one.successor is None else one.successor.kid
    if two.kid != wanted:
        raise Finding("key-change", 1)
