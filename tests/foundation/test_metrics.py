"""The text is what Prometheus reads: its own parser is asked."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from foundation.metrics import (
    Spent,
    counter,
    counters,
    from_plain,
    gauge,
    gauges,
    summaries,
    to_plain,
    to_text,
)


def read(text):
    """Return {name: {labels: value}} and the types, as Prometheus sees them."""
    found, types = {}, {}
    for family in text_string_to_metric_families(text):
        types[family.name] = family.type
        for sample in family.samples:
            assert sample.timestamp is None
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found, types


def test_each_type_is_read_as_what_it_is():
    text = to_text(
        [
            gauge("tallyman_clock_bound_seconds", "Error.", 0.25),
            counter("tallyman_commit_failures_total", "Failures.", 3),
            summaries("tallyman_commit_seconds", "Commits.", [({}, Spent(7, 1.5))]),
        ]
    )
    found, types = read(text)
    assert found["tallyman_clock_bound_seconds"] == {(): 0.25}
    assert found["tallyman_commit_failures_total"] == {(): 3.0}
    assert found["tallyman_commit_seconds_sum"] == {(): 1.5}
    assert found["tallyman_commit_seconds_count"] == {(): 7.0}
    assert types == {
        "tallyman_clock_bound_seconds": "gauge",
        "tallyman_commit_failures": "counter",
        "tallyman_commit_seconds": "summary",
    }


@pytest.mark.parametrize("value", ['a "quoted" \\ one', "two\nlines", "ä 4.31 °C", "", "{}=,"])
def test_whatever_a_device_is_called_comes_back(value):
    found, _ = read(to_text([gauges("tallyman_x", "X.", [({"device": value}, 1)])]))
    assert found == {"tallyman_x": {(("device", value),): 1.0}}


def test_a_help_of_two_lines_stays_one_comment():
    text = to_text([gauge("tallyman_x", "By \\n\nday.", 1)])
    (family,) = text_string_to_metric_families(text)
    assert family.documentation == "By \\n\nday."
    assert len(text.splitlines()) == 3


def test_what_is_not_known_is_not_there():
    text = to_text(
        [
            gauge("tallyman_clock_bound_seconds", "Error.", None),
            gauges("tallyman_batches", "B.", [({"state": "a"}, None), ({"state": "b"}, 0)]),
            counters("tallyman_none_total", "N.", []),
        ]
    )
    found, _ = read(text)
    assert found == {"tallyman_batches": {(("state", "b"),): 0.0}}
    assert "clock_bound" not in text
    assert "tallyman_none" not in text


def test_large_and_small_numbers_lose_nothing():
    for value in (2**53 + 1, 1e-9, 0.1 + 0.2, 123456789012):
        found, _ = read(to_text([gauge("tallyman_x", "X.", value)]))
        assert found["tallyman_x"][()] == value


def test_a_counter_is_called_total():
    with pytest.raises(AssertionError):
        counter("tallyman_commits", "C.", 1)


def test_the_way_over_the_control_socket_changes_nothing():
    families = [
        gauge("tallyman_x", "X.", 1),
        summaries("tallyman_y", "Y.", [({"node": "a"}, Spent(2, 0.5))]),
    ]
    assert to_text(from_plain(to_plain(families))) == to_text(families)
