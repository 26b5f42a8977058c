"""The outage run in its short form; `python -m tests.scenarios.outage` is the full one."""

from __future__ import annotations

import pytest

from tests.scenarios.outage import field, outage_run


@pytest.fixture
def world(tmp_path):
    with field(tmp_path) as world:
        yield world


def test_nothing_is_lost_doubled_or_disordered(world):
    outcome = outage_run(world, online=200, offline=1_500)
    assert outcome.records > 1_700
