"""What most ledger tests start from."""

from __future__ import annotations

import itertools

import pytest

from tests.ledger.postgres import Servers, require_postgres
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


@pytest.fixture(scope="session")
def postgres_server():
    """A server of ours for all tests that need no failover."""
    require_postgres()
    servers = Servers()
    yield servers.primary
    servers.close()


@pytest.fixture(scope="session")
def _numbers():
    return itertools.count()


@pytest.fixture
def postgres(postgres_server, _numbers):
    """The URL of an empty database."""
    name = f"t{next(_numbers)}"
    postgres_server.sql(f"CREATE DATABASE {name}")
    return postgres_server.url(name)
