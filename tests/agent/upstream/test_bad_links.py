"""Links that break, swallow and crawl: what a gateway in a truck has most of the day."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.journal.journal import BatchState
from agent.upstream import session
from agent.upstream.states import LinkState
from evidence.wire import Type
from hil.site.proxy import Proxy
from tests.agent.upstream.gateway import HonestNode

SOON_S = 2.0  # a limit of an answer that a test lives to see, and that a loaded node keeps


def port_of(node):
    return int(node.endpoint.rpartition(":")[2])


def behind(proxy, node):
    """The node as seen through the proxy."""
    return SimpleNamespace(endpoint=f"tcp://127.0.0.1:{proxy.port}", public=node.public)


@pytest.fixture
async def proxies(node):
    """Two ways to one log."""
    pair = Proxy(port_of(node)), Proxy(port_of(node))
    for proxy in pair:
        await proxy.open()
    yield pair
    for proxy in pair:
        await proxy.cut()


async def until_state(gateway, index, *states):
    async def reached():
        return gateway.forwarder.views[index].state in states

    await gateway.until(reached, 30)


async def test_a_gateway_changes_over_between_the_nodes_of_a_log_and_back(
    gateway, node, world, proxies
):
    honest = HonestNode(world)
    node.answer = honest
    first, second = proxies
    await gateway.open(behind(first, node), behind(second, node))
    await gateway.seal(2)
    await gateway.delivered(2)
    assert gateway.forwarder.views[0].state is LinkState.OK

    await first.cut()
    await gateway.seal(2)
    await gateway.delivered(4)
    assert gateway.forwarder.views[0].state is LinkState.UNREACHABLE
    assert gateway.forwarder.views[1].state is LinkState.OK

    await second.cut()
    await first.open()
    await gateway.seal(2)
    await gateway.delivered(6)
    assert len(honest.logged) == 6
    assert sorted(honest.bodies) == list(range(6))


async def test_a_half_open_link_is_found_by_the_missing_answer(gateway, node, world, proxies):
    honest = HonestNode(world)
    node.answer = honest
    half_open, other = proxies
    gateway.answer_timeout = SOON_S
    await gateway.open(behind(half_open, node), behind(other, node))
    await gateway.seal()
    await gateway.delivered(1)
    half_open.swallows = True
    await gateway.seal(3)
    await gateway.delivered(4)
    assert gateway.forwarder.views[0].state is LinkState.UNREACHABLE
    assert len(honest.logged) == 4


async def test_an_idle_half_open_link_is_found_as_well(gateway, node, world, proxies, monkeypatch):
    monkeypatch.setattr(session, "IDLE_S", 0.2)
    honest = HonestNode(world)
    honest.keys = lambda envelope: envelope.answer(Type.KEYS, {})
    node.answer = honest
    gateway.answer_timeout = SOON_S
    await gateway.open(behind(proxies[0], node))
    await gateway.seal()
    await gateway.delivered(1)

    async def asked():
        return Type.KEYS in [envelope.type for envelope in node.seen]

    await gateway.until(asked)
    assert gateway.forwarder.views[0].state is LinkState.OK
    proxies[0].swallows = True
    await until_state(gateway, 0, LinkState.UNREACHABLE)


async def test_a_busy_link_is_asked_for_no_sign_of_life(gateway, node, world, monkeypatch):
    monkeypatch.setattr(session, "IDLE_S", 0.5)
    node.answer = HonestNode(world)
    await gateway.open(node)
    for count in range(1, 5):
        await gateway.seal()
        await gateway.confirmed(count)
        await asyncio.sleep(0.05)
    assert Type.KEYS not in [envelope.type for envelope in node.seen]


async def test_a_slow_link_makes_progress_with_bodies_longer_than_the_time_for_an_answer(
    gateway, node, world
):
    """At 4 kB/s a body takes 3.5 s, an empty message's answer is waited for 3 s."""
    honest = HonestNode(world)
    node.answer = honest
    proxy = Proxy(port_of(node), bytes_per_s=4_000, latency=0.15)
    await proxy.open()
    gateway.answer_timeout = 3.0
    await gateway.open(behind(proxy, node))
    await gateway.seal(3, padding=14_000)

    async def all_there():
        return len(honest.bodies) == 3

    await gateway.until(all_there, 40)
    bodies = [seq for seq, body in honest.arrivals if body]
    assert bodies == [2, 0, 1], "the newest first, each once: no time-out on the way"
    assert BatchState.SEALED not in await gateway.states()
    await proxy.cut()


async def test_an_alarm_waits_on_a_slow_link_for_one_body_at_most(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    proxy = Proxy(port_of(node), bytes_per_s=8_000, latency=0.1)
    await proxy.open()
    gateway.answer_timeout = 4.0
    await node.down()
    await gateway.open(behind(proxy, node))
    await gateway.seal(20, padding=8_000)
    node.up()

    async def bodies_travel():
        return len(honest.bodies) >= 2

    await gateway.until(bodies_travel, 30)
    arrived = len(honest.bodies)
    await gateway.seal(urgent=(20,))

    async def alarm_arrived():
        return 20 in honest.bodies

    await gateway.until(alarm_arrived, 30)
    assert len(honest.bodies) - arrived <= 3
    await proxy.cut()
