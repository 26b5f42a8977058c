"""What `tallyman profile` prints of a profile, and of its verdict on a series."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.cli.profile_page import as_json, described, doubt_rows, rule_words, shown, verdict_page
from agent.rules.plausibility import Doubt
from agent.rules.profile import Head, Mkt, Profile
from agent.rules.rule import Mode, Reset, Rule, Severity, Side, State
from agent.rules.series import Series
from agent.rules.valid_time import Sample
from agent.rules.verdict import Stretch, Verdict

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
MINUTE, HOUR = 60_000, 3_600_000
WARM = Rule("too warm", "temperature", Side.ABOVE, 8.0, alarm_after=30 * MINUTE)
HEAD = Head(
    name="ours",
    version=3,
    title="cheese",
    source="our contract",
    remark="",
)
OURS = Profile(HEAD, (WARM,), None, b"\xab" * 32)
MKT = replace(OURS, head=replace(HEAD, remark="no freezing"), mkt=Mkt(83.144, 24.0))


def test_a_profile_is_shown_with_its_source_and_what_each_rule_does():
    assert list(shown(OURS)) == [
        "ours version 3: cheese",
        f"SHA-256 {'ab' * 32}",
        "source    our contract",
        "rule      too warm: temperature above 8 °C for 30 min 0 s at a time: critical",
        "          alarm, until a person ends it",
    ]
    told = list(shown(MKT))
    assert told[3] == "remark    no freezing"
    assert told[-1] == "MKT       of any 24 h, ΔH 83.144 kJ/mol"


def test_programs_are_told_the_same_of_a_profile():
    assert described(MKT) == {
        "name": "ours", "version": 3, "title": "cheese", "source": "our contract",
        "remark": "no freezing", "digest": "ab" * 32,
        "rules": [{"rule": "too warm", "text": rule_words(WARM)}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "for 30 min 0 s at a time: critical alarm, until a person ends it"),
        ({"alarm_after": 0, "reset": Reset.RECOVERY},
         "at once: critical alarm, until it recovers"),
        ({"mode": Mode.CUMULATIVE},
         "for 30 min 0 s in all: critical alarm, until a person ends it"),
        ({"mode": Mode.CUMULATIVE, "window": 24 * HOUR, "severity": Severity.WARNING},
         "for 30 min 0 s in all within 1 day 0 h: warning alarm, until a person ends it"),
    ],
)  # fmt: skip
def test_a_rule_says_when_it_alarms_and_what_ends_that(changes, words):
    assert rule_words(replace(WARM, **changes)) == f"temperature above 8 °C {words}"


SERIES = Series([Sample(AT, 5.0), Sample(AT + MINUTE, None), Sample(AT + 2 * MINUTE, 6.5)])


def verdict(*stretches, **more):
    values = {
        "zones": {"above 8": 3 * MINUTE}, "mkt": 5.1234, "lowest": 5.0, "highest": 6.5,
        "unknown": 90_000, "interval": MINUTE, **more,
    }  # fmt: skip
    return Verdict(stretches, **values)


def stretch(state=State.OK, start=AT, length=MINUTE, rule=WARM):
    return Stretch(rule, state, start, start + length)


def unfolded(lines):
    return " ".join(" ".join(lines).split())


def test_a_verdict_tells_series_rules_times_and_values():
    found = verdict(stretch(), stretch(State.ALARM, AT + MINUTE))
    lines = list(verdict_page(MKT, "temperature", SERIES, found))
    assert lines[0] == "ours version 3: cheese"
    assert unfolded(lines[1:3]).startswith(
        "series 3 values, 2 of them to be believed, 2026-09-21T14:13:20.000Z to "
        "2026-09-21T14:15:20.000Z, one each 1 min"
    )
    at = next(number for number, line in enumerate(lines) if "2026-09-21" in line and "ok" in line)
    assert [line.split() for line in lines[at : at + 2]] == [
        ["ok", "2026-09-21T14:13:20.000Z", "1", "min", "0", "s"],
        ["ALARM", "2026-09-21T14:14:20.000Z", "1", "min", "0", "s"],
    ]
    assert unfolded(lines[at + 2 :]) == (
        "time above 8 °C: 3 min 0 s unknown 1 min 30 s values from 5 to 6.5 °C MKT 5.123 °C, highest of any "
        "24 h of valid time, ΔH 83.144 kJ/mol"
    )


@pytest.mark.parametrize(
    ("profile", "found", "gone"),
    [
        (OURS, verdict(), "MKT"),
        (MKT, verdict(mkt=None), "MKT"),
        (MKT, verdict(lowest=None, highest=None), "values from"),
    ],
)
def test_what_is_not_known_is_not_told(profile, found, gone):
    lines = unfolded(verdict_page(profile, "temperature", SERIES, found))
    assert gone not in lines
    assert "was looked at for no time at all" in lines


def test_what_was_odd_about_a_series_is_told_with_it():
    odd = replace(SERIES, naive=True, unsorted=True, contradictions=2)
    lines = unfolded(verdict_page(OURS, "temperature", odd, verdict(interval=None)))
    assert (
        "no interval: for how long a single value holds is unknown; times without offset, taken as "
        "--zone says; 2 moments with different values: unknown; not in order, sorted"
    ) in lines
    plain = unfolded(verdict_page(OURS, "temperature", SERIES, verdict()))
    assert "offset" not in plain
    assert "different values" not in plain
    assert "sorted" not in plain


@pytest.mark.parametrize(("count", "more"), [(12, ""), (14, "… and 2 more: see --json")])
def test_of_many_stretches_of_a_rule_twelve_are_told(count, more):
    found = verdict(*(stretch(start=AT + n * MINUTE) for n in range(count)))
    lines = list(verdict_page(OURS, "temperature", SERIES, found))
    assert sum("ok  " in line for line in lines) == 12
    assert (more in unfolded(lines)) and ("more" in unfolded(lines)) == bool(more)


@pytest.mark.parametrize(("count", "more"), [(12, []), (14, ["          … and 2 more"])])
def test_of_many_doubts_twelve_are_told(count, more):
    lines = list(doubt_rows([Doubt("stuck", AT, AT + 1, "no change")] * count))
    assert lines[:12] == ["doubt     stuck: no change, from 2026-09-21T14:13:20.000Z"] * 12
    assert lines[12:] == more


def test_programs_are_told_minutes_to_a_ten_thousandth():
    assert as_json(verdict(unknown=1234))["unknown_minutes"] == 0.0206  # 0.020566…


def test_programs_are_told_the_verdict_in_minutes_and_utc():
    assert as_json(verdict(stretch(State.EXCURSION))) == {
        "states": [{
            "rule": "too warm", "state": "excursion", "from": "2026-09-21T14:13:20.000Z",
            "to": "2026-09-21T14:14:20.000Z",
        }],
        "zones": {"above 8": 3.0}, "mkt": 5.123, "min": 5.0, "max": 6.5, "unknown_minutes": 1.5,
    }  # fmt: skip
    assert as_json(verdict(mkt=None))["mkt"] is None
