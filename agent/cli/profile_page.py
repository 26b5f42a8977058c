"""What `tallyman profile` prints: a profile's rules, and its verdict on a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from agent.cli.times import utc_iso
from agent.records.duration import duration
from agent.rules.plausibility import Doubt
from agent.rules.profile import MINUTE, Profile
from agent.rules.rates import RATES
from agent.rules.rule import Mode, Reset, Rule, State
from agent.rules.series import Series
from agent.rules.verdict import Verdict
from agent.rules.words import limit_words, unit_of
from foundation.counting import counted

WIDTH = 79
LABEL = 10  # width of the left column
MOST_STRETCHES = 12  # of one rule: a page for people; the JSON has all


def described(profile: Profile) -> dict[str, Any]:
    """Return what a profile is and looks for, as one JSON object."""
    head = profile.head
    return {
        "name": head.name,
        "version": head.version,
        "title": head.title,
        "source": head.source,
        "remark": head.remark,
        "digest": profile.digest.hex(),
        "rules": [{"rule": rule.name, "text": rule_words(rule)} for rule in profile.rules],
    }


def shown(profile: Profile) -> Iterator[str]:
    """Yield a profile's rules as lines for people."""
    head = profile.head
    yield f"{head.name} version {head.version}: {head.title}"
    yield f"SHA-256 {profile.digest.hex()}"
    yield from _row("source", head.source)
    if head.remark:
        yield from _row("remark", head.remark)
    for rule in profile.rules:
        yield from _row("rule", f"{rule.name}: {rule_words(rule)}")
    if profile.mkt is not None:
        mkt = profile.mkt
        yield from _row(
            "MKT", f"of any {mkt.window_hours:g} h, ΔH {mkt.activation_energy:g} kJ/mol"
        )


def rule_words(rule: Rule) -> str:
    """Say what a rule looks for and what it then does."""
    limit = limit_words(rule)
    if not rule.alarm_after:
        when = "at once"
    elif rule.mode is Mode.SINGLE:
        when = f"for {duration(rule.alarm_after)} at a time"
    else:
        within = f" within {duration(rule.window)}" if rule.window else ""
        when = f"for {duration(rule.alarm_after)} in all{within}"
    ends = "until a person ends it" if rule.reset is Reset.PERSON else "until it recovers"
    return f"{limit} {when}: {rule.severity} alarm, {ends}"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as one JSON object; times in minutes, moments in UTC."""
    return {
        "states": [
            {
                "rule": each.rule.name,
                "state": str(each.state),
                "from": utc_iso(each.start),
                "to": utc_iso(each.end),
            }
            for each in verdict.stretches
        ],
        "zones": {name: _minutes(time) for name, time in verdict.zones.items()},
        "mkt": None if verdict.mkt is None else round(verdict.mkt, 3),
        "min": verdict.lowest,
        "max": verdict.highest,
        "unknown_minutes": _minutes(verdict.unknown),
    }


def verdict_page(profile: Profile, field: str, series: Series, verdict: Verdict) -> Iterator[str]:
    """Yield a verdict as lines for people."""
    unit = unit_of(field)
    yield f"{profile.name} version {profile.head.version}: {profile.head.title}"
    yield from _row("series", _series_words(series, verdict))
    for rule in profile.about(field, *(rate for rate, of in RATES.items() if of == field)):
        yield from _rule_rows(rule, verdict)
    for name, time in verdict.zones.items():
        yield from _row("time", f"{name} {unit}: {duration(time)}")
    yield from _row("unknown", duration(verdict.unknown))
    if verdict.lowest is not None:
        yield from _row("values", f"from {verdict.lowest:g} to {verdict.highest:g} {unit}")
    if verdict.mkt is not None and profile.mkt is not None:
        told = f"{verdict.mkt:.3f} °C, highest of any {profile.mkt.window_hours:g} h of valid time"
        yield from _row("MKT", f"{told}, ΔH {profile.mkt.activation_energy:g} kJ/mol")


def doubt_rows(found: Sequence[Doubt]) -> Iterator[str]:
    """Yield what is doubtful in a series, as lines for people."""
    for each in found[:MOST_STRETCHES]:
        yield from _row("doubt", f"{each.what}: {each.text}, from {utc_iso(each.start)}")
    if len(found) > MOST_STRETCHES:
        yield f"{'':{LABEL}}… and {len(found) - MOST_STRETCHES} more"


def _series_words(series: Series, verdict: Verdict) -> str:
    first, last = series.samples[0].at, series.samples[-1].at
    known = sum(sample.value is not None for sample in series.samples)
    told = f"{counted(len(series.samples), 'value')}, {known} of them to be believed, "
    told += f"{utc_iso(first)} to {utc_iso(last)}"
    if verdict.interval is None:
        told += ", no interval: for how long a single value holds is unknown"
    else:
        told += f", one each {duration(verdict.interval)}"
    if series.naive:
        told += "; times without offset, taken as --zone says"
    if series.contradictions:
        told += f"; {counted(series.contradictions, 'moment')} with different values: unknown"
    return told + ("; not in order, sorted" if series.unsorted else "")


def _rule_rows(rule: Rule, verdict: Verdict) -> Iterator[str]:
    yield from _row("rule", f"{rule.name}: {rule_words(rule)}")
    found = [each for each in verdict.stretches if each.rule is rule]
    for each in found[:MOST_STRETCHES]:
        state = str(each.state) if each.state is State.OK else each.state.upper()
        yield f"{'':{LABEL}}{state:10}{utc_iso(each.start)}  {duration(each.end - each.start)}"
    if len(found) > MOST_STRETCHES:
        yield f"{'':{LABEL}}… and {len(found) - MOST_STRETCHES} more: see --json"
    if not found:
        yield f"{'':{LABEL}}was looked at for no time at all"


def _row(label: str, text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=f"{label:{LABEL}}", subsequent_indent=" " * LABEL) or [
        label
    ]


def _minutes(ms: int) -> float:
    return round(ms / MINUTE, 4)
