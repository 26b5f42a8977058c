"""The drain of a backlog in its short form; `python -m tests.scenarios.backlog` is three days'."""

from __future__ import annotations

import pytest

from tests.scenarios.backlog import drain
from tests.scenarios.outage import field


@pytest.fixture
def world(tmp_path):
    with field(tmp_path, rate=0) as world:
        yield world


def test_alarms_first_then_the_oldest_each_body_once(world):
    assert drain(world, batches=150).batches == 150
