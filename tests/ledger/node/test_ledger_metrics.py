"""The metrics of a running cluster, read as Prometheus reads them."""

from __future__ import annotations

import asyncio
import re

from ledger.node import metrics, status
from tests.ledger.support import asker, command, running

SAMPLE = re.compile(r'(\w+)\{(\w+)="((?:[^"\\\n]|\\.)*)"\} (-?\d+)')


def read(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, label, value = SAMPLE.fullmatch(line).groups()
            found[name.removeprefix("tallyman_ledger_"), label] = int(value)
    return found


async def test_metrics_of_store_and_running_nodes(cluster, gateway):
    async with (
        running(cluster.witnesses[0]),
        running(cluster.witnesses[1]),
        running(cluster.sequencer),
    ):
        async with asker(cluster.sequencer, gateway) as node:
            await node.register(gateway.extend())
            await node.receipts(gateway, [0])
        text = metrics.to_metrics(await status.read_status(cluster.sequencer))
        witness = metrics.to_metrics(await status.read_status(cluster.witnesses[0]))
    found = read(text)
    log = "example.org/log"
    assert found["entries", log] == found["cosigned_size", log] == 2
    assert found["cosigners", log] >= 3
    assert (found["gateways", "admitted"], found["gateways", "revoked"]) == (1, 0)
    assert [found["answers", name] for name in ("alpha", "bravo", "charlie", "delta")] == [
        1,
        1,
        1,
        0,
    ]
    seen = {name for name, _ in read(witness)}
    assert "cosigned_size" in seen
    assert not seen & {"entries", "cosigners"}, "a witness has no log of its own"
    assert text.count("# TYPE") == text.count("# HELP") == 7


async def test_command_prints_metrics_of_a_node_that_is_down(cluster):
    done = await asyncio.to_thread(command, "metrics", cluster.sequencer.folder)
    assert done.returncode == 0, done.stderr
    assert read(done.stdout)["answers", "alpha"] == 0
