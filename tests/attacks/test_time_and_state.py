"""Clocks that jump, and what a restart must not forget."""

from __future__ import annotations

import pytest

from agent.light_client.client import LightClient, Offer
from agent.light_client.trusted_store import TrustedStore
from evidence.errors import EvidenceError
from tests.agent.log_world import NOW

DAY = 86400


def test_clock_that_jumped_back_confirms_nothing_until_it_is_right(world, tmp_path):
    world.seal()
    client = LightClient(world.policy, TrustedStore(tmp_path), 14 * DAY)
    offer = Offer({0: world.receipt(0)}, world.note(), None)
    with pytest.raises(EvidenceError) as caught:
        client.confirm({0: world.statement(0)}, offer, NOW - DAY)
    assert caught.value.reason == "future"
    assert client.trusted is None
    assert client.confirm({0: world.statement(0)}, offer, NOW)
    assert LightClient(world.policy, TrustedStore(tmp_path), 14 * DAY).size == 2
