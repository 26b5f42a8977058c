"""Whether a new version is well: compared with what ran before it."""

from __future__ import annotations

import json

import pytest

from agent.update.health import fault, snapshot
from agent.update.trial import watch
from tests.agent.update.releases import BEFORE


def status(version="1.1", cargo="running", node="ok"):
    return {
        "version": version,
        "devices": [{"name": "cargo", "state": cargo}],
        "nodes": [{"name": "harbour", "state": node}],
    }


def test_what_counts_as_well():
    assert fault(BEFORE, "1.1", status()) == ""
    assert "does not answer" in fault(BEFORE, "1.1", None)
    assert "version 1.0 runs" in fault(BEFORE, "1.1", status("1.0"))
    assert "cargo ran before the update and is missing now" in fault(
        BEFORE, "1.1", status(cargo="missing")
    )
    assert "no ledger node answers" in fault(BEFORE, "1.1", status(node="unreachable"))
    offline = json.dumps({"devices": ["cargo"], "nodes": {"harbour": "unreachable"}})
    assert fault(offline, "1.1", status(node="unreachable")) == "", "the old reason, unchanged"
    assert fault(offline, "1.1", status(node="ok")) == ""
    assert "was unreachable before" in fault(offline, "1.1", status(node="refused"))
    assert fault(snapshot(None), "1.1", status(cargo="missing", node="refused")) == ""


@pytest.mark.parametrize(
    ("ill_at", "kept", "ended"),
    [
        ((), True, 60.0),
        (range(5), True, 68.0),  # the fifth time is at eight seconds
        (range(10**6), False, 600.0),
        (range(0, 10**6, 30), False, 600.0),  # each minute
        (range(0, 10**6, 31), True, 62.0 - 2.0),
    ],
)
def test_a_version_stays_only_after_a_minute_without_a_fault(ill_at, kept, ended):
    began = 5000.0  # s since the machine was switched on
    now, asked = [began], [0]

    def ask():
        asked[0] += 1
        return None if asked[0] - 1 in ill_at else status()

    def sleep(seconds):
        assert seconds == 2.0
        now[0] += seconds

    reason = watch(BEFORE, "1.1", ask, lambda: now[0], sleep)
    assert reason == ("" if kept else "the agent does not answer")
    assert now[0] - began == ended


def test_what_is_compared_of_a_gateway():
    devices = [
        {"name": "old", "state": "missing"},
        {"name": "door", "state": "running"},
        {"name": "cargo", "state": "running"},
    ]
    nodes = [{"name": "harbour", "state": "ok"}]
    assert snapshot({"version": "1.0", "devices": devices, "nodes": nodes}) == (
        '{"devices": ["cargo", "door"], "nodes": {"harbour": "ok"}}'
    )
    assert snapshot(None) == "{}"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({}, {}, ""),
        ({"devices": ["cargo"]}, {}, "cargo ran before the update and is gone now"),
        ({"nodes": {"a": "ok"}}, {}, "no ledger node answers, and one did before the update"),
        ({"nodes": {"a": "ok", "b": "refused"}}, {"b": "ok"}, ""),
        ({"nodes": {"a": "refused"}}, {}, "node a was refused before the update and is None now"),
        ({"nodes": {"a": "refused", "b": "refused"}}, {"a": "refused", "b": "ok"}, ""),
        (
            {"nodes": {"a": "refused", "b": "refused"}},
            {"a": "ok", "b": "unreachable"},
            "node b was refused before the update and is unreachable now",
        ),
    ],
)
def test_what_is_worse_than_before_is_named(before, now, said):
    nodes = [{"name": name, "state": state} for name, state in now.items()]
    found = {"version": "1.1", "devices": [], "nodes": nodes}
    assert fault(json.dumps(before), "1.1", found) == said
    assert fault("", "1.1", found) == ""
    assert fault("", "1.2", found) == "version 1.1 runs, not 1.2"
