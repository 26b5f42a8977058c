"""A node's process: what its parts are made with, that a signal ends it, and that errors pass."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest

from foundation.errors import Fatal
from ledger.base.rate import RateLimit
from ledger.gateways.gateways import read_gateways
from ledger.node import assembly
from ledger.node.assembly import open_node
from ledger.node.node import Surroundings
from ledger.node.run import run
from tests.ledger.support import (
    NOW,
    FakeClock,
    Signer,
    free_endpoint,
    make_cluster,
    surroundings,
)

BOUND_S = 60.0


class Notifier:
    """Notes what systemd is told; `at_ready` is done when the node says that it is."""

    def __init__(self, at_ready):
        self.said, self.at_ready = [], at_ready

    def ready(self, _text):
        self.said.append("ready")
        self.at_ready()

    def status(self, _text):
        pass

    def stopping(self):
        self.said.append("stopping")


async def run_until(files, at_ready):
    notifier = Notifier(at_ready)
    async with asyncio.timeout(BOUND_S):
        await run(files, Surroundings(FakeClock(), notifier))
    return notifier.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_and_systemd_is_told(lone, number):
    told = await run_until(lone.sequencer, lambda: os.kill(os.getpid(), number))
    assert told == ["ready", "stopping"]
    told = await run_until(lone.sequencer, lambda: os.kill(os.getpid(), number))
    assert told == ["ready", "stopping"], "nothing of it is left that locks the next one out"


async def test_what_ends_a_part_ends_the_process(lone):
    def fails():
        raise Fatal("the disk is gone", advice="look for it")

    with pytest.raises(ExceptionGroup) as caught:
        await run_until(lone.sequencer, fails)
    assert caught.group_contains(Fatal, match="the disk is gone")


async def test_a_node_that_cannot_be_opened_says_why(lone):
    lone.sequencer.policy.unlink()
    with pytest.raises(Fatal, match=r"policy\.txt is not there"):
        await run_until(lone.sequencer, lambda: None)


@pytest.fixture
def made(monkeypatch):
    """What the parts of a node are made with, by their names."""
    made = {}

    def remembering(name):
        part = getattr(assembly, name)

        def make(*words, **more):
            made[name] = words
            return part(*words, **more)

        monkeypatch.setattr(assembly, name, make)

    for name in ("RateLimit", "RemoteWitness", "Checkpointer", "Publisher", "Sequencer"):
        remembering(name)
    return made


async def test_settings_reach_the_parts_that_they_are_for(tmp_path, made):
    """node.toml has milliseconds; the parts count in seconds."""
    lines = 'publish = "public"\nkeep_bodies = false\n'
    cluster = make_cluster(tmp_path, 1, lines, cosign_timeout_ms=1500)
    files = cluster.sequencer
    text = files.config.read_text()
    files.config.write_text(text.replace("checkpoint_every_ms = 20", "checkpoint_every_ms = 2500"))
    async with open_node(files, surroundings()) as node:
        assert made["RateLimit"][1] == 100_000
        name, key, log, _, _, new_id, time_out = made["RemoteWitness"]
        assert (name, time_out, len(new_id())) == ("bravo", 1.5, 8)
        assert (key, log) == (cluster.policy.witnesses["bravo"], cluster.policy.log)
        assert new_id() != new_id()
        *_, every, publisher = made["Checkpointer"]
        assert (every, publisher is not None) == (2.5, True)
        assert made["Publisher"][:2] == (files.folder / "public", "example.org/log")
        assert not node._registrar.keep_bodies
        assert node._enrolment is None


async def test_the_key_that_a_statement_names_is_listed_from_now_on(lone, gateway, made):
    key = Signer().public
    async with open_node(lone.sequencer, surroundings()):
        *_, admit = made["Sequencer"]
        admit(gateway.issuer, key)
    listed = read_gateways(lone.sequencer.admitted)
    assert [(each.key, each.since) for each in listed] == [
        (gateway.signer.public, NOW - 300),
        (key, NOW - 300),
    ]


async def test_a_port_for_enrolment_is_opened_where_one_is_configured(tmp_path):
    endpoint = free_endpoint()
    files = make_cluster(tmp_path, 0, f'enrol_listen = "{endpoint}"\n').sequencer
    host, port = endpoint.removeprefix("tcp://").split(":")
    async with open_node(files, surroundings()) as node:
        assert node._enrolment is not None
        socket.create_connection((host, int(port)), BOUND_S).close()


async def test_a_witness_has_no_parts_of_a_log(cluster, made):
    async with open_node(cluster.witnesses[0], surroundings()) as node:
        assert node.checkpointer is node._registrar is node._endings is node._enrolment is None
    assert set(made) == {RateLimit.__name__}
