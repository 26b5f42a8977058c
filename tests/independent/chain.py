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


def check_first(one: Statement) -> None:
    """The first of a bundle: where it is the first of its epoch, it begins with record 0."""
    if one.seq == 0 and one.about.first != 0:
        raise Finding("numbers", 2)


def check_pair(one: Statement, two: Statement, above: list[Statement]) -> None:
    """Two that follow one another in a bundle, below the statements `above`."""
    if one.iss != two.iss:
        raise Finding("epoch", 2)
    if one.epoch != two.epoch:
        if two.follows is None or two.follows.epoch != one.epoch:
            raise Finding("epoch", 2)
        _check_new_epoch(one, two, two.follows)
        _check_above(two, two.follows, above)
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
    if _contradicted(follows, one):
        raise Finding("chain", 1)
    if one.last_seq > follows.last:
        raise Finding("order", 1)
    if one.last_seq < (-1 if follows.seq is None else follows.seq):
        raise Finding("gap", 2)
    if two.about.first != 0:
        raise Finding("numbers", 2)


def _check_above(two: Statement, follows: Follows, above: list[Statement]) -> None:
    """What stands further up: the new epoch does not, and what it names is as it says."""
    of_this_gateway = [each for each in above if each.iss == two.iss]
    if any(each.epoch == two.epoch for each in of_this_gateway):
        raise Finding("order", 1)
    for each in of_this_gateway:
        if each.epoch == follows.epoch and _contradicted(follows, each):
            raise Finding("chain", 1)


def _contradicted(follows: Follows, named: Statement) -> bool:
    """Whether this is the statement that `follows` names, and with another digest.

    A gap goes by its own seq and by the last that it stands for.
    """
    return follows.seq in (named.seq, named.last_seq) and follows.digest != named.digest


def _check_key(one: Statement, two: Statement) -> None:
    """The same key, or the successor; not asked beside a gap."""
    if isinstance(one.about, Gap) or isinstance(two.about, Gap):
        return
    wanted = one.kid if one.successor is None else one.successor.kid
    if two.kid != wanted:
        raise Finding("key-change", 1)
