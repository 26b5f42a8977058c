import pytest
import zmq.asyncio

from agent.signing.curve_key import CurveKey
from tests.agent.upstream.node import ScriptedNode


@pytest.fixture
def context():
    context = zmq.asyncio.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def key(tmp_path):
    return CurveKey.load_or_make(tmp_path / "curve.toml")


@pytest.fixture
async def node(context, key):
    async with ScriptedNode(context, {key.public}) as node:
        yield node
