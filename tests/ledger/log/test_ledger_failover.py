"""A standby that was promoted although it lacks entries: found out before anything is signed."""

from __future__ import annotations

import asyncio

import pytest

from evidence.wire import Label, Type
from ledger.base.errors import ForkDanger
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Slot
from tests.ledger.postgres import Servers, require_postgres
from tests.ledger.support import asker, running
from tests.ledger.test_ledger_campaign import make_postgres_cluster

LOG = "example.org/log"


@pytest.fixture
def servers():
    require_postgres()
    servers = Servers()
    yield servers
    servers.close()


async def register(cluster, gateway, count):
    async with asker(cluster.sequencer, gateway) as node:
        for _ in range(count):
            assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        return await node.receipts(gateway, [len(gateway.chain) - 1])


def lose_entries(servers):
    """Promote a standby that the primary did not wait for."""
    servers.primary.kill()
    servers.standby.start()
    servers.promote()


def without_standby(servers):
    servers.primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
    servers.primary.sql("SELECT pg_reload_conf()")
    servers.standby.kill()


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_standby_that_lacks_entries_signs_nothing(servers, tmp_path, gateway, restarted):
    """The running node knows what it signed; a new one asks the witness first."""
    servers.add_standby()
    cluster = make_postgres_cluster(tmp_path, servers.url("postgres"))
    cluster.admit(gateway)
    async with running(cluster.witnesses[0]):
        with pytest.raises(ExceptionGroup) as ended:
            async with running(cluster.sequencer):
                await register(cluster, gateway, 2)
                without_standby(servers)
                answer = await register(cluster, gateway, 3)
                assert answer.get(Label.NOTE).startswith(b"example.org/log\n6\n")
                if not restarted:
                    lose_entries(servers)
                    await asyncio.sleep(20)
                raise ExceptionGroup("stop", [RuntimeError()])
        if restarted:
            assert ended.group_contains(RuntimeError)
            lose_entries(servers)
            with pytest.raises(ExceptionGroup) as ended:
                async with running(cluster.sequencer):
                    await asyncio.sleep(20)
        assert ended.group_contains(ForkDanger)
    store = PostgresStore(servers.standby.url(), read_only=True)
    assert store.kept(Slot.SIGNED, LOG).size == 3
    store.close()
    witness = SqliteStore(cluster.witnesses[0].store, read_only=True)
    assert witness.evidence() == []
    witness.close()
