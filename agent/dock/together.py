"""One notice over several checks: what came on earlier receipts, or at another door. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from agent.dock.differences import Came, Code, Disposition, State, Tally, Verdict


def apart(total: Verdict, others: Verdict) -> Verdict:
    """Return what one check adds to what `others` saw under the same notice.

    `total` is the verdict over the observations of all of them: what is missing there is missing,
    and what differs in the others' goods alone is told where they were checked.
    """
    told = set(others.differences)
    differences = tuple(
        each for each in total.differences if each.code is Code.MISSING or each not in told
    )
    tally = less(total.tally, others.tally)
    state = total.state
    if state is State.DIFFERENT and not differences:
        state = State.COMPLETE
    return replace(
        total,
        state=state,
        disposition=_disposition(total, differences=bool(differences)),
        found=tally.found,
        unexpected=max(0, total.unexpected - others.unexpected),
        differences=differences,
        tally=tally,
        came=tuple(_came_here(total, others)),
        pieces=_more(total.pieces, others.pieces),
    )


def _disposition(total: Verdict, *, differences: bool) -> Disposition:
    if differences:
        return total.disposition
    return Disposition.INFERRED if total.tally.believed else Disposition.VERIFIED


def less(tally: Tally, other: Tally) -> Tally:
    """Return what one tally has beyond another; nothing is below zero."""
    return Tally(
        max(0, tally.read - other.read),
        max(0, tally.by_hand - other.by_hand),
        max(0, tally.believed - other.believed),
    )


def _more(pieces: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(pieces) - Counter(others))


def _came_here(total: Verdict, others: Verdict) -> Iterator[Came]:
    """Yield each line with what came of it here."""
    there = {_key(each): each for each in others.came}
    for each in total.came:
        other = there.get(_key(each))
        if other is None:
            yield each
        else:
            here, grams = less(each.tally, other.tally), less(each.weighed, other.weighed)
            yield replace(each, tally=here, weighed=grams)


def _key(each: Came) -> tuple[object, ...]:
    return each.gtin, each.batch, each.package, each.content, bool(each.weight_g)
