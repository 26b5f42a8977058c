"""Several logs: what their receipts hold, and what the verdict says of who vouches."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.verdict_json import as_json
from agent.cli.verdict_page import page
from evidence.errors import MalformedError
from evidence.log_set import LogSet, parse_log_set
from evidence.merkle import Tree, inclusion_path, root_at, root_before
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from tests.evidence.building import seeded
from tests.vectors.several import EAST, NORTH, SOUTH, TEXT, WORLDS, bundle_of

TREE = Tree([seeded(str(number)) for number in range(70)])


@given(st.integers(0, 68), st.integers(1, 70))
def test_every_path_holds_the_root_before_its_leaf(index, size):
    size = max(size, index + 1)
    path = inclusion_path(TREE.node, index, size)
    assert root_before(index, size, path) == root_at(TREE.node, index)


def told(worlds):
    data = bundle_of(worlds, TEXT).to_bytes()
    report = verify_bundle(data, parse_log_set(TEXT))
    lines = page(report, parse_log_set(TEXT), "trip.bundle", "", utc=True, records=False)
    return report, " ".join(" ".join(lines).split())


def test_the_page_says_how_many_logs_vouch():
    report, text = told((EAST, SOUTH))
    assert report.outcome is Outcome.AUTHENTIC
    assert "2 of 3 logs vouch, by 2026-09-21" in text
    assert "the policy asks for 2" in text
    assert "vouches for 3 of 3 statements" in text
    said = as_json(report)
    assert (said["logs_vouching"], said["logs_wanted"], said["logs_named"]) == (2, 2, 3)
    assert [log["log"] for log in said["logs"]] == [EAST.origin, SOUTH.origin]


def test_the_page_says_when_too_few_vouch():
    report, text = told((NORTH,))
    assert report.outcome is Outcome.UNTRUSTED
    assert "1 of 3 logs vouch: 2 must [logs]" in text


def test_a_statement_counts_as_seen_when_enough_logs_had_seen_it():
    """The third log's late cosignatures do not make the second's earlier ones worth less."""
    late = SOUTH.note(at=EAST.policy().gateways[0].valid_from + 10**8)
    bundle = replace(bundle_of(WORLDS, TEXT), checkpoints=(EAST.note(), NORTH.note(), late))
    report = verify_bundle(bundle.to_bytes(), parse_log_set(TEXT))
    assert report.outcome is Outcome.AUTHENTIC
    assert (
        report.anchored_at
        == verify_bundle(bundle_of((EAST, NORTH), TEXT).to_bytes(), parse_log_set(TEXT)).anchored_at
    )


def test_no_byte_changes_unnoticed():
    data = bundle_of((EAST, SOUTH), TEXT).to_bytes()
    for at in range(3, len(data) - 34, len(data) // 48):
        start = bytearray(data[:-34])
        start[at] ^= 1 << at % 8
        file = bytes(start) + b"\x58\x20" + hashlib.sha256(start).digest()
        assert verify_bundle(file, parse_log_set(TEXT)).outcome is not Outcome.AUTHENTIC, at


def test_one_log_is_a_set_of_one_with_its_policy_s_digest():
    policy = EAST.policy()
    assert parse_log_set(EAST.policy_text()) == LogSet.of([policy])
    assert LogSet.of([policy]).digest == policy.digest


def test_the_order_of_the_logs_does_not_change_the_digest():
    policies = [world.policy() for world in WORLDS]
    assert LogSet.of(policies, 2).digest == LogSet.of(policies[::-1], 2).digest
    assert LogSet.of(policies, 2).digest != LogSet.of(policies, 3).digest


def test_a_mistake_names_the_line_of_the_whole_file():
    lines = TEXT.splitlines()
    at = max(number for number, line in enumerate(lines) if line.startswith("group"))
    lines[at] = "group q 5 amber birch cedar dunes"
    with pytest.raises(MalformedError, match=f"^policy line {at + 1}: group 'q' wants '5' of 4"):
        parse_log_set("\n".join(lines))


def test_a_policy_of_several_logs_is_none_for_who_serves_one():
    with pytest.raises(MalformedError, match="line 1: 'logs' is not one of"):
        parse_policy(TEXT)


def text_with(*ends):
    """The policy of the three logs; where an end is given, a log calls the key revoked then."""
    policies = []
    for world, end in zip(WORLDS, ends, strict=True):
        revoked = "" if end is None else f" revoked {end}"
        policies.append(world.policy_text().rstrip("\n") + revoked + "\n")
    return "logs 2\n" + "".join(policies)


EARLY = "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("ends", "outcome", "reasons"),
    [
        ((EARLY, None, None), Outcome.AUTHENTIC, []),
        ((None, None, EARLY), Outcome.AUTHENTIC, []),
        ((EARLY, None, EARLY), Outcome.UNTRUSTED, ["key-revoked"] * 3),
        ((EARLY, EARLY, EARLY), Outcome.UNTRUSTED, ["key-revoked"] * 3),
    ],
)
def test_a_key_that_one_log_calls_revoked_counts_where_enough_others_do_not(ends, outcome, reasons):
    text = text_with(*ends)
    report = verify_bundle(bundle_of(WORLDS, text).to_bytes(), parse_log_set(text))
    assert (report.outcome, [each.reason for each in report.findings]) == (outcome, reasons)
    assert report.vouching == (2 if outcome is Outcome.AUTHENTIC else None)


def several(first, *worlds):
    return "\n".join([first, *(world.policy_text().rstrip("\n") for world in worlds)])


@pytest.mark.parametrize(
    ("first", "threshold"),
    [("logs 1", 1), ("logs 2", 2), ("logs 3", 3), ("logs any", 1), ("logs all", 3)],
)
def test_as_many_logs_must_vouch_as_the_policy_says(first, threshold):
    logs = parse_log_set(several(first, *WORLDS))
    assert logs.threshold == threshold
    assert list(logs.logs) == [world.origin for world in WORLDS]


@pytest.mark.parametrize("first", ["logs 0", "logs 4", "logs", "logs 1 2"])
def test_no_more_logs_can_vouch_than_there_are_and_none_is_no_number(first):
    with pytest.raises(MalformedError, match="line 1: "):
        parse_log_set(several(first, *WORLDS))
    wanted = "line 1: wanted: logs K, with K of the 1 logs below, two at least"
    with pytest.raises(MalformedError, match=wanted):
        parse_log_set(several("logs 1", EAST))
    with pytest.raises(MalformedError, match="with K of the 0 logs below, two at least"):
        parse_log_set("logs 1\n")


def test_each_log_begins_with_its_own_line():
    with pytest.raises(MalformedError, match=r"line 2: wanted behind logs K: log VKEY \[URL\]"):
        parse_log_set("logs 2\nquorum none\n" + several("", *WORLDS))


def test_one_log_does_not_count_twice():
    with pytest.raises(MalformedError, match=f"the log {EAST.origin!r} stands above"):
        parse_log_set(several("logs 2", EAST, EAST))
    for key in ("log", "receipts"):
        other = replace(NORTH, **{key: getattr(EAST, key)})
        twice = f"{NORTH.origin!r} has a key of {EAST.origin!r}: one log, counted twice"
        with pytest.raises(MalformedError, match=twice):
            parse_log_set(several("logs 2", EAST, other))
