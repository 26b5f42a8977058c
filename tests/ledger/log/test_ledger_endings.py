"""A key ends behind all that it sent, whoever runs meanwhile; nothing hinders the node."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.policy import seen_at
from evidence.wire import Code, Label, Type
from ledger.enrolling import lists
from ledger.enrolling.end_of_key import Waiting, await_end
from ledger.gateways.gateways import read_gateways
from ledger.log.endings import keep_closing, waiting
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Slot
from tests.ledger.support import NOW, FakeClock, asker, code, command, make_cluster, running


def no_sleep(_seconds):
    raise AssertionError("nothing had to be waited for")


def ended(cluster):
    (gateway,) = read_gateways(cluster.sequencer.admitted)
    return gateway.revoked


async def until_ended(cluster):
    async with asyncio.timeout(60):
        while (end := ended(cluster)) is None:
            await asyncio.sleep(0.02)
    return end


async def test_the_end_waits_for_the_quorum_and_comes_behind_it(cluster, gateway):
    clock = FakeClock()
    async with running(cluster.sequencer, clock):
        async with asker(cluster.sequencer, gateway) as node:
            await node.register(gateway.extend())  # one cosigner of four: nothing is cosigned
        lists.fence(cluster.sequencer, gateway.issuer, NOW)
        async with asker(cluster.sequencer, gateway) as node:
            with pytest.raises(TimeoutError):
                await node.ask(Type.HELLO, wait=0.3)
        await asyncio.sleep(2.5)
        assert ended(cluster) is None
        assert cluster.policy.gateways[0].revoked_at is None
        said = await asyncio.to_thread(command, "admitted", cluster.sequencer.folder)
        assert "shut out 2026-02-02T02:40:00Z, its key ends behind what it sent" in said.stdout
        clock.now = NOW + 86_400
        async with running(cluster.witnesses[0], clock), running(cluster.witnesses[1], clock):
            end = await until_ended(cluster)
    assert end == NOW + 86_700
    kid = gateway.signer.public.kid.hex()
    store = SqliteStore(cluster.sequencer.store)
    closing = parse_checkpoint(store.kept(Slot.CLOSING, kid).note)
    store.close()
    seen = seen_at(cluster.policy.check(closing).values())
    cluster.policy.gateway_key(gateway.issuer, gateway.signer.public.kid).check(NOW, seen)
    assert closing.checkpoint.size == 2


async def test_a_witness_ahead_moves_the_end_behind_it(cluster, gateway):
    """The bundle's time is the quorum's: an end by our own clock would be before it."""
    ahead = FakeClock(NOW + 200)
    async with (
        running(cluster.witnesses[0], ahead),
        running(cluster.witnesses[1], ahead),
        running(cluster.sequencer),
    ):
        async with asker(cluster.sequencer, gateway) as node:
            await node.register(gateway.extend())
            await node.receipts(gateway, [0])
        lists.fence(cluster.sequencer, gateway.issuer, NOW)
        assert await until_ended(cluster) == NOW + 500


async def test_receipts_of_a_quorum_that_was_ahead_stay_good(cluster, gateway):
    """The last checkpoint has another quorum, of clocks that are right."""
    bravo, charlie, delta = cluster.witnesses
    ahead, key = FakeClock(NOW + 200), gateway.signer.public.kid
    times = []
    async with running(cluster.sequencer), running(charlie, ahead):
        for other, clock in ((bravo, ahead), (delta, FakeClock())):
            async with running(other, clock), asker(cluster.sequencer, gateway) as node:
                await node.register(gateway.extend())
                answer = await node.receipts(gateway, [len(gateway.chain) - 1])
            signed = parse_checkpoint(answer.get(Label.NOTE))
            times.append(seen_at(cluster.policy.check(signed).values()))
        lists.fence(cluster.sequencer, gateway.issuer, NOW)
        await until_ended(cluster)
    assert times == [NOW + 200, NOW]
    for seen in times:
        cluster.policy.gateway_key(gateway.issuer, key).check(NOW, seen)


async def test_a_stopped_node_ends_it_by_the_command(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        await node.receipts(gateway, [0])
    said = await asyncio.to_thread(command, "revoke", lone.sequencer.folder, "truck-7")
    assert said.returncode == 0
    assert "its key has ended: give " in said.stdout
    assert f"{lone.sequencer.policy} to whoever verifies" in said.stdout
    assert ended(lone) > NOW
    again = await asyncio.to_thread(command, "revoke", lone.sequencer.folder, "truck-7")
    assert again.stdout == said.stdout


async def test_a_stopped_node_with_entries_that_wait_says_to_start_it(cluster, gateway):
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        await node.register(gateway.extend())
        await node.register(gateway.extend())
    lists.fence(cluster.sequencer, gateway.issuer, NOW)
    left = await_end(cluster.sequencer, gateway.issuer, lambda: NOW, no_sleep)
    assert left == Waiting(entries=3, running=False)
    assert "3 entries up to its last still lack the witnesses" in str(left)
    assert "once it is started" in str(left)
    assert ended(cluster) is None
    async with (
        running(cluster.witnesses[0]),
        running(cluster.witnesses[1]),
        running(cluster.sequencer),
    ):
        assert await until_ended(cluster) == NOW + 300


async def test_a_gateway_that_sent_nothing_ends_at_once(cluster, gateway):
    lists.fence(cluster.sequencer, gateway.issuer, NOW)
    assert await_end(cluster.sequencer, gateway.issuer, lambda: NOW + 3, no_sleep) is None
    assert ended(cluster) == NOW + 3


async def test_a_list_that_a_hand_broke_ends_no_node(lone, gateway, caplog):
    """It is said once, and the end is written when the list is whole again."""
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        await node.receipts(gateway, [0])
        lists.fence(lone.sequencer, gateway.issuer, NOW)
        policy = lone.sequencer.policy.read_bytes()
        lone.sequencer.policy.write_bytes(b"\xff")
        await asyncio.sleep(2)
        assert code(await node.ask(Type.HELLO)) == Code.NOT_ADMITTED
        assert ended(lone) is None
        lone.sequencer.policy.write_bytes(policy)
        assert await until_ended(lone) > NOW
    told = [each for each in caplog.messages if "the end of a key is not written" in each]
    assert len(told) == 1


async def test_what_was_cosigned_by_witnesses_of_before_ends_nothing(lone, gateway, tmp_path):
    """After an exchange the newest checkpoint is not the policy's: the next one is waited for."""
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        await node.receipts(gateway, [0])
    lists.fence(lone.sequencer, gateway.issuer, NOW)
    (fenced,) = read_gateways(lone.sequencer.admitted)
    others = make_cluster(tmp_path / "other", witnesses=0).policy.witnesses
    store = SqliteStore(lone.sequencer.store)
    assert waiting(store, lone.policy, gateway.issuer) == 0
    assert keep_closing(store, replace(lone.policy, witnesses=others), fenced, NOW) is None
    assert keep_closing(store, lone.policy, fenced, NOW) == NOW + 300
    store.close()
