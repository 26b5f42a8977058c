"""A gateway's new key, new epoch and declared losses, as a node takes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.keys import ES256
from evidence.policy import parse_policy
from evidence.statement import (
    Claims,
    Follows,
    Gap,
    parse_statement,
    sign_gap,
    sign_statement,
)
from evidence.wire import Code, Label, Type
from foundation.durable import lock_file
from ledger.enrolling import lists
from ledger.gateways.gateways import read_gateways
from ledger.store import chain as ledger_chain
from ledger.store.chain import Accepted, Submission
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import NOW, FakeClock, Gateway, Signer, asker, code, running


class Life(Gateway):
    """A gateway whose next statement may say more than the last one did."""

    def more(self, **changes: object) -> tuple[bytes, bytes]:
        seq = len(self.chain)
        previous = parse_statement(self.chain[-1][0]).digest if self.chain else None
        batch, body = self.batch(seq)
        claims = replace(Claims(self.issuer, NOW, self.epoch, seq, previous), **changes)
        key = self.signer.public
        self.chain.append((sign_statement(claims, batch, key.kid, ES256, self.signer), body))
        return self.chain[-1]

    def rotate(self) -> tuple[bytes, bytes]:
        new = Signer()
        signed = self.more(successor=new.public)
        self.signer = new
        return signed

    def restart(self, kept: int, lost: int, **changes: object) -> tuple[bytes, bytes]:
        """Begin an epoch that goes on from statement `kept` of this one; return its first."""
        last = parse_statement(self.chain[kept][0])
        follows = Follows(self.epoch, kept, last.digest, lost, "restored card")
        fresh = Life(issuer=self.issuer, signer=self.signer, curve=self.curve)
        return fresh.more(follows=replace(follows, **changes))

    def gap(self, first: int, last: int, behind: bytes | None) -> bytes:
        claims = Claims(self.issuer, NOW, self.epoch, first, self.digest(first - 1))
        lost = Gap(last, 2 * first, 2 * (last - first + 1), behind, "disk damage")
        return sign_gap(claims, lost, self.signer.public.kid, ES256, self.signer)

    def digest(self, seq: int) -> bytes:
        return parse_statement(self.chain[seq][0]).digest


@pytest.fixture
def gateway():
    return Life()


async def test_old_key_lets_the_new_one_in(lone, gateway):
    """Sent in one go, across a restart of the node, and into the policy that others pin."""
    first, naming, after = gateway.more(), gateway.rotate(), gateway.more()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for signed in (first, naming, after):
            assert (await node.register(signed)).type is Type.ACCEPTED
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert (await node.register(gateway.more())).type is Type.ACCEPTED
    policy = parse_policy(lone.sequencer.policy.read_text())
    assert policy.gateway_key(gateway.issuer, gateway.signer.public.kid)
    assert len(read_gateways(lone.sequencer.admitted)) == 2


async def test_new_key_counts_only_once_it_is_listed(lone, gateway):
    gateway.more()
    naming = gateway.rotate()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.chain[0])
        with lock_file(lone.sequencer.edit_lock):
            assert code(await node.register(naming)) == Code.BUSY
        assert (await node.register(naming)).get(Label.INDEX) == 2
        assert (await node.register(gateway.more())).type is Type.ACCEPTED


async def test_key_that_the_chain_does_not_name_is_refused(lone, gateway):
    """Though it is admitted: a thief of one key does not go on with another's chain."""
    first = gateway.more()
    other = replace(gateway, signer=Signer(), chain=list(gateway.chain))
    lone.admit(other)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(first)
        answer = await node.register(other.more())
        assert code(answer) == Code.NOT_ADMITTED
        assert "names none" in answer.get(Label.TEXT)
        assert (await node.register(gateway.more())).type is Type.ACCEPTED


async def test_key_named_in_a_refused_statement_is_not_let_in(lone, gateway):
    gateway.more()
    stray = gateway.rotate()
    after = gateway.more()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert code(await node.register(stray)) == Code.GAP
        assert code(await node.register(after)) == Code.GAP
    assert len(read_gateways(lone.sequencer.admitted)) == 1


async def end_of(cluster, gateway, kid):
    """When the key ends, once the node has written it."""
    async with asyncio.timeout(60):
        while (end := cluster.policy.gateway_key(gateway.issuer, kid).revoked_at) is None:
            await asyncio.sleep(0.02)
    return end


async def test_one_key_is_revoked_alone(lone, gateway):
    gateway.more()
    old = gateway.signer.public.kid
    naming = gateway.rotate()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.chain[0])
        await node.register(naming)
        lists.fence(lone.sequencer, gateway.issuer, NOW, old.hex())
        assert (await node.register(gateway.more())).type is Type.ACCEPTED
        assert code(await node.register(gateway.chain[0])) == Code.NOT_ADMITTED
        assert await end_of(lone, gateway, old) == NOW + 300


async def test_new_epoch_must_know_what_the_log_holds_of_the_old(lone, gateway):
    """The restored card: the log holds four statements, the card's journal but two."""
    for _ in range(4):
        gateway.more()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for signed in gateway.chain:
            await node.register(signed)
        silent = gateway.restart(1, 1)
        answer = await node.register(silent)
        assert (code(answer), answer.get(Label.SEQ)) == (Code.GAP, 3)
        another = gateway.restart(1, 3, digest=bytes(32))
        assert code(await node.register(another)) == Code.GAP
        beyond = gateway.restart(3, 9, seq=8)
        answer = await node.register(beyond)
        assert (code(answer), answer.get(Label.SEQ)) == (Code.GAP, 3)
        assert (await node.register(gateway.restart(1, 3))).type is Type.ACCEPTED
        elsewhere = gateway.restart(1, 3, epoch=bytes(16))
        assert (await node.register(elsewhere)).type is Type.ACCEPTED


async def test_equivocation_shows_the_statement_in_the_log(lone, gateway):
    first, second = gateway.more(), gateway.more()
    rewritten = gateway.sign(1, parse_statement(first[0]).digest, mark="rewritten")
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(first)
        await node.register(second)
        answer = await node.register(rewritten)
    assert (code(answer), answer.statement) == (Code.EQUIVOCATION, second[0])


async def test_only_a_gap_statement_jumps_a_hole(lone, gateway):
    """Statements 1 to 3 are lost; 4 was signed behind them before that."""
    for _ in range(5):
        gateway.more()
    gap = gateway.gap(1, 3, gateway.digest(3))
    wrong = gateway.gap(1, 3, bytes(32))
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.chain[0])
        answer = await node.register(gateway.chain[4])
        assert (code(answer), answer.get(Label.SEQ)) == (Code.GAP, 1)
        assert code(await node.register((gap, b"body"))) == Code.MALFORMED
        assert (await node.register((gap, b""))).get(Label.INDEX) == 2
        assert (await node.register((gap, b""))).get(Label.INDEX) == 2
        assert code(await node.register((wrong, b""))) == Code.EQUIVOCATION
        assert code(await node.register(gateway.chain[2])) == Code.GAP
        assert (await node.register(gateway.chain[4])).get(Label.INDEX) == 3
        hello = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch})
        assert hello.get(Label.SEQ) == 4
    store = SqliteStore(lone.sequencer.store, read_only=True)
    assert store.indices(gateway.issuer, gateway.epoch, [0, 1, 2, 4]) == {0: 1, 1: 2, 4: 3}
    store.close()


async def test_gap_that_fits_nothing_is_refused(lone, gateway):
    for _ in range(3):
        gateway.more()
    claims = Claims(gateway.issuer, NOW, gateway.epoch, 1, gateway.digest(0))
    skips = Gap(1, 3, 1, gateway.digest(1), "leaves record 2 out")
    key = gateway.signer.public
    signed = sign_gap(claims, skips, key.kid, ES256, gateway.signer)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.chain[0])
        assert code(await node.register((signed, b""))) == Code.GAP
        assert code(await node.register((gateway.gap(2, 2, None), b""))) == Code.GAP


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    if request.param == "sqlite":
        SqliteStore.create(tmp_path / "ledger.db", b"genesis")
        store = SqliteStore(tmp_path / "ledger.db")
    else:
        url = request.getfixturevalue("postgres")
        PostgresStore.create(url, b"genesis")
        store = PostgresStore(url)
    yield store
    store.close()


def test_old_and_new_epoch_in_one_transaction(store, gateway):
    """Each is judged by what the ones before it in the same group wrote."""
    chain = [gateway.more() for _ in range(3)]
    silent, honest = gateway.restart(1, 1), gateway.restart(2, 2)
    group = [Submission(parse_statement(signed)) for signed, _ in (*chain, silent, honest)]
    accepted, refused = store.register(group[:3], NOW), store.register(group[3:], NOW)
    assert accepted == [Accepted(1), Accepted(2), Accepted(3)]
    assert isinstance(refused[0], ledger_chain.Gap)
    assert refused[0].wanted == 2
    assert refused[1] == Accepted(4)


def test_new_epoch_may_come_with_the_last_of_the_old(store, gateway):
    chain = [gateway.more() for _ in range(2)]
    group = [Submission(parse_statement(s)) for s, _ in (*chain, gateway.restart(1, 1))]
    assert store.register(group, NOW) == [Accepted(1), Accepted(2), Accepted(3)]


async def test_what_a_key_signed_before_it_was_revoked_is_proven_under_a_checkpoint_of_before(
    lone, gateway
):
    """To whoever asks late, like the heir of a dead gateway: under a newer one it proves nothing."""
    clock = FakeClock()
    gateway.more()
    old = gateway.signer.public.kid
    naming = gateway.rotate()
    async with running(lone.sequencer, clock), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.chain[0])
        await node.register(naming)
        await node.receipts(gateway, [0, 1])
        clock.now = NOW + 100
        lists.fence(lone.sequencer, gateway.issuer, NOW + 50, old.hex())
        assert await end_of(lone, gateway, old) == NOW + 400
        clock.now = NOW + 500
        await node.register(gateway.more())
        newest = await node.receipts(gateway, [2])
        late = await node.receipts(gateway, [0, 1])
        trusting = await node.receipts(gateway, [0, 1], trusted=3)
    policy = parse_policy(lone.sequencer.policy.read_text())
    shown = [parse_checkpoint(answer.get(Label.NOTE)) for answer in (late, newest, trusting)]
    times = [max(policy.check(signed).values()) for signed in shown]
    assert [signed.checkpoint.size for signed in shown] == [3, 4, 4]
    assert times == [NOW, NOW + 500, NOW + 500]
    policy.gateway_key(gateway.issuer, old).check(NOW, times[0])
