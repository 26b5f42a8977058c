"""What goes to a node and comes from it is counted, and told as metrics."""

from __future__ import annotations

import asyncio

import pytest

from agent.desks import metric_rows
from agent.upstream.link import Link, LinkDown
from agent.upstream.states import LinkState
from agent.upstream.traffic import MOST_TIMED, ProvingTimes, Traffic, UpstreamMeters
from evidence.wire import Type
from foundation.metrics import to_text
from tests.agent.cli.test_status_page import node as node_status
from tests.agent.cli.test_status_page import status
from tests.agent.cli.test_technician_commands import samples
from tests.agent.upstream.gateway import HonestNode


async def test_what_went_to_a_node_is_counted_and_told(context, key, node, world):
    node.answer = HonestNode(world)
    traffic, spent = Traffic(), []
    address = node_address(node)
    link = Link(
        context,
        address,
        key,
        bytes,
        lambda _: None,
        20.0,
        spend=lambda count, _: spent.append(count),
        traffic=traffic,
    )
    async with link:
        await link.request(Type.HELLO, {})
        await link.request(Type.HELLO, {})
    assert traffic.answered["hello"].count == 2
    assert 0 < traffic.answered["hello"].seconds < 60
    assert traffic.sent > 200
    assert traffic.received > 200
    assert traffic.unanswered == 0
    assert sum(spent) >= traffic.sent + traffic.received  # the handshake besides
    found = samples(told(traffic, LinkState.OK))
    asked = ("node", "node-1"), ("request", "hello")
    assert found["tallyman_ledger_request_seconds_count", *asked] == 2
    sent = ("direction", "sent"), ("node", "node-1")
    assert found["tallyman_ledger_bytes_total", *sent] == traffic.sent
    assert found["tallyman_ledger_node_answers", ("node", "node-1")] == 1


async def test_a_node_that_does_not_answer_is_counted(context, key, node):
    node.answer = lambda _: None
    traffic = Traffic()
    link = Link(context, node_address(node), key, bytes, lambda _: None, 0.2, traffic=traffic)
    async with link:
        with pytest.raises(LinkDown):
            await link.request(Type.HELLO, {})
    assert (traffic.answered, traffic.unanswered) == ({}, 1)
    found = samples(told(traffic, LinkState.UNREACHABLE))
    assert found["tallyman_ledger_unanswered_total", ("node", "node-1")] == 1
    assert found["tallyman_ledger_node_answers", ("node", "node-1")] == 0
    assert not [name for name, *_ in found if "request_seconds" in name]


async def test_proofs_are_timed_from_the_nodes_word(gateway, node, world):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await gateway.seal(5)
    await gateway.delivered(5)
    async with asyncio.timeout(60):
        while gateway.outbox.times.proven.count < 5:
            await asyncio.sleep(0.01)
    assert gateway.outbox.times.proven.count == 5
    assert 0 < gateway.outbox.times.proven.seconds < 300


def test_a_backlog_is_not_timed_whole_and_what_a_node_forgot_not_at_all():
    times = ProvingTimes()
    for seq in range(MOST_TIMED + 10):
        times.taken(seq, 100.0)
    times.proved(MOST_TIMED + 5, 200.0)
    assert times.proven.count == 0
    times.forget(after=3)
    for seq in range(6):
        times.proved(seq, 101.5)
    assert (times.proven.count, times.proven.seconds) == (4, 6.0)


def node_address(node):
    from agent.upstream.link import NodeAddress

    return NodeAddress("node-1", node.endpoint, node.public.decode())


def told(traffic, state):
    now = status(nodes=[node_status("node-1", state)])
    return to_text(metric_rows.peers(now, UpstreamMeters({"node-1": traffic}, {})))
