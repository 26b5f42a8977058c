"""Vectors of new epochs: what `follows` names, where that is a gap or stands further up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evidence.statement import Follows
from tests.evidence.building import EPOCH, records, seeded
from tests.evidence.lifecycle import NEW_EPOCH, Life
from tests.vectors.case import BundleCase

ALTERED, INCOMPLETE = 1, 2
OTHER = seeded("the digest of a statement that nobody shows")


def epoch_cases() -> Iterator[BundleCase]:
    """Yield bundles of two epochs and more, each with the policy that it is held against."""
    yield from _gap_named()
    yield from _further_up()
    yield from _again()
    yield from _begins_late()


def _case(name: str, life: Life, exit_code: int = 0, *findings: str) -> BundleCase:
    given = {"policy": life.policy_text()}
    return BundleCase(name, life.file(), given=given, exit=exit_code, findings=findings)


def _with_gap(known: bool = False) -> Life:
    """Return a batch, and behind it statements 1 to 3 declared lost."""
    life = Life()
    life.more()
    life.lose(3, known=known)
    return life


def _begin(life: Life, seq: int, digest: bytes) -> Life:
    """Go on in a new epoch that names statement `seq` of the old one."""
    lost = life.sealed[-1].statement.last
    life.epoch = NEW_EPOCH
    life.more(follows=Follows(EPOCH, seq, digest, lost, "restored card"))
    life.more()
    return life


def _gap_named() -> Iterator[BundleCase]:
    """The gap is statement 1, and stands for 1 to 3."""
    for name, seq in (("by its own number", 1), ("by the last that it stands for", 3)):
        digest = _with_gap().sealed[1].statement.digest
        yield _case(f"epoch: follows a gap {name}", _begin(_with_gap(), seq, digest))
        contradicted = _begin(_with_gap(), seq, OTHER)
        yield _case(
            f"epoch: follows a gap {name}, with another digest", contradicted, ALTERED, "chain"
        )
    within = _begin(_with_gap(), 2, OTHER)
    yield _case("epoch: follows a number within a gap, which names nothing shown", within)
    life = _with_gap(known=True)
    behind = life.sealed[1].statement.next_previous
    yield _case(
        "epoch: follows the statement that a gap declares lost", _begin(life, 3, behind), ALTERED, "chain"
    )  # fmt: skip


def _further_up() -> Iterator[BundleCase]:
    """What `follows` names need not be the last of its epoch: the ones behind it are lost, too."""
    for name, sealed in (("a statement", 0), ("a gap", 1)):
        life = _with_gap()
        life.more()
        named = life.sealed[sealed].statement
        yield _case(f"epoch: follows {name} further up", _begin(life, named.last, named.digest))
        life = _with_gap()
        life.more()
        yield _case(
            f"epoch: follows {name} further up, with another digest",
            _begin(life, named.last, OTHER), ALTERED, "chain",
        )  # fmt: skip


def _again() -> Iterator[BundleCase]:
    life = Life()
    life.more()
    life.more(follows=life.follows())
    back = replace(life.follows(), epoch=NEW_EPOCH)
    life.epoch = EPOCH
    life.more(follows=back)
    yield _case("epoch: one that was left begins again", life, ALTERED, "order")


def _begins_late() -> Iterator[BundleCase]:
    """An epoch's records are numbered from 0, also where the bundle shows nothing before it."""
    life = Life()
    life.seal(records(3, 2))
    yield _case("epoch: the first one begins with record 3", life, INCOMPLETE, "numbers")
