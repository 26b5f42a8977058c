"""How long a frame may be at the port that lets any key in: docs/PROTOCOL.md, "Enrolment"."""

from __future__ import annotations

import asyncio

import pytest

from evidence.wire import Code, Label, Type, parse_frames
from ledger.base.key_files import load_curve_key
from ledger.wire.client import NodeClient
from tests.ledger.support import curve_key, free_endpoint, make_cluster, running

LONGEST = 4063
"""4,096 bytes with the 33 that CURVE adds."""


@pytest.fixture
async def stranger(tmp_path):
    """A DEALER with a fresh key at the enrolment port of a node that runs."""
    import zmq.asyncio

    endpoint = free_endpoint()
    cluster = make_cluster(tmp_path, witnesses=0, settings=f'enrol_listen = "{endpoint}"\n')
    server = load_curve_key(cluster.sequencer.curve_key).public.decode()
    context = zmq.asyncio.Context()
    async with running(cluster.sequencer):
        client = NodeClient(context, endpoint, server, curve_key())
        yield client.connected()
        client.close()
    context.destroy(linger=0)


async def answer(dealer, wait):
    async with asyncio.timeout(wait):
        return parse_frames(await dealer.receive())


async def test_the_longest_frame_is_answered(stranger):
    await stranger.send([bytes(LONGEST), b""])
    said = await answer(stranger, 30)
    assert (said.type, said.get(Label.CODE)) == (Type.ERROR, Code.MALFORMED)


async def test_a_longer_one_gets_no_answer_and_the_next_is_served(stranger):
    await stranger.send([bytes(LONGEST + 1), b""])
    with pytest.raises(TimeoutError):
        await answer(stranger, 1)
    await stranger.send([b"x", b""])  # ZeroMQ connects anew by itself
    assert (await answer(stranger, 30)).type is Type.ERROR
