"""The node dies by SIGKILL in mid-run and comes back: its log and store hold all of it, once."""

from __future__ import annotations

import time

import pytest

from tests.scenarios.outage import check, field

KILLS = 3


@pytest.fixture
def world(tmp_path):
    with field(tmp_path, rate=200, seal_records=16) as world:
        yield world


def test_a_node_killed_again_and_again(world):
    world.start_agent()
    world.until("readings are online", lambda journal: journal["confirmed_upto"] > 100)
    node = world.consortium.sequencer
    for _ in range(KILLS):
        world.processes.kill(node)
        time.sleep(0.3)
        world.consortium.start_node(node)
        known = world.gateway.status()["journal"]["confirmed"]
        world.until("it goes on", lambda journal, known=known: journal["confirmed"] > known)
    world.stop_reading()
    world.delivered()
    check(world, runs=1)
