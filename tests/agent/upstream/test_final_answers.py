"""An answer that only a person can change is asked for ever more seldom, and is one record."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace

import pytest

from agent.upstream.comparer import Comparer
from agent.upstream.link import Link
from agent.upstream.patience import PAUSES_S, Patience
from agent.upstream.states import LinkState
from evidence.wire import Code, Envelope, Label, Type
from hil.site.proxy import Proxy
from tests.agent.fakes import FakeTiming
from tests.agent.upstream.gateway import HonestNode

HOUR, DAY = 3600, 86_400
WHY = "replaced by keeper-1: PSU failure"


class Counted(Proxy):
    """A proxy that counts the connections through it."""

    def __init__(self, target) -> None:
        super().__init__(target)
        self.connections = 0

    def _accept(self, reader, writer) -> None:
        self.connections += 1
        super()._accept(reader, writer)


@pytest.fixture
async def counted(node):
    proxy = Counted(int(node.endpoint.rpartition(":")[2]))
    await proxy.open()
    yield proxy
    await proxy.cut()


def behind(proxy, node):
    return SimpleNamespace(endpoint=f"tcp://127.0.0.1:{proxy.port}", public=node.public)


@pytest.fixture
def timing(gateway, monkeypatch):
    """Hours pass as a test says; the gateway's clock and pauses are theirs."""
    timing = FakeTiming()
    stamp = gateway.clock.now

    def now():
        return stamp()._replace(monotonic_ms=round(timing.now * 1000))

    monkeypatch.setattr(gateway.clock, "now", now)
    return timing


async def pass_by(timing, seconds, step=120):
    """Let time pass, and what goes over the network take its own."""
    for _ in range(0, seconds, step):
        await timing.advance(step)
        await asyncio.sleep(0.01)


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


def compare(gateway, views, timing):
    """Compare what the node shows each hour, as an agent does beside forwarding."""
    links = {view.node.name: view.patience for view in views}
    comparer = Comparer(
        [view.node for view in views],
        lambda node, heard: Link(gateway.context, node, gateway.key, random.randbytes, heard),
        gateway.client,
        gateway.clock,
        gateway.budget,
        HOUR,
        announce=lambda *event: gateway.heard.append(event),
        patience=links,
        sleep=timing.sleep,
        tick=60,
    )
    return asyncio.create_task(comparer.run())


async def test_a_replaced_gateway_that_is_on_for_a_day_hardly_asks(
    gateway, node, world, counted, timing
):
    honest = node.answer = HonestNode(world)
    await gateway.open(behind(counted, node), timing=timing)
    await gateway.seal()
    await gateway.confirmed(1)
    comparing = compare(gateway, gateway.forwarder.views, timing)
    node.answer = lambda envelope: envelope.error(Code.REPLACED, WHY)
    before, heard = counted.connections, len(gateway.heard)
    await gateway.seal()  # its next word is answered so
    (view,) = gateway.forwarder.views
    await until(lambda: view.state is LinkState.REPLACED)
    since = view.since
    await pass_by(timing, DAY)
    comparing.cancel()
    await asyncio.gather(comparing, return_exceptions=True)
    assert counted.connections - before <= 30
    assert gateway.heard[heard:] == [("node-0", LinkState.REPLACED, WHY)]
    assert (view.state, view.since, view.detail) == (LinkState.REPLACED, since, WHY)

    node.answer = honest
    await pass_by(timing, 3 * HOUR)  # a person changed their mind
    await until(lambda: view.state is LinkState.OK)


REFUSALS = {
    "not admitted": (Code.NOT_ADMITTED, LinkState.NOT_ADMITTED),
    "a gap": (Code.GAP, LinkState.REFUSED),
    "a bad signature": (Code.BAD_SIGNATURE, LinkState.REFUSED),
    "too large": (Code.TOO_LARGE, LinkState.REFUSED),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("at", [Type.HELLO, Type.REGISTER])
async def test_every_refusal_backs_off_is_one_record_and_ends_when_mended(
    gateway, node, world, counted, timing, refusal, at
):
    code, state = REFUSALS[refusal]
    honest = HonestNode(world)

    def refuse(envelope: Envelope):
        return envelope.error(code, "no") if envelope.type is at else honest(envelope)

    node.answer = refuse
    await gateway.open(behind(counted, node), timing=timing)
    await gateway.seal()
    (view,) = gateway.forwarder.views
    await until(lambda: view.state is state)
    since = view.since
    await pass_by(timing, 6 * HOUR)
    assert counted.connections <= 1 + 12 + 6  # 1, 2, 4 … 2048 s, then hour after hour
    assert [each for _, each, _ in gateway.heard if each is not LinkState.OK] == [state]
    assert view.since == since
    node.answer = honest
    await pass_by(timing, 2 * HOUR)
    await gateway.confirmed(1)
    await until(lambda: view.state is LinkState.OK)
    assert [each for _, each, _ in gateway.heard][-2:] == [state, LinkState.OK]


async def test_a_proof_that_does_not_hold_is_one_record_while_batches_are_taken(
    gateway, node, world, timing
):
    """The node takes what is sent, and what it sends back proves nothing: it is of no use yet."""
    honest = HonestNode(world)
    truth = honest.status

    def lie(envelope):
        header = dict(truth(envelope).header) | {Label.NOTE: world.note(by=("ada", "bob"))}
        return Envelope(Type.RECEIPT, envelope.request, header)

    honest.status = lie
    node.answer = honest
    await gateway.open(node, timing=timing)
    (view,) = gateway.forwarder.views
    for count in range(1, 4):
        await gateway.seal()
        await pass_by(timing, HOUR)
        while len(honest.logged) < count:  # the network may take longer than an hour of that clock
            await pass_by(timing, HOUR)
        await until(lambda: view.state is LinkState.REFUSED)
    assert [state for _, state, _ in gateway.heard] == [LinkState.OK, LinkState.REFUSED]
    assert len(honest.logged) == 3
    honest.status = truth
    await pass_by(timing, 2 * HOUR)
    await gateway.confirmed(3)
    await until(lambda: view.state is LinkState.OK)


async def test_a_node_that_is_away_is_tried_every_few_seconds_as_before(gateway, node, timing):
    await node.down()
    tries = []
    await gateway.open(node, timing=timing)
    opened = gateway.forwarder._open_link

    def counting(address, heard):
        tries.append(address)
        return opened(address, heard)

    gateway.forwarder._open_link = counting
    await pass_by(timing, 240, step=1)
    assert len(tries) >= 240 / 4 - 10
    node.up()


def test_pauses_double_up_to_hours_and_begin_anew():
    timing = FakeTiming(0.0)
    patience = Patience(timing.monotonic, SimpleNamespace(uniform=lambda low, _: low))
    pauses = []
    for _ in range(14):
        patience.answered(LinkState.REFUSED)
        pauses.append(patience.left())
        timing.now += patience.left()
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]
    patience.answered(LinkState.UNREACHABLE)
    assert patience.left() == 0
    patience.answered(LinkState.REFUSED)
    assert patience.left() == 3600
    patience.served()
    assert patience.left() == 0
    patience.answered(LinkState.REPLACED)
    assert patience.left() == 300
    assert set(PAUSES_S).isdisjoint({LinkState.UNREACHABLE, LinkState.CONNECTING, LinkState.OK})


def test_two_gateways_do_not_come_back_together():
    left = []
    for seed in (1, 2):
        patience = Patience(lambda: 0.0, random.Random(seed))
        patience.answered(LinkState.REPLACED)
        left.append(patience.left())
    assert left[0] != left[1]
    assert all(300 <= each <= 375 for each in left)
