"""What `tallyman metrics` counts, out of a status: numbers that are known, and none for the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.desks import metric_rows
from tests.agent.cli.test_status_page import journal, status


def values(families):
    return {
        family.name: [sample.value for sample in family.samples if sample.value is not None]
        for family in families
    }


@pytest.mark.parametrize("answers", [0, 1])
def test_whether_the_agent_answers_is_one_number(answers):
    assert values([metric_rows.up(answers)]) == {"tallyman_up": [answers]}


def test_an_agent_that_was_asked_is_up_and_says_how_long():
    found = status()
    said = values(metric_rows.node(replace(found, started_ms=found.clock.wall_ms - 90_500)))
    assert (said["tallyman_up"], said["tallyman_info"]) == ([1], [1])
    assert said["tallyman_running_seconds"] == [90.5]
    assert said["tallyman_failed_tasks"] == [len(found.tasks)]


@pytest.mark.parametrize(
    ("oldest", "age"), [(5_000, [4.5]), (9_500, [0.0]), (10_000, [0.0]), (None, [])]
)
def test_the_oldest_record_that_no_node_has_is_never_from_later(oldest, age):
    found = replace(journal(), oldest_unsent_ms=oldest, as_of_ms=None)
    assert (
        values(metric_rows.journal(found, 9_500)).get("tallyman_oldest_unsent_seconds", []) == age
    )


def test_of_a_disk_that_does_not_answer_only_what_waits_is_told():
    found = replace(journal(), waiting=3, as_of_ms=1)
    assert values(metric_rows.journal(found, 9_500)) == {"tallyman_waiting_records": [3]}
