"""Answers `why`: of one target, or of all of them, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.desks.status import IgnoredStatus
from agent.why import ledger_cases, machine_cases, people_cases
from agent.why.device_case import device_case
from agent.why.heard import Contact
from agent.why.judge import Case, Judged, Likelihood, Verdict, judge, together
from agent.why.question import PARTS, Known
from foundation.cause import NO_START, Cause

CASES: Mapping[str, Callable[[Known], list[Case[Any]]]] = {
    "uplink": ledger_cases.uplink,
    "clock": machine_cases.clock,
    "store": machine_cases.store,
    "queue": ledger_cases.queue,
    "proof": ledger_cases.proof,
    "power": machine_cases.power_of,
    "dock": people_cases.dock,
    "notify": people_cases.notify,
    "agent": people_cases.agent,
}
"""What is to be judged of each part."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`ignored` causes were found as well, and somebody said to leave them alone."""

    target: str
    causes: tuple[Judged, ...]
    ruled_out: tuple[Judged, ...]
    ignored: tuple[tuple[Judged, IgnoredStatus], ...] = ()


def targets(known: Known) -> list[str]:
    """Return everything that may be asked for."""
    return [*known.devices, *(part for part in PARTS if part not in known.devices)]


def of_target(target: str, known: Known) -> Answer:
    """Return why `target`, a device or a part, is not as it should be."""
    verdicts = [judge(case) for case in _cases(target, known)]
    if target != "agent":
        verdicts = [_of_agent(known), *verdicts]
    found = together(verdicts)
    if known.heard.contact is Contact.DOWN:
        found = Verdict(tuple(sorted(found.causes, key=_explains_more(known))), found.ruled_out)
    return _heeding(target, found, known)


def _explains_more(known: Known) -> Callable[[Judged], bool]:
    """Return the key by which that comes first for which the agent went down, or stays down."""
    words = known.heard.words
    ended = "" if words is None else words.cause

    def key(each: Judged) -> bool:
        stays = each.likelihood is Likelihood.LIKELY and each.row.symptom == NO_START
        return not (stays or each.row.id == ended)

    return key


def of_all(known: Known) -> Answer:
    """Return what is wrong anywhere, the worst first; what nobody can tell is left out."""
    verdicts = [judge(case) for target in _worst_first(known) for case in _cases(target, known)]
    found = together(verdicts)
    told = [each for each in found.causes if each.likelihood is not Likelihood.UNKNOWN]
    own = {each.row.id for each in told if _is_own(each, known)}
    once = (each for each in told if each.row.id not in own or _is_own(each, known))
    return _heeding("", Verdict(tuple(once), found.ruled_out), known)


def _is_own(each: Judged, known: Known) -> bool:
    """Tell whether a cause is the target's own: `proof` may have one of `uplink`, too.

    `uplink` may have one of a modem.
    """
    return each.row.id.startswith(f"{each.target}.") or each.target in known.devices


def _worst_first(known: Known) -> list[str]:
    """Return all targets in the order of what their trouble costs: records first, then proof."""
    parts = ["agent", "store", "power", "notify", "proof", "uplink", "clock"]
    return [*parts, *known.devices, "dock", "queue"]


def _cases(target: str, known: Known) -> list[Case[Any]]:
    if target in known.devices:
        return [device_case(target, known)]
    if target == "gps":
        found = [device_case(name, known) for name in known.receivers]
        return found or [machine_cases.no_receiver(known)]
    return CASES[target](known)


def _of_agent(known: Known) -> Verdict:
    """Return what is wrong with the agent: nothing else is well where it does not run."""
    if known.heard.contact is Contact.ANSWERED:
        return Verdict()
    found = together([judge(case) for case in people_cases.agent(known)])
    likely = (each for each in found.causes if each.likelihood is Likelihood.LIKELY)
    return Verdict(tuple(likely))


def _heeding(target: str, found: Verdict, known: Known) -> Answer:
    """Set the causes apart that somebody said to leave alone."""
    words = {} if known.status is None else {
        (each.target, each.cause): each
        for each in known.status.ignored
        if each.until_ms > known.now_ms
    }  # fmt: skip
    kept, left = [], []
    for each in found.causes:
        word = words.get((each.target, each.row.id)) or words.get((target, each.row.id))
        if word is None:
            kept.append(each)
        else:
            left.append((each, word))
    return Answer(target, tuple(kept), found.ruled_out, tuple(left))


def row_of(target: str, cause: str, known: Known) -> Cause[Any] | None:
    """Return the row of a target by its id, None where it has none such."""
    return next((row for row in rows_of(target, known) if row.id == cause), None)


def rows_of(target: str | None, known: Known) -> list[Cause[Any]]:
    """Return every row that a target may have, of None those of all; each once."""
    wanted = targets(known) if target is None else [target]
    rows = (row for each in wanted for case in _cases(each, known) for row in case.rows)
    return list({row.id: row for row in rows}.values())
