"""What most ledger tests start from."""

from __future__ import annotations

import pytest

from tests.ledger.support import Gateway, make_cluster


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture
def lone(tmp_path, gateway):
    """A sequencer that is its own quorum, with one gateway admitted."""
    cluster = make_cluster(tmp_path, witnesses=0)
    cluster.admit(gateway)
    return cluster


@pytest.fixture
def cluster(tmp_path, gateway):
    """A sequencer and three witnesses, with one gateway admitted."""
    cluster = make_cluster(tmp_path)
    cluster.admit(gateway)
    return cluster
