"""What the rules for goods found: excursions, alarms and unknown time, each apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, joined, said
from agent.renderer.table import listed, table
from agent.report.beside import Around, witnesses
from agent.report.case import SHOWN_ROWS, Case
from agent.report.limits import InForce, in_force, told_limit
from agent.rules.conditions import ASSESSMENT
from agent.rules.profile import FIELDS
from agent.rules.rule import Mode, Reset, Rule, State
from agent.rules.words import limit_words, unit_of
from agent.shipments.incidents import Stretch
from evidence.leaf import Record

HEADS = ("what", "when", "values", "ended", "witnesses")
DECIMALS = 2  # of a condition's values (agent/rules/kinds.py)


def conditions(case: Case) -> Html:
    """Return a table of alarms, one of excursions, one of unknown time, and the rules."""
    words = case.words
    told = [
        joined((element("h3", words(f"conditions.states.{state}")), _table(case, state)))
        for state in (State.ALARM, State.EXCURSION, State.UNKNOWN)
        if any(each.state == state for each in case.stretches)
    ]
    if not told:
        told = [element("p", words("conditions.none"))]
    return section(words("conditions.title"), *told, *_rules(case))


def _table(case: Case, state: State) -> Html:
    words = case.words
    found = list(_together(each for each in case.stretches if each.state == state))
    heads = [words(f"conditions.{name}") for name in HEADS]
    rows = (_row(case, each) for each in found[:SHOWN_ROWS])
    more = len(found) - SHOWN_ROWS
    shown = table(words(f"conditions.about.{state}"), heads, rows)
    return joined((shown, element("p", words("more", n=more)) if more > 0 else NOTHING))


def _together(found: Iterable[Stretch]) -> Iterator[Sequence[Stretch]]:
    """Yield stretches; unknown time of all rules of a sensor is told once."""
    groups: dict[object, list[Stretch]] = {}
    for each in found:
        alone = None if each.state == State.UNKNOWN else each.number
        groups.setdefault((each.device, each.start_ms, each.end_ms, alone), []).append(each)
    yield from groups.values()


def _row(case: Case, found: Sequence[Stretch]) -> list[Html]:
    first = found[0]
    return [
        joined(_what(case, found), element("br")),
        joined(_when(case, first), element("br")),
        _values(case, first),
        joined(_ended(case, found), element("br")),
        witnesses(case, _claim(case, first)),
    ]


def _what(case: Case, found: Sequence[Stretch]) -> Iterator[Html]:
    words = case.words
    yield element("b", said(found[0].device))
    for each in found:
        limit = told_limit(words, each.limit)
        yield words("conditions.rule", rule=said(each.rule), limit=limit)
    if found[0].reports:
        yield words("conditions.reports", faults=said(found[0].reports))
    if found[0].severity:
        yield words.known("severity", found[0].severity)
    if found[0].goods:
        yield words("conditions.goods", goods=said(found[0].goods))


def _when(case: Case, each: Stretch) -> Iterator[Html]:
    words = case.words
    start = case.moment(each.start_ms)
    if each.end_ms is None:
        yield words("conditions.since", start=start)
    else:
        yield words("conditions.span", start=start, end=case.moment(each.end_ms))
    if each.state != State.UNKNOWN and each.counted_ms is not None:
        yield words("conditions.counted", time=case.lasting(each.counted_ms))


def _values(case: Case, each: Stretch) -> Html:
    """Return what was measured beyond the limit; of unknown time there is nothing."""
    words = case.words
    if each.state == State.UNKNOWN or each.lowest is None or each.highest is None:
        return words("unknown")
    field = field_of(each)
    unit = unit_of(field) if field in FIELDS else ""
    low, high = (words.amount(value, DECIMALS, unit) for value in (each.lowest, each.highest))
    return low if low == high else words("conditions.range", low=low, high=high)


def _ended(case: Case, found: Sequence[Stretch]) -> Iterator[Html]:
    """Yield what ended it, and what people decided on the goods."""
    each = found[0]
    if each.ended_by:
        yield said(each.ended_by)
    else:
        yield case.words("conditions.open" if each.end_ms is None else "conditions.by-itself")
    numbers = {stretch.number for stretch in found}
    for record in case.records:
        if record.kind == ASSESSMENT and record.values.get("record") in numbers:
            yield _decision(case, record)


def _decision(case: Case, record: Record) -> Html:
    """Return who decided what, when, and what that means."""
    decision, operator, reason = (
        str(record.values.get(name, "")) for name in ("decision", "operator", "reason")
    )
    return case.words(
        "conditions.decided",
        decision=case.words.known("decision", decision),
        operator=said(operator),
        at=case.moment(case.dating.of(record)),
        reason=said(reason),
    )


def _claim(case: Case, each: Stretch) -> Around:
    """Return what a stretch claims; an alarm that lasts until a person ends it began once."""
    end = each.start_ms if each.end_ms is None else each.end_ms
    return Around(each.device, field_of(each), each.start_ms, end)


def field_of(each: Stretch) -> str:
    """Return which value a stretch is of: the first word of its limit."""
    return each.limit.split(" ")[0]


def _rules(case: Case) -> Iterator[Html]:
    """Yield what was looked for: who reads of no excursion must know by which rules."""
    words, profiles = case.words, in_force(case)
    yield element("h3", words("rules.title"))
    if not profiles:
        yield element("p", words("rules.none"))
    for each in profiles:
        yield element("p", _profile(case, each))
        rules = () if each.profile is None else each.profile.rules
        yield listed(rule_words(case, rule) for rule in rules)


def _profile(case: Case, each: InForce) -> Html:
    words = case.words
    told = words(
        "rules.profile",
        device=said(each.device),
        name=said(each.name),
        version=words("unknown") if each.version is None else each.version,
        since=case.moment(case.dating.of(each.since)),
        digest=element("code", each.digest.hex()),
    )
    if each.profile is not None:
        return told
    return joined((told, " ", words("rules.no-file")))


def rule_words(case: Case, rule: Rule) -> Html:
    """Say what a rule looks for, and what it then does."""
    words = case.words
    if not rule.alarm_after:
        when = words("rules.at-once")
    elif rule.mode is Mode.SINGLE:
        when = words("rules.at-a-time", time=case.lasting(rule.alarm_after))
    elif rule.window:
        when = words(
            "rules.in-window", time=case.lasting(rule.alarm_after), window=case.lasting(rule.window)
        )
    else:
        when = words("rules.in-all", time=case.lasting(rule.alarm_after))
    ends = words("rules.person" if rule.reset is Reset.PERSON else "rules.recovery")
    return words(
        "rules.rule",
        name=said(rule.name),
        limit=told_limit(words, limit_words(rule)),
        when=when,
        ends=ends,
    )
