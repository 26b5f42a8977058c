import pytest
import zmq.asyncio
from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from tests.agent.log_world import LogWorld
from tests.agent.upstream.gateway import Gateway
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


@pytest.fixture
def world():
    return LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))


@pytest.fixture
async def gateway(world, tmp_path, context, key):
    gateway = Gateway(world, tmp_path, context, key)
    yield gateway
    await gateway.close()
