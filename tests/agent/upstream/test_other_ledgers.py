"""One gateway, two ledgers that have nothing in common but the protocol: both must do."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.file_key import FileKey
from evidence.wire import Label, Type
from tests.agent.log_world import NOW, LogWorld
from tests.agent.upstream.gateway import HonestNode

OPEN_FOR = 3  # questions: until then the first block is open
FOREIGN = 5  # entries of other members between two of ours


class PrivateLog(LogWorld):
    """A firm's own log: no witness, no quorum."""

    @property
    def policy_text(self):
        keep = [line for line in super().policy_text.splitlines() if line[:5] not in WITNESSED]
        return "\n".join([*keep, "quorum none"]) + "\n"

    def note(self, checkpoint=None, *, by=(), time=NOW, log_key=None):
        return super().note(checkpoint, by=by, time=time, log_key=log_key)


WITNESSED = ("witne", "group", "quoru")


class BlockNode(HonestNode):
    """A chain of blocks: many members' entries, and nothing is proven before a block is closed."""

    asked = 0

    def register(self, envelope):
        known = len(self.logged)
        super().register(envelope)
        entries = self.world.entries
        if len(self.logged) > known:
            entries += [b"%d of others, behind %d" % (at, known) for at in range(FOREIGN)]
        index, seq = entries.index(envelope.statement), self.arrivals[-1][0]
        return envelope.answer(Type.ACCEPTED, {Label.INDEX: index, Label.SEQ: seq})

    def status(self, envelope):
        self.asked += 1
        if self.asked < OPEN_FOR:
            return envelope.answer(Type.PENDING, {Label.RETRY_MS: 20})
        return super().status(envelope)


@pytest.fixture(params=[(LogWorld, BlockNode), (PrivateLog, HonestNode)], ids=["public", "private"])
def kinds(request):
    return request.param


@pytest.fixture
def world(kinds):
    return kinds[0](FileKey(ec.generate_private_key(ec.SECP256R1())))


async def test_any_ledger_that_proves_will_do(gateway, node, world, kinds):
    node.answer = kinds[1](world)
    await gateway.open(node)
    await gateway.seal(7)
    await gateway.delivered(7)
    assert gateway.client.trusted.size == len(world.entries)
