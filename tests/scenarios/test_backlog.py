"""The drain of a backlog in its short form; `python -m tests.scenarios.backlog` is three days'."""

from __future__ import annotations

import pytest

from tests.scenarios.backlog import MEGA, drain, offline
from tests.scenarios.outage import field


@pytest.fixture
def world(tmp_path):
    with field(tmp_path, rate=0) as world:
        yield world


def test_alarms_first_then_the_oldest_each_body_once(world):
    assert drain(world, batches=150).batches == 150


def test_thirty_days_without_a_link_fit_in_what_is_promised():
    """docs/operate/disk.md says 306 MB at 20 readings/s; ten minutes of them tell the slope."""
    assert offline(600).bytes_for(30) < 350 * MEGA
