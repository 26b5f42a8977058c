"""What `why` found, as a console shows it: first what to do, then what speaks for and against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from agent.cli.amounts import age
from agent.cli.device_text import device_text
from agent.why.answer import Answer
from agent.why.heard import Contact, Heard
from agent.why.judge import Judged, Likelihood
from agent.why.question import Known
from foundation.console import cut, folded

MOST = 3
"""Causes that are shown whole; what is behind them is named."""

MOST_UNTOLD = 6
"""Causes that nobody can tell of and that are named; more are counted."""

INDENT = 13
"""Columns of `likely` and the like, with a number before them."""

ShowTime = Callable[[int], str]


def page(found: Answer, known: Known, show: ShowTime) -> Iterator[str]:
    """Yield the lines; each fits."""
    yield from _head(found, known)
    told = [each for each in found.causes if each.likelihood is not Likelihood.UNKNOWN]
    for number, each in enumerate(told[:MOST], start=1):
        yield from _cause(number, each, with_target=not found.target)
    yield from _others("also", told[MOST:])
    unknown = [each for each in found.causes if each.likelihood is Likelihood.UNKNOWN]
    yield from _untold(unknown)
    if not told:
        yield _nothing(found, known, unknown)
    if found.target:
        yield from _ruled_out(found.ruled_out)
    for each, word in found.ignored:
        text = f"left alone   {each.row.id} until {show(word.until_ms)}: {word.reason}"
        yield from folded(text, INDENT)


def _head(found: Answer, known: Known) -> Iterator[str]:
    """Yield what is asked for, how it does, and who says so."""
    device = known.device(found.target)
    if device is not None:
        yield cut(f"{device.name} ({device.kind}) {device_text(device, known.now_ms)}")
    elif found.target:
        yield found.target
    said = _said(known.heard)
    if said:
        yield from folded(said)


def _said(heard: Heard) -> str:
    """Return whom the answer is from, where it is not the running agent."""
    if heard.contact is Contact.ANSWERED:
        return ""
    how = {
        Contact.SILENT: "the agent does not answer",
        Contact.DOWN: "the agent does not run",
        Contact.FORBIDDEN: "this user may not ask the agent",
        Contact.REFUSED: "the agent is of another version",
    }[heard.contact]
    if heard.age is None:
        return f"{how}, and it left no last state: what follows is seen from outside"
    return f"{how}: what follows is its last state, {age(round(heard.age * 1000))} old"


def _cause(number: int, each: Judged, *, with_target: bool) -> Iterator[str]:
    row = each.row
    whose = f"{each.target}: " if with_target else ""
    head = f"{number} {each.likelihood.word:<10} {whose}{row.sentence} [{row.id}]"
    yield from folded(head, INDENT)
    yield from _evidence("for", each.pro)
    yield from _evidence("against", each.contra)
    yield from folded(f"  next       {row.next}", INDENT)
    if row.command and row.command not in row.next:
        yield from folded(f"             $ {row.command}", INDENT + 2)
    yield from folded(f"  open       {row.unproven}", INDENT)


def _evidence(title: str, phrases: Iterable[str]) -> Iterator[str]:
    for phrase in phrases:
        yield from map(cut, folded(f"  {title:<10} {phrase}", INDENT))


def _others(title: str, others: Iterable[Judged]) -> Iterator[str]:
    names = list(dict.fromkeys(each.row.id for each in others))
    if names:
        yield from folded(f"{title:<12} {', '.join(names)}", INDENT)


def _untold(unknown: Sequence[Judged]) -> Iterator[str]:
    """Name what nobody can tell, or count it where it is much: it counts neither way."""
    if len(unknown) <= MOST_UNTOLD:
        yield from _others("not told", unknown)
    else:
        text = f"not told     {len(unknown)} other causes that nobody can tell now: see --json"
        yield from folded(text, INDENT)


def _ruled_out(ruled_out: Iterable[Judged]) -> Iterator[str]:
    """Yield what was ruled out, joined by the evidence that did it."""
    by_evidence: dict[str, list[str]] = {}
    for each in ruled_out:
        by_evidence.setdefault("; ".join(each.contra), []).append(each.row.id)
    title = "ruled out"
    for evidence, ids in by_evidence.items():
        yield from folded(f"{title:<12} {', '.join(dict.fromkeys(ids))}: {evidence}", INDENT)
        title = ""


def _nothing(found: Answer, known: Known, unknown: Sequence[Judged]) -> str:
    what = f"with {found.target}" if found.target else "anywhere"
    more = " else" if found.ignored else ""
    if known.status is None or unknown:
        return f"nothing{more} is found to be wrong {what}; the rest nobody can tell now"
    return f"nothing{more} is wrong {what}"
